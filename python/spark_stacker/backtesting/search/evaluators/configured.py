"""Sets of configured strategies and of indicators, simulated in the core.

What the core can vary by itself is an axis of its sweep. What it cannot (parameters of indicators in Python,
a strategy's timeframe, its sizing method) is varied outside: each distinct combination gets a sweep of its
own, and signals of indicators in Python are computed once for each distinct set of their parameters.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from copy import copy
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from spark_stacker import _core
from spark_stacker.backtesting.configured import (
    IndicatorMakers,
    LoadedMarkets,
    SignalMemory,
    outside_signals,
    plan_of,
    prepare_loaded,
)
from spark_stacker.backtesting.histories import permuted_history
from spark_stacker.backtesting.perpetuals import fingerprints
from spark_stacker.backtesting.plain import describe_code, plain
from spark_stacker.backtesting.search.evaluators.contract import Rows, Window
from spark_stacker.backtesting.search.evaluators.own_types import own_types, register_own_types
from spark_stacker.backtesting.search.evaluators.settings_edits import edited
from spark_stacker.backtesting.search.evaluators.settings_paths import find_places, target_of
from spark_stacker.config import enabled_strategies
from spark_stacker.data.fingerprint import data_hash
from spark_stacker.errors import InputError, ParameterError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from spark_stacker.backtesting.prepared import PreparedBacktest
    from spark_stacker.backtesting.result import BacktestResult
    from spark_stacker.backtesting.search.space import Space, Value
    from spark_stacker.config import Settings
    from spark_stacker.indicators.base_indicator import BaseIndicator

__all__ = ["ConfiguredEvaluator"]

_BAR_SETS: Final = 1 << 26
"""Bars times sets of a batch: less than a second's work."""
_KEPT_SWEEPS: Final = 8
_SIGNAL_BYTES: Final = 32 << 20
_making = threading.Lock()
"""Threads of an executor share an evaluator, and make each sweep once."""


class ConfiguredEvaluator:
    """See `Evaluator`. ``own`` are indicator objects that stand under the name of an indicator of the
    settings.
    """

    batch_limit = 16_384

    def __init__(
        self,
        space: Space,
        settings: Settings,
        loaded: LoadedMarkets,
        own: Mapping[str, BaseIndicator] | None = None,
    ) -> None:
        self.space = space
        self.loaded = loaded
        self.own = dict(own or {})
        self.places = find_places(settings, loaded.strategies, space.paths, self.own)
        self.settings = self._with_hedge(settings)
        self.initial_balance = settings.initial_balance
        history = loaded.histories[0]
        self.interval_ns = history.bars.interval_ns
        self.batch = max(64, min(self.batch_limit, _BAR_SETS // max(1, len(history.bars))))
        self._inner = [place for place, found in enumerate(self.places) if found.targets]
        self._outer = [place for place, found in enumerate(self.places) if not found.targets]
        # A path that means a setting of several strategies is several axes of the core with one digit.
        self._columns = [place for place in self._inner for _ in self.places[place].targets]
        self._is_plain = self._columns == list(range(len(space.axes)))
        self._sweeps: OrderedDict[tuple[int, ...], _core.Sweep | str] = OrderedDict()
        self._signals = SignalMemory(_SIGNAL_BYTES)
        if not self._outer:
            self._sweeps[()] = self._new_sweep(())  # what is wrong with the space is told at once

    @cached_property
    def open_time_ns(self) -> NDArray[np.int64]:
        """See `Evaluator.open_time_ns`."""
        history = self.loaded.histories[0]
        return history.bars.open_time_ns[history.first :]

    @property
    def warnings(self) -> tuple[str, ...]:
        """See `Evaluator.warnings`."""
        loaded = self.loaded
        return tuple(
            warning
            for history, terms in zip(loaded.histories, loaded.perpetuals, strict=True)
            for warning in history.warnings + terms.warnings
        )

    def evaluate(
        self, digits: NDArray[np.uint32], metrics: Sequence[str], window: Window, *, threads: int
    ) -> Rows:
        """See `Evaluator.evaluate`."""
        if not self._outer:
            return self._rows(self._sweep(()), digits, metrics, window, threads)
        values = np.full((len(digits), len(metrics)), np.nan)
        status = np.zeros(len(digits), dtype=np.uint32)
        reasons: dict[str, int] = {}
        combinations, group = np.unique(digits[:, self._outer], axis=0, return_inverse=True)
        for number, combination in enumerate(combinations):
            rows = np.flatnonzero(group == number)
            found = self._rows(
                self._sweep(tuple(combination.tolist())), digits[rows], metrics, window, threads
            )
            values[rows] = found.values
            status[rows] = found.renumbered(reasons)
        return Rows(values, status, tuple(reasons))

    def equity(
        self, digits: NDArray[np.uint32], window: Window
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """See `Evaluator.equity`."""
        sweep = self._sweep(tuple(digits[self._outer].tolist()))
        if isinstance(sweep, str):
            raise ParameterError(sweep)
        inner = self._inner_digits(digits[np.newaxis])[0]
        return sweep.equity(inner, start_ns=window.start_ns, end_ns=window.end_ns)

    def permuted(self, seed: int) -> ConfiguredEvaluator:
        """See `Evaluator.permuted`."""
        other = copy(self)
        other.__dict__.update(_sweeps=OrderedDict(), _signals=SignalMemory(_SIGNAL_BYTES))
        if not self._outer and not own_types(self.settings):
            sweep = self._sweep(())
            assert not isinstance(sweep, str)  # noqa: S101 - what is wrong with it was raised before
            other.__dict__["_sweeps"][()] = sweep.permuted(seed)
            return other
        if any(terms.mark is not None for terms in self.loaded.perpetuals):
            raise ParameterError("mark prices do not go with permuted candles")
        histories = tuple(permuted_history(history, seed) for history in self.loaded.histories)
        other.loaded = replace(self.loaded, histories=histories)
        return other

    def result(self, params: Mapping[str, Value]) -> BacktestResult:
        """See `Evaluator.result`."""
        return self.prepared(params).run()

    def prepared(self, params: Mapping[str, Value]) -> PreparedBacktest:
        """The backtest of one set, to be run by the engine."""
        settings, own = self._edited([(place, params[place.path]) for place in self.places])
        return prepare_loaded(settings, self.loaded, own)

    def identity(self) -> dict[str, object]:
        """See `Evaluator.identity`."""
        loaded = self.loaded
        plan = plan_of(self.settings, loaded)
        return {
            "data": [
                [symbol, history.interval, history.first, data_hash(history.frame)]
                for symbol, history in zip(loaded.symbols, loaded.histories, strict=True)
            ],
            **fingerprints(loaded.perpetuals),
            "configuration": plain(plan),
            "indicators_in_python": {
                **{kind: describe_code(code) for kind, code in own_types(self.settings).items() if code},
                **{
                    name: {**describe_code(type(own)), "params": plain(own.params)}
                    for name, own in self.own.items()
                },
            },
        }

    def sweep(self) -> _core.Sweep | None:
        """The core's sweep of all sets; None where there is no single one."""
        found = None if self._outer or not self._is_plain else self._sweep(())
        return found if isinstance(found, _core.Sweep) else None

    def __getstate__(self) -> dict[str, object]:
        state = self.__dict__.copy()
        state["_sweeps"] = OrderedDict()
        state["_signals"] = SignalMemory(_SIGNAL_BYTES)
        state.pop("open_time_ns", None)
        state["_own_types"] = own_types(self.settings)
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        register_own_types(state.pop("_own_types"))
        self.__dict__.update(state)

    def _rows(
        self,
        sweep: _core.Sweep | str,
        digits: NDArray[np.uint32],
        metrics: Sequence[str],
        window: Window,
        threads: int,
    ) -> Rows:
        if isinstance(sweep, str):
            return Rows(
                np.full((len(digits), len(metrics)), np.nan), np.ones(len(digits), dtype=np.uint32), (sweep,)
            )
        values, status, reasons = sweep.evaluate(
            self._inner_digits(digits),
            metrics,
            start_ns=window.start_ns,
            end_ns=window.end_ns,
            threads=threads,
        )
        return Rows(values, status.astype(np.uint32), tuple(reasons))

    def _inner_digits(self, digits: NDArray[np.uint32]) -> NDArray[np.uint32]:
        if self._is_plain:
            return digits
        if not self._columns:
            return np.zeros((len(digits), 1), dtype=np.uint32)
        return np.ascontiguousarray(digits[:, self._columns])

    def _sweep(self, outer: tuple[int, ...]) -> _core.Sweep | str:
        """The sweep of a combination of outer values, or the reason why there is none."""
        with _making:
            found = self._sweeps.get(outer)
            if found is None:
                try:
                    found = self._new_sweep(outer)
                except InputError as error:
                    if not self._outer:
                        raise
                    found = str(error)
                self._sweeps[outer] = found
                while len(self._sweeps) > _KEPT_SWEEPS:
                    self._sweeps.popitem(last=False)
            self._sweeps.move_to_end(outer)
            return found

    def _new_sweep(self, outer: tuple[int, ...]) -> _core.Sweep:
        settings, own = self.settings, self.own
        values = self.space.axes
        if outer:
            chosen = zip(self._outer, outer, strict=True)
            settings, own = self._edited(
                [(self.places[place], values[place].values[digit]) for place, digit in chosen]
            )
        plan = plan_of(settings, self.loaded)
        histories = self.loaded.histories
        axes: list[tuple[Any, list[Any]]] = [
            (target, [self.places[place].convert(value) for value in values[place].values])
            for place in self._inner
            for target in self.places[place].targets
        ]
        if not axes:  # the core wants one: a balance that stays as it is
            axes = [(target_of(setting="initial_balance"), [settings.initial_balance])]
        return _core.Sweep(
            _core.Portfolio(plan),
            [history.bars for history in histories],
            start=[history.first for history in histories],
            signals=outside_signals(
                settings, self.loaded, plan, IndicatorMakers(settings, own, self._signals)
            ),
            funding=[terms.funding for terms in self.loaded.perpetuals],
            mark=[terms.mark for terms in self.loaded.perpetuals],
            axes=axes,
        )

    def _edited(self, values: list[tuple[Any, Value]]) -> tuple[Settings, dict[str, BaseIndicator]]:
        names = [strategy.name for strategy in self.loaded.strategies]
        return edited(self.settings, names, self.own, values)

    def _with_hedge(self, settings: Settings) -> Settings:
        """With a hedge where its ratio is searched, so that the plan has one whose ratio can vary."""
        for place, axis in zip(self.places, self.space.axes, strict=True):
            ratios = [value for value in axis.values if isinstance(value, (int, float)) and value > 0]
            if place.edits[0].key != ("hedge_ratio",) or not ratios:
                continue
            name = place.edits[0].strategy
            strategy = next(s for s in enabled_strategies(settings, [name]))
            if strategy.hedge_ratio == 0:
                names = [chosen.name for chosen in self.loaded.strategies]
                settings, _ = edited(settings, names, self.own, [(place, ratios[0])])
        return settings
