"""Sweeps over one market, as the core takes them."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import numpy as np

from spark_stacker import _core

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from tests.made.plans import Plan

Axis = tuple[dict[str, Any], list[Any]]


def parameter(name: str, *values: Any, strategy: int = 0, indicator: int = 0) -> Axis:
    """The axis of a parameter of an indicator."""
    target = {"strategy": strategy, "indicator": indicator, "parameter": name, "setting": None}
    return target, list(values)


def setting(name: str, *values: Any, strategy: int | None = 0, indicator: int | None = None) -> Axis:
    """The axis of a setting of an indicator's use, of a strategy or, without one, of the account."""
    target = {"strategy": strategy, "indicator": indicator, "parameter": None, "setting": name}
    return target, list(values)


def sweep(plan: Plan, bars: _core.Bars, *axes: Axis, start: int = 0, **data: Any) -> _core.Sweep:
    """A sweep without outside signals, funding and mark candles where ``data`` gives none."""
    given = {"signals": [], "funding": [None], "mark": [None]} | data
    return _core.Sweep(_core.Portfolio(plan), [bars], start=[start], axes=axes, **given)


def every_set(lengths: Sequence[int]) -> NDArray[np.uint32]:
    """All sets of axes of these lengths, the last axis counting fastest."""
    return np.array(list(itertools.product(*map(range, lengths))), dtype=np.uint32)
