"""One search from its call to its result."""

from __future__ import annotations

import os
import time
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import spark_stacker
from spark_stacker.backtesting.metrics import METRICS, metric
from spark_stacker.backtesting.search.checkpoint import Checkpoint
from spark_stacker.backtesting.search.constraints import Admits, Constraint, admits, parse_constraints
from spark_stacker.backtesting.search.dask_cluster import OnDask, exposure, is_client
from spark_stacker.backtesting.search.estimate import estimate
from spark_stacker.backtesting.search.evaluators.contract import WHOLE, Window
from spark_stacker.backtesting.search.evaluators.functions import FunctionEvaluator
from spark_stacker.backtesting.search.executors import InThisProcess, OnExecutor, why_not_sendable
from spark_stacker.backtesting.search.loop import Interrupted, search
from spark_stacker.backtesting.search.objective import Objective
from spark_stacker.backtesting.search.options import check_options
from spark_stacker.backtesting.search.result import Outcome, SearchResult
from spark_stacker.backtesting.search.space import Space
from spark_stacker.backtesting.search.subject import Subject, evaluator_of
from spark_stacker.backtesting.search.trial_record import TrialRecord
from spark_stacker.errors import DataError, ParameterError, RetryableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from spark_stacker.backtesting.backtest_engine import BacktestEngine
    from spark_stacker.backtesting.search.evaluators import Evaluator
    from spark_stacker.backtesting.search.executors import Evaluation
    from spark_stacker.backtesting.search.objective import ObjectiveLike
    from spark_stacker.backtesting.search.options import SearchOptions
    from spark_stacker.backtesting.search.samplers import Sampler
    from spark_stacker.backtesting.search.tally import Tally

__all__ = ["MakeSampler", "Plan", "evaluation_of", "optimise", "outcome_of", "plan_search"]

_WORTH_PROCESSES: Final = 4.0
"""Seconds that a search of a function must take for processes of its own to pay."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A search, checked and loaded, before it runs."""

    space: Space
    objective: Objective
    constraints: tuple[Constraint, ...]
    metrics: tuple[str, ...]
    evaluator: Evaluator
    admits: Admits
    seed: int
    threads: int


MakeSampler: TypeAlias = "Callable[[Plan], Sampler]"


def plan_search(
    engine: BacktestEngine,
    subject: Subject,
    space: Mapping[str, object] | Space | None,
    goal: ObjectiveLike,
    options: SearchOptions,
) -> Plan:
    """Checks the call and loads the data."""
    check_options(options)
    if space is None:
        raise ParameterError("the space must be given: a mapping of settings to values")
    made = Space.of(space)
    objective = Objective.of(goal)
    constraints = parse_constraints(options.get("constraints", ()), made.paths)
    evaluator = evaluator_of(engine, subject, made, options)
    return Plan(
        made,
        objective,
        constraints,
        _metrics(options.get("metrics", "all"), objective, constraints, made),
        evaluator,
        admits(made, constraints),
        options.get("seed", 0),
        options.get("threads") or len(os.sched_getaffinity(0)),
    )


def optimise(
    engine: BacktestEngine,
    subject: Subject,
    *,
    space: Mapping[str, object] | Space | None,
    goal: ObjectiveLike,
    make_sampler: MakeSampler,
    options: SearchOptions,
) -> SearchResult:
    """Runs a search. Ctrl-C raises `Interrupted`, whose ``result`` has what was done."""
    began = time.perf_counter()
    plan = plan_search(engine, subject, space, goal, options)
    sampler = make_sampler(plan)
    opened = time.perf_counter()
    record = TrialRecord.of(plan, options)
    checked = time.perf_counter() - opened
    # What cannot be resumed is told before time is spent; of a search that cannot begin nothing is written.
    resumed = None if options.get("resume") is None else _store(plan, sampler, options)
    if "estimated" in options:
        done = 0 if resumed is None or resumed[1] is None else resumed[1].sets()
        left = max(0, sampler.planned - done)
        options["estimated"](estimate(plan.evaluator, left, plan.metrics, threads=plan.threads))
    with evaluation_of(plan, WHOLE, sampler.planned, options) as (evaluation, said):
        identity, store = resumed or _store(plan, sampler, options)
        warnings = plan.evaluator.warnings + said
        loaded = time.perf_counter()
        try:
            tally, history = search(
                plan.space,
                sampler,
                evaluation,
                metrics=plan.metrics,
                objective=plan.objective,
                constraints=plan.constraints,
                store=store,
                identity=identity,
                listener=options.get("progress"),
                seed=plan.seed,
            )
        except Interrupted as error:
            outcome = outcome_of(plan, sampler, error.tally, error.history, warnings)
            _record(outcome, record, sampler, error.tally, complete=False)
            error.result = SearchResult(outcome, tally=error.tally, evaluator=plan.evaluator)
            error.directory = None if store is None else store.directory
            raise
        except RetryableError as error:
            kept = "" if store is None else f"; what is done is kept, resume it from {store.directory}"
            raise RetryableError(f"{error}{kept}") from error
    searched = time.perf_counter()
    outcome = outcome_of(plan, sampler, tally, history, warnings)
    _record(outcome, record, sampler, tally, complete=True)
    recorded = time.perf_counter()
    outcome.timings.update(
        load=loaded - began - checked, search=searched - loaded, ledger=checked + recorded - searched
    )
    result = SearchResult(outcome, tally=tally, evaluator=plan.evaluator)
    if options.get("honesty", True):
        from spark_stacker.backtesting.search.judgement import judge

        try:
            outcome.honesty = judge(
                plan,
                make_sampler,
                result,
                tally,
                seconds=searched - loaded,
                elsewhere=options.get("resume") is not None or not isinstance(evaluation, InThisProcess),
            )
            if store is not None:  # what is read from a directory cannot be run again
                result.robustness()
        except KeyboardInterrupt as error:
            stopped = Interrupted(tally, history)
            stopped.result, stopped.directory = result, None if store is None else store.directory
            raise stopped from error
        outcome.timings["honesty"] = time.perf_counter() - recorded
    if store is not None:
        from spark_stacker.backtesting.search.stored import write_outcome

        write_outcome(result, store)
    return result


def _record(
    outcome: Outcome, record: TrialRecord | None, sampler: Sampler, tally: Tally, *, complete: bool
) -> None:
    """Tells the ledger. What has been found is not lost when that fails."""
    if record is None or not tally.count:
        return
    record.take(tally)
    try:
        outcome.ledger = record.write(sampler, complete=complete)
    except DataError as error:
        outcome.warnings += (f"The ledger does not know of this search: {error}",)


def outcome_of(plan: Plan, sampler: Sampler, tally: Any, history: Any, warnings: tuple[str, ...]) -> Outcome:
    """What is known when a search ends."""
    best = tally.best_digits
    return Outcome(
        space=plan.space,
        metrics=plan.metrics,
        objective=plan.objective,
        constraints=plan.constraints,
        sampler=sampler.plain(),
        best_params=None if best is None else plan.space.params(best),
        best_score=tally.best_score,
        count=tally.count,
        failed=tally.failed,
        reasons=tally.reasons,
        history=history,
        warnings=warnings,
    )


def _metrics(
    asked: object, objective: Objective, constraints: tuple[Constraint, ...], space: Space
) -> tuple[str, ...]:
    """The columns of the trials: those asked for, and those that the search needs itself."""
    if isinstance(asked, str):
        asked = METRICS if asked == "all" else [asked]
    names = [str(name) for name in asked]  # type: ignore[attr-defined]
    for name in names:
        metric(name)
    needed = [
        *names,
        *objective.metrics,
        *(name for constraint in constraints for name in constraint.metrics),
    ]
    for name in needed:
        if name in space.paths or name == "status":
            raise ParameterError(
                f"{name} is a setting of the space and a metric: the trials have one column of it"
            )
    return tuple(dict.fromkeys(needed))


def _store(
    plan: Plan, sampler: Sampler, options: SearchOptions
) -> tuple[dict[str, object], Checkpoint | None]:
    """The search's directory, where one was asked for. Hashing the data is left out where none was."""
    identity: dict[str, object] = {
        "space": plan.space.plain(),
        "metrics": list(plan.metrics),
        "objective": plan.objective.plain(),
        "constraints": [constraint.text for constraint in plan.constraints],
        "sampler": sampler.plain(),
    }
    out, resume = options.get("out"), options.get("resume")
    if out is None and resume is None:
        return identity, None
    identity |= {"version": spark_stacker.__version__, "seed": plan.seed, **plan.evaluator.identity()}
    if out is not None:
        return identity, Checkpoint.create(out, identity)
    assert resume is not None  # noqa: S101 - one of the two is there
    return identity, Checkpoint.resume(resume, identity)


@contextmanager
def evaluation_of(
    plan: Plan, window: Window, planned: int, options: SearchOptions
) -> Iterator[tuple[Evaluation, tuple[str, ...]]]:
    """Where the sets run, and what to warn of: the executor given, processes for functions, or here."""
    executor = options.get("executor")
    if executor is not None and is_client(executor):
        yield _on_dask(plan, executor, window, options), exposure(executor)
        return
    if executor is not None:
        workers = options.get("workers") or getattr(executor, "_max_workers", None) or plan.threads
        yield _on(plan, executor, window, workers), ()
        return
    here = InThisProcess(plan.evaluator, plan.metrics, window, threads=plan.threads)
    if not isinstance(plan.evaluator, FunctionEvaluator) or plan.threads == 1:
        yield here, ()
        return
    reason = why_not_sendable(plan.evaluator)
    if reason is not None and options.get("threads") is not None:
        raise ParameterError(
            f"{reason}; define it at the top of a module of its own, or give threads=1 to run in this process"
        )
    if estimate(plan.evaluator, planned, plan.metrics, window, threads=1).seconds < _WORTH_PROCESSES:
        yield here, ()
        return
    if reason is not None:
        yield here, (f"Ran in one process: {reason}.",)
        return
    pool = ProcessPoolExecutor(plan.threads, mp_context=get_context("spawn"), initializer=_ignore_interrupt)
    try:
        yield _on(plan, pool, window, plan.threads), ()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _on_dask(plan: Plan, client: Any, window: Window, options: SearchOptions) -> OnDask:
    _require_sendable(plan)
    piece = 1 if isinstance(plan.evaluator, FunctionEvaluator) else plan.evaluator.batch
    return OnDask(client, plan.evaluator, plan.metrics, window, piece=piece, threads=options.get("threads"))


def _require_sendable(plan: Plan) -> None:
    reason = why_not_sendable(plan.evaluator)
    if reason is not None:
        raise ParameterError(f"{reason}; define it at the top of a module of its own")


def _on(plan: Plan, executor: Executor, window: Window, workers: int) -> OnExecutor:
    _require_sendable(plan)
    is_function = isinstance(plan.evaluator, FunctionEvaluator)
    piece = 1 if is_function else max(1, plan.evaluator.batch // 4)
    return OnExecutor(executor, plan.evaluator, plan.metrics, window, workers=workers, piece=piece)


def _ignore_interrupt() -> None:
    """Ctrl-C reaches every process of a terminal; the one that asked decides what to do about it."""
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)
