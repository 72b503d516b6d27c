"""A profit as an interval: the same run under three assumptions of the queue."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Generic, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["INTERVAL_QUEUES", "ProfitInterval"]

INTERVAL_QUEUES: Final = ("conservative", "proportional", "optimistic")
"""The queue models between which a profit is given."""


class _HasProfit(Protocol):
    @property
    def profit(self) -> float:
        """Quote currency, after fees."""


ResultT = TypeVar("ResultT", bound=_HasProfit)


@dataclass(frozen=True, slots=True)
class ProfitInterval(Generic[ResultT]):
    """The same run under conservative, middle and optimistic assumptions of the queue."""

    conservative: ResultT
    middle: ResultT
    optimistic: ResultT

    @classmethod
    def of(cls, run: Callable[[str], ResultT]) -> ProfitInterval[ResultT]:
        """What ``run`` gives for each model of the queue."""
        return cls(*(run(queue) for queue in INTERVAL_QUEUES))

    @property
    def results(self) -> dict[str, ResultT]:
        """Each run by its name: conservative, middle, optimistic."""
        return {
            "conservative": self.conservative,
            "middle": self.middle,
            "optimistic": self.optimistic,
        }

    @property
    def profits(self) -> tuple[float, float, float]:
        """Profit of each, quote currency."""
        return self.conservative.profit, self.middle.profit, self.optimistic.profit

    def __str__(self) -> str:
        low, middle, high = self.profits
        return f"profit {low:,.2f} (conservative), {middle:,.2f} (middle), {high:,.2f} (optimistic)"
