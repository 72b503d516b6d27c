"""The chain of a trial ledger: lines that each carry the hash of the one before, and the head that ends them.

Pure: bytes in, history or `Broken` out. `trial_ledger` has the files.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, fields
from typing import Any, Final

__all__ = ["NO_HISTORY", "Broken", "Entry", "History", "check", "genesis", "head_text"]

NO_HISTORY: Final = "no history"
_VERSION: Final = 1


class Broken(Exception):  # noqa: N818 - becomes a DataError that names the file
    """What is wrong, in the head or in the log. Restoring or removing both files mends it."""

    def __init__(self, what: str, *, in_head: bool = False) -> None:
        super().__init__(what)
        self.in_head = in_head


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One search: a line of the log. What is not known is None."""

    number: int
    """From 1 on."""
    previous: str
    """Hash of the line before."""
    at: str | None
    """When, as the caller said (ISO 8601)."""
    subject: str
    """Markets and strategy in words."""
    sampler: str
    objective: str
    best_score: float | None
    sets: int
    """Sets of this search."""
    new: int
    """Those of them that no search before is known to have tried."""
    total: int
    """Sets ever tried, those of this search among them."""
    space: str
    """Hash of the space with all settings that were not searched."""
    whole: bool
    """Whether every set of that space was tried."""
    search: str
    """Hash of all that decides which sets a search tries."""
    complete: bool
    """Whether the search ended by itself."""
    known: str | None
    """Hash of the file of remembered sets."""
    version: str
    """Version of Spark Stacker."""

    @property
    def hash(self) -> str:
        """SHA-256 of the line without its own hash."""
        return hashlib.sha256(_text(asdict(self))).hexdigest()

    def line(self) -> bytes:
        """As it stands in the log."""
        return _text({**asdict(self), "hash": self.hash}) + b"\n"


@dataclass(frozen=True, slots=True)
class History:
    """What a ledger says: its lines, the oldest first, and what a reader should know of its files."""

    entries: tuple[Entry, ...] = ()
    note: str = ""

    @property
    def total(self) -> int:
        """Sets ever tried."""
        return self.entries[-1].total if self.entries else 0


def genesis(name: str) -> str:
    """What the first line of the ledger ``name`` carries, so that a file of another's does not pass."""
    return hashlib.sha256(f"spark-stacker trials {_VERSION} {name}".encode()).hexdigest()


def head_text(count: int, link: object) -> bytes:
    """The head of a log of ``count`` lines whose last has the hash ``link``."""
    return (
        _text({"format": "spark-stacker-trials", "version": _VERSION, "count": count, "hash": link}) + b"\n"
    )


def check(name: str, head: bytes | None, log: bytes | None) -> tuple[History, int]:
    """The history in the two files (None: not there), and how many bytes of the log are whole lines."""
    if head is None and log is None:
        return History(note=NO_HISTORY), 0
    if head is None:
        raise Broken("is missing, while the log is there", in_head=True)
    count, expected = _head(head)
    if log is None:
        if count:
            raise Broken(f"is missing, while the head tells of {count} lines")
        return History(note=NO_HISTORY), 0
    whole, newline, torn = log.rpartition(b"\n")
    entries: list[Entry] = []
    previous = genesis(name)
    for number, line in enumerate(whole.split(b"\n") if newline else [], start=1):
        entry = _entry(number, line)
        if entry.number != number or entry.previous != previous:
            raise Broken(f"line {number}: does not follow the line before it: lines were removed or moved")
        entries.append(entry)
        previous = entry.hash
    note = _against_head([genesis(name), *(entry.hash for entry in entries)], torn, count, expected)
    return History(tuple(entries), note), len(log) - len(torn)


def _against_head(links: list[str], torn: bytes, count: int, expected: str) -> str:
    """What a crash did to the files, if one did."""
    lines = len(links) - 1
    if lines < count:
        state = "cut off" if torn else "missing"
        raise Broken(f"line {lines + 1}: is {state}; the head tells of {count} lines")
    if lines > count + 1:
        raise Broken(f"tells of {count} lines, while the log has {lines}", in_head=True)
    if links[count] != expected:
        raise Broken(
            f"does not have the hash of line {count} of the log: one of them was altered", in_head=True
        )
    ahead = lines == count + 1
    if torn:
        begun = b'{"number":%d,"previous":"%s","at":' % (lines + 1, links[-1].encode())
        if ahead or not (torn.startswith(begun) or begun.startswith(torn)):
            raise Broken(f"line {lines + 1}: is no line of a ledger")
        return f"line {lines + 1} was cut off by a crash; its search is not counted"
    return (
        f"line {lines} was written when a crash kept the head from being written; it counts" if ahead else ""
    )


def _entry(number: int, line: bytes) -> Entry:
    try:
        values = json.loads(line)
        stated = values.pop("hash")
        entry = Entry(**values)
        intact = stated == entry.hash and entry.line() == line + b"\n"
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise Broken(f"line {number}: is no line of a ledger") from error
    if not intact or not _well_formed(entry):
        raise Broken(f"line {number}: was altered, its hash is of other content")
    return entry


def _head(content: bytes) -> tuple[int, str]:
    try:
        head = json.loads(content)
        count, link = head["count"], head["hash"]
    except (ValueError, TypeError, KeyError) as error:
        raise Broken("is no head of a ledger", in_head=True) from error
    if type(count) is not int or count < 0 or head_text(count, link) != content:
        raise Broken("was altered, or is of another version of Spark Stacker", in_head=True)
    return count, link


_KINDS: Final[dict[str, tuple[type, ...]]] = {
    "str": (str,),
    "str | None": (str, type(None)),
    "int": (int,),
    "float | None": (int, float, type(None)),
    "bool": (bool,),
}


def _well_formed(entry: Entry) -> bool:
    """Whether every value is of its kind."""
    return all(type(getattr(entry, field.name)) in _KINDS[str(field.type)] for field in fields(entry))


def _text(value: dict[str, Any]) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()
