"""Sets of a strategy function's parameters: the function is called at every bar of every set."""

from __future__ import annotations

from dataclasses import asdict, is_dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from spark_stacker.backtesting.histories import permuted_history
from spark_stacker.backtesting.plain import plain
from spark_stacker.backtesting.search.evaluators.contract import Rows, Window
from spark_stacker.data.fingerprint import data_hash
from spark_stacker.errors import DataError, InputError, ParameterError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from spark_stacker.backtesting.function_backtest import FunctionBacktest, StrategyFunction
    from spark_stacker.backtesting.result import BacktestResult
    from spark_stacker.backtesting.search.space import Space, Value

__all__ = ["FunctionEvaluator"]

_BATCH: Final = 16


class FunctionEvaluator:
    """See `Evaluator`. ``fixed`` are parameters that all sets share."""

    batch = _BATCH

    def __init__(self, space: Space, backtest: FunctionBacktest, fixed: Mapping[str, object]) -> None:
        for path in space.paths:
            if path in fixed:
                raise ParameterError(f"{path}: is in strategy_params and is searched as well")
        self.space = space
        self.backtest = backtest
        self.fixed = dict(fixed)
        self.interval_ns = backtest.history.bars.interval_ns
        self.initial_balance = backtest.account.balance

    @property
    def code(self) -> StrategyFunction:
        """The function, which another process must be able to import."""
        return self.backtest.strategy

    @cached_property
    def open_time_ns(self) -> NDArray[np.int64]:
        """See `Evaluator.open_time_ns`."""
        history = self.backtest.history
        return history.bars.open_time_ns[history.first :]

    @property
    def warnings(self) -> tuple[str, ...]:
        """See `Evaluator.warnings`."""
        return self.backtest.history.warnings + self.backtest.perpetual.warnings

    def evaluate(
        self,
        digits: NDArray[np.uint32],
        metrics: Sequence[str],
        window: Window,
        *,
        threads: int,  # noqa: ARG002 - a function runs in the interpreter, on one
    ) -> Rows:
        """See `Evaluator.evaluate`."""
        values = np.full((len(digits), len(metrics)), np.nan)
        status = np.zeros(len(digits), dtype=np.uint32)
        reasons: dict[str, int] = {}
        first, stop = self._rows(window)
        for row, chosen in enumerate(digits):
            try:
                simulation = self.backtest.simulate(self._params(self.space.params(chosen)), first, stop)
            except InputError as error:
                status[row] = 1 + reasons.setdefault(str(error), len(reasons))
                continue
            found = simulation.core.metrics(self.backtest.history.bars.slice(first, stop))
            values[row] = [np.nan if found[name] is None else found[name] for name in metrics]
        return Rows(values, status, tuple(reasons))

    def equity(
        self, digits: NDArray[np.uint32], window: Window
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """See `Evaluator.equity`."""
        first, stop = self._rows(window)
        simulation = self.backtest.simulate(self._params(self.space.params(digits)), first, stop)
        return simulation.core.open_time_ns(), simulation.core.equity_curve()

    def permuted(self, seed: int) -> FunctionEvaluator:
        """See `Evaluator.permuted`."""
        history = permuted_history(self.backtest.history, seed)
        return FunctionEvaluator(self.space, replace(self.backtest, history=history), self.fixed)

    def result(self, params: Mapping[str, Value]) -> BacktestResult:
        """See `Evaluator.result`."""
        return self.backtest.run(self._params(params))

    def identity(self) -> dict[str, object]:
        """See `Evaluator.identity`."""
        backtest = self.backtest
        history = backtest.history
        terms = asdict(backtest.terms) if is_dataclass(backtest.terms) else {}
        return {
            "data": [[history.symbol, history.interval, history.first, data_hash(history.frame)]],
            "configuration": {
                **backtest.configuration(),
                "strategy_params": plain(self.fixed),
                "terms": plain(terms),
                "initial_balance": self.initial_balance,
            },
        }

    def __getstate__(self) -> dict[str, object]:
        state = self.__dict__.copy()
        state.pop("open_time_ns", None)
        return state

    def _params(self, chosen: Mapping[str, Any]) -> dict[str, Any]:
        return {**self.fixed, **chosen}

    def _rows(self, window: Window) -> tuple[int, int]:
        """The rows of the candles that a window trades."""
        times = self.backtest.history.bars.open_time_ns
        first, stop = self.backtest.history.first, len(times)
        if window.start_ns is not None:
            first = max(first, int(np.searchsorted(times, window.start_ns)))
        if window.end_ns is not None:
            stop = int(np.searchsorted(times, window.end_ns))
        if first >= stop:
            raise DataError("the window has no bar")
        return first, stop
