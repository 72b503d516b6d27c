"""Writes to a trial ledger in a process of its own: ``python -m made.run_ledger ROOT NAME HOW COUNT``.

``HOW`` is ``whole``, or the step before which the process kills itself: ``line``, ``head`` (the first that it
writes), ``second-head``, ``forget``; ``torn`` writes half a line first.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import numpy as np

from spark_stacker.backtesting.search import trial_ledger
from spark_stacker.backtesting.search.trial_chain import Entry
from spark_stacker.backtesting.search.trial_ledger import TrialLedger

__all__ = ["add", "made_entry"]


def made_entry(ledger: TrialLedger, history, remembered, tried) -> Entry:
    """An entry of these sets."""
    number, previous = ledger.next_link(history)
    new = len(tried) if tried is not None else 10
    if tried is not None:
        new = int((~np.isin(tried, remembered)).sum())
    return Entry(
        number=number,
        previous=previous,
        at="2025-01-02T03:04:05+00:00",
        subject="follow on ETH-USD 1h · é",
        sampler="grid",
        objective="sharpe_ratio",
        best_score=1.5,
        sets=10 if tried is None else len(tried),
        new=new,
        total=history.total + new,
        space="a" * 64,
        whole=False,
        search="b" * 64,
        complete=True,
        known=None,
        version="0.1.0",
    )


def add(ledger: TrialLedger, sets) -> None:
    """Adds a search of these sets, each a whole number."""
    tried = np.unique(np.array(list(sets), dtype=np.uint64))
    ledger.append(lambda history, remembered: made_entry(ledger, history, remembered, tried), tried)


def _die(*_: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _kill_at(how: str) -> None:
    writes = {"head": ("_write_head", 1), "line": ("_write_line", 1), "second-head": ("_write_head", 2)}
    if how == "forget":
        TrialLedger._forget_all_but = _die  # type: ignore[method-assign]
    elif how == "torn":
        write = os.write

        def half(descriptor: int, content: bytes) -> int:
            write(descriptor, content[: len(content) // 2])
            _die()
            return 0

        trial_ledger.os.write = half  # type: ignore[assignment]
    elif how in writes:
        name, last = writes[how]
        original = getattr(TrialLedger, name)
        calls = []

        def counted(*arguments):
            calls.append(name)
            if len(calls) == last:
                _die()
            return original(*arguments)

        setattr(TrialLedger, name, counted)


if __name__ == "__main__":
    root, name, how, count = sys.argv[1:]
    _kill_at(how)
    ledger = TrialLedger(Path(root), name)
    for number in range(int(count)):
        add(ledger, range(os.getpid() * 1_000 + 10 * number, os.getpid() * 1_000 + 10 * number + 10))
