"""Repairs, only where asked for by name, each telling what it did."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from spark_stacker.errors import ParameterError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import polars as pl

__all__ = ["REPAIRS", "repair"]

REPAIRS: Final = ("sort", "drop-duplicates")


def repair(frame: pl.DataFrame, options: Sequence[str]) -> tuple[pl.DataFrame, list[str]]:
    """``frame`` with the repairs in ``options`` made, and a sentence for each that changed something.

    ``sort`` brings rows into the order of their times; ``drop-duplicates`` drops rows equal to an earlier one
    in every column. Rows of one time with different values stay: which is true cannot be known here.
    """
    done = []
    for option in options:
        if option not in REPAIRS:
            raise ParameterError(f"repair must be one of {', '.join(REPAIRS)}, was {option!r}")
        if option == "sort" and not frame["timestamp"].is_sorted():
            moved = int((frame["timestamp"].diff().dt.total_microseconds() < 0).sum())
            frame = frame.sort("timestamp", maintain_order=True)
            done.append(f"sorted by time: {moved} rows stood before an earlier one")
        elif option == "drop-duplicates":
            rows = len(frame)
            frame = frame.unique(maintain_order=True)
            if rows > len(frame):
                done.append(f"dropped {rows - len(frame)} rows equal to an earlier one")
    return frame, done
