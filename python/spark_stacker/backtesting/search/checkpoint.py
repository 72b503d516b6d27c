"""A search on disk: what it is, and one file of trials for every batch that is done.

``search.json`` says what is searched. ``parts/000000-<hash>.parquet`` has the first batch, and so on; each is
written whole or not at all and carries its hash in its name, so that a damaged one is known. Neither holds a
time or a place: the same search leaves the same bytes, however often it was stopped.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from spark_stacker.data.files import atomic_write
from spark_stacker.errors import DataError, ParameterError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["VERSION", "Checkpoint"]

VERSION: Final = 1
"""Version of the layout that is written and read."""

_HEAD: Final = "search.json"
_PART: Final = re.compile(r"(\d{6,})-([0-9a-f]{16})\.parquet")


class Checkpoint:
    """A directory with a search. `open` makes or continues one."""

    def __init__(self, directory: Path, identity: Mapping[str, Any], parts: dict[int, Path]) -> None:
        self.directory = directory
        self.identity = identity
        self._parts = parts

    @classmethod
    def create(cls, directory: str | Path, identity: Mapping[str, Any]) -> Checkpoint:
        """A new search in ``directory``, which must not hold one."""
        directory = Path(directory)
        if (directory / _HEAD).exists():
            raise ParameterError(
                f"{directory}: holds a search already; resume it, or choose another directory"
            )
        if directory.exists() and not directory.is_dir():
            raise ParameterError(f"{directory}: must be a directory")
        with atomic_write(directory / _HEAD) as stream:
            stream.write(_text({"format": "spark-stacker-search", "version": VERSION, "search": identity}))
        return cls(directory, identity, {})

    @classmethod
    def resume(cls, directory: str | Path, identity: Mapping[str, Any]) -> Checkpoint:
        """The search in ``directory``; `ParameterError` says in what it is another than ``identity``."""
        directory = Path(directory)
        found = cls.read(directory)
        for key in [*identity, *found.identity]:
            before, now = found.identity.get(key), json.loads(_text({"": identity.get(key)}))[""]
            if before != now:
                raise ParameterError(
                    f"{directory}: belongs to another search: its {key} {_difference(before, now)}"
                )
        return found

    @classmethod
    def read(cls, directory: str | Path) -> Checkpoint:
        """The search in ``directory``, whatever it is; `DataError` when it cannot be read."""
        directory = Path(directory)
        path = directory / _HEAD
        try:
            head = json.loads(path.read_bytes())
        except OSError as error:
            raise DataError(f"{directory}: holds no search: {_HEAD} {error.strerror}") from error
        except ValueError as error:
            raise DataError(f"{path}: is damaged: {error}") from error
        if not isinstance(head, dict) or head.get("format") != "spark-stacker-search":
            raise DataError(f"{path}: is not of a search")
        if head.get("version") != VERSION:
            raise DataError(
                f"{path}: is of version {head.get('version')}; this version of Spark Stacker reads {VERSION}"
            )
        identity = head.get("search")
        if not isinstance(identity, dict):
            raise DataError(f"{path}: says nothing of the search")
        parts: dict[int, Path] = {}
        for part in sorted((directory / "parts").glob("*.parquet")):
            name = _PART.fullmatch(part.name)
            if name is None or int(name[1]) in parts:
                raise DataError(f"{part}: is no part of this search; remove it")
            parts[int(name[1])] = part
        return cls(directory, identity, parts)

    @property
    def parts(self) -> list[Path]:
        """The files of trials, in order."""
        return [self._parts[number] for number in sorted(self._parts)]

    def sets(self) -> int:
        """How many trials are kept."""
        return sum(pl.scan_parquet(part).select(pl.len()).collect().item() for part in self.parts)

    def __contains__(self, number: int) -> bool:
        return number in self._parts

    def load(self, number: int) -> pl.DataFrame:
        """The trials of one batch; `DataError` when the file is not what was written."""
        path = self._parts[number]
        content = _read(path)
        name = _PART.fullmatch(path.name)
        if name is None or _hash(content) != name[2]:
            raise DataError(
                f"{path}: is damaged, its hash does not match; remove it to have its sets run again"
            )
        try:
            return pl.read_parquet(io.BytesIO(content))
        except pl.exceptions.PolarsError as error:
            raise DataError(f"{path}: cannot be read: {error}") from error

    def save(self, number: int, frame: pl.DataFrame) -> None:
        """Writes the trials of one batch."""
        content = io.BytesIO()
        frame.write_parquet(content, statistics=False)
        path = self.directory / "parts" / f"{number:06d}-{_hash(content.getbuffer())}.parquet"
        with atomic_write(path) as stream:
            stream.write(content.getbuffer())
        self._parts[number] = path

    def write(self, name: str, value: object) -> None:
        """Writes a JSON file beside the trials."""
        with atomic_write(self.directory / name) as stream:
            stream.write(_text(value))

    def read_json(self, name: str) -> Any:
        """A JSON file written by `write`; None when there is none."""
        path = self.directory / name
        if not path.exists():
            return None
        try:
            return json.loads(_read(path))
        except ValueError as error:
            raise DataError(f"{path}: is damaged: {error}") from error


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}") from error


def _hash(content: bytes | memoryview) -> str:
    return hashlib.sha256(content).hexdigest()[:16]


def _text(value: object) -> bytes:
    return json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False).encode() + b"\n"


def _difference(before: object, now: object) -> str:
    """In words, short: hashes and long lists are not shown in full."""
    old, new = str(before), str(now)
    if len(old) > 60 or len(new) > 60:
        return "is not the same"
    return f"is {old}, asked was {new}"
