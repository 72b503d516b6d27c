"""Runs of what a user wrote, each with objects and surroundings of its own."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from spark_stacker.backtesting.lookahead.observation import Observation
from spark_stacker.backtesting.lookahead.observers import FunctionTerms, observe_function, observe_indicator
from spark_stacker.backtesting.lookahead.own_files import Files, executed_again
from spark_stacker.backtesting.lookahead.substitution import Substitution
from spark_stacker.backtesting.lookahead.surroundings import Surroundings
from spark_stacker.errors import ParameterError, SparkStackerError, StrategyError
from spark_stacker.indicators.base_indicator import BaseIndicator

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import polars as pl

    from spark_stacker.backtesting.lookahead.futures import Cut

__all__ = ["Findings", "Runs", "is_indicator", "name_of", "observer_of"]


@dataclass(slots=True)
class Findings:
    """Data that the code holds or reads by itself, over all runs."""

    unverified: dict[str, None]
    notes: dict[str, None]


class Runs:
    """``observe(subject, substitution, cut)`` is called with copies of ``subject`` and of all it holds."""

    def __init__(
        self,
        subject: Any,
        candles: Mapping[str, pl.DataFrame],
        observe: Callable[[Any, Substitution, Cut], Observation],
    ) -> None:
        self.subject = subject
        self.count = 0
        self.findings = Findings({}, {})
        self._candles = candles
        self._observe = observe
        self._surroundings = Surroundings(subject)
        self._executes_again = False

    def prepare(self, whole: Cut) -> None:
        """Find out whether the module made its globals from files, so that each run must execute it again."""
        if not self._surroundings.holds_globals:
            return
        files, substitution = Files(), Substitution(self._candles, whole)
        try:
            with files.substituted(substitution):
                self._executes_again = executed_again(self.subject) is not None and bool(files.read)
        except Exception as error:
            self.findings.notes[f"its module could not be executed again: {error!r}"] = None

    def run(self, cut: Cut) -> Observation:
        """One run on the candles as known at the cut. Raises `StrategyError` when the user's code fails."""
        self.count += 1
        files, substitution = Files(), Substitution(self._candles, cut)
        with files.substituted(substitution):
            if self._executes_again:
                observation = self._observe(executed_again(self.subject), substitution, cut)
            else:
                with self._surroundings.replaced(substitution):
                    observation = self._observe(
                        substitution.of(self.subject, name_of(self.subject)), substitution, cut
                    )
        self._keep(files, substitution)
        return observation

    def _keep(self, files: Files, substitution: Substitution) -> None:
        for name in substitution.ready_made:
            text = (
                f"{name} holds a value for each candle, made before; it cannot be made again of fewer candles"
            )
            self.findings.unverified[text] = None
        for name in substitution.unknown:
            self.findings.notes[f"{name} has no times and was left as it is"] = None
        for name in files.opened:
            self.findings.unverified[f"the file {name} is read by the code itself and was left as it is"] = (
                None
            )
        for name in substitution.by_time:
            self.findings.notes[f"{name}: its times are trusted to be those at which each row was known"] = (
                None
            )


def is_indicator(subject: Any) -> bool:
    """Whether this is an indicator or a class of indicators."""
    return isinstance(subject, BaseIndicator) or (
        isinstance(subject, type) and issubclass(subject, BaseIndicator)
    )


def name_of(subject: Any) -> str:
    """What to call it."""
    if isinstance(subject, BaseIndicator):
        return subject.name
    return str(getattr(subject, "__name__", type(subject).__name__))


def observer_of(
    subject: Any, frame: pl.DataFrame, step_ns: int, terms: FunctionTerms
) -> Callable[[Any, Substitution, Cut], Observation]:
    """How to run ``subject``: an indicator or its class, a strategy function, or a function of the candles
    alone that makes one of these.
    """
    if not is_indicator(subject) and not callable(subject):
        raise ParameterError(
            "the strategy must be an indicator, a class of indicators, a function of data, simulation and "
            f"params, or a function of candles that makes one of these; was {type(subject).__name__}"
        )
    makes = not is_indicator(subject) and _wants_candles_only(subject)

    def observe(given: Any, substitution: Substitution, cut: Cut) -> Observation:
        known = cut.frame(frame, cut.rows)
        given = _made(given, known) if makes else given
        parameters = substitution.of(dict(terms.parameters), "params")
        if isinstance(given, type):
            given = _constructed(given, parameters)
        if isinstance(given, BaseIndicator):
            return Observation(observe_indicator(given, known, step_ns, cut))
        if not callable(given):
            raise StrategyError(f"{name_of(subject)} must make an indicator or a function, made {given!r}")
        indicators = tuple(substitution.of(list(terms.indicators), "indicators"))
        own_terms = FunctionTerms(
            symbol=terms.symbol,
            interval=terms.interval,
            leverage=terms.leverage,
            initial_balance=terms.initial_balance,
            parameters=parameters,
            indicators=indicators,
        )
        return Observation(observe_function(given, known, step_ns, cut, own_terms))

    return observe


def _wants_candles_only(subject: Any) -> bool:
    try:
        parameters = inspect.signature(subject).parameters.values()
    except (TypeError, ValueError):
        return False
    wanted = [
        parameter
        for parameter in parameters
        if parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD)
        and parameter.default is parameter.empty
    ]
    takes_all = any(parameter.kind is parameter.VAR_POSITIONAL for parameter in parameters)
    most = sum(
        parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD)
        for parameter in parameters
    )
    if takes_all or (len(wanted) <= 3 <= most):
        return False
    if len(wanted) == 1:
        return True
    raise ParameterError(
        f"{name_of(subject)} must take data, simulation and params, or the candles alone and make a "
        f"strategy; it takes {inspect.signature(subject)}"
    )


def _made(make: Any, candles: pl.DataFrame) -> Any:
    try:
        return make(candles)
    except SparkStackerError:
        raise
    except (Exception, SystemExit) as error:
        raise StrategyError(f"{name_of(make)} failed on {len(candles)} candles: {error!r}") from error


def _constructed(kind: Any, parameters: Mapping[str, Any]) -> Any:
    try:
        return kind(kind.__name__, parameters)
    except SparkStackerError:
        raise
    except Exception as error:
        raise ParameterError(f"parameters of {kind.__name__} were refused: {error!r}") from error
