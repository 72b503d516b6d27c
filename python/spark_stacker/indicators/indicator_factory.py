"""Indicators by type name: the built-in ones and those that users register."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from spark_stacker.config.registry import register_indicator_type
from spark_stacker.config.suggestions import did_you_mean
from spark_stacker.errors import ConfigError, InputError, ParameterError
from spark_stacker.indicators.base_indicator import BaseIndicator
from spark_stacker.indicators.builtin import BUILTIN

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["IndicatorFactory"]


class IndicatorFactory:
    """Creates indicators from type names.

    >>> rsi = IndicatorFactory.create_indicator(name="rsi_14", indicator_type="rsi", params={"period": 14})
    >>> rsi.parameters["oversold"]
    30.0
    >>> entries = [{"name": "macd_eth", "type": "macd", "enabled": True, "parameters": {"fast_period": 8}}]
    >>> IndicatorFactory.create_indicators_from_config(entries)["macd_eth"].warm_up
    33
    """

    _classes: ClassVar[dict[str, type[BaseIndicator]]] = {}

    @classmethod
    def register_defaults(cls) -> None:
        """Register the built-in types; what is registered stays. Importing this module does it."""
        for kind, indicator in BUILTIN.items():
            cls._classes.setdefault(kind, indicator)

    @classmethod
    def register_indicator(cls, indicator_type: str, indicator_class: type[BaseIndicator]) -> None:
        """Make a class usable under a type name, in configurations too; a type of that name is replaced.

        Raises `ParameterError` for an empty name or a class that is no `BaseIndicator`.
        """
        if not indicator_type:
            raise ParameterError("indicator_type must be a name, was empty")
        if not (isinstance(indicator_class, type) and issubclass(indicator_class, BaseIndicator)):
            raise ParameterError(
                f"indicator_class must be a subclass of BaseIndicator, was {indicator_class!r}"
            )
        cls._classes[indicator_type] = indicator_class
        register_indicator_type(
            indicator_type, lambda parameters: _create(indicator_class, indicator_type, parameters)
        )

    @classmethod
    def get_available_indicators(cls) -> list[str]:
        """Return the types that can be created, in the order in which they were registered."""
        return list(cls._classes)

    @classmethod
    def get_class(cls, indicator_type: str) -> type[BaseIndicator] | None:
        """Return the class that is registered under a type name, if any."""
        return cls._classes.get(indicator_type)

    @classmethod
    def create_indicator(
        cls, name: str, indicator_type: str, params: Mapping[str, Any] | None = None
    ) -> BaseIndicator:
        """Return a new indicator. Raises `ParameterError` for an unknown type or a wrong parameter."""
        indicator_class = cls._classes.get(indicator_type)
        if indicator_class is None:
            known = cls.get_available_indicators()
            raise ParameterError(
                f'indicator_type must be one of {", ".join(known)}, was "{indicator_type}"'
                f"{did_you_mean(indicator_type, known)}"
            )
        return _create(indicator_class, name, params or {})

    @classmethod
    def create_indicators_from_config(cls, configs: Iterable[Mapping[str, Any]]) -> dict[str, BaseIndicator]:
        """Return the enabled indicators by name.

        An entry has ``name``, ``type``, ``parameters`` and ``enabled`` (default true). Raises `ConfigError`
        naming the entry: a key is missing, a name stands twice, the type or a parameter is wrong.
        """
        indicators: dict[str, BaseIndicator] = {}
        for place, config in enumerate(configs):
            if not config.get("enabled", True):
                continue
            for key in ("name", "type"):
                if not config.get(key):
                    raise ConfigError(f"indicators[{place}].{key} must be given")
            name = str(config["name"])
            if name in indicators:
                raise ConfigError(f'indicators[{place}].name must be unique, was "{name}" again')
            try:
                indicators[name] = cls.create_indicator(name, config["type"], config.get("parameters"))
            except ParameterError as error:
                raise ConfigError(f"indicators[{place}] ({name}): {error}") from error
        return indicators


def _create(indicator_class: type[BaseIndicator], name: str, params: Mapping[str, Any]) -> BaseIndicator:
    """Construct; what a user's class makes of wrong parameters is told as a wrong parameter."""
    try:
        return indicator_class(name, dict(params))
    except InputError:
        raise
    except Exception as error:
        raise ParameterError(f"parameters of indicator {name!r} were refused: {error!r}") from error


IndicatorFactory.register_defaults()
