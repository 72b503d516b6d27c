"""What a replay does wrong on purpose, to rehearse what real feeds do by accident."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Faults", "Place"]

Place = tuple[str, int]
"""A candle's place: symbol and open time in UTC nanoseconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """Candles that a replay treats badly.

    ``lost`` candles are not delivered but stand in the history; ``absent`` ones do not exist at all;
    ``late`` ones come that many deliveries after their turn and are not in the history before; ``swapped``
    ones are in the history in time but delivered that many deliveries late; ``duplicated`` ones come that
    many times more.
    """

    lost: frozenset[Place] = frozenset()
    absent: frozenset[Place] = frozenset()
    late: Mapping[Place, int] = field(default_factory=dict)
    swapped: Mapping[Place, int] = field(default_factory=dict)
    duplicated: Mapping[Place, int] = field(default_factory=dict)
