"""The account that a strategy function trades: orders in, fills, positions and equity out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

from spark_stacker import _core
from spark_stacker.backtesting.account import opening_account
from spark_stacker.backtesting.frames import table_frame
from spark_stacker.backtesting.terms import VenueTerms
from spark_stacker.errors import ParameterError
from spark_stacker.models import OrderSide, OrderType, TimeInForce

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    import numpy as np
    import polars as pl
    from numpy.typing import NDArray

    from spark_stacker.backtesting.account import Balance
    from spark_stacker.backtesting.terms import Slippage

__all__ = ["Position", "SimulationEngine"]

E = TypeVar("E", OrderSide, OrderType, TimeInForce)

_STOPS: Final = {OrderType.STOP, OrderType.STOP_LIMIT}


@dataclass(frozen=True, slots=True)
class Position:
    """An open position: ``quantity`` in base units, negative for a short; ``entry_price`` an average."""

    quantity: float
    entry_price: float

    @property
    def side(self) -> str:
        """``long`` or ``short``."""
        return "long" if self.quantity > 0 else "short"


class SimulationEngine:
    """A simulated venue with one market and one account.

    Orders sent at a bar's close fill from the next bar's open on. Sizes are base units (``size``, or
    ``amount``) or an amount of quote currency (``value``), turned into units at the fill price with the fee
    included, so that all of the equity is never rejected for a gap. What became of an order stands in
    ``order_history``, refused ones too.
    """

    def __init__(
        self,
        initial_balance: Balance = 10_000.0,
        maker_fee: float = 0.0001,
        taker_fee: float = 0.0005,
        slippage_model: Slippage = "none",
        *,
        symbol: str = "ETH-USD",
        interval: str = "1h",
        leverage: float = 1.0,
        terms: VenueTerms | None = None,
        conversion: Mapping[str, float] | None = None,
    ) -> None:
        self.terms = terms or VenueTerms(maker_fee=maker_fee, taker_fee=taker_fee, slippage=slippage_model)
        self.account = opening_account(initial_balance, symbol=symbol, conversion=conversion)
        self.symbol = symbol
        self.leverage = leverage
        self.plan = self.terms.plan(symbol, _core.interval_ns(interval), self.account.balance)
        self.core = _core.Simulation(_core.Portfolio(self.plan))
        """The simulated venue of the core."""

    # Orders

    def place_order(
        self,
        symbol: str | None = None,
        side: OrderSide | str = OrderSide.BUY,
        order_type: OrderType | str = OrderType.MARKET,
        size: float | None = None,
        price: float | None = None,
        *,
        amount: float | None = None,
        value: float | None = None,
        trigger: float | None = None,
        trailing_pct: float | None = None,
        leverage: float | None = None,
        stop_loss_pct: float | None = None,
        take_profit_pct: float | None = None,
        trailing_stop_pct: float | None = None,
        break_even_pct: float | None = None,
        reduce_only: bool = False,
        post_only: bool = False,
        time_in_force: TimeInForce | str = TimeInForce.GTC,
        expires: datetime | None = None,
        group: int | None = None,
    ) -> int:
        """Sends an order and returns its number.

        ``price`` is the limit of a limit, stop-limit or take-profit order; ``trigger`` that of a stop
        (``price`` of a plain stop is read as its trigger). ``…_pct`` attach protective orders, in percent of
        the entry price. Orders of one ``group`` cancel one another. A malformed order is a `ParameterError`;
        one that the venue refuses has the state ``rejected`` and its reason in ``order_history``.
        """
        if symbol is not None and symbol != self.symbol:
            raise ParameterError(f"symbol must be {self.symbol}, the market simulated here, was {symbol}")
        kind = _member(OrderType, "order_type", order_type)
        quantity, unit = _quantity(size, amount, value)
        if kind is OrderType.STOP and trigger is None:
            trigger, price = price, None
        return self.core.submit(
            _member(OrderSide, "side", side).lower(),
            kind.lower(),
            quantity,
            unit,
            price=price,
            trigger=trigger if kind in _STOPS else None,
            distance_fraction=_fraction("trailing_pct", trailing_pct),
            time_in_force=_member(TimeInForce, "time_in_force", time_in_force).lower(),
            expires_ns=None if expires is None else _nanoseconds(expires),
            post_only=post_only,
            reduce_only=reduce_only,
            leverage=self.leverage if leverage is None else leverage,
            stop_fraction=_fraction("stop_loss_pct", stop_loss_pct),
            target_fraction=_fraction("take_profit_pct", take_profit_pct),
            trail_fraction=_fraction("trailing_stop_pct", trailing_stop_pct),
            break_even_fraction=_fraction("break_even_pct", break_even_pct),
            group=group,
        )

    def buy(self, size: float | None = None, *, value: float | None = None, **options: object) -> int:
        """A market buy of ``size`` base units or ``value`` quote currency; without either, of the equity ×
        leverage.

        On a netting account a buy first shrinks a short: `close_position` before it reverses. Further
        ``options`` are those of `place_order`.
        """
        return self._enter(OrderSide.BUY, size, value, options)

    def sell(self, size: float | None = None, *, value: float | None = None, **options: object) -> int:
        """A market sell; see `buy`."""
        return self._enter(OrderSide.SELL, size, value, options)

    def _enter(
        self, side: OrderSide, size: float | None, value: float | None, options: Mapping[str, object]
    ) -> int:
        if size is None and value is None and "amount" not in options:
            leverage = options.get("leverage") or self.leverage
            value = max(self.core.equity, 0.0) * float(leverage)  # type: ignore[arg-type]
        if options:
            return self.place_order(side=side, size=size, value=value, **options)  # type: ignore[arg-type]
        quantity, unit = _quantity(size, None, value)
        return self._market_order("buy" if side is OrderSide.BUY else "sell", quantity, unit)

    def close_position(self) -> int | None:
        """Closes the position with a market order; None when there is none."""
        quantity = self.core.quantity
        if quantity == 0.0:
            return None
        return self._market_order("sell" if quantity > 0 else "buy", None, "position")

    def _market_order(self, side: str, quantity: float | None, unit: str) -> int:
        """A market order with nothing attached, straight to the core: what most functions send."""
        return self.core.submit(
            side,
            "market",
            quantity,
            unit,
            price=None,
            trigger=None,
            distance_fraction=None,
            time_in_force="gtc",
            expires_ns=None,
            post_only=False,
            reduce_only=False,
            leverage=self.leverage,
            stop_fraction=None,
            target_fraction=None,
            trail_fraction=None,
            break_even_fraction=None,
            group=None,
        )

    def cancel_order(self, order: int) -> bool:
        """Cancels an order; False when it was not open."""
        return self.core.cancel(order)

    def order_state(self, order: int) -> tuple[str, str | None]:
        """State of an order and the reason for it, None while it is open."""
        state = self.core.order_state(order)
        if state is None:
            raise ParameterError(f"order must be the number of an order sent before, was {order!r}")
        return state

    @property
    def open_orders(self) -> list[int]:
        """Numbers of the orders that wait."""
        return self.core.open_orders()

    # Account

    @property
    def quantity(self) -> float:
        """Base units held; negative for a short, 0.0 when flat."""
        return self.core.quantity

    @property
    def position(self) -> Position | None:
        """The open position."""
        quantity = self.core.quantity
        if quantity == 0.0:
            return None
        return Position(quantity, self.core.entry_price or 0.0)

    @property
    def equity(self) -> float:
        """Cash and the value of the position at the latest close, quote currency."""
        return self.core.equity

    @property
    def cash(self) -> float:
        """Cash, quote currency."""
        return self.core.cash

    @property
    def balance(self) -> dict[str, float]:
        """Cash by currency."""
        return {self.account.quote: self.core.cash}

    @property
    def free_margin(self) -> float:
        """Cash that margins nothing, quote currency."""
        return self.core.free_margin

    # History

    def add_funding(self, payments: tuple[NDArray[np.int64], NDArray[np.float64]] | None) -> None:
        """Adds funding payments, times in UTC nanoseconds and rates; each is due at the first bar that opens
        then or later.
        """
        for time_ns, rate in zip(*payments, strict=True) if payments is not None else ():
            self.core.add_funding(int(time_ns), float(rate))

    def on_bar(
        self,
        open_time_ns: int,
        *,
        open: float,  # noqa: A002 - a candle's first price is called so
        high: float,
        low: float,
        close: float,
        volume: float,
    ) -> None:
        """Moves on by one closed bar: funding, fills, equity. `BacktestEngine` does this by itself."""
        self.core.on_bar(open_time_ns, open, high, low, close, volume)

    @property
    def fills(self) -> pl.DataFrame:
        """Every execution so far."""
        return self._frame("fills")

    @property
    def trade_history(self) -> pl.DataFrame:
        """Every closed round trip so far; ``profit`` is net of fees and funding."""
        return self._frame("trades")

    @property
    def order_history(self) -> pl.DataFrame:
        """Every order so far, with state and reason."""
        return self._frame("orders")

    def _frame(self, table: str) -> pl.DataFrame:
        return table_frame(table, getattr(self.core, table)(), markets=[self.symbol], strategies=["function"])


def _quantity(size: float | None, amount: float | None, value: float | None) -> tuple[float, str]:
    base = size if amount is None else amount
    if (base is None) == (value is None) or (size is not None and amount is not None):
        raise ParameterError("an order needs one of size (or amount), base units, and value, quote currency")
    return (base, "base") if base is not None else (value, "quote")  # type: ignore[return-value]


def _fraction(name: str, percent: float | None) -> float | None:
    if percent is None:
        return None
    if not percent > 0:
        raise ParameterError(f"{name} must be above 0, was {percent!r}")
    return percent / 100.0


def _nanoseconds(time: datetime) -> int:
    from spark_stacker.data.times import to_utc

    return int(to_utc(time, name="expires").timestamp() * 1_000_000) * 1_000


def _member(kind: type[E], name: str, value: E | str) -> E:
    if isinstance(value, kind):
        return value
    try:
        return kind(value.upper())
    except (AttributeError, ValueError):
        known = ", ".join(member.value for member in kind)
        raise ParameterError(f"{name} must be one of {known}, was {value!r}") from None
