"""Timing on a machine whose speed wanders: what is compared runs in turn, in one process.

Every script here first shows that the results are equal, then times ``A B A B …`` after a warm-up, and
prints medians of the paired ratios. Where a target is an absolute time, `serial_chain` scales it.
"""

from __future__ import annotations

import gc
import statistics
import sys
import time
from typing import TYPE_CHECKING

from spark_stacker import _core

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def require_release() -> None:
    """Leaves when the extension is a debug build: its times mean nothing."""
    if _core.build_profile != "release":
        sys.exit(f"spark_stacker._core is a {_core.build_profile} build: `make build` compiles a release")


def interleaved(
    calls: Mapping[str, Callable[[], object]],
    *,
    rounds: int,
    repeat: Mapping[str, int] | None = None,
    rest: float = 0.0,
) -> dict[str, list[float]]:
    """Seconds of each call in each round; the calls of a round follow one another.

    ``repeat`` runs a quick call several times in a row and takes the mean, so that the clock does not matter.
    ``rest`` are seconds to wait before each, where threads of the one before stay awake after it returned.
    """
    for call in calls.values():
        call()
    seconds: dict[str, list[float]] = {name: [] for name in calls}
    gc.collect()
    gc.disable()
    try:
        for _ in range(rounds):
            for name, call in calls.items():
                times = (repeat or {}).get(name, 1)
                time.sleep(rest)
                start = time.perf_counter()
                for _ in range(times):
                    call()
                seconds[name].append((time.perf_counter() - start) / times)
    finally:
        gc.enable()
    return seconds


def median(values: list[float]) -> float:
    """The middle of the values."""
    return statistics.median(values)


def paired_ratio(theirs: list[float], ours: list[float]) -> float:
    """Median over the rounds of their time over ours: how many times faster we are."""
    return median([t / o for t, o in zip(theirs, ours, strict=True)])


def table(header: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """Rows as a Markdown table."""
    lines = [header, tuple("---" for _ in header), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
