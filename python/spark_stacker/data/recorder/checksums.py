"""Checksums: what a venue says of its book, against the book that its messages make.

A `Checksum` computes the number from the best levels, digits as the venue wrote them; one for each feed that
has any.
"""

from __future__ import annotations

import zlib
from decimal import Decimal
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Sequence

    from spark_stacker.data.market_messages import MarketMessage

__all__ = ["CHECKSUMS", "CheckedBook", "Checksum", "Level", "kraken_checksum"]

Level: TypeAlias = tuple[Decimal, Decimal]
"""Price and size."""


class Checksum(Protocol):
    """Computes a checksum from both sides, best level first."""

    def __call__(self, bids: Sequence[Level], asks: Sequence[Level]) -> int:
        """Return the checksum of a book."""
        ...


def kraken_checksum(bids: Sequence[Level], asks: Sequence[Level]) -> int:
    """CRC-32 of Kraken's book, spot feeds v1 and v2: ten asks, then ten bids, price and size without their
    point.

    Source: docs.kraken.com, "Book checksum (v2)". Digits count, so prices and sizes need the market's
    precision.
    """
    cells = [value for side in (asks, bids) for level in side[:10] for value in level]
    text = "".join(f"{value:f}".replace(".", "").lstrip("0") for value in cells)
    return zlib.crc32(text.encode())


CHECKSUMS: Final[dict[str, Checksum]] = {"kraken": kraken_checksum}


class CheckedBook:
    """A book kept only to be compared with what the venue says of it; ``depth`` levels a side are kept if
    given.
    """

    def __init__(self, checksum: Checksum, *, depth: int | None = None) -> None:
        self._checksum = checksum
        self._depth = depth
        self._sides: dict[int, dict[Decimal, Decimal]] = {1: {}, -1: {}}
        self._is_known = False

    def forget(self) -> None:
        """After lost messages nothing is known until the next snapshot."""
        self._is_known = False

    def add(self, message: MarketMessage) -> str | None:
        """What is wrong with the book after a message; None if nothing is, or the venue says nothing."""
        if not message.is_of_book:
            return None
        if message.is_snapshot:
            self._sides = {1: {}, -1: {}}
            self._is_known = True
        for row in message.rows:
            if row.kind in {"depth", "snapshot"}:
                if row.size:
                    self._sides[row.side][row.price] = row.size
                else:
                    self._sides[row.side].pop(row.price, None)
        if message.checksum is None or not self._is_known:
            return None
        bids, asks = self._best(1), self._best(-1)
        found = self._checksum(bids, asks)
        return None if found == message.checksum else f"checksum {found}; the venue says {message.checksum}"

    def _best(self, side: int) -> list[Level]:
        levels = self._sides[side]
        ranked = sorted(levels, reverse=side > 0)
        for price in ranked[self._depth :] if self._depth is not None else ():
            del levels[price]
        return [(price, levels[price]) for price in ranked[: self._depth]]
