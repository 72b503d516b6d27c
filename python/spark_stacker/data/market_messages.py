"""What a venue says about a market while it happens: messages of trades, quotes and the book."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from decimal import Decimal

__all__ = ["MarketMessage", "MarketRow"]


class MarketRow(NamedTuple):
    """One event of a message, its kind one of `spark_stacker.data.events.KINDS`; digits as the venue wrote
    them.

    ``side`` is +1 for bids and buying takers, -1 for asks and selling takers, 0 for neither.
    """

    kind: str
    side: int
    price: Decimal
    size: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketMessage:
    """Rows that came as one, at ``local_ns`` by the receiver's clock.

    ``number`` is the feed's number of the message, ``first_number`` that of its first change and
    ``previous_number`` that of the message before, where the feed tells them; ``checksum`` what the venue
    says of the book after it. ``lost`` tells that messages before this one are missing, as after a lost
    connection; it may then have no rows. A message whose first row is of kind ``snapshot`` is a whole book.
    """

    symbol: str
    local_ns: int
    exchange_ns: int | None = None
    rows: tuple[MarketRow, ...] = ()
    number: int | None = None
    first_number: int | None = None
    previous_number: int | None = None
    checksum: int | None = None
    lost: bool = False

    @property
    def is_snapshot(self) -> bool:
        """Whether it is a whole book."""
        return bool(self.rows) and self.rows[0].kind in {"clear", "snapshot"}

    @property
    def is_of_book(self) -> bool:
        """Whether it says what stands in the book."""
        return bool(self.rows) and self.rows[0].kind in {"clear", "snapshot", "depth"}
