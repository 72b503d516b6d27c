"""Does the winner survive other conditions than those that chose it?

Each case is the same set again, run by the engine: fees and slippage doubled, decisions a bar late, and the
synthetic scenarios in place of the market. Two draws take what the winner did apart: its trades in other
orders, and blocks of its bar returns put together anew. Nothing here is a forecast.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import polars as pl

from spark_stacker.backtesting.search.resampling import (
    Bootstrap,
    Spread,
    TradeOrders,
    bootstrap,
    reorder_trades,
    trade_returns,
)
from spark_stacker.backtesting.search.robustness_words import sentences
from spark_stacker.backtesting.search.stress import (
    in_scenario,
    one_bar_later,
    slippage_is_simulated,
    with_costs,
)
from spark_stacker.data import SCENARIOS
from spark_stacker.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from spark_stacker.backtesting.result import BacktestResult
    from spark_stacker.backtesting.search.evaluators import Evaluator
    from spark_stacker.backtesting.search.space import Value

__all__ = ["BASE", "COSTS", "LATE", "SYNTHETIC", "Case", "Robustness", "examine"]

BASE: Final = "as found"
COSTS: Final = "fees and slippage doubled"
FEES: Final = "fees doubled"
LATE: Final = "decisions one bar late"
SYNTHETIC: Final = "synthetic: "
"""Before the name of a scenario."""
_DEARER: Final = 2.0
_YEAR_NS: Final = 365 * 86_400_000_000_000


@dataclass(frozen=True, slots=True)
class Case:
    """The winner under one condition; ``failure`` says why it could not be run."""

    name: str
    total_return: float | None = None
    sharpe_ratio: float | None = None
    max_drawdown: float | None = None
    trades: int | None = None
    left: float | None = None
    """Total return over that of the base case; None unless the latter is positive."""
    failure: str | None = None


@dataclass(frozen=True, slots=True)
class Robustness:
    """The winner under other conditions. The same seed gives the same numbers."""

    cases: tuple[Case, ...]
    """The base case first, then costs, delay, scenarios."""
    bootstrap: Bootstrap | None
    """Of the winner's bar returns."""
    orders: TradeOrders | None
    """Of the winner's trades, each once."""
    seed: int
    reasons: Mapping[str, str] = field(default_factory=dict)
    """Why ``bootstrap`` or ``orders`` is None, by its name."""

    @property
    def base(self) -> Case:
        """The winner as the search found it."""
        return self.cases[0]

    @property
    def frame(self) -> pl.DataFrame:
        """A row a case, then the unfavourable end and the middle of each draw: ``case``, ``total_return``,
        ``sharpe_ratio``, ``max_drawdown``, ``trades``, ``left``, ``failure``; null where undefined.
        """
        schema = {
            "case": pl.String(),
            "total_return": pl.Float64(),
            "sharpe_ratio": pl.Float64(),
            "max_drawdown": pl.Float64(),
            "trades": pl.Int64(),
            "left": pl.Float64(),
            "failure": pl.String(),
        }
        rows = [tuple(asdict(case).values()) for case in (*self.cases, *self._drawn())]
        return pl.DataFrame(rows, schema=schema, orient="row")

    def sentences(self) -> list[str]:
        """What the cases say, in the words of a trader."""
        return sentences(self)

    def _drawn(self) -> list[Case]:
        base, found = self.base, []
        if self.bootstrap is not None:
            drawn = self.bootstrap
            ends = (("low", f"worst {_tail(drawn.confidence)}"), ("median", "middle"))
            for end, words in ends:
                total = getattr(drawn.total_return, end)
                sharpe = None if drawn.sharpe_ratio is None else getattr(drawn.sharpe_ratio, end)
                drawdown = getattr(drawn.max_drawdown, "high" if end == "low" else end)
                left = _left(total, base.total_return)
                found.append(Case(f"block bootstrap, {words}", total, sharpe, drawdown, None, left))
        if self.orders is not None:
            for end, words in (("high", f"worst {_tail(self.orders.confidence)}"), ("median", "middle")):
                drawdown = getattr(self.orders.max_drawdown, end)
                name = f"trades in another order, {words}"
                found.append(Case(name, base.total_return, None, drawdown, base.trades, base.left))
        return found

    def to_dict(self) -> dict[str, Any]:
        """Plain values, as for JSON; `from_dict` reads them."""
        return {**asdict(self), "reasons": dict(self.reasons)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Robustness:
        """What `to_dict` gave the values of."""
        drawn: dict[str, Any] = {}
        for name, kind in (("bootstrap", Bootstrap), ("orders", TradeOrders)):
            parts = values[name]
            drawn[name] = None if parts is None else kind(**{key: _part(part) for key, part in parts.items()})
        cases = tuple(Case(**case) for case in values["cases"])
        return cls(cases=cases, seed=values["seed"], reasons=values["reasons"], **drawn)


def examine(
    evaluator: Evaluator, params: Mapping[str, Value], base: BacktestResult, *, seed: int = 0
) -> Robustness:
    """Runs the set ``params``, whose result is ``base``, under every condition.

    A condition under which it cannot be run has its reason in the place of its numbers.
    """
    costs = COSTS if slippage_is_simulated(evaluator, params) else FEES
    conditions: list[tuple[str, Callable[[], BacktestResult]]] = [
        (costs, partial(with_costs, evaluator, params, _DEARER)),
        (LATE, partial(one_bar_later, evaluator, params)),
        *((SYNTHETIC + name, partial(in_scenario, evaluator, params, name, seed=seed)) for name in SCENARIOS),
    ]
    first = _case(BASE, base, base)
    cases = [first]
    for name, run in conditions:
        try:
            cases.append(_case(name, run(), base))
        except InputError as error:
            cases.append(Case(name, failure=str(error)))
    reasons: dict[str, str] = {}
    return Robustness(
        cases=tuple(cases),
        bootstrap=_bootstrap(base, evaluator.interval_ns, seed, reasons),
        orders=_orders(base, seed, reasons),
        seed=seed,
        reasons=reasons,
    )


def _case(name: str, result: BacktestResult, base: BacktestResult) -> Case:
    metrics: Mapping[str, Any] = result.metrics
    total = metrics["total_return"]
    return Case(
        name,
        total,
        metrics["sharpe_ratio"],
        metrics["max_drawdown"],
        metrics["total_trades"],
        _left(total, base.metrics["total_return"]),
    )


def _left(total: float | None, of_base: float | None) -> float | None:
    return total / of_base if total is not None and of_base is not None and of_base > 0 else None


def _bootstrap(
    base: BacktestResult, interval_ns: int, seed: int, reasons: dict[str, str]
) -> Bootstrap | None:
    equity = base.equity_curve["equity"].to_numpy()
    before = np.concatenate([[base.initial_balance], equity[:-1]])
    if not (before > 0).all():
        reasons["bootstrap"] = "the equity is not positive throughout"
        return None
    try:
        return bootstrap(equity / before - 1.0, periods_per_year=_YEAR_NS / interval_ns, seed=seed)
    except InputError as error:
        reasons["bootstrap"] = str(error)
        return None


def _orders(base: BacktestResult, seed: int, reasons: dict[str, str]) -> TradeOrders | None:
    trades = base.trades
    if trades.is_empty():
        reasons["orders"] = "there is no closed trade"
        return None
    try:
        profits = trades.sort("exit_time", maintain_order=True)["profit"].to_numpy()
        returns = trade_returns(profits, initial_balance=base.initial_balance)
        return reorder_trades(returns, seed=seed)
    except InputError as error:
        reasons["orders"] = str(error)
        return None


def _tail(confidence: float) -> str:
    return f"{50 * (1 - confidence):.3g} %"


def _part(value: Any) -> Any:
    return Spread(**value) if isinstance(value, dict) else value
