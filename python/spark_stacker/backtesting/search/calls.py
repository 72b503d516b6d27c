"""The searches of `BacktestEngine`, by the names and in the order of arguments that the guide has."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Unpack

    from spark_stacker.backtesting.backtest_engine import BacktestEngine
    from spark_stacker.backtesting.function_backtest import StrategyFunction
    from spark_stacker.backtesting.search.objective import ObjectiveLike
    from spark_stacker.backtesting.search.options import SearchOptions
    from spark_stacker.backtesting.search.result import SearchResult
    from spark_stacker.backtesting.search.space import Space
    from spark_stacker.backtesting.search.walk_forward import WalkForwardResult
    from spark_stacker.data.times import TimeLike

__all__ = ["SearchCalls"]


class SearchCalls:
    """Searches of strategy functions, configured strategies and indicators.

    A space maps each setting to a list of values, ``(min, max, step)``, or a `Range` or `LogRange` of
    `spark_stacker.backtesting.search`. Settings are keys of ``params`` for a function, else paths:
    ``<indicator>.<parameter>``, ``stop_loss_pct``, ``sizing.equity_pct``, with ``<strategy>.`` before them
    when there are several. ``metric_to_optimize`` is a metric, weights by metric, or several metrics. Further
    ``options`` are those of `spark_stacker.backtesting.search.options.SearchOptions`.
    """

    def optimize_parameters(  # noqa: PLR0917 - the developer guide's order
        self,
        strategy_func: StrategyFunction | None = None,
        symbol: str | None = None,
        interval: str | None = None,
        start_date: TimeLike | None = None,
        end_date: TimeLike | None = None,
        data_source_name: str | None = None,
        param_grid: Mapping[str, object] | Space | None = None,
        metric_to_optimize: ObjectiveLike = "sharpe_ratio",
        **options: Unpack[SearchOptions],
    ) -> SearchResult:
        """Tries every set of ``param_grid``.

        Raises a subclass of `InputError` that names what is wrong, and
        `spark_stacker.backtesting.search.Interrupted` on Ctrl-C, with what was done.
        """
        from spark_stacker.backtesting.search.optimise import optimise
        from spark_stacker.backtesting.search.samplers.making import sampler_of
        from spark_stacker.backtesting.search.subject import Subject

        subject = Subject(strategy_func, symbol, interval, start_date, end_date, data_source_name)
        return optimise(
            self._engine(),
            subject,
            space=param_grid,
            goal=metric_to_optimize,
            make_sampler=sampler_of("grid"),
            options=options,
        )

    def random_search(  # noqa: PLR0917
        self,
        strategy_func: StrategyFunction | None = None,
        symbol: str | None = None,
        interval: str | None = None,
        start_date: TimeLike | None = None,
        end_date: TimeLike | None = None,
        data_source_name: str | None = None,
        param_space: Mapping[str, object] | Space | None = None,
        samples: int = 1_000,
        metric_to_optimize: ObjectiveLike = "sharpe_ratio",
        **options: Unpack[SearchOptions],
    ) -> SearchResult:
        """Tries ``samples`` sets drawn by ``seed``, none twice; all of a smaller space."""
        from spark_stacker.backtesting.search.optimise import optimise
        from spark_stacker.backtesting.search.samplers.making import sampler_of
        from spark_stacker.backtesting.search.subject import Subject

        subject = Subject(strategy_func, symbol, interval, start_date, end_date, data_source_name)
        make = sampler_of("random", samples=samples)
        return optimise(
            self._engine(),
            subject,
            space=param_space,
            goal=metric_to_optimize,
            make_sampler=make,
            options=options,
        )

    def genetic_optimize(  # noqa: PLR0917
        self,
        strategy_func: StrategyFunction | None = None,
        symbol: str | None = None,
        interval: str | None = None,
        start_date: TimeLike | None = None,
        end_date: TimeLike | None = None,
        data_source_name: str | None = None,
        param_space: Mapping[str, object] | Space | None = None,
        population_size: int = 20,
        generations: int = 10,
        metric_to_optimize: ObjectiveLike = "sharpe_ratio",
        *,
        tournament_size: int = 3,
        crossover_rate: float = 0.8,
        mutation_rate: float | None = None,
        elite: int = 2,
        stagnation: int | None = None,
        **options: Unpack[SearchOptions],
    ) -> SearchResult:
        """Breeds generations from the best sets of those before; no set is run twice.

        Parents win tournaments, are crossed setting by setting and mutated
        (`spark_stacker.backtesting.search.samplers.genetic.Breeding` has the rules); several metrics are
        improved together by NSGA-II, see ``pareto`` of the result.
        """
        from spark_stacker.backtesting.search.optimise import optimise
        from spark_stacker.backtesting.search.samplers.making import sampler_of
        from spark_stacker.backtesting.search.subject import Subject

        subject = Subject(strategy_func, symbol, interval, start_date, end_date, data_source_name)
        make = sampler_of(
            "genetic",
            population_size=population_size,
            generations=generations,
            tournament_size=tournament_size,
            crossover_rate=crossover_rate,
            mutation_rate=mutation_rate,
            elite=elite,
            stagnation=stagnation,
        )
        return optimise(
            self._engine(),
            subject,
            space=param_space,
            goal=metric_to_optimize,
            make_sampler=make,
            options=options,
        )

    def tpe_optimize(  # noqa: PLR0917
        self,
        strategy_func: StrategyFunction | None = None,
        symbol: str | None = None,
        interval: str | None = None,
        start_date: TimeLike | None = None,
        end_date: TimeLike | None = None,
        data_source_name: str | None = None,
        param_space: Mapping[str, object] | Space | None = None,
        samples: int = 200,
        metric_to_optimize: ObjectiveLike = "sharpe_ratio",
        *,
        batch: int = 20,
        startup: int = 20,
        **options: Unpack[SearchOptions],
    ) -> SearchResult:
        """Proposes sets by TPE of Optuna (the extra ``[optuna]``), ``batch`` at a time, none twice.

        The first ``startup`` are drawn by ``seed``; the others lie where good sets are dense and bad ones are
        not. Several metrics are improved together.
        """
        from spark_stacker.backtesting.search.optimise import optimise
        from spark_stacker.backtesting.search.samplers.making import sampler_of
        from spark_stacker.backtesting.search.subject import Subject

        subject = Subject(strategy_func, symbol, interval, start_date, end_date, data_source_name)
        make = sampler_of("tpe", samples=samples, batch=batch, startup=startup)
        return optimise(
            self._engine(),
            subject,
            space=param_space,
            goal=metric_to_optimize,
            make_sampler=make,
            options=options,
        )

    def cma_es_optimize(  # noqa: PLR0917
        self,
        strategy_func: StrategyFunction | None = None,
        symbol: str | None = None,
        interval: str | None = None,
        start_date: TimeLike | None = None,
        end_date: TimeLike | None = None,
        data_source_name: str | None = None,
        param_space: Mapping[str, object] | Space | None = None,
        samples: int = 200,
        metric_to_optimize: ObjectiveLike = "sharpe_ratio",
        *,
        batch: int = 20,
        startup: int = 20,
        **options: Unpack[SearchOptions],
    ) -> SearchResult:
        """Proposes sets by CMA-ES of Optuna (the extra ``[optuna]``), ``batch`` at a time, none twice.

        A normal distribution over the settings, values in the order given, moves to where the scores are
        high. For one goal, and at least two settings.
        """
        from spark_stacker.backtesting.search.optimise import optimise
        from spark_stacker.backtesting.search.samplers.making import sampler_of
        from spark_stacker.backtesting.search.subject import Subject

        subject = Subject(strategy_func, symbol, interval, start_date, end_date, data_source_name)
        make = sampler_of("cma-es", samples=samples, batch=batch, startup=startup)
        return optimise(
            self._engine(),
            subject,
            space=param_space,
            goal=metric_to_optimize,
            make_sampler=make,
            options=options,
        )

    def walk_forward_analysis(  # noqa: PLR0917
        self,
        strategy_func: StrategyFunction | None = None,
        symbol: str | None = None,
        interval: str | None = None,
        start_date: TimeLike | None = None,
        end_date: TimeLike | None = None,
        data_source_name: str | None = None,
        param_grid: Mapping[str, object] | Space | None = None,
        train_size: int = 6,
        test_size: int = 2,
        metric_to_optimize: ObjectiveLike = "sharpe_ratio",
        *,
        embargo_bars: int = 1,
        anchored: bool = False,
        search: str = "grid",
        search_options: Mapping[str, object] | None = None,
        **options: Unpack[SearchOptions],
    ) -> WalkForwardResult:
        """Chooses the best set on ``train_size`` months, trades it over the ``test_size`` months after, moves
        on.

        The last ``embargo_bars`` of each training are left out. With ``anchored`` every training begins at
        the start. ``search`` is ``grid``, ``random``, ``genetic``, ``tpe`` or ``cma-es`` with its
        ``search_options``.
        """
        from spark_stacker.backtesting.search.samplers.making import sampler_of
        from spark_stacker.backtesting.search.subject import Subject
        from spark_stacker.backtesting.search.walk_forward import walk_forward

        subject = Subject(strategy_func, symbol, interval, start_date, end_date, data_source_name)
        return walk_forward(
            self._engine(),
            subject,
            space=param_grid,
            goal=metric_to_optimize,
            make_sampler=sampler_of(search, **(search_options or {})),
            options=options,
            train_size=train_size,
            test_size=test_size,
            embargo_bars=embargo_bars,
            anchored=anchored,
        )

    def _engine(self) -> BacktestEngine:
        return cast("BacktestEngine", self)
