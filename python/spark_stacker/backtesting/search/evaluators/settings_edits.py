"""A configuration with other values in some of its keys, checked again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from spark_stacker.backtesting.search.evaluators.settings_paths import built_in_parameters
from spark_stacker.config import Settings, enabled_strategies, indicators_of, parse_settings
from spark_stacker.errors import ConfigError, ParameterError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from spark_stacker.backtesting.search.evaluators.settings_paths import Edit, PathPlace
    from spark_stacker.backtesting.search.space import Value
    from spark_stacker.indicators.base_indicator import BaseIndicator

__all__ = ["edited"]

_OF_EVERY_SIZING = ("scale_by_confidence", "min_notional", "max_notional")


def edited(
    settings: Settings,
    strategies: Sequence[str],
    own: Mapping[str, BaseIndicator],
    values: Sequence[tuple[PathPlace, Value]],
) -> tuple[Settings, dict[str, BaseIndicator]]:
    """The settings, and the indicator objects, with ``values`` at their places.

    An indicator that other strategies use too keeps its parameters for them: the strategy edited gets one of
    its own, named ``strategy.indicator``. `ParameterError` when the values do not fit each other.
    """
    work = _Work(settings, strategies, own)
    for place, value in values:
        for edit in place.edits:
            work.apply(edit, value)
    try:
        return parse_settings(work.document(), source="set"), work.indicator_objects()
    except ConfigError as error:
        raise ParameterError("; ".join(str(problem) for problem in error.problems) or str(error)) from None


class _Work:
    """Plain data of the settings while they are edited."""

    def __init__(
        self, settings: Settings, strategies: Sequence[str], own: Mapping[str, BaseIndicator]
    ) -> None:
        self.settings = settings
        self.own = dict(own)
        self._own_params: dict[str, dict[str, Any]] = {}
        """Parameters of indicator objects that are edited. They are checked together, when all are there."""
        chosen = enabled_strategies(settings, list(strategies))
        self.strategies = {strategy.name: strategy.model_dump() for strategy in chosen}
        for strategy in chosen:
            self.strategies[strategy.name]["enabled"] = True
            uses = [
                {"name": use.name, "timeframe": None, "weight": None, "signal_ttl": None}
                for use in indicators_of(settings, strategy)
            ]
            self.strategies[strategy.name]["indicators"] = (
                self.strategies[strategy.name]["indicators"] or uses
            )
        self.indicators = {indicator.name: indicator.model_dump() for indicator in settings.indicators}
        self.account = {
            "initial_balance": settings.initial_balance,
            "max_parallel_trades": settings.max_parallel_trades,
            "simulation": settings.simulation.model_dump(),
            "limits": settings.limits.model_dump(),
        }

    def apply(self, edit: Edit, value: Value) -> None:
        match edit.part:
            case "account":
                _put(self.account, edit.key, value)
            case "strategy" if edit.key == ("sizing", "method"):
                sizing = self.strategies[edit.strategy]["sizing"]
                kept = {key: sizing[key] for key in _OF_EVERY_SIZING}
                self.strategies[edit.strategy]["sizing"] = (
                    sizing if sizing["method"] == value else {"method": value, **kept}
                )
            case "strategy":
                _put(self.strategies[edit.strategy], edit.key, value)
            case "use":
                _put(self._use(edit.strategy, edit.indicator), edit.key, value)
            case _:
                self._set_parameter(edit, value)

    def document(self) -> dict[str, Any]:
        """What a configuration file of these settings would hold, of the strategies chosen."""
        rest = self.settings.model_dump(exclude={"strategies", "indicators", *self.account})
        return {
            **rest,
            **self.account,
            "indicators": list(self.indicators.values()),
            "strategies": list(self.strategies.values()),
        }

    def indicator_objects(self) -> dict[str, BaseIndicator]:
        """The indicator objects, those that were edited made anew."""
        edited = {name: _made_anew(self.own[name], params) for name, params in self._own_params.items()}
        return {**self.own, **edited}

    def _use(self, strategy: str, indicator: str) -> dict[str, Any]:
        uses: list[dict[str, Any]] = self.strategies[strategy]["indicators"]
        return next(use for use in uses if use["name"] in (indicator, f"{strategy}.{indicator}"))

    def _set_parameter(self, edit: Edit, value: Value) -> None:
        use = self._use(edit.strategy, edit.indicator)
        elsewhere = (
            other["name"]
            for name, strategy in self.strategies.items()
            if name != edit.strategy
            for other in strategy["indicators"]
        )
        if use["name"] in elsewhere:
            alone = f"{edit.strategy}.{edit.indicator}"
            self.indicators[alone] = {**self.indicators[use["name"]], "name": alone}
            if use["name"] in self.own:
                self.own[alone] = self.own[use["name"]]
            if use["name"] in self._own_params:
                self._own_params[alone] = dict(self._own_params[use["name"]])
            use["name"] = alone
        name = use["name"]
        if name in self.own:
            self._own_params.setdefault(name, dict(self.own[name].params))[edit.key[0]] = value
            return
        entry = self.indicators[name]
        names = built_in_parameters().get(entry["type"], {})
        others = {
            key: kept for key, kept in entry["parameters"].items() if names.get(key, key) != edit.key[0]
        }
        self.indicators[name] = {**entry, "parameters": {**others, edit.key[0]: value}}


def _put(table: dict[str, Any], keys: Sequence[str], value: Value) -> None:
    for key in keys[:-1]:
        table = table[key]
    table[keys[-1]] = value


def _made_anew(indicator: BaseIndicator, params: Mapping[str, Any]) -> BaseIndicator:
    from spark_stacker.errors import InputError

    try:
        return type(indicator)(indicator.name, params)
    except InputError:
        raise
    except Exception as error:
        raise ParameterError(f"parameters of indicator {indicator.name!r} were refused: {error!r}") from error
