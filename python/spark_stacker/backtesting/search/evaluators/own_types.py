"""Indicator types that a user registered, taken along to another process."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spark_stacker.config.registry import is_built_in, register_indicator_type
from spark_stacker.indicators.indicator_factory import IndicatorFactory

if TYPE_CHECKING:
    from collections.abc import Mapping

    from spark_stacker.config import Settings
    from spark_stacker.indicators.base_indicator import BaseIndicator

__all__ = ["own_types", "register_own_types"]


def own_types(settings: Settings) -> dict[str, type[BaseIndicator] | None]:
    """The types of ``settings`` that the core does not have, with their classes; None for one that only names
    indicator objects.
    """
    kinds = {indicator.type for indicator in settings.indicators if not is_built_in(indicator.type)}
    return {kind: IndicatorFactory.get_class(kind) for kind in sorted(kinds)}


def register_own_types(types: Mapping[str, type[BaseIndicator] | None]) -> None:
    """Makes the types known in this process."""
    for kind, indicator_class in types.items():
        if indicator_class is None:
            register_indicator_type(kind)
        else:
            IndicatorFactory.register_indicator(kind, indicator_class)
