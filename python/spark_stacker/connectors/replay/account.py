"""The replay's account: orders sent by hand, filled by the same simulated venue as a backtest's."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from spark_stacker._core import Portfolio, Simulation
from spark_stacker.connectors.amounts import to_amount, to_positive_amount
from spark_stacker.errors import OrderRefusedError, ParameterError
from spark_stacker.models import OrderSide, OrderType, TimeInForce

if TYPE_CHECKING:
    from collections.abc import Sequence

    from spark_stacker.connectors.amounts import Amount
    from spark_stacker.connectors.replay.tape import RecordedMarket, Row

__all__ = ["PaperAccount", "PaperRules"]

NO_LIMITS = dict.fromkeys(
    (
        "max_parallel_trades",
        "max_exposure_pct",
        "max_market_exposure_pct",
        "max_daily_loss_pct",
        "max_drawdown_pct",
    )
)
OPTIONS = (
    "trigger_price",
    "distance_fraction",
    "leverage",
    "reduce_only",
    "post_only",
    "time_in_force",
    "client_order_id",
)


class PaperRules:
    """Balance in quote currency and fee rates, fractions of the notional."""

    def __init__(
        self, *, balance: Amount = 10_000.0, maker_fee_rate: float = 0.0, taker_fee_rate: float = 0.0
    ) -> None:
        self.balance = float(to_positive_amount(balance, name="balance"))
        self.maker_fee_rate = float(to_amount(maker_fee_rate, name="maker_fee_rate"))
        self.taker_fee_rate = float(to_amount(taker_fee_rate, name="taker_fee_rate"))

    def portfolio(self, markets: Sequence[RecordedMarket]) -> Portfolio:
        """Return a portfolio that trades by hand only: no strategy, no limit, no specification of the
        markets.
        """
        return Portfolio(
            {
                "initial_balance": self.balance,
                "venue": {
                    "maker_fee_rate": self.maker_fee_rate,
                    "taker_fee_rate": self.taker_fee_rate,
                    "liquidation_fee_rate": 0.0,
                    "fee_in_base": False,
                    "fill_on_touch": False,
                    "margin_mode": "cross",
                    "seed": 0,
                    "slippage": {"model": "none"},
                },
                "markets": [
                    {"symbol": m.symbol, "interval_ns": m.interval_ns, "instrument": None, "impact": None}
                    for m in markets
                ],
                "limits": {**NO_LIMITS, "close_on_breach": False},
                "strategies": [],
            }
        )


class PaperAccount:
    """Orders, positions and cash of the markets on a tape."""

    def __init__(self, markets: Sequence[RecordedMarket], rules: PaperRules) -> None:
        self._symbols = [market.symbol for market in markets]
        self._simulation = Simulation(rules.portfolio(markets))
        self._client_ids: dict[int, str] = {}
        self._leverage: dict[str, float] = {}
        self._latest_ns: dict[str, int] = {}
        self._newest_ns = -1

    @property
    def cash(self) -> float:
        """Cash in quote currency."""
        return self._simulation.cash

    def on_bar(self, symbol: str, row: Row) -> None:
        """Let a closed bar act on orders and positions; one that comes late or again does not act."""
        is_past = row[0] < self._newest_ns or row[0] <= self._latest_ns.get(symbol, -1)
        if is_past:
            return
        self._newest_ns = self._latest_ns[symbol] = row[0]
        self._simulation.on_bars(row[0], [(self._symbols.index(symbol), *row[1:])])

    def set_leverage(self, symbol: str, leverage: Amount) -> float:
        """Set the leverage of a market's new positions and return it."""
        value = to_amount(leverage, name="leverage")
        if value < 1:
            raise ParameterError(f"leverage must be at least 1, was {leverage!r}")
        self._leverage[symbol] = float(value)
        return float(value)

    def place(
        self,
        symbol: str,
        side: OrderSide,
        order_type: OrderType,
        *,
        size: Amount | None,
        price: Amount | None,
        options: dict[str, Any],
    ) -> dict[str, Any]:
        """Send an order and return what is known of it; ``size`` ``None`` means the whole position.

        Raises ``OrderRefusedError`` when it is rejected at once.
        """
        check_options(options)
        trigger, distance = options.get("trigger_price"), options.get("distance_fraction")
        time_in_force = TimeInForce(options.get("time_in_force", TimeInForce.GTC))
        number = self._simulation.submit(
            OrderSide(side).value.lower(),
            OrderType(order_type).value.lower(),
            None if size is None else float(to_positive_amount(size, name="size")),
            "position" if size is None else "base",
            market=self._symbols.index(symbol),
            price=None if price is None else float(to_positive_amount(price, name="price")),
            trigger=None if trigger is None else float(to_positive_amount(trigger, name="trigger_price")),
            distance_fraction=None if distance is None else float(distance),
            time_in_force=time_in_force.value.lower(),
            expires_ns=None,
            post_only=bool(options.get("post_only", False)),
            reduce_only=bool(options.get("reduce_only", False)),
            leverage=float(
                to_amount(options.get("leverage", self._leverage.get(symbol, 1.0)), name="leverage")
            ),
            stop_fraction=None,
            target_fraction=None,
            trail_fraction=None,
            break_even_fraction=None,
            group=None,
        )
        if (client_id := options.get("client_order_id")) is not None:
            self._client_ids[number] = str(client_id)
        status = self.order(str(number))
        if status["status"] == "rejected":
            raise OrderRefusedError(f"{symbol}: order rejected: {status['reason']}")
        return status

    def cancel(self, order_id: str) -> bool:
        """Cancel an order; return whether it was open."""
        return self._simulation.cancel(self._number(order_id))

    def order(self, order_id: str) -> dict[str, Any]:
        """Return what is known of an order."""
        number = self._number(order_id)
        columns: dict[str, Any] = dict(self._simulation.orders())
        order = {name: values[number] for name, values in columns.items()}
        return {
            "order_id": str(number),
            "client_order_id": self._client_ids.get(number),
            "symbol": self._symbols[int(order["market"])],
            "side": str(order["side"]).upper(),
            "order_type": str(order["kind"]).upper(),
            "status": order["state"],
            "reason": order["reason"],
            "size": order["quantity"],
            "filled_size": float(order["filled_quantity"]),
            "average_price": order["average_price"],
        }

    def positions(self) -> list[dict[str, Any]]:
        """Return the open positions."""
        columns: dict[str, Any] = dict(self._simulation.open_positions())
        rows = [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]
        return [
            {
                "symbol": self._symbols[int(row["market"])],
                "side": row["side"],
                "size": float(row["quantity"]),
                "entry_price": float(row["entry_price"]),
                "mark_price": float(row["mark_price"]),
                "unrealised_profit": float(row["unrealised_profit"]),
            }
            for row in rows
        ]

    def _number(self, order_id: str) -> int:
        known = len(self._simulation.orders()["order"])
        if not (order_id.isdecimal() and int(order_id) < known):
            raise ParameterError(f"no order {order_id!r}")
        return int(order_id)


def check_options(options: dict[str, Any]) -> None:
    """Refuse options that orders do not have."""
    for name in options:
        if name not in OPTIONS:
            near = get_close_matches(name, OPTIONS, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise ParameterError(f"an order has no option {name!r}{hint} There are: {', '.join(OPTIONS)}")
