"""A slow, plain backtester for one market, market orders and fees; it shares no code with the package.

Decide at the close of a bar, fill at the open of the next; all equity goes into a position (size in quote currency,
fee included); equity is taken at each close. Positions are on margin at leverage 1.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Outcome:
    equity: list[float] = field(default_factory=list)
    fills: list[tuple[int, str, float, float, float]] = field(default_factory=list)  # bar, side, quantity, price, fee
    profits: list[float] = field(default_factory=list)  # of closed trades, net of fees


def simple_average(values: list[float], period: int) -> list[float | None]:
    return [
        None if i + 1 < period else sum(values[i + 1 - period : i + 1]) / period for i in range(len(values))
    ]


def cross_signals(values: list[float], fast: int, slow: int) -> list[int]:
    """+1 where the fast average crosses above the slow one, -1 where it crosses below, else 0."""
    fast_line, slow_line = simple_average(values, fast), simple_average(values, slow)
    signals = [0] * len(values)
    for i in range(slow, len(values)):
        before = fast_line[i - 1] - slow_line[i - 1]
        now = fast_line[i] - slow_line[i]
        if before <= 0 < now:
            signals[i] = 1
        elif before >= 0 > now:
            signals[i] = -1
    return signals


def run(
    opens: list[float],
    closes: list[float],
    signals: list[int],
    *,
    balance: float,
    fee_rate: float,
    short: bool,
) -> Outcome:
    """Long on +1 and short (or out) on -1, always with all equity."""
    outcome = Outcome()
    cash, quantity, entry, entry_fee = balance, 0.0, 0.0, 0.0
    wanted = 0  # decided at the last close: +1 long, -1 short or out
    for bar, (open_price, close) in enumerate(zip(opens, closes, strict=True)):
        if wanted:
            if quantity and (quantity > 0) != (wanted > 0):
                fee = abs(quantity) * open_price * fee_rate
                profit = quantity * (open_price - entry)
                cash += profit - fee
                outcome.fills.append((bar, "sell" if quantity > 0 else "buy", abs(quantity), open_price, fee))
                outcome.profits.append(profit - fee - entry_fee)
                quantity = 0.0
            if not quantity and (wanted > 0 or short):
                quantity = wanted * cash / (open_price * (1 + fee_rate))
                entry = open_price
                entry_fee = abs(quantity) * open_price * fee_rate
                cash -= entry_fee
                outcome.fills.append((bar, "buy" if wanted > 0 else "sell", abs(quantity), entry, entry_fee))
        outcome.equity.append(cash + quantity * (close - entry))
        wanted = signals[bar]
    return outcome
