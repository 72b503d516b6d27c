"""Whether a message of a book follows on the one before, by the numbers its feed gives it.

The rules are those of `spark_stacker.data.events.books`, for messages as they come.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from spark_stacker.data.market_messages import MarketMessage

__all__ = ["SequenceCheck"]


class SequenceCheck:
    """Keeps the number of the last message of the book."""

    def __init__(self) -> None:
        self._number: int | None = None
        self._after_snapshot = False

    def add(self, message: MarketMessage) -> str | None:
        """What is wrong with the numbers of a message; None if it follows on the one before."""
        if message.lost:
            self._number = None
        if not message.is_of_book or message.number is None:
            return None
        before, after_snapshot = self._number, self._after_snapshot
        self._number, self._after_snapshot = message.number, message.is_snapshot
        if message.is_snapshot or before is None:
            return None
        if message.previous_number is not None:
            follows = message.previous_number == before
            reaches = after_snapshot and message.previous_number <= before
            told = f"number {message.number} follows {message.previous_number}"
            return None if follows or reaches else f"{told}; the last one was {before}"
        if message.first_number is not None and message.first_number > before + 1:
            return f"numbers {message.first_number} to {message.number}; expected {before + 1} next"
        if message.number < before or (message.first_number is not None and message.number == before):
            return f"number {message.number} after {before}; expected a higher one"
        return None
