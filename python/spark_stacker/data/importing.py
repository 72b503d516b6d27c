"""Import: a file of candles, mark candles or funding rates, understood, checked and catalogued."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from spark_stacker.data.candles import normalise
from spark_stacker.data.catalogue import KINDS, Catalogue, Saved
from spark_stacker.data.files import LABEL, file_labels, read_file, scenario_named
from spark_stacker.data.gaps import infer_interval
from spark_stacker.data.quality import QualityReport, check_quality
from spark_stacker.data.repair import repair as apply_repairs
from spark_stacker.data.rules import PRICES, require_clean
from spark_stacker.data.times import interval_us
from spark_stacker.errors import DataError, ParameterError

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["ImportReport", "MarketFile", "PreparedFile", "import_file", "prepare", "read_market_file"]

_PRICE_OF_A_TRADE: Final = {"price", "px"}
_SIZE_OF_A_TRADE: Final = {"amount", "qty", "quantity", "size", "volume", "sz"}
_ONE_SIDE_OF_A_QUOTE: Final = {"bid", "bid_price", "best_bid", "bid_open"}


@dataclass(frozen=True, slots=True)
class MarketFile:
    """A file's rows in the schema, unchecked, and how the file was understood.

    ``synthetic`` names the scenario when the file says that its candles are made up.
    """

    path: Path
    kind: str
    interval: str
    frame: pl.DataFrame
    time_unit: str
    synthetic: str | None
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PreparedFile:
    """A file's rows, checked, and what was mended for that."""

    file: MarketFile
    frame: pl.DataFrame
    repairs: tuple[str, ...]
    quality: QualityReport

    def save(self, catalogue: Catalogue, *, symbol: str, venue: str, replace: bool = False) -> ImportReport:
        """Merges the rows into the catalogue; see `Catalogue.write`."""
        labels = {"source": self.file.path.name}
        if self.file.synthetic:
            labels[LABEL] = self.file.synthetic
        place = (venue, symbol, self.file.interval)
        saved = catalogue.write(self.frame, *place, kind=self.file.kind, replace=replace, metadata=labels)
        return ImportReport(self, symbol, venue, saved)


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import understood, repaired, found and wrote."""

    prepared: PreparedFile
    symbol: str
    venue: str
    saved: Saved

    def to_dict(self) -> dict[str, Any]:
        """The report for JSON."""
        file = self.prepared.file
        return {
            "file": str(file.path),
            "kind": file.kind,
            "venue": self.venue,
            "symbol": self.symbol,
            "interval": file.interval,
            "time_unit": file.time_unit,
            "synthetic": file.synthetic,
            "notes": list(file.notes),
            "repairs": list(self.prepared.repairs),
            "quality": self.prepared.quality.to_dict(),
            "path": str(self.saved.path),
            "rows": self.saved.rows,
            "added": self.saved.added,
            "identical": self.saved.identical,
            "replaced": self.saved.replaced,
        }


def read_market_file(path: str | Path, *, kind: str | None = None, interval: str | None = None) -> MarketFile:
    """Rows of a CSV, Parquet or Feather file as they stand, in the schema of candles or funding.

    ``kind`` None is told from columns, values and name; ``interval`` None is the commonest step, and one that
    is given must be it. Nothing is checked beyond that the file can be read: `check_quality` and
    `require_clean` do that. Raises `DataError` naming file, column, row and value; also for files of trades,
    quotes and order books.
    """
    path = Path(path)
    if kind is not None and kind not in KINDS:
        raise ParameterError(f"kind must be one of {', '.join(KINDS)}, was {kind!r}")
    if interval is not None:
        interval_us(interval)
    raw, notes = read_file(path)
    _refuse_other_data(raw, path)
    told, reason = _kind_of(raw, path)
    if kind is None:
        kind = told
        notes += [f"read as {kind}: {reason}"] if reason else []
    elif "funding" in {kind, told} and kind != told and _names(raw) >= {"high", "low", "close"}:
        has, wanted = ("candles", "funding rates") if kind == "funding" else ("funding rates", kind)
        raise DataError(f"{path}: holds {has}; expected {wanted}; found the columns {', '.join(raw.columns)}")
    if kind == "funding" and "rate" not in _names(raw) and "open" in raw.columns:
        raw = raw.rename({"open": "rate"})
        notes.append("the rate stands in the column open")
    understood = normalise(raw, kind=kind, where=str(path))
    notes.append(f"times are {understood.time_unit} in column {understood.columns['timestamp']}")
    spare = [name for name in raw.columns if name not in {LABEL, *understood.columns.values()}]
    if spare:
        notes.append(f"columns left out: {', '.join(spare)}")
    times = understood.frame["timestamp"]
    commonest = interval if interval and len(times) < 2 else infer_interval(times, where=str(path))
    if interval is not None and interval_us(interval) != interval_us(commonest):
        raise DataError(f"{path}: rows are mostly {commonest} apart; expected {interval}")
    synthetic = file_labels(path).get(LABEL) or scenario_named(raw)
    return MarketFile(path, kind, commonest, understood.frame, understood.time_unit, synthetic, tuple(notes))


def prepare(
    path: str | Path, *, kind: str | None = None, interval: str | None = None, repair: Sequence[str] = ()
) -> PreparedFile:
    """A file read, mended as ``repair`` allows and checked; nothing is written.

    Raises `DataError` naming file, column, row and value for whatever still breaks a rule.
    """
    file = read_market_file(path, kind=kind, interval=interval)
    frame, repairs = apply_repairs(file.frame, repair)
    require_clean(frame, where=str(path))
    quality = check_quality(frame, file.interval, where=str(path), is_mark=file.kind == "mark")
    if not quality.ok:
        raise DataError(f"{path}: {next(f.words for f in quality.findings if f.is_error)}")
    return PreparedFile(file, frame, tuple(repairs), quality)


def import_file(
    path: str | Path,
    *,
    symbol: str,
    venue: str,
    catalogue: Catalogue,
    interval: str | None = None,
    kind: str | None = None,
    repair: Sequence[str] = (),
    replace: bool = False,
) -> ImportReport:
    """Puts a file's rows into the catalogue, or nothing of it.

    ``repair`` names what may be mended (see `repair`); everything else that breaks a rule is a `DataError`.
    ``replace`` lets rows that contradict the catalogue take the place of its own.
    """
    prepared = prepare(path, kind=kind, interval=interval, repair=repair)
    return prepared.save(catalogue, symbol=symbol, venue=venue, replace=replace)


def _names(raw: pl.DataFrame) -> set[str]:
    return {name.strip().lower() for name in raw.columns}


def _refuse_other_data(raw: pl.DataFrame, path: Path) -> None:
    names = _names(raw)
    if names >= set(PRICES) or names & {"rate", "funding_rate", "fundingrate"}:
        return
    found = None
    if names & _ONE_SIDE_OF_A_QUOTE:
        found = "quotes"
    elif {"side"} <= names and names & {"level", "event"}:
        found = "an order book"
    elif names & _PRICE_OF_A_TRADE and names & _SIZE_OF_A_TRADE:
        found = "trades"
    if found:
        raise DataError(
            f"{path}: holds {found}, not candles; expected timestamp,open,high,low,close,volume; "
            f"found {', '.join(raw.columns)}"
        )


def _kind_of(raw: pl.DataFrame, path: Path) -> tuple[str, str]:
    if _names(raw) & {"rate", "funding_rate", "fundingrate"}:
        return "funding", "it has a column for the rate"
    others = raw.select(
        pl.col(name).cast(pl.Float64, strict=False) for name in PRICES[1:] if name in raw.columns
    )
    if others.width == 3 and bool(
        (others == 0).select(pl.all_horizontal(pl.all().fill_null(value=False).all())).item()
    ):
        return "funding", "open holds values, high, low and close are all 0"
    if re.search(r"(^|[_\-.])mark([_\-.]|$)", path.stem, re.IGNORECASE):
        return "mark", "the file's name says mark"
    return "candles", ""
