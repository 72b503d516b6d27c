"""Differences of many runs, gathered into one verdict."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from spark_stacker.backtesting.lookahead.futures import Cut, Future
from spark_stacker.backtesting.lookahead.observation import Split, first_split
from spark_stacker.backtesting.lookahead.observers import FunctionFailedError
from spark_stacker.backtesting.lookahead.report import Difference, Verdict
from spark_stacker.errors import StrategyError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from spark_stacker.backtesting.lookahead.observation import Observation

__all__ = ["Tally"]

_LARGER_CUTS = 3
"""Longer prefixes that must agree before a shorter one is put down to a start-up."""


class _Found(NamedTuple):
    cut: Cut
    split: Split


class Tally:
    """What runs at cuts showed against ``now``, the run on all candles."""

    def __init__(self, now: Observation, known_ns: NDArray[np.int64], relative_tolerance: float) -> None:
        self._now = now
        self._known_ns = known_ns
        self._tolerance = relative_tolerance
        self._found: dict[str, list[_Found]] = {}
        self._unstable: dict[str, Difference] = {}
        self._compared: list[Cut] = []
        self._failures: list[tuple[Cut, Exception]] = []
        self.notes: list[str] = [now.failure] if now.failure else []

    def repeated(self, again: Observation) -> None:
        """Compare a run on the same candles, to the last bit."""
        for name in self._names(again):
            split = first_split(again.tracks.get(name), self._now.tracks.get(name), relative_tolerance=0.0)
            if split is not None and name not in self._unstable:
                cut = Cut(len(self._known_ns), int(self._known_ns[-1]), len(self._known_ns), Future.RECORDED)
                self._unstable[name] = self._difference(name, _Found(cut, split))

    def compare(self, cut: Cut, then: Observation) -> None:
        """Compare what was known at the cut."""
        self._compared.append(cut)
        for name in self._names(then):
            tracks = [each.tracks.get(name) for each in (then, self._now)]
            if None in tracks and (then.failure or self._now.failure or _traded_only(name, tracks, cut)):
                continue
            left, right = (None if track is None else track.until(cut.close_ns) for track in tracks)
            split = first_split(left, right, relative_tolerance=self._tolerance)
            if split is not None:
                self._found.setdefault(name, []).append(_Found(cut, split))

    def failed(self, cut: Cut, error: Exception) -> None:
        """Keep that the code failed where with all candles it does not."""
        self._failures.append((cut, error))

    @property
    def unstable(self) -> tuple[Difference, ...]:
        """Where runs on the same candles differed."""
        return tuple(sorted(self._unstable.values(), key=lambda difference: difference.row))

    @property
    def all_unstable(self) -> bool:
        """Whether nothing repeats, so that a cut could show nothing."""
        return set(self._unstable) >= {
            name for name, track in self._now.tracks.items() if len(track.known_ns)
        }

    def differences(self) -> tuple[tuple[Difference, ...], tuple[str, ...]]:
        """The first of each track, earliest first; and notes on tracks that merely start later."""
        differences, notes = [], []
        for name, found in self._found.items():
            if name in self._unstable:
                continue
            if self._is_start_up(found):
                most = max(each.cut.rows for each in found)
                notes.append(f"{name} says nothing while only {most} rows or fewer are known")
                continue
            differences.append(self._difference(name, min(found, key=lambda each: each.split.known_ns)))
        differences += self._failed_calls()
        others = [(cut, error) for cut, error in self._failures if not isinstance(error, FunctionFailedError)]
        if others:
            cut, error = others[0]
            if not self._compared:
                raise StrategyError(f"it fails at every cut, the first after {cut.rows} rows: {error}")
            notes.append(f"it fails when {cut.rows} rows are known: {error}")
        sent = min((each.row for each in differences if each.name == "orders"), default=len(self._known_ns))
        # Once another order is sent, that its amounts are others says nothing more.
        told = [each for each in differences if not (each.name.startswith("orders.") and each.row >= sent)]
        return tuple(sorted(told, key=lambda difference: difference.row)), tuple(notes)

    def _failed_calls(self) -> list[Difference]:
        """The first failure of a strategy function, if it repeats itself.

        It is called on the same rows of a sealed view, so it failed for want of rows that it holds elsewhere.
        """
        failed = [(cut, error) for cut, error in self._failures if isinstance(error, FunctionFailedError)]
        if not failed or self._unstable:
            return []
        cut, error = failed[0]
        found = _Found(cut, Split(cut.close_ns, str(error), None))
        return [self._difference("the function", found, kind="failure")]

    def verdict(self, differences: Sequence[Difference], unverified: Sequence[str]) -> Verdict:
        """What all of it comes to."""
        if differences:
            return "look-ahead"
        if self._unstable:
            return "nondeterministic"
        return "unverified" if unverified else "clean"

    def _names(self, other: Observation) -> list[str]:
        return list(dict.fromkeys([*self._now.tracks, *other.tracks]))

    def _is_start_up(self, found: Sequence[_Found]) -> bool:
        """Whether short prefixes alone say nothing, as of code that wants some rows before it starts."""
        if any(each.cut.future is not Future.NONE or not _is_nothing(each.split.then) for each in found):
            return False
        most = max(each.cut.rows for each in found)
        agreeing = [cut for cut in self._compared if cut.future is Future.NONE and cut.rows > most]
        return len(agreeing) >= _LARGER_CUTS and most <= len(self._known_ns) // 2

    def _difference(self, name: str, found: _Found, kind: str | None = None) -> Difference:
        track = self._now.tracks.get(name)
        row = int(np.searchsorted(self._known_ns, found.split.known_ns))
        return Difference(
            kind=kind or (track.kind if track is not None else "column"),
            name=name,
            row=min(row, len(self._known_ns) - 1),
            time=datetime.fromtimestamp(found.split.known_ns / 1e9, tz=UTC),
            cut=found.cut.rows,
            future=found.cut.future.value,
            then=found.split.then,
            now=found.split.now,
        )


def _traded_only(name: str, tracks: Sequence[object], cut: Cut) -> bool:
    """Whether the track is missing because the strategies are not traded after this kind of future."""
    return tracks[0] is None and cut.future in (Future.SOARED, Future.CRASHED) and _is_trading(name)


def _is_trading(name: str) -> bool:
    return name in {"equity", "cancellations"} or name.partition(".")[0] == "orders"


def _is_nothing(value: object) -> bool:
    if isinstance(value, float):
        return math.isnan(value) or value == 0.0
    return value is None or value is False or value == 0
