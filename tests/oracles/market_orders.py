"""A slow, plain backtester for one market, market orders and fees; it shares no code with the package.

Decide at the close of a bar, fill at the open of the next. The size is decided with it: all equity at that
close, in quote currency, becomes units at the fill price, fee included. A reversal closes first, and what
its open then costs more than is free is cut. Equity is taken at each close. Positions are on margin at
leverage 1, which a short that doubles exhausts: such histories are refused, since liquidation is not
simulated here.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from oracles.signals import cross_signals, simple_average

__all__ = ["Outcome", "cross_signals", "run", "simple_average"]


@dataclass
class Outcome:
    equity: list[float] = field(default_factory=list)
    fills: list[tuple[int, str, float, float, float]] = field(
        default_factory=list
    )  # bar, side, quantity, price, fee
    profits: list[float] = field(default_factory=list)  # of closed trades, net of fees


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
    wanted, capital = 0, 0.0  # decided at the last close: +1 long, -1 short or out, and with how much
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
                quantity = wanted * min(capital, cash) / (open_price * (1 + fee_rate))
                entry = open_price
                entry_fee = abs(quantity) * open_price * fee_rate
                cash -= entry_fee
                outcome.fills.append((bar, "buy" if wanted > 0 else "sell", abs(quantity), entry, entry_fee))
        outcome.equity.append(cash + quantity * (close - entry))
        if outcome.equity[-1] <= 0:
            raise ValueError(
                f"bar {bar}: the position lost all its margin, which this oracle does not simulate"
            )
        wanted, capital = signals[bar], outcome.equity[-1]
    return outcome
