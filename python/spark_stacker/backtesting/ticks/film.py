"""A picture of a book over time: how much was shown at which price."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from spark_stacker import _core
from spark_stacker.errors import ParameterError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from spark_stacker.backtesting.ticks.stream import EventStream

__all__ = ["BookPicture", "book_picture"]

_MOST_TICKS: Final = 2**31 - 1


@dataclass(frozen=True, slots=True)
class BookPicture:
    """``size[i, j]`` base units were shown at time ``time_ns[i]`` (of the exchange, UTC nanoseconds) from
    price ``price[j]`` up to the next; not a number where the book was not known.
    """

    time_ns: NDArray[np.int64]
    price: NDArray[np.float64]
    size: NDArray[np.float64]

    @property
    def is_empty(self) -> bool:
        """Whether the events told nothing of a book."""
        return bool(np.isnan(self.size).all())


def book_picture(
    stream: EventStream,
    *,
    start_ns: int,
    end_ns: int,
    low: float,
    high: float,
    columns: int = 480,
    rows: int = 120,
) -> BookPicture:
    """Plays the events once more and notes the book at ``columns`` even times from ``start_ns`` to
    ``end_ns``, in at most ``rows`` rows of whole ticks from price ``low`` to ``high``.

    Raises `ParameterError` for a range without extent.
    """
    tick_size = stream.tick_size
    if not (0 < low <= high < _MOST_TICKS * tick_size):
        raise ParameterError(f"low and high must be prices, were {low} and {high}")
    if end_ns <= start_ns:
        raise ParameterError(f"end_ns must be after {start_ns}, was {end_ns}")
    first, last = int(low / tick_size), int(np.ceil(high / tick_size))
    row_ticks = -(-(last - first + 1) // rows)
    shown = -(-(last - first + 1) // row_ticks)
    times = np.unique(np.linspace(start_ns, end_ns, columns).astype(np.int64))
    film = _core.BookFilm(times.tolist(), first_tick=first, row_ticks=row_ticks, rows=shown)
    for tape in stream.tapes():
        film.feed(tape)
    price = np.array([(first + row_ticks * row) * tick_size for row in range(shown)], np.float64)
    return BookPicture(times, price, film.finish())
