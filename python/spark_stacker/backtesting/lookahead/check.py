"""The check: a run on everything, runs at many cuts, and a comparison of what was known there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from spark_stacker import _core
from spark_stacker.backtesting.lookahead.configured import indicator_classes, observer_of_settings
from spark_stacker.backtesting.lookahead.cuts import choose_cuts
from spark_stacker.backtesting.lookahead.futures import Cut, Future
from spark_stacker.backtesting.lookahead.observers import FunctionTerms, closes_ns
from spark_stacker.backtesting.lookahead.report import LookaheadReport
from spark_stacker.backtesting.lookahead.runs import Runs, name_of, observer_of
from spark_stacker.backtesting.lookahead.tally import Tally
from spark_stacker.config import Settings, enabled_strategies, markets_of
from spark_stacker.data.candles import normalise, read_any
from spark_stacker.data.rules import require_clean
from spark_stacker.data.times import interval_us
from spark_stacker.errors import DataError, ParameterError, StrategyError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import polars as pl

    from spark_stacker.backtesting.function_backtest import StrategyFunction
    from spark_stacker.backtesting.lookahead.observation import Observation
    from spark_stacker.indicators.base_indicator import BaseIndicator

__all__ = ["check_lookahead"]

_FEWEST_ROWS = 50
_REPEATS = 2
_FEW_STATES = 10
"""Values of a column that is a state rather than a number."""
_REPLACED = (Future.NONE, Future.MIRRORED, Future.SOARED, Future.CRASHED)


def check_lookahead(
    strategy: StrategyFunction
    | BaseIndicator
    | type[BaseIndicator]
    | Callable[[pl.DataFrame], Any]
    | Settings,
    candles: object,
    interval: str | Mapping[str, str] | None = None,
    *,
    symbol: str = "ETH-USD",
    parameters: Mapping[str, Any] | None = None,
    indicators: Sequence[BaseIndicator] = (),
    leverage: float = 1.0,
    strategies: Sequence[str] | None = None,
    cuts: int = 12,
    seed: int = 0,
    relative_tolerance: float = 1e-9,
    on_run: Callable[[int, int], None] | None = None,
) -> LookaheadReport:
    """Whether anything that a strategy says of a bar depends on later bars.

    ``strategy`` is an indicator or its class (``parameters`` are its own), a strategy function
    (``parameters`` and ``indicators`` as in `BacktestEngine.run_backtest`), a function of the
    candles alone that makes one of these, or `Settings`. ``candles`` is a frame, for `Settings` one by
    symbol; ``interval`` that of the candles, by default the shortest step between them.

    At up to ten times ``cuts`` places, drawn with ``seed``, it is run on the candles up to there, and on
    candles that go on otherwise; columns, signals, orders and equity up to there must be what they are with
    all candles. Floats may differ by ``relative_tolerance``, directions and orders not at all. Every run has
    copies of what the code holds, with the data in it cut in the same way. ``on_run(done, of)`` is told of
    the progress.

    Raises `ParameterError` for what is no strategy, `DataError` for fewer than 50 candles, `StrategyError`
    when it fails on all the candles.

    >>> import polars as pl
    >>> from spark_stacker.data import synthesise
    >>> from spark_stacker.indicators import BaseIndicator
    >>> class Extremes(BaseIndicator):
    ...     def calculate(self, data):
    ...         return data.with_columns(place=pl.col("close") / pl.col("close").max())
    ...     def generate_signal(self, data):
    ...         return None
    >>> report = check_lookahead(Extremes, synthesise("choppy", bars=200, seed=1).frame)
    >>> report.verdict, report.differences[0].name
    ('look-ahead', 'place')
    """
    _check_numbers(cuts, relative_tolerance)
    if isinstance(strategy, Settings):
        runs, main, step_ns = _configured(strategy, candles, interval, strategies)
        label = ", ".join(one.name for one in enabled_strategies(strategy, strategies))
    else:
        main = _clean(candles, where=symbol)
        if isinstance(interval, Mapping):
            raise ParameterError("interval must be text; by symbol it is for Settings")
        name = interval or _interval_of(main)
        step_ns = interval_us(name) * 1_000
        terms = FunctionTerms(
            symbol=symbol,
            interval=name,
            leverage=leverage,
            parameters=parameters or {},
            indicators=indicators,
        )
        runs = Runs(strategy, {symbol: main}, observer_of(strategy, main, step_ns, terms))
        label = name_of(strategy)
    return _checked(
        runs,
        closes_ns(main, step_ns),
        main["timestamp"],
        label=label,
        cuts=cuts,
        seed=seed,
        relative_tolerance=relative_tolerance,
        on_run=on_run,
    )


def _checked(
    runs: Runs,
    known_ns: np.ndarray,
    times: pl.Series,
    *,
    label: str,
    cuts: int,
    seed: int,
    relative_tolerance: float,
    on_run: Callable[[int, int], None] | None,
) -> LookaheadReport:
    rows = len(known_ns)
    whole = Cut(rows, int(known_ns[-1]), rows, Future.RECORDED)
    runs.prepare(whole)
    now = runs.run(whole)
    tally = Tally(now, known_ns, relative_tolerance)
    for _ in range(_REPEATS):
        tally.repeated(runs.run(whole))
    if tally.all_unstable:
        cuts = 0
    acted = _rows_acted(now, known_ns)
    close, further = choose_cuts(times, acted, count=cuts, seed=seed) if cuts else ([], [])
    plan = [
        *((kept, future) for kept in close for future in _REPLACED),
        *((kept, _REPLACED[place % len(_REPLACED)]) for place, kept in enumerate(further)),
    ]
    for kept, future in plan:
        cut = Cut(kept, int(known_ns[kept - 1]), rows, future)
        try:
            tally.compare(cut, runs.run(cut))
        except (ParameterError, DataError, StrategyError) as error:
            tally.failed(cut, error)
        if on_run is not None:
            on_run(runs.count, 1 + _REPEATS + len(plan))
    differences, start_up = tally.differences()
    unverified = tuple(runs.findings.unverified)
    verdict = tally.verdict(differences, unverified)
    return LookaheadReport(
        subject=label,
        verdict=verdict,
        rows=rows,
        cuts=tuple(sorted({*close, *further})),
        runs=runs.count,
        seed=seed,
        relative_tolerance=relative_tolerance,
        checked=tuple(now.tracks),
        differences=differences,
        unstable=tally.unstable,
        unverified=unverified,
        notes=(*runs.findings.notes, *start_up, *tally.notes),
    )


def _rows_acted(now: Observation, known_ns: np.ndarray) -> list[int]:
    """Rows of the candles at which a signal or an order was given, or a column's state changed."""
    times: list[int] = []
    for name, track in now.tracks.items():
        if track.kind == "order":
            times += track.known_ns.tolist()
        elif track.kind == "signal" and name.endswith("direction") and track.values.dtype.is_numeric():
            times += track.known_ns[(track.values.fill_null(0) != 0).to_numpy()].tolist()
        elif track.kind == "column" and track.values.n_unique() <= _FEW_STATES:
            times += track.known_ns[track.values.ne_missing(track.values.shift(1)).to_numpy()].tolist()
    rows = np.searchsorted(known_ns, np.asarray(sorted(set(times)), dtype=np.int64))
    return [int(row) for row in rows if row < len(known_ns)]


def _configured(
    settings: Settings,
    candles: object,
    interval: str | Mapping[str, str] | None,
    names: Sequence[str] | None,
) -> tuple[Runs, pl.DataFrame, int]:
    chosen = enabled_strategies(settings, names)
    if not chosen:
        raise ParameterError("no strategy of the configuration is enabled")
    uses = markets_of(settings, chosen)
    given = candles if isinstance(candles, Mapping) else {uses[0].symbol: candles}
    frames: dict[str, pl.DataFrame] = {}
    intervals: dict[str, str] = {}
    for use in uses:
        if use.symbol not in given:
            raise ParameterError(
                f"candles of {use.symbol} must be given, were of {', '.join(given) or 'none'}"
            )
        frames[use.symbol] = _clean(given[use.symbol], where=use.symbol)
        one = interval.get(use.symbol) if isinstance(interval, Mapping) else interval
        intervals[use.symbol] = one or _interval_of(frames[use.symbol])
    runs = Runs(
        indicator_classes(settings, chosen), frames, observer_of_settings(settings, chosen, frames, intervals)
    )
    main = uses[0].symbol
    return runs, frames[main], interval_us(intervals[main]) * 1_000


def _clean(candles: object, *, where: str) -> pl.DataFrame:
    frame = normalise(read_any(candles, where=where), kind="candles", where=where).frame
    require_clean(frame, where=where)
    if len(frame) < _FEWEST_ROWS:
        raise DataError(f"{where}: a check needs at least {_FEWEST_ROWS} candles, there are {len(frame)}")
    return frame


def _interval_of(frame: pl.DataFrame) -> str:
    return _core.interval_name(int(np.diff(closes_ns(frame, 0)).min()))


def _check_numbers(cuts: int, relative_tolerance: float) -> None:
    if cuts < 1:
        raise ParameterError(f"cuts must be at least 1, was {cuts}")
    if not 0 <= relative_tolerance < 1:
        raise ParameterError(f"relative_tolerance must be from 0 to below 1, was {relative_tolerance}")
