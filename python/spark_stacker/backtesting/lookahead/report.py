"""What a check for look-ahead found."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Literal

__all__ = ["Difference", "LookaheadReport", "Verdict"]

Verdict = Literal["clean", "look-ahead", "nondeterministic", "unverified"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """The first row at which a column, a signal or an order changed with rows that come after it.

    ``row`` of the candles and ``time``, its close in UTC; ``cut``, how many rows were known; ``future``, what
    came after them (``none``, ``mirrored``, ``soared``, ``crashed``; ``recorded`` for a mere repetition);
    ``then`` the value in that run and ``now`` the one with all the recorded rows, None for no value.
    """

    kind: str
    name: str
    row: int
    time: datetime
    cut: int
    future: str
    then: object
    now: object

    def __str__(self) -> str:
        place = f"{self.kind} {self.name}, row {self.row} ({self.time:%Y-%m-%d %H:%M})"
        if self.future == "recorded":
            return f"{place}: {_said(self.now)}, and {_said(self.then)} when run again"
        if self.kind == "failure":
            return f"{place}: {self.then} when {_AFTER[self.future].format(cut=self.cut)}"
        return (
            f"{place}: {_said(self.now)} with all rows, {_said(self.then)} when "
            f"{_AFTER[self.future].format(cut=self.cut)}"
        )


_AFTER = {
    "none": "only the first {cut} are known",
    "mirrored": "the rows after the first {cut} are mirrored",
    "soared": "prices soar after the first {cut} rows",
    "crashed": "prices crash after the first {cut} rows",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LookaheadReport:
    """The verdict on one strategy, and what it rests on.

    ``clean``: at every cut everything up to it was the same whatever came later. ``look-ahead``: something
    was not; ``differences`` has the first row of each column, signal and kind of order. ``nondeterministic``:
    two runs on the same candles differed (``unstable``), so nothing can be said of the rest.
    ``unverified``: no difference, but the strategy holds values that cannot be computed again on a part of
    the data (``unverified``). ``notes`` say what else to know.
    """

    subject: str
    verdict: Verdict
    rows: int
    cuts: tuple[int, ...]
    runs: int
    seed: int
    relative_tolerance: float
    checked: tuple[str, ...]
    differences: tuple[Difference, ...] = ()
    unstable: tuple[Difference, ...] = ()
    unverified: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def is_clean(self) -> bool:
        """Whether nothing was found and nothing is left open."""
        return self.verdict == "clean"

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON; not-a-number is None, times are ISO 8601."""
        return {name: _plain(value) for name, value in asdict(self).items()}

    def __str__(self) -> str:
        lines = [
            f"{self.subject}: {self.verdict}",
            f"{len(self.checked)} columns, signals and kinds of orders at {len(self.cuts)} cuts of "
            f"{self.rows} rows in {self.runs} runs",
        ]
        lines += [f"  {difference}" for difference in (*self.differences, *self.unstable)]
        lines += [f"  unverified: {text}" for text in self.unverified]
        lines += [f"  note: {text}" for text in self.notes]
        return "\n".join(lines)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(inner) for inner in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if value is None or isinstance(value, (bool, int, str)):
        return value
    return str(value)


def _said(value: object) -> str:
    return "nothing" if value is None else f"{value!r}" if not isinstance(value, float) else f"{value:.12g}"
