"""Walk-forward: the best set of each training window, traded over the window after it."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import polars as pl

from spark_stacker import _core
from spark_stacker.backtesting.frames import equity_frame
from spark_stacker.backtesting.metrics import METRICS, Unit, format_metric
from spark_stacker.backtesting.search.estimate import Estimate, estimate
from spark_stacker.backtesting.search.loop import Interrupted, search
from spark_stacker.backtesting.search.optimise import evaluation_of, outcome_of, plan_search
from spark_stacker.backtesting.search.overfit import Decay
from spark_stacker.backtesting.search.result import SearchResult
from spark_stacker.backtesting.search.trial_record import Recorded, TrialRecord
from spark_stacker.backtesting.search.windows import train_test_windows
from spark_stacker.data.times import to_utc
from spark_stacker.errors import DataError, InputError, ParameterError, StrategyError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from spark_stacker.backtesting.backtest_engine import BacktestEngine
    from spark_stacker.backtesting.search.objective import ObjectiveLike
    from spark_stacker.backtesting.search.optimise import MakeSampler, Plan
    from spark_stacker.backtesting.search.options import SearchOptions
    from spark_stacker.backtesting.search.space import Space, Value
    from spark_stacker.backtesting.search.subject import Subject
    from spark_stacker.backtesting.search.windows import TrainTest

__all__ = ["WalkForwardResult", "WalkForwardWindow", "walk_forward"]

_OF_FILLS: Final = (
    "exposure",
    "turnover",
    "fees_paid",
    "funding_paid",
    "total_trades",
    "winning_trades",
    "losing_trades",
    "win_rate",
    "avg_profit",
    "avg_loss",
    "max_profit",
    "max_loss",
    "profit_factor",
    "expectancy",
    "avg_r_multiple",
    "avg_max_adverse",
    "avg_max_favourable",
    "avg_holding_seconds",
    "hedge_profit",
)
"""Metrics that an equity curve by itself does not give."""


@dataclass(frozen=True, slots=True)
class WalkForwardWindow:
    """What a window chose, and how that did: metrics in training and, unseen, in the test."""

    span: TrainTest
    best_params: Mapping[str, Value]
    sets: int
    in_sample: Mapping[str, float | int | None]
    out_of_sample: Mapping[str, float | int | None]
    open_time_ns: NDArray[np.int64]
    equity: NDArray[np.float64]

    @property
    def decay(self) -> Decay | None:
        """Annualised returns of training and test; None where one is undefined."""
        return _decay(self.in_sample["annualized_return"], self.out_of_sample["annualized_return"])

    @property
    def sharpe_decay(self) -> Decay | None:
        """Their annualised Sharpe ratios; None where one is undefined."""
        return _decay(self.in_sample["sharpe_ratio"], self.out_of_sample["sharpe_ratio"])

    @property
    def efficiency(self) -> float | None:
        """Annualised return of the test over that of the training; None where the latter is not positive."""
        return None if self.decay is None else self.decay.efficiency


@dataclass
class WalkForwardResult:
    """Every window, and the test windows stitched into one curve.

    The test windows follow each other, each begins flat with what the one before it ended with.
    """

    windows: Sequence[WalkForwardWindow]
    objective_label: str
    initial_balance: float
    interval_ns: int
    warnings: tuple[str, ...] = ()
    timings: dict[str, float] = field(default_factory=dict)
    ledger: Recorded | None = None
    """What the trial ledger says; None without one."""

    def __repr__(self) -> str:
        return f"<WalkForwardResult {len(self.windows)} windows, efficiency {_shown(self.efficiency)}>"

    @cached_property
    def frame(self) -> pl.DataFrame:
        """One row a window: its times, the set chosen, main metrics in and out of sample, efficiency."""
        rows = []
        for window in self.windows:
            span = window.span
            row: dict[str, Any] = {
                "train_start": span.train.start_ns,
                "train_end": span.train.end_ns,
                "test_start": span.test.start_ns,
                "test_end": span.test.end_ns,
                "train_bars": span.train_bars,
                "test_bars": span.test_bars,
                "complete": span.complete,
                **window.best_params,
            }
            for name in window.in_sample:
                row[f"in_{name}"] = window.in_sample[name]
                row[f"out_{name}"] = window.out_of_sample[name]
            row["efficiency"] = window.efficiency
            rows.append(row)
        frame = pl.DataFrame(rows, infer_schema_length=None)
        times = ["train_start", "train_end", "test_start", "test_end"]
        return frame.with_columns((pl.col(times) // 1_000).cast(pl.Datetime("us", "UTC")))

    @cached_property
    def _stitched(self) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        balance, pieces = self.initial_balance, []
        for window in self.windows:
            if balance > 0:
                piece = window.equity * (balance / self.initial_balance)
            else:  # nothing is left to trade with
                piece = np.full_like(window.equity, balance)
            balance = float(piece[-1])
            pieces.append(piece)
        return np.concatenate([window.open_time_ns for window in self.windows]), np.concatenate(pieces)

    @cached_property
    def equity_curve(self) -> pl.DataFrame:
        """The test windows in one: ``timestamp``, ``equity`` at the bar's close, ``drawdown``."""
        return equity_frame(*self._stitched, self.initial_balance)

    @cached_property
    def metrics(self) -> dict[str, float | int | None]:
        """Metrics of the stitched curve; those that need positions, orders or trades are None."""
        return self._measured[0]

    @cached_property
    def undefined(self) -> dict[str, str]:
        """Why a metric has no value."""
        return self._measured[1]

    @cached_property
    def _measured(self) -> tuple[dict[str, float | int | None], dict[str, str]]:
        times, equity = self._stitched
        metrics, undefined = _core.curve_metrics(
            np.ascontiguousarray(times),
            np.ascontiguousarray(equity),
            initial_balance=self.initial_balance,
            interval_ns=self.interval_ns,
            benchmark=None,
            risk_free_rate=0.0,
        )
        # A curve knows of no fills: none seen is not a count of 0.
        return (
            metrics | dict.fromkeys(_OF_FILLS),
            undefined | dict.fromkeys(_OF_FILLS, "the stitched curve tells of no orders"),
        )

    @cached_property
    def decay(self) -> Decay | None:
        """Annualised returns: the trainings' mean, and the stitched curve's; None where one is undefined."""
        return self._decay_of("annualized_return")

    @cached_property
    def sharpe_decay(self) -> Decay | None:
        """Annualised Sharpe ratios: the trainings' mean, and the stitched curve's; None where one is
        undefined.
        """
        return self._decay_of("sharpe_ratio")

    def _decay_of(self, metric: str) -> Decay | None:
        trained = [window.in_sample[metric] for window in self.windows]
        known = [value for value in trained if value is not None]
        mean = math.fsum(known) / len(known) if len(known) == len(trained) else None
        return _decay(mean, self.metrics[metric])

    def sentences(self) -> list[str]:
        """How return and Sharpe ratio fell from the trainings to the tests, in words."""
        from spark_stacker.backtesting.search.walk_words import decay_sentences

        return decay_sentences(self)

    @property
    def efficiency(self) -> float | None:
        """The second of `decay` over the first; None where the first is not positive."""
        return None if self.decay is None else self.decay.efficiency

    @property
    def best_params(self) -> Mapping[str, Value]:
        """The set that the last window chose: the one that would be traded next."""
        return self.windows[-1].best_params

    def summary(self) -> str:
        """Windows, stitched metrics and efficiency as text."""
        lines = [f"{len(self.windows)} windows, chosen by {self.objective_label}", ""]
        for number, window in enumerate(self.windows, start=1):
            chosen = ", ".join(f"{path} = {value}" for path, value in window.best_params.items())
            short = "" if window.span.complete else " (cut short by the end of the data)"
            trained = format_metric("total_return", window.in_sample["total_return"])
            tested = format_metric("total_return", window.out_of_sample["total_return"])
            lines.append(f"{number}. {chosen}: {trained} in training, {tested} in the test{short}")
        lines.append("")
        for name in ("total_return", "annualized_return", "sharpe_ratio", "max_drawdown"):
            lines.append(f"{METRICS[name].label:<20}{format_metric(name, self.metrics[name]):>18}")
        lines.append(f"{'Efficiency':<20}{_shown(self.efficiency):>18}")
        lines += ["", *self.sentences()]
        lines += [f"warning: {warning}" for warning in self.warnings]
        return "\n".join(lines)


def walk_forward(
    engine: BacktestEngine,
    subject: Subject,
    *,
    space: Mapping[str, object] | Space | None,
    goal: ObjectiveLike,
    make_sampler: MakeSampler,
    options: SearchOptions,
    train_size: int,
    test_size: int,
    embargo_bars: int,
    anchored: bool,
) -> WalkForwardResult:
    """Searches every training window and trades its best set over the test after it."""
    began = time.perf_counter()
    for name in ("out", "resume"):
        if options.get(name) is not None:
            raise ParameterError(f"{name}: a walk-forward keeps nothing on disk")
    needed = ("total_return", "annualized_return", "sharpe_ratio", "max_drawdown", "total_trades")
    asked = options.get("metrics", needed)
    names = [asked] if isinstance(asked, str) and asked != "all" else asked
    if not isinstance(names, str):
        names = [*dict.fromkeys([*names, "total_return", "annualized_return", "sharpe_ratio"])]
    plan = plan_search(engine, subject, space, goal, {**options, "metrics": names})
    evaluator = plan.evaluator
    spans = train_test_windows(
        evaluator.open_time_ns,
        start=None if subject.start_date is None else to_utc(subject.start_date, name="start_date"),
        interval_ns=evaluator.interval_ns,
        train_months=train_size,
        test_months=test_size,
        embargo_bars=embargo_bars,
        anchored=anchored,
    )
    loaded = time.perf_counter()
    record = TrialRecord.of(plan, options)
    checked = time.perf_counter()
    if "estimated" in options:
        options["estimated"](_estimate(plan, spans, make_sampler(plan).planned))
    windows = []
    warnings: dict[str, None] = dict.fromkeys(evaluator.warnings)
    part = f"walk-forward {train_size}/{test_size}{' anchored' if anchored else ''}, embargo {embargo_bars}"
    for span in spans:
        try:
            window, said = _run_window(plan, span, make_sampler, options, record)
        except Interrupted as error:
            if record is not None:
                record.take(error.tally)
                record.write(make_sampler(plan), complete=False, part=part)
            raise
        windows.append(window)
        warnings.update(dict.fromkeys(said))
    if not windows[-1].span.complete:
        warnings["The last test window is cut short by the end of the data."] = None
    searched = time.perf_counter()
    told = None
    if record is not None:
        try:
            told = record.write(make_sampler(plan), part=part)
        except DataError as error:
            warnings[f"The ledger does not know of this search: {error}"] = None
    recorded = time.perf_counter()
    return WalkForwardResult(
        windows,
        plan.objective.label,
        evaluator.initial_balance,
        evaluator.interval_ns,
        tuple(warnings),
        {
            "load": loaded - began,
            "search": searched - checked,
            "ledger": checked - loaded + recorded - searched,
        },
        told,
    )


def _estimate(plan: Plan, spans: Sequence[TrainTest], planned: int) -> Estimate:
    """The time for all trainings, measured on the first."""
    first = spans[0]
    found = estimate(plan.evaluator, planned, plan.metrics, first.train, threads=plan.threads)
    bars = sum(span.train_bars for span in spans)
    return Estimate(len(spans) * found.sets, found.seconds * bars / first.train_bars, found.measured)


def _run_window(
    plan: Plan,
    span: TrainTest,
    make_sampler: MakeSampler,
    options: SearchOptions,
    record: TrialRecord | None,
) -> tuple[WalkForwardWindow, tuple[str, ...]]:
    sampler = make_sampler(plan)
    with evaluation_of(plan, span.train, sampler.planned, options) as (evaluation, warnings):
        try:
            tally, history = search(
                plan.space,
                sampler,
                evaluation,
                metrics=plan.metrics,
                objective=plan.objective,
                constraints=plan.constraints,
                listener=options.get("progress"),
                seed=plan.seed,
            )
        except InputError as error:
            raise type(error)(f"training window {_dates(span)}: {error}") from error
    if record is not None:
        record.take(tally)
    outcome = outcome_of(plan, sampler, tally, history, warnings)
    params = SearchResult(outcome, tally=tally, evaluator=plan.evaluator).best_params
    best = plan.space.digits_of(params)
    row = np.ascontiguousarray(best[np.newaxis])
    trained = plan.evaluator.evaluate(row, plan.metrics, span.train, threads=1)
    tested = plan.evaluator.evaluate(row, plan.metrics, span.test, threads=1)
    if tested.status[0]:
        raise StrategyError(f"test window {_dates(span)}: {tested.texts()[0]}")
    times, equity = plan.evaluator.equity(best, span.test)
    window = WalkForwardWindow(
        span,
        params,
        tally.count,
        _by_name(plan.metrics, trained.values[0]),
        _by_name(plan.metrics, tested.values[0]),
        times,
        equity,
    )
    return window, warnings


def _by_name(metrics: Sequence[str], values: NDArray[np.float64]) -> dict[str, float | int | None]:
    return {
        name: None if math.isnan(value) else int(value) if METRICS[name].unit is Unit.COUNT else value
        for name, value in zip(metrics, values.tolist(), strict=True)
    }


def _dates(span: TrainTest) -> str:
    start = np.datetime64(span.train.start_ns or 0, "ns").astype("datetime64[D]")
    return f"from {start}"


def _decay(trained: float | None, tested: float | None) -> Decay | None:
    return None if trained is None or tested is None else Decay(trained, tested)


def _shown(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"
