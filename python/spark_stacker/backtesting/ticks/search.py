"""The best parameters of a built-in tick strategy, by the samplers of every other search."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from spark_stacker.backtesting.search.constraints import admits, parse_constraints
from spark_stacker.backtesting.search.evaluators.contract import WHOLE
from spark_stacker.backtesting.search.evaluators.ticks import TICK_METRICS, TickEvaluator
from spark_stacker.backtesting.search.executors import InThisProcess
from spark_stacker.backtesting.search.loop import search
from spark_stacker.backtesting.search.objective import Objective
from spark_stacker.backtesting.search.optimise import Plan, outcome_of
from spark_stacker.backtesting.search.result import SearchResult
from spark_stacker.backtesting.search.samplers.making import sampler_of
from spark_stacker.backtesting.search.space import Space
from spark_stacker.backtesting.ticks.settings import TickSettings

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import polars as pl

    from spark_stacker.backtesting.search.loop import Listener
    from spark_stacker.backtesting.search.objective import ObjectiveLike
    from spark_stacker.backtesting.ticks.strategies import GridMaker, Schedule
    from spark_stacker.data.events import ImportedEvents

__all__ = ["search_ticks"]


def search_ticks(
    events: pl.DataFrame | ImportedEvents,
    strategy: GridMaker | Schedule,
    space: Mapping[str, object] | Space,
    settings: TickSettings | None = None,
    *,
    method: str = "grid",
    metric_to_optimize: ObjectiveLike = "net_profit",
    constraints: Sequence[str] | str = (),
    seed: int = 0,
    threads: int | None = None,
    progress: Listener | None = None,
    **sampler: object,
) -> SearchResult:
    """Plays sets of ``space`` over the events and gives every trial and the best.

    ``space`` names parameters of ``strategy``, which has the values of all others. ``method`` is ``grid``,
    ``random`` (``samples``), ``genetic`` (``population_size``, ``generations`` and more), ``tpe`` or
    ``cma-es``. The metrics are `TICK_METRICS`. ``best_result`` is a `TickResult`. The events are all seen by
    every set, so that the best has to be judged on events of another time.
    """
    began = time.perf_counter()
    made, objective = Space.of(space), Objective.of(metric_to_optimize)
    parsed = parse_constraints(constraints, made.paths)
    evaluator = TickEvaluator(made, strategy, events, settings or TickSettings())
    workers = threads or len(os.sched_getaffinity(0))
    admitted = admits(made, parsed)
    needed = [*objective.metrics, *(name for constraint in parsed for name in constraint.metrics)]
    metrics = tuple(dict.fromkeys([*TICK_METRICS, *needed]))
    plan = Plan(made, objective, parsed, metrics, evaluator, admitted, seed, workers)
    chosen = sampler_of(method, **sampler)(plan)
    loaded = time.perf_counter()
    tally, history = search(
        made,
        chosen,
        InThisProcess(evaluator, metrics, WHOLE, threads=workers),
        metrics=metrics,
        objective=objective,
        constraints=parsed,
        store=None,
        identity={},
        listener=progress,
        seed=seed,
    )
    outcome = outcome_of(plan, chosen, tally, history, evaluator.warnings)
    outcome.timings.update(load=loaded - began, search=time.perf_counter() - loaded)
    return SearchResult(outcome, tally=tally, evaluator=evaluator)
