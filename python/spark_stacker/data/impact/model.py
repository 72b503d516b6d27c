"""A calibrated model of a market: what taking costs by size and hour, where that is from, how far it errs."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Field, ValidationError, model_validator

from spark_stacker.config.values import Count, FrozenSettings, Name, NotNegative, Number, Positive
from spark_stacker.data.files import atomic_write
from spark_stacker.errors import DataError

__all__ = [
    "Curve",
    "DataUsed",
    "Errors",
    "ImpactModel",
    "LawFit",
    "ModelErrors",
    "SizePoint",
    "read_model",
    "write_model",
]

LawName: TypeAlias = Literal["power", "square_root", "profile"]
Share: TypeAlias = Annotated[Number, Field(ge=0, le=1)]
Hour: TypeAlias = Annotated[int, Field(ge=0, le=23)]
Whole: TypeAlias = Annotated[int, Field(ge=0)]


class LawFit(FrozenSettings):
    """How the cost rises with the notional, as fitted on training time and judged on held-out time.

    ``power`` and ``square_root``: half the spread + ``coefficient_bps`` · notional ^ ``exponent``;
    ``profile`` has neither, it joins the measured costs. Errors are model less book, over all sizes fitted.
    """

    law: LawName
    coefficient_bps: NotNegative | None
    exponent: Annotated[Positive, Field(le=5)] | None
    score: NotNegative
    """Mean squared error on held-out time, each size in units of its variance in training: the law with the
    least is taken."""
    mae_bps: NotNegative
    bias_bps: Number

    @model_validator(mode="after")
    def _is_whole(self) -> LawFit:
        if (self.law == "profile") != (self.coefficient_bps is None) or (self.law == "profile") != (
            self.exponent is None
        ):
            raise ValueError(f"{self.law} has coefficient_bps and exponent, both or neither")
        return self


class SizePoint(FrozenSettings):
    """What a size cost in training, in the mean, and how often the book could not fill it at all."""

    notional: Positive
    cost_bps: NotNegative | None
    """Mean of both sides; None if it was never filled."""
    buy_bps: NotNegative | None
    sell_bps: NotNegative | None
    unfilled_share: Share
    """Of the looks, both sides together."""
    fitted: bool
    """Filled so nearly always that its mean says what it costs; laws are fitted to these sizes alone."""


class Curve(FrozenSettings):
    """The cost of taking in some hours of the day."""

    training_looks: Count
    held_out_looks: Count
    training_blocks: Count
    half_spread_bps: NotNegative
    """Mean, basis points of the middle price."""
    half_spread_median_bps: NotNegative
    profile: Annotated[tuple[SizePoint, ...], Field(min_length=1)]
    laws: Annotated[tuple[LawFit, ...], Field(min_length=1)]
    law: LawName
    """The one taken."""

    @model_validator(mode="after")
    def _fits_together(self) -> Curve:
        if self.law not in {fit.law for fit in self.laws}:
            raise ValueError(f"law {self.law} is not among laws")
        sizes = [point.notional for point in self.profile]
        if any(after <= before for before, after in pairwise(sizes)):
            raise ValueError("notionals of profile must rise")
        if not self.fitted:
            raise ValueError("profile has no size that is fitted")
        if any(point.cost_bps is None for point in self.fitted):
            raise ValueError("a size that is fitted must have a cost")
        return self

    @property
    def fitted(self) -> tuple[SizePoint, ...]:
        """The sizes that laws are fitted to."""
        return tuple(point for point in self.profile if point.fitted)

    @property
    def largest_notional(self) -> float:
        """Up to here the cost is measured; beyond, the law is extended."""
        return self.fitted[-1].notional

    @property
    def fit(self) -> LawFit:
        """The law taken."""
        return next(fit for fit in self.laws if fit.law == self.law)

    def plan(self, law: LawName | None = None) -> dict[str, Any]:
        """The core's form, of the law taken or of another one fitted."""
        found = next(fit for fit in self.laws if fit.law == (law or self.law))
        if found.law == "profile":
            costs, least = [], self.half_spread_bps
            for point in self.fitted:
                # Means over slightly different looks may fall by a hair; the cost of a size never does.
                least = max(least, point.cost_bps or 0.0)
                costs.append(least)
            made: dict[str, Any] = {
                "kind": "profile",
                "notional": [point.notional for point in self.fitted],
                "cost_bps": costs,
            }
        else:
            made = {
                "kind": "power",
                "coefficient_bps": found.coefficient_bps,
                "exponent": found.exponent,
            }
        return {"half_spread_bps": self.half_spread_bps, "law": made}


class DataUsed(FrozenSettings):
    """What a model was calibrated on."""

    start_ns: int
    """First look, UTC nanoseconds of receipt."""
    end_ns: int
    """Last look."""
    hash: str
    """Fingerprint of the events."""
    sources: tuple[str, ...]
    synthetic: str | None
    """The scenario, where the events are made up."""
    looks: Count
    """Made while the feed was heard."""
    unknown_looks: Whole
    """Of them, those at which the book was not known or lacked a side."""
    silent_looks: Whole
    """Left out, as the feed had been silent for too long."""
    every_ns: Count
    block_ns: Count
    """Blocks of this length are in turn training and held out, by UTC: even ones train."""
    hours: tuple[Hour, ...]
    """Hours of the day (UTC) in which the book was seen."""


class ModelErrors(FrozenSettings):
    """How far one model is from the book on held-out time, by size; None where no look filled the size."""

    model: Name
    mae_bps: tuple[NotNegative | None, ...]
    bias_bps: tuple[Number | None, ...]
    """Model less book: negative is too cheap."""


class Errors(FrozenSettings):
    """The calibrated model and every other model of slippage against the book, on held-out time."""

    notional: tuple[Positive, ...]
    book_bps: tuple[NotNegative | None, ...]
    """Mean cost in the book."""
    looks: tuple[Whole, ...]
    """Filled ones, both sides."""
    unfilled_share: tuple[Share, ...]
    bar: str
    """Interval of the bars whose volume and volatility the models by volume saw."""
    models: tuple[ModelErrors, ...]

    @model_validator(mode="after")
    def _has_columns(self) -> Errors:
        rows = len(self.notional)
        columns = [self.book_bps, self.looks, self.unfilled_share]
        columns += [column for model in self.models for column in (model.mae_bps, model.bias_bps)]
        if any(len(column) != rows for column in columns):
            raise ValueError(f"every column must have one value a notional, {rows}")
        return self


class ImpactModel(FrozenSettings):
    """The model of a market, as it is stored."""

    kind: Literal["spark-stacker slippage model"] = "spark-stacker slippage model"
    version: Literal[1] = 1
    venue: Name
    symbol: Name
    tick_size: Positive
    data: DataUsed
    all_hours: Curve
    hours: dict[str, Curve]
    """Hours of the day (UTC) that were seen long enough for a curve of their own."""
    errors: Errors

    @model_validator(mode="after")
    def _has_hours_of_a_day(self) -> ImpactModel:
        for hour in self.hours:
            if not (hour.isdecimal() and str(int(hour)) == hour and int(hour) < 24):
                raise ValueError(f"hours must be named 0 to 23, was {hour!r}")
        return self

    @property
    def largest_notional(self) -> float:
        """Up to here every hour's cost is measured."""
        return min(curve.largest_notional for curve in (self.all_hours, *self.hours.values()))

    def plan(self) -> dict[str, Any]:
        """The core's form, with what a result says of it beside."""
        return {
            "all_hours": self.all_hours.plan(),
            "hours": [(int(hour), curve.plan()) for hour, curve in self.hours.items()],
            "venue": self.venue,
            "symbol": self.symbol,
            "data_hash": self.data.hash,
            "start_ns": self.data.start_ns,
            "end_ns": self.data.end_ns,
            "seen_hours": list(self.data.hours),
            "largest_notional": self.largest_notional,
            "synthetic": self.data.synthetic,
        }


def read_model(path: str | Path) -> ImpactModel:
    """A stored model. Raises `DataError` naming the file, and place and value of what cannot be."""
    path = Path(path)
    try:
        text = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror or error}") from error
    try:
        return ImpactModel.model_validate_json(text)
    except ValidationError as error:
        raise DataError(f"{path}: {_told(error)}") from error


def write_model(model: ImpactModel, path: str | Path) -> Path:
    """Writes a model, wholly or not at all; returns the path."""
    path = Path(path)
    with atomic_write(path) as stream:
        stream.write(model.model_dump_json(indent=1).encode() + b"\n")
    return path


def _told(error: ValidationError) -> str:
    """The first thing wrong: where, what was expected, what was found."""
    first = error.errors()[0]
    if first["type"] == "json_invalid":
        return f"is not JSON: {first['ctx']['error']}"
    place = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in first["loc"])
    message = first["msg"].removeprefix("Value error, ")
    found = first["input"]
    shown = "" if first["type"] == "missing" or isinstance(found, dict) else f", was {str(found)[:80]!r}"
    return f"{place.removeprefix('.') or 'the model'}: {message}{shown}"
