"""The seam between a search and what it searches: sets in, metrics out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from spark_stacker.backtesting.result import BacktestResult
    from spark_stacker.backtesting.search.space import Space, Value

__all__ = ["WHOLE", "Evaluator", "Rows", "Window"]


@dataclass(frozen=True, slots=True)
class Window:
    """The bars that are traded: those that open at or after ``start_ns`` and before ``end_ns`` (UTC, None: no
    bound). Earlier ones feed indicators only; the window begins flat.
    """

    start_ns: int | None = None
    end_ns: int | None = None


WHOLE = Window()


@dataclass(frozen=True, slots=True)
class Rows:
    """What came of some sets, in their order.

    ``values`` has a column a metric, NaN where undefined. ``status`` is 0 for a set that was run, else 1 +
    the index of the reason why it failed.
    """

    values: NDArray[np.float64]
    status: NDArray[np.uint32]
    reasons: tuple[str, ...] = ()

    @staticmethod
    def joined(pieces: Sequence[Rows]) -> Rows:
        """The rows of pieces, one after another."""
        if len(pieces) == 1:
            return pieces[0]
        places: dict[str, int] = {}
        status = [piece.renumbered(places) for piece in pieces]
        return Rows(np.concatenate([piece.values for piece in pieces]), np.concatenate(status), tuple(places))

    def renumbered(self, places: dict[str, int]) -> NDArray[np.uint32]:
        """``status`` by the indices of ``places``, to which new reasons are added."""
        codes = [0, *(1 + places.setdefault(reason, len(places)) for reason in self.reasons)]
        return np.array(codes, dtype=np.uint32)[self.status]

    def texts(self) -> list[str]:
        """Each set's status in words."""
        words = ("done", *self.reasons)
        return [words[code] for code in self.status]


class Evaluator(Protocol):
    """Runs sets of one space on one market's, or portfolio's, candles. It can be sent to another process."""

    @property
    def space(self) -> Space:
        """What the digits of a set mean."""

    @property
    def batch(self) -> int:
        """Sets that are asked for, kept and sent together."""

    @property
    def open_time_ns(self) -> NDArray[np.int64]:
        """Open times of the bars traded."""

    @property
    def interval_ns(self) -> int:
        """Length of a bar."""

    @property
    def initial_balance(self) -> float:
        """Equity before the first bar."""

    @property
    def warnings(self) -> tuple[str, ...]:
        """What to know of the data before trusting any result."""

    def evaluate(
        self, digits: NDArray[np.uint32], metrics: Sequence[str], window: Window, *, threads: int
    ) -> Rows:
        """Runs each set over ``window``. A set that cannot be run has its reason; nothing else does."""

    def equity(
        self, digits: NDArray[np.uint32], window: Window
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Open times and equity of one set's run over ``window``."""

    def permuted(self, seed: int) -> Evaluator:
        """The same over bars whose moves stand in another order; `InputError` says why there is none."""

    def result(self, params: Mapping[str, Value]) -> BacktestResult:
        """The whole result of one set over all bars, by the engine."""

    def identity(self) -> dict[str, object]:
        """What must be equal for another run to give the same rows, as JSON data."""
