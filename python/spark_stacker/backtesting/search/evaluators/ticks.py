"""Sets of a built-in tick strategy's parameters: each is played over the same events, wholly in the core."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, fields, replace
from functools import cached_property
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from spark_stacker import _core
from spark_stacker.backtesting.search.evaluators.contract import WHOLE, Rows, Window
from spark_stacker.backtesting.ticks.result import TickResult
from spark_stacker.backtesting.ticks.strategies import GridMaker, Schedule
from spark_stacker.backtesting.ticks.stream import EventStream
from spark_stacker.config.suggestions import did_you_mean
from spark_stacker.errors import InputError, ParameterError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import polars as pl
    from numpy.typing import NDArray

    from spark_stacker.backtesting.search.space import Space, Value
    from spark_stacker.backtesting.ticks.settings import TickSettings
    from spark_stacker.data.events import ImportedEvents

__all__ = ["TICK_METRICS", "TickEvaluator"]

_YEAR_NS: Final = 365 * 86_400 * 10**9

TICK_METRICS: Final = (
    "final_equity",
    "net_profit",
    "total_return",
    "sharpe_ratio",
    "max_drawdown",
    "max_drawdown_abs",
    "turnover",
    "fees_paid",
    "total_trades",
    "winning_trades",
    "losing_trades",
    "win_rate",
)
"""Metrics of a run on ticks; bars are those of ``record_interval_ns``."""


class TickEvaluator:
    """See `Evaluator`. ``strategy`` has the parameters that all sets share."""

    batch = 64
    warnings: tuple[str, ...] = ()

    def __init__(
        self,
        space: Space,
        strategy: GridMaker | Schedule,
        events: pl.DataFrame | ImportedEvents,
        settings: TickSettings,
    ) -> None:
        known = [field.name for field in fields(strategy)]
        for path in space.paths:
            if path not in known:
                hint = did_you_mean(path, known)
                raise ParameterError(
                    f"{type(strategy).__name__} has no parameter {path!r}{hint}; known: {', '.join(known)}"
                )
        self.space = space
        self.strategy = strategy
        self.settings = settings
        self.interval_ns = settings.record_interval_ns
        self.initial_balance = settings.initial_balance
        stream = EventStream.of(events, tick_size=settings.tick_size, lot_size=settings.lot_size)
        # Every set plays all of them: they stay inside the core.
        self._tapes = list(stream.tapes())
        self._setup = settings.setup(
            tick_size=stream.tick_size, lot_size=stream.lot_size, start_ns=stream.start_ns
        )
        self._events = events

    @cached_property
    def open_time_ns(self) -> NDArray[np.int64]:
        """See `Evaluator.open_time_ns`: the times at which equity is recorded."""
        times: NDArray[np.int64] = self._run(self.strategy).curve()["time_ns"]
        return times

    def evaluate(
        self, digits: NDArray[np.uint32], metrics: Sequence[str], window: Window, *, threads: int
    ) -> Rows:
        """See `Evaluator.evaluate`."""
        _require_whole(window)
        for name in metrics:
            if name not in TICK_METRICS:
                raise ParameterError(
                    f"{name} is not a metric of runs on ticks; known: {', '.join(TICK_METRICS)}"
                )
        values = np.full((len(digits), len(metrics)), np.nan)
        status = np.zeros(len(digits), dtype=np.uint32)
        reasons: dict[str, int] = {}
        with ThreadPoolExecutor(max(1, threads)) as pool:
            for row, found in enumerate(pool.map(self._metrics, digits)):
                if isinstance(found, InputError):
                    status[row] = 1 + reasons.setdefault(str(found), len(reasons))
                else:
                    values[row] = [found[name] for name in metrics]
        return Rows(values, status, tuple(reasons))

    def equity(
        self, digits: NDArray[np.uint32], window: Window
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """See `Evaluator.equity`."""
        _require_whole(window)
        curve = self._run(self._strategy(self.space.params(digits))).curve()
        return curve["time_ns"], curve["equity"]

    def permuted(self, seed: int) -> TickEvaluator:
        """See `Evaluator.permuted`."""
        raise InputError(f"events of a book cannot be put in another order (seed {seed})")

    def result(self, params: Mapping[str, Value]) -> Any:
        """The run of one set, a `TickResult`."""
        strategy = self._strategy(params)
        return TickResult(self._run(strategy), self.settings, type(strategy).__name__)

    def identity(self) -> dict[str, object]:
        """See `Evaluator.identity`."""
        frame = self._events if not hasattr(self._events, "frame") else self._events.frame
        rows = frame.hash_rows().to_numpy().tobytes()
        return {
            "data": [["events", "ticks", 0, sha256(rows).hexdigest()]],
            "configuration": {
                "strategy": type(self.strategy).__name__,
                "strategy_params": asdict(self.strategy),
                "rules": self.settings.rules(),
                "setup": self._setup,
            },
        }

    def _strategy(self, params: Mapping[str, Value]) -> GridMaker | Schedule:
        return replace(self.strategy, **params)  # type: ignore[arg-type]

    def _run(self, strategy: GridMaker | Schedule) -> _core.TickRun:
        if isinstance(strategy, Schedule):
            return _core.run_schedule(self._tapes, self._setup, strategy.plan())
        return _core.run_grid_maker(self._tapes, self._setup, strategy.plan())

    def _metrics(self, chosen: NDArray[np.uint32]) -> dict[str, float] | InputError:
        try:
            run = self._run(self._strategy(self.space.params(chosen)))
        except InputError as error:
            return error
        return _metrics_of(run, self.initial_balance, self.interval_ns)


def _require_whole(window: Window) -> None:
    if window != WHOLE:
        raise InputError("a search on ticks plays all events; give it those of the time wanted")


def _metrics_of(run: _core.TickRun, balance: float, interval_ns: int) -> dict[str, float]:
    equity = np.concatenate([[balance], run.curve()["equity"], [run.equity]])
    peaks = np.maximum.accumulate(equity)
    returns = np.diff(equity[:-1]) / equity[:-2]
    deviation = float(np.std(returns, ddof=1)) if len(returns) > 1 else 0.0
    fills, profits = run.fills(), np.asarray(run.trades()["profit"], dtype=float)
    won, lost = int((profits > 0.0).sum()), int((profits < 0.0).sum())
    notional = float((fills["quantity"] * fills["price"]).sum())
    return {
        "final_equity": run.equity,
        "net_profit": run.equity - balance,
        "total_return": run.equity / balance - 1.0,
        "sharpe_ratio": float(np.mean(returns)) / deviation * math.sqrt(_YEAR_NS / interval_ns)
        if deviation > 0.0
        else math.nan,
        "max_drawdown": float(np.max(1.0 - equity / peaks)),
        "max_drawdown_abs": float(np.max(peaks - equity)),
        "turnover": notional / float(np.mean(equity)),
        "fees_paid": float(np.sum(fills["fee"])),
        "total_trades": float(len(profits)),
        "winning_trades": float(won),
        "losing_trades": float(lost),
        "win_rate": won / len(profits) if len(profits) else math.nan,
    }
