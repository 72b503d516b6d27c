"""Where the path of a setting leads: to an axis of the core's sweep, and to keys of a configuration."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from spark_stacker import _core
from spark_stacker.config import indicators_of
from spark_stacker.config.registry import is_built_in
from spark_stacker.config.suggestions import did_you_mean
from spark_stacker.errors import ParameterError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from spark_stacker.config import Settings, StrategySettings
    from spark_stacker.config.resolve import ResolvedIndicator
    from spark_stacker.indicators.base_indicator import BaseIndicator

__all__ = ["Edit", "PathPlace", "built_in_parameters", "find_places", "target_of"]


@dataclass(frozen=True, slots=True)
class Edit:
    """A key of a configuration: ``part`` is ``account``, ``strategy``, ``use`` (a strategy's use of an
    indicator) or ``parameter`` (of an indicator); ``key`` the keys down to the value.
    """

    part: str
    key: tuple[str, ...]
    strategy: str = ""
    indicator: str = ""


def _as_it_is(value: Any) -> Any:
    return value


@dataclass(frozen=True, slots=True)
class PathPlace:
    """Where a path leads.

    ``targets`` are axes of the core's sweep, all of which take the same value; without any, the core has no
    such axis, and a portfolio is prepared for each value.
    """

    path: str
    edits: tuple[Edit, ...]
    targets: tuple[Mapping[str, object], ...] = ()
    convert: Callable[[Any], Any] = _as_it_is


def _interval_ns(value: object) -> int | None:
    return None if value is None else _core.interval_ns(str(value))


_STRATEGY: Final[Mapping[str, str]] = {
    "signal_mode": "signal_mode",
    "min_confidence": "min_confidence",
    "side": "side",
    "exit_on_opposite": "exit_on_opposite",
    "max_entries": "max_entries",
    "max_position_size": "sizing.max_position_size",
    "main_leverage": "leverage",
    "stop_loss_pct": "stop_loss_pct",
    "take_profit_pct": "take_profit_pct",
    "trailing_stop_pct": "trailing_stop_pct",
    "break_even_pct": "break_even_pct",
    "max_holding_time": "max_holding_ns",
    "hedge_ratio": "hedge.ratio",
    "hedge_leverage": "hedge.leverage",
    "hedge_net_stop_loss_pct": "hedge.net_stop_loss_pct",
    "hedge_reduce_at_pct": "hedge.reduce_at_pct",
    "hedge_reduce_by_pct": "hedge.reduce_by_pct",
    "hedge_keep_on_reversal": "hedge.keep_on_reversal",
    **{
        f"sizing.{key}": f"sizing.{'from_trades' if key == 'kelly_from_trades' else key}"
        for key in (
            *("scale_by_confidence", "min_notional", "max_notional", "amount", "equity_pct", "risk_pct"),
            *("units", "win_rate", "payoff", "fraction", "cap_pct", "kelly_from_trades"),
        )
    },
}
"""Settings of a strategy, with their names in the core."""
_STRATEGY_ANEW: Final = ("timeframe", "sizing.method")
"""Settings of a strategy that others depend on: a portfolio is prepared for each of their values."""
_USE: Final[Mapping[str, str]] = {
    "timeframe": "timeframe_ns",
    "weight": "weight",
    "signal_ttl": "signal_ttl",
}
_ACCOUNT: Final[Mapping[str, str]] = {
    "initial_balance": "initial_balance",
    "max_parallel_trades": "limits.max_parallel_trades",
    "simulation.maker_fee": "venue.maker_fee_rate",
    "simulation.taker_fee": "venue.taker_fee_rate",
    "simulation.liquidation_fee": "venue.liquidation_fee_rate",
    **{
        f"simulation.{key}": f"venue.{key}"
        for key in (
            *("fee_in_base", "fill_on_touch", "margin_mode", "seed", "slippage.bps", "slippage.max_bps"),
            *("slippage.base_bps", "slippage.coefficient_bps", "slippage.max_share_fraction"),
            *("slippage.spread_bps", "slippage.coefficient", "slippage.volatility_bars"),
            "slippage.factor",
        )
    },
    **{
        f"limits.{key}": f"limits.{key}"
        for key in (
            *("max_exposure_pct", "max_market_exposure_pct", "max_daily_loss_pct", "max_drawdown_pct"),
            "close_on_breach",
        )
    },
}
_ALIASES: Final[Mapping[str, str]] = {"leverage": "main_leverage"}


def find_places(
    settings: Settings,
    strategies: Sequence[StrategySettings],
    paths: Sequence[str],
    own: Mapping[str, BaseIndicator],
) -> tuple[PathPlace, ...]:
    """The place of each path; `ParameterError` with the nearest known path for one that leads nowhere."""
    finder = _Finder(settings, strategies, own)
    places = tuple(finder.find(path) for path in paths)
    seen: dict[Edit, str] = {}
    for place in places:
        for edit in place.edits:
            if edit in seen:
                raise ParameterError(f"{seen[edit]} and {place.path} are the same setting")
            seen[edit] = place.path
    if any(edit.key == ("sizing", "method") for edit in seen):
        # Which numbers a sizing has depends on its method, so none of them is an axis of one portfolio.
        return tuple(_anew(place) if _is_sizing(place) else place for place in places)
    return places


def _is_sizing(place: PathPlace) -> bool:
    return any(edit.part == "strategy" and edit.key[0] == "sizing" for edit in place.edits)


def _anew(place: PathPlace) -> PathPlace:
    return PathPlace(place.path, place.edits)


class _Finder:
    def __init__(
        self, settings: Settings, strategies: Sequence[StrategySettings], own: Mapping[str, BaseIndicator]
    ) -> None:
        self.settings = settings
        self.strategies = strategies
        self.own = own
        self.indicators = [indicators_of(settings, strategy) for strategy in strategies]

    def find(self, path: str) -> PathPlace:
        for number, strategy in enumerate(self.strategies):
            rest = path.removeprefix(f"{strategy.name}.")
            if rest != path:
                place = self._in_strategy(path, rest, [number])
                if place is not None:
                    return place
        everywhere = list(range(len(self.strategies)))
        place = self._in_strategy(path, path, everywhere) or self._in_account(path)
        if place is None:
            raise ParameterError(f"no setting {path!r}{did_you_mean(path, self._known())}")
        return place

    def _in_strategy(self, path: str, rest: str, numbers: list[int]) -> PathPlace | None:
        name, _, key = rest.rpartition(".")
        uses = [
            (number, position)
            for number in numbers
            for position, use in enumerate(self.indicators[number])
            if use.name == name
        ]
        if uses:
            return self._in_indicator(path, key, uses)
        rest = _ALIASES.get(rest, rest)
        if rest not in _STRATEGY and rest not in _STRATEGY_ANEW:
            return None
        if len(numbers) > 1:
            first = self.strategies[0].name
            raise ParameterError(f"{path}: say of which strategy, such as {first}.{rest}")
        strategy = self.strategies[numbers[0]].name
        edit = Edit("strategy", tuple(rest.split(".")), strategy)
        if rest in _STRATEGY_ANEW:
            return PathPlace(path, (edit,))
        target = target_of(strategy=numbers[0], setting=_STRATEGY[rest])
        if rest == "max_holding_time":
            return PathPlace(path, (edit,), (target,), _interval_ns)
        return PathPlace(path, (edit,), (target,))

    def _in_indicator(self, path: str, key: str, uses: list[tuple[int, int]]) -> PathPlace:
        number, position = uses[0]
        use = self.indicators[number][position]
        parameters = self._parameters(use)
        if key in _USE and key not in parameters:
            edits = tuple(Edit("use", (key,), self.strategies[number].name, use.name) for number, _ in uses)
            if key == "timeframe" and not is_built_in(use.type):
                return PathPlace(path, edits)
            targets = tuple(target_of(strategy=n, indicator=p, setting=_USE[key]) for n, p in uses)
            if key == "timeframe":
                return PathPlace(path, edits, targets, _interval_ns)
            return PathPlace(path, edits, targets)
        if key not in parameters:
            known = [*parameters, *_USE]
            raise ParameterError(
                f"{path}: {use.name} ({use.type}) has no parameter {key!r}{did_you_mean(key, known)}; "
                f"known: {', '.join(known)}"
            )
        key = parameters[key]
        edits = tuple(Edit("parameter", (key,), self.strategies[number].name, use.name) for number, _ in uses)
        if use.name in self.own or not is_built_in(use.type):
            return PathPlace(path, edits)
        targets = tuple(target_of(strategy=n, indicator=p, parameter=key) for n, p in uses)
        return PathPlace(path, edits, targets)

    def _in_account(self, path: str) -> PathPlace | None:
        if path not in _ACCOUNT:
            return None
        edit = Edit("account", tuple(path.split(".")))
        return PathPlace(path, (edit,), (target_of(setting=_ACCOUNT[path]),))

    def _parameters(self, use: ResolvedIndicator) -> dict[str, str]:
        """Names of the parameters, aliases included, with what each stands for."""
        if use.name in self.own:
            return {name: name for name in self.own[use.name].params}
        if is_built_in(use.type):
            return built_in_parameters()[use.type]
        from spark_stacker.indicators.indicator_factory import IndicatorFactory

        made = IndicatorFactory.create_indicator(use.name, use.type, use.parameters)
        return {name: name for name in (*made.params, *use.parameters)}

    def _known(self) -> list[str]:
        """Every path, for the nearest one."""
        known = [*_ACCOUNT]
        for strategy, uses in zip(self.strategies, self.indicators, strict=True):
            prefix = f"{strategy.name}." if len(self.strategies) > 1 else ""
            known += [prefix + key for key in (*_STRATEGY, *_STRATEGY_ANEW)]
            known += [f"{prefix}{use.name}.{key}" for use in uses for key in (*self._parameters(use), *_USE)]
        return known


@cache
def built_in_parameters() -> dict[str, dict[str, str]]:
    """Names of the parameters of each built-in type, aliases included, with what each stands for."""
    return {
        str(entry["type"]): {
            name: str(parameter["name"])
            for parameter in entry["parameters"]  # type: ignore[attr-defined]
            for name in (parameter["name"], *parameter["aliases"])
        }
        for entry in _core.indicator_catalog()
    }


def target_of(
    *,
    strategy: int | None = None,
    indicator: int | None = None,
    parameter: str | None = None,
    setting: str | None = None,
) -> dict[str, object]:
    """The target of an axis of the core's sweep."""
    return {"strategy": strategy, "indicator": indicator, "parameter": parameter, "setting": setting}
