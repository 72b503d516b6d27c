"""How many sets were ever tried on some data with some strategy: what a search tells the trial ledger.

What counts, so that the number is never too small:

- A set is known again where it is remembered one by one (about a million of a ledger are), where the same
  search was made before, or where every set of the same space was. Whatever else was tried counts anew.
- Sets that failed or broke a constraint on results count: they were looked at.
- A search that Ctrl-C ended counts what it did. One that ends in an error chose nothing, and does not count.
- A walk-forward counts each set once, however many windows tried it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

import spark_stacker
from spark_stacker.backtesting.search.set_identity import SetIdentity, digest
from spark_stacker.backtesting.search.trial_chain import Entry, History
from spark_stacker.backtesting.search.trial_ledger import TrialLedger
from spark_stacker.data.catalogue import default_root
from spark_stacker.errors import ParameterError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from spark_stacker.backtesting.search.optimise import Plan
    from spark_stacker.backtesting.search.options import SearchOptions
    from spark_stacker.backtesting.search.samplers import Sampler
    from spark_stacker.backtesting.search.tally import Tally

__all__ = ["Recorded", "TrialRecord", "trials_root"]

_MOST_HASHED: Final = 500_000
"""Sets of a search up to which each is hashed; of more only their number is remembered."""


def trials_root(given: object = None) -> Path:
    """The directory of the ledgers: ``trials`` in the user's data directory, or the one given."""
    return default_root() / "trials" if given is None or given is True else Path(str(given))


@dataclass(frozen=True, slots=True)
class Recorded:
    """What the ledger says after a search."""

    path: Path
    searches: int
    """Searches ever made there, this one among them."""
    new: int
    """Sets of this search that were not tried before."""
    total: int
    """Sets ever tried there."""
    link: str
    """Hash of the last line: whoever notes it can tell later whether the ledger was written anew."""
    note: str = ""

    def __str__(self) -> str:
        note = f" ({self.note})" if self.note else ""
        return f"{self.total:,} sets ever tried on these data, {self.new:,} of them new in this search{note}"


class TrialRecord:
    """The ledger of one search. Making it checks the ledger, so that a damaged one is told before anything
    runs.
    """

    def __init__(self, plan: Plan, options: SearchOptions) -> None:
        self._identity = SetIdentity(plan.evaluator)
        self._plan = plan
        self._at = _moment(options.get("searched_at"))
        self.ledger = TrialLedger(trials_root(options.get("ledger")), self._identity.ledger)
        self.ledger.read()
        self.ledger.require_writable()
        self._counted = self._largest = 0
        self._best = -math.inf
        self._tried: NDArray[np.uint64] | None = np.empty(0, dtype=np.uint64)
        """Sets taken by their numbers, sorted; None where they are too many."""

    @classmethod
    def of(cls, plan: Plan, options: SearchOptions) -> TrialRecord | None:
        """The record that the options ask for; None with ``ledger=False``."""
        return None if options.get("ledger") is False else cls(plan, options)

    def take(self, tally: Tally) -> None:
        """Counts the sets of a search, or of one window of it."""
        self._counted += tally.count
        self._largest = max(self._largest, tally.count)
        if tally.best_digits is not None:
            self._best = max(self._best, tally.best_score)
        if self._counted > _MOST_HASHED:
            self._tried = None
        if self._tried is not None:
            found = [self._identity.numbers_of(frame) for frame in tally.parameters()]
            self._tried = np.unique(np.concatenate([self._tried, *found]))

    def write(self, sampler: Sampler, *, complete: bool = True, part: str = "") -> Recorded:
        """Writes that the sets taken were tried. ``part`` names what was searched when not all bars were."""
        identity, plan, tried = self._identity, self._plan, self._tried
        count = min(self._counted, plan.space.size) if tried is None else len(tried)
        space = digest([sorted(plan.space.plain(), key=str), identity.fixed])
        search = digest(
            [
                space,
                sampler.plain(),
                plan.objective.plain(),
                [constraint.text for constraint in plan.constraints],
                plan.seed,
                part,
                spark_stacker.__version__,
            ]
        )

        def entry(history: History, remembered: NDArray[np.uint64]) -> Entry:
            again = any(
                (old.complete and old.search == search) or (old.whole and old.space == space)
                for old in history.entries
            )
            if again:
                new = 0
            elif tried is None:
                new = count
            else:
                new = int((~np.isin(tried, remembered)).sum())
            number, previous = self.ledger.next_link(history)
            return Entry(
                number=number,
                previous=previous,
                at=self._at,
                subject=identity.subject,
                sampler=str(sampler.plain()["name"]) + (f", {part}" if part else ""),
                objective=plan.objective.label,
                best_score=self._best if math.isfinite(self._best) else None,
                sets=count,
                new=new,
                total=history.total + new,
                space=space,
                whole=complete and plan.space.size in (self._largest, len(tried) if tried is not None else 0),
                search=search,
                complete=complete,
                known=None,
                version=spark_stacker.__version__,
            )

        history = self.ledger.append(entry, tried)
        last = history.entries[-1]
        return Recorded(self.ledger.log, last.number, last.new, last.total, last.hash, history.note)


def _moment(at: object) -> str | None:
    if at is None:
        return None
    if not isinstance(at, datetime) or at.tzinfo is None:
        raise ParameterError(f"searched_at must be a datetime with its time zone, was {at!r}")
    return at.isoformat(timespec="seconds")
