"""Messages of markets as rows of numbers: what the journal keeps of them, and what the core is given."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from spark_stacker._core import EventTape
from spark_stacker.data.events import KINDS
from spark_stacker.errors import DataError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from spark_stacker.data.market_messages import MarketMessage

__all__ = ["ROW", "RowTaker", "tape_of"]

ROW: Final = np.dtype(
    [
        ("exchange_ns", "<i8"),
        ("local_ns", "<i8"),
        ("price", "<f8"),
        ("size", "<f8"),
        ("market", "<u2"),
        ("kind", "u1"),
        ("side", "i1"),
        ("last", "u1"),
    ]
)
"""One event. ``last`` ends a message, so that there are as many messages as rows that have it."""

_CODES: Final = {kind: code for code, kind in enumerate(KINDS, start=1)}


class RowTaker:
    """Makes rows of messages as they come, whose local times never go back.

    What comes later than ``late_after_ns`` after it happened counts as having happened so long before it
    came: until then the venue has waited for it.
    """

    def __init__(self, *, late_after_ns: int) -> None:
        self._late_after_ns = late_after_ns
        self.newest_ns: int | None = None
        self.late: Counter[int] = Counter()

    def take(self, market: int, message: MarketMessage) -> list[tuple[Any, ...]]:
        """Return the rows of a message. Raises ``DataError`` for a kind of row that is unknown.

        ``late`` counts messages by market.
        """
        local_ns = message.local_ns if self.newest_ns is None else max(message.local_ns, self.newest_ns)
        self.newest_ns = local_ns
        exchange_ns = local_ns if message.exchange_ns is None else message.exchange_ns
        if exchange_ns < local_ns - self._late_after_ns:
            exchange_ns = local_ns - self._late_after_ns
            self.late[market] += 1
        final = len(message.rows) - 1
        rows: list[tuple[Any, ...]] = []
        if message.lost:
            rows.append((exchange_ns, local_ns, 0.0, 0.0, market, _CODES["gap"], 0, final < 0))
        for place, (kind, side, price, size) in enumerate(message.rows):
            if kind not in _CODES:
                raise DataError(
                    f"{message.symbol}: a row of kind {kind!r}; expected one of {', '.join(KINDS)}"
                )
            row = (float(price), float(size), market, _CODES[kind], side, place == final)
            rows.append((exchange_ns, local_ns, *row))
        return rows


def tape_of(rows: NDArray[Any], *, tick_size: float, place: str, first_row: int) -> EventTape:
    """Rows of one market inside the core.

    Raises ``DataError`` naming column and row, counted from ``first_row``, of what cannot be played.
    """
    names = ("exchange_ns", "local_ns", "kind", "side", "price", "size")
    columns: list[Any] = [np.ascontiguousarray(rows[name]) for name in names]
    columns.append(rows["last"].astype(np.bool_))
    try:
        return EventTape(*columns, tick_size=tick_size)
    except DataError as error:
        text = re.sub(r"\brow (\d+)", lambda found: f"row {first_row + int(found[1])}", str(error), count=1)
        raise DataError(f"{place}: {text}") from error
