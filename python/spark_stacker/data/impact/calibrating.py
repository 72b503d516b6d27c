"""From a stream of events to a calibrated model of its market."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from spark_stacker import _core
from spark_stacker.data.impact.fitting import MOST_UNFILLED, Side, fit_curve
from spark_stacker.data.impact.judging import judge
from spark_stacker.data.impact.model import DataUsed, ImpactModel
from spark_stacker.data.impact.sampling import DAY_HOURS, look_at
from spark_stacker.errors import DataError, ParameterError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    import polars as pl
    from numpy.typing import NDArray

    from spark_stacker.data.impact.model import Curve
    from spark_stacker.data.impact.sampling import Looks

__all__ = ["HOUR_BLOCKS", "SIZES", "Calibration", "calibrate", "law_words", "sentences"]

SIZES: Final = (100.0, 300.0, 1e3, 3e3, 1e4, 3e4, 1e5, 3e5, 1e6, 3e6)
"""Quote currency."""
HOUR_BLOCKS: Final = 10
"""An hour of the day has its own curve from so many blocks of training and of held-out time on."""
_HALF_HOUR_NS: Final = 1_800_000_000_000


@dataclass(frozen=True, slots=True)
class Calibration:
    """A model and the looks that it was made of."""

    model: ImpactModel
    looks: Looks
    notes: tuple[str, ...] = ()
    """What was understood, left out or missing in the files."""

    @property
    def trains(self) -> NDArray[np.bool_]:
        """Looks in training blocks; the others are held out."""
        trains: NDArray[np.bool_] = self.looks.block(self.model.data.block_ns) % 2 == 0
        return trains

    def sentences(self) -> list[str]:
        """What was seen and what was not."""
        return sentences(self.model)


def calibrate(
    frames: Iterable[pl.DataFrame],
    *,
    venue: str,
    symbol: str,
    tick_size: float,
    data_hash: str | Callable[[], str],
    sources: Sequence[str] = (),
    synthetic: str | None = None,
    notes: Callable[[], Sequence[str]] = tuple,
    sizes: Sequence[float] = SIZES,
    every: str = "1s",
    block: str = "1m",
    bar: str = "1m",
) -> Calibration:
    """Calibrates what taking costs in a market on its events, frames in order of arrival.

    The book is looked at ``every`` so long, for ``sizes`` in quote currency. Blocks of time (``block``,
    counted from 1970 in UTC) are in turn training and held out; nothing of a held-out block is seen in the
    fit. Other models are judged on ``bar`` bars. ``data_hash`` and ``notes`` may be told once the frames have
    been read. Raises `DataError` where the book does not say enough, `ParameterError`
    for an option that cannot be.
    """
    every_ns, block_ns = _core.interval_ns(every), _core.interval_ns(block)
    _core.interval_ns(bar)
    if _HALF_HOUR_NS % block_ns or block_ns < every_ns:
        raise ParameterError(
            f"block must be a part of 30m, so that every hour trains and is held out, and no shorter than "
            f"every ({every}), was {block}"
        )
    place = f"{venue} {symbol}"
    looks = look_at(frames, tick_size=tick_size, notional=_rising(sizes), every_ns=every_ns, place=place)
    known, block_of, hour = looks.known, looks.block(block_ns), looks.hour
    trains = block_of % 2 == 0
    for name, chosen in (("training", known & trains), ("held-out", known & ~trains)):
        if not chosen.any():
            seconds = (int(looks.time_ns[-1]) - int(looks.time_ns[0])) / 1e9
            raise DataError(
                f"{place}: no {name} block of {block} with a known book in {seconds:,.0f} s of looks; "
                "expected at least two blocks, of which even ones train and odd ones are held out"
            )
    whole = _curve(looks, known, trains, block_of)
    if whole is None:
        smallest = f"{looks.notional[0]:,.12g}"
        raise DataError(
            f"{place}: the smallest size, {smallest}, was not filled at more than {100 * MOST_UNFILLED:g} % "
            "of the looks; expected sizes that the recorded book holds"
        )
    hours = {}
    for number in range(DAY_HOURS):
        chosen = known & (hour == number)
        if all(len(np.unique(block_of[chosen & part])) >= HOUR_BLOCKS for part in (trains, ~trains)):
            curve = _curve(looks, chosen, trains, block_of)
            if curve is not None:
                hours[str(number)] = curve
    fitted = [point.cost_bps or 0.0 for point in whole.fitted]
    model = ImpactModel(
        venue=venue,
        symbol=symbol,
        tick_size=tick_size,
        data=DataUsed(
            start_ns=int(looks.time_ns[0]),
            end_ns=int(looks.time_ns[-1]),
            hash=data_hash if isinstance(data_hash, str) else data_hash(),
            sources=tuple(sources),
            synthetic=synthetic,
            looks=len(known),
            unknown_looks=int((~known).sum()),
            silent_looks=looks.silent,
            every_ns=every_ns,
            block_ns=block_ns,
            hours=tuple(int(number) for number in np.unique(hour[known])),
        ),
        all_hours=whole,
        hours=hours,
        errors=judge(
            looks,
            known & ~trains,
            {
                "all_hours": whole.plan(),
                "hours": [(int(number), curve.plan()) for number, curve in hours.items()],
            },
            bar=bar,
            best_fixed_bps=float(np.mean(fitted)),
        ),
    )
    return Calibration(model, looks, tuple(notes()))


def law_words(curve: Curve) -> str:
    """The law of a curve as a formula.

    The size N is in quote currency.
    """
    fit = curve.fit
    if fit.coefficient_bps is None:
        return f"profile: measured costs of {len(curve.fitted)} sizes, joined"
    return f"{fit.law}: half spread + {fit.coefficient_bps:.3g} · N^{fit.exponent:.3g}"


def sentences(model: ImpactModel) -> list[str]:
    """What a model was made of, what it says for which hours, and what it does not know."""
    data, whole = model.data, model.all_hours
    unknown = data.unknown_looks / data.looks
    told = [
        f"{data.looks:,} looks, one every {_core.interval_name(data.every_ns)}: "
        f"{whole.training_looks:,} in training and {whole.held_out_looks:,} in held-out time, "
        f"blocks of {_core.interval_name(data.block_ns)} (UTC) in turn, even ones in training.",
    ]
    if data.unknown_looks:
        told.append(f"At {100 * unknown:.3g} % of the looks the book was not known or lacked a side.")
    if data.silent_looks:
        told.append(f"{data.silent_looks:,} looks are left out, as the feed was silent.")
    if data.synthetic is not None:
        told.append(f"The events are made up: scenario {data.synthetic}.")
    seen = ", ".join(map(str, data.hours))
    own = ", ".join(sorted(model.hours, key=int))
    if len(model.hours) == DAY_HOURS:
        told.append("Every hour of the day has a curve of its own.")
    else:
        which = f"Hours with a curve of their own: {own}; all others" if own else "All hours of the day"
        told.append(
            f"{which} have the curve of all looks, which are of the hours {seen} UTC. An hour needs "
            f"{HOUR_BLOCKS} blocks of training and as many held out."
        )
    thin = [point for point in whole.profile if not point.fitted]
    if thin:
        told.append(
            f"From {thin[0].notional:,.12g} on, {100 * thin[0].unfilled_share:.3g} % and more of the looks "
            "could not fill the size: not fitted."
        )
    told.append(f"Beyond {model.largest_notional:,.12g} the law is extended, not measured.")
    return told


def _rising(sizes: Sequence[float]) -> list[float]:
    """The sizes in order. Raises `ParameterError` for one that is not a positive number."""
    for size in sizes:
        if not (np.isfinite(size) and size > 0):
            raise ParameterError(f"sizes must be positive amounts of quote currency, was {size}")
    if not sizes:
        raise ParameterError("sizes must name at least one amount, was empty")
    return sorted({float(size) for size in sizes})


def _curve(
    looks: Looks, chosen: NDArray[np.bool_], trains: NDArray[np.bool_], block_of: NDArray[np.int64]
) -> Curve | None:
    def side(part: NDArray[np.bool_]) -> Side:
        rows = chosen & part
        blocks = len(np.unique(block_of[rows]))
        return Side(looks.half_spread_bps[rows], looks.cost_bps[rows], blocks)

    return fit_curve(looks.notional, side(trains), side(~trains))
