"""What a run recorded, whether it comes from the core or from a file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Columns", "RunRecord", "StoredRun"]

Columns: TypeAlias = "Mapping[str, Sequence[object] | NDArray[np.generic]]"
"""Values by column; times are UTC nanoseconds, markets and strategies indices."""


class RunRecord(Protocol):
    """What a backtest recorded; `spark_stacker._core.Run` is one."""

    @property
    def open_time_ns(self) -> NDArray[np.int64]:
        """Open time of every bar traded."""

    @property
    def equity(self) -> NDArray[np.float64]:
        """Equity at the close of every bar traded."""

    def fills(self) -> Columns:
        """Every execution."""

    def orders(self) -> Columns:
        """Every order, refused ones included."""

    def trades(self) -> Columns:
        """Every closed round trip."""

    def open_positions(self) -> Columns:
        """Positions that stood at the end."""

    def refused(self) -> Columns:
        """Entries that a limit or rule forbade."""

    def metrics(self) -> dict[str, float | int | None]:
        """Every metric by name."""

    def undefined(self) -> dict[str, str]:
        """Why a metric has no value."""


@dataclass(frozen=True, slots=True)
class StoredRun:
    """A run read back from a file."""

    open_time_ns: NDArray[np.int64]
    equity: NDArray[np.float64]
    tables: Mapping[str, Columns]
    values: Mapping[str, float | int | None]
    reasons: Mapping[str, str]

    def fills(self) -> Columns:
        """Every execution."""
        return self.tables["fills"]

    def orders(self) -> Columns:
        """Every order, refused ones included."""
        return self.tables["orders"]

    def trades(self) -> Columns:
        """Every closed round trip."""
        return self.tables["trades"]

    def open_positions(self) -> Columns:
        """Positions that stood at the end."""
        return self.tables["open_positions"]

    def refused(self) -> Columns:
        """Entries that a limit or rule forbade."""
        return self.tables["refused"]

    def metrics(self) -> dict[str, float | int | None]:
        """Every metric by name."""
        return dict(self.values)

    def undefined(self) -> dict[str, str]:
        """Why a metric has no value."""
        return dict(self.reasons)
