"""Events on their way into the catalogue: cut into parts by day and size, made visible all at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Self

import polars as pl

from spark_stacker.data.events.parts import DAY_NS, day_of, describe_part, part_paths, publish, stage_part
from spark_stacker.data.events.schema import first_true, require_events
from spark_stacker.data.events.steps import check_step, common_step
from spark_stacker.data.places import locked
from spark_stacker.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from types import TracebackType

    from spark_stacker.data.events.parts import Part

__all__ = ["EventWriter"]

_PART_ROWS: Final = 1 << 21


class EventWriter:
    """Takes frames in order of arrival; what it has written appears when its block ends well, else it is
    gone.
    """

    def __init__(
        self,
        root: Path,
        place: Path,
        *,
        labels: Mapping[str, str],
        tick_size: float | None = None,
        lot_size: float | None = None,
        synthetic: str | None = None,
        replace: bool = False,
    ) -> None:
        self._root = root
        self._place = place
        self._labels = dict(labels)
        given = {"tick_size": tick_size, "lot_size": lot_size}
        self._given = {name: check_step(name, value) for name, value in given.items() if value is not None}
        self._labels |= {name: repr(value) for name, value in self._given.items()}
        self._labels["given"] = ",".join(self._given)
        if synthetic is not None:
            self._labels["synthetic"] = synthetic
        self._replace = replace
        self._staged: list[Part] = []
        self._waiting: list[pl.DataFrame] = []
        self._rows = 0
        self._newest: int | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if error is None:
                self._stage()
                self._commit()
        finally:
            for part in self._staged:
                part.path.unlink(missing_ok=True)

    def add(self, frame: pl.DataFrame) -> None:
        """Takes in a frame. Raises `DataError` naming the row where the receiver's clock goes back."""
        frame = require_events(frame, place=str(self._place))
        if frame.is_empty():
            return
        times = frame["local_ns"]
        row = first_true((times < times.shift(1, fill_value=self._newest)).fill_null(value=False))
        if row is not None:
            raise DataError(
                f"{self._place}: column local_ns, row {row}: {times[row]}; expected the order of arrival"
            )
        if self._newest is None and not self._replace:
            self._require_after(int(times[0]))
        self._newest = int(times[-1])
        for rows in _by_day(frame):
            if self._waiting and day_of(self._waiting[0]["local_ns"][0]) != day_of(rows["local_ns"][0]):
                self._stage()
            self._waiting.append(rows)
            self._rows += rows.height
            if self._rows >= _PART_ROWS:
                self._stage()

    def _stage(self) -> None:
        if self._waiting:
            rows = pl.concat(self._waiting).rechunk()
            self._waiting, self._rows = [], 0
            self._staged.append(stage_part(rows, self._place, self._labels))

    def _commit(self) -> None:
        if not self._staged:
            raise DataError(f"{self._place}: no events to write")
        with locked(self._root):
            old = [describe_part(path) for path in part_paths(self._place)]
            start, end = self._staged[0].start_ns, self._staged[-1].end_ns
            touched = [part for part in old if part.end_ns >= start and part.start_ns <= end]
            if not self._replace:
                self._require_after(start)
                touched = []
            self._require_alike([part for part in old if part not in touched])
            kept = [rest for part in touched for rest in self._rest(part, start, end)]
            self._staged += kept
            for part in self._staged:
                publish(part, self._place)
            for part in touched:
                part.path.unlink()

    def _require_after(self, start_ns: int) -> None:
        old = [describe_part(path) for path in part_paths(self._place)]
        newest = max(old, key=lambda part: part.end_ns, default=None)
        if newest is not None and start_ns < newest.end_ns:
            raise DataError(
                f"{self._place}: events from {start_ns} on; expected them after {newest.end_ns}, the last "
                "there (give all files of a market at once; replace lets the new ones stand in "
                "their range of time)"
            )

    def _require_alike(self, old: list[Part]) -> None:
        """Synthetic stays apart from recorded, and steps fit together."""
        for part in old:
            if (part.synthetic is None) != ("synthetic" not in self._labels):
                raise DataError(f"{self._place}: synthetic and other data are never mixed in one data set")
            for name in ("tick_size", "lot_size"):
                for new in self._staged:
                    self._require_fit(name, part, new)

    def _require_fit(self, name: str, old: Part, new: Part) -> None:
        there, came = getattr(old, name), getattr(new, name)
        if there is None or came is None:
            return
        both_given = name in old.given and name in new.given
        wrong = there != came if both_given else False
        if name in old.given and not both_given:
            wrong = common_step([there, came]) != there
        if name in new.given and not both_given:
            wrong = common_step([there, came]) != came
        if wrong:
            words = name.replace("_", " ")
            raise DataError(f"{self._place}: {words} {came:.12g}; the events there have {there:.12g}")

    def _rest(self, part: Part, start: int, end: int) -> list[Part]:
        """What a part has outside a range of time, as parts of their own."""
        frame = pl.read_parquet(part.path, hive_partitioning=False, glob=False)
        labels = {"source": part.source, "given": ",".join(part.given)}
        labels |= {name: repr(getattr(part, name)) for name in part.given}
        labels |= {name: self._labels[name] for name in ("venue", "symbol")}
        if part.synthetic is not None:
            labels["synthetic"] = part.synthetic
        pieces = (frame.filter(pl.col("local_ns") < start), frame.filter(pl.col("local_ns") > end))
        return [stage_part(rows, self._place, labels) for rows in pieces if not rows.is_empty()]


def _by_day(frame: pl.DataFrame) -> list[pl.DataFrame]:
    """Rows of each UTC day; they are in order of time."""
    days = frame["local_ns"] // DAY_NS
    if days[0] == days[-1]:
        return [frame]
    ends = [*(days != days.shift(-1)).arg_true().to_list(), frame.height - 1]
    starts = [0, *(end + 1 for end in ends[:-1])]
    return [frame[start : end + 1] for start, end in zip(starts, ends, strict=True)]
