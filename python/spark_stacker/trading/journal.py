"""The journal: every input of a session, one JSON line each, written before it is acted on.

The engine is deterministic, so its inputs are its state: a restart reads them again and stands where it
stood, to the bit (JSON keeps every digit of a float). Lines are handed to the operating system at once,
which survives a killed process; :meth:`Journal.sync` puts them on the disk.

Lines: a ``header`` (what the session runs), ``warm_up`` (history of a market), ``begin`` (warm-up is
complete), ``bars`` (a group of bars with the signals of Python indicators at its close and, where there are
any, the funding due and the mark candles), ``stop`` (a clean end).
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from spark_stacker.errors import ConfigError, DataError, InputError, StopTradingError
from spark_stacker.trading.bar_groups import BarGroup

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from spark_stacker.trading.paper import ExternalSignal, HistoryRow

__all__ = ["Journal", "JournalHeader", "Recorded", "read_journal"]

FORMAT = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalHeader:
    """What a session runs: hash of its configuration, where its candles come from, version of the package."""

    configuration: str
    source: str
    version: str


@dataclass(slots=True)
class Recorded:
    """What a journal says of an earlier session; its groups of bars are read again when asked for."""

    path: Path
    warm_up: dict[int, list[HistoryRow]] = field(default_factory=dict)
    begin_ns: int | None = None
    warnings: list[str] = field(default_factory=list)
    sound_bytes: int = 0

    def groups(self) -> Iterator[tuple[BarGroup, tuple[ExternalSignal, ...]]]:
        """Yield the groups of bars, each with the signals at its close."""
        with self.path.open("rb") as lines:
            left = self.sound_bytes
            for line in lines:
                left -= len(line)
                if left < 0:
                    return
                record = json.loads(line)
                if record["record"] == "bars":
                    yield _group(record)


class Journal:
    """Appends to a journal."""

    def __init__(self, path: Path, header: JournalHeader, recorded: Recorded | None = None) -> None:
        """Begin a journal, or go on after what was ``recorded``; a line cut short is taken off."""
        self._file = path.open("wb" if recorded is None else "r+b", buffering=0)
        try:
            if recorded is not None:
                self._file.truncate(recorded.sound_bytes)
                self._file.seek(recorded.sound_bytes)
            else:
                self._write(record="header", format=FORMAT, **asdict(header))
                self.sync()
        except BaseException:
            self._file.close()
            raise

    def warm_up(self, market: int, rows: Sequence[HistoryRow]) -> None:
        """Record a market's history."""
        self._write(record="warm_up", market=market, rows=rows)

    def begin(self, until_ns: int) -> None:
        """Record that warm-up is complete, up to this open time."""
        self._write(record="begin", time=until_ns)
        self.sync()

    def bars(self, group: BarGroup, signals: Sequence[ExternalSignal]) -> None:
        """Record a group of bars and the signals at its close."""
        beside = {"funding": group.funding, "marks": group.marks}
        self._write(
            record="bars",
            time=group.open_time_ns,
            bars=group.bars,
            signals=signals,
            **{name: rows for name, rows in beside.items() if rows},
        )

    def stop(self, reason: str) -> None:
        """Record a clean end."""
        self._write(record="stop", reason=reason)

    def sync(self) -> None:
        """Put everything on the disk."""
        try:
            os.fsync(self._file.fileno())
        except OSError as error:
            raise StopTradingError(
                f"{self._file.name}: the journal cannot be kept: {error.strerror}"
            ) from error

    def close(self) -> None:
        """Put everything on the disk and let go of the file."""
        if not self._file.closed:
            self.sync()
            self._file.close()

    def _write(self, **record: Any) -> None:
        rest = (json.dumps(record, separators=(",", ":"), allow_nan=False) + "\n").encode()
        try:
            while rest:
                rest = rest[self._file.write(rest) :]
        except OSError as error:
            raise StopTradingError(
                f"{self._file.name}: the journal cannot be written: {error.strerror}"
            ) from error


def read_journal(path: Path, expected: JournalHeader) -> Recorded | None:
    """Return what a journal recorded, ``None`` if there is none worth going on with.

    Raises ``ConfigError`` if it belongs to another configuration or source, ``DataError`` if it cannot be
    read. A last line that was cut short is forgiven with a warning.
    """
    if not path.exists():
        return None
    if not path.is_file():
        raise DataError(f"{path}: must be a file; another --state begins anew")
    recorded: Recorded | None = None
    with path.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            if not line.endswith(b"\n"):
                if recorded is not None:
                    recorded.warnings.append(f"the last line ({number}) was cut short and is left out")
                break
            try:
                recorded = _take(json.loads(line), recorded, expected, path)
            except InputError:
                raise
            except (LookupError, TypeError, AttributeError, ValueError, RecursionError) as error:
                raise DataError(
                    f"{path}, line {number}: not a record of a journal "
                    f"({type(error).__name__}: {error}); {AFRESH}"
                ) from error
            recorded.sound_bytes += len(line)
    return recorded if recorded is not None and recorded.begin_ns is not None else None


AFRESH = "--fresh starts anew and keeps this file aside"


def _take(record: dict[str, Any], recorded: Recorded | None, expected: JournalHeader, path: Path) -> Recorded:
    kind = record["record"]
    if recorded is None:
        if kind != "header":
            raise KeyError("header")
        return _open(record, expected, path)
    if kind == "warm_up":
        recorded.warm_up[record["market"]] = [_row(row) for row in record["rows"]]
    elif kind == "begin":
        recorded.begin_ns = int(record["time"])
    elif kind == "bars":
        _group(record)
    elif kind != "stop":
        raise KeyError(kind)
    return recorded


def _open(record: dict[str, Any], expected: JournalHeader, path: Path) -> Recorded:
    header = JournalHeader(
        configuration=record["configuration"], source=record["source"], version=record["version"]
    )
    if record["format"] != FORMAT:
        raise DataError(f"{path}: format {record['format']} is not known here; {AFRESH}")
    if header.configuration != expected.configuration:
        raise ConfigError(f"{path}: its session ran another configuration; {AFRESH}")
    if header.source != expected.source:
        raise ConfigError(
            f"{path}: its session ran on {header.source}, this one on {expected.source}; {AFRESH}"
        )
    recorded = Recorded(path)
    if header.version != expected.version:
        recorded.warnings.append(
            f"it was written by version {header.version}; this is {expected.version}, "
            "which may come to another state"
        )
    return recorded


def _group(record: dict[str, Any]) -> tuple[BarGroup, tuple[ExternalSignal, ...]]:
    group = BarGroup(
        int(record["time"]),
        tuple(_row(bar) for bar in record["bars"]),
        tuple((int(market), int(time), float(rate)) for market, time, rate in record.get("funding", ())),
        tuple(
            (int(market), float(open_), float(high), float(low), float(close))
            for market, open_, high, low, close in record.get("marks", ())
        ),
    )
    return group, tuple((s, i, d, c) for s, i, d, c in record["signals"])


def _row(values: Sequence[float]) -> tuple[int, float, float, float, float, float]:
    first, open_, high, low, close, volume = values
    if first < 0:
        raise ValueError(f"{first} is below 0")
    return (int(first), open_, high, low, close, volume)
