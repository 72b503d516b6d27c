"""Synthetic candles, seeded and labelled: markets of a known character for tests, demos and rehearsals.

They look like candles, not like any market: never a ground to believe in a strategy.
"""

from __future__ import annotations

import math
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final

import numpy as np
import polars as pl

from spark_stacker.data.candles import TIME
from spark_stacker.data.times import TimeLike, grid_offset_us, interval_us, to_utc
from spark_stacker.errors import ParameterError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["SCENARIOS", "SYMBOL_PREFIX", "Scenario", "made_up", "scenario_in_symbol", "synthesise"]

SYMBOL_PREFIX: Final = "SYNTH-"
_START_PRICE: Final = 2_000.0
_TICK: Final = 0.01
_LOT: Final = 0.0001
_STEPS: Final = 8  # prices inside a bar, from which its high and low come
_MOST_BARS: Final = 50_000_000
_YEAR_US: Final = 365 * 86_400_000_000


@dataclass(frozen=True, slots=True)
class _Character:
    """Volatility a year (a fraction), bars to half a return to the trend, trend in deviations of noise."""

    volatility: float
    half_life: float
    trend: float = 0.0
    gap_fraction: float = 0.0


_CHARACTERS: Final = {
    "bull": _Character(volatility=0.6, half_life=100, trend=3.0),
    "bear": _Character(volatility=0.6, half_life=100, trend=-3.0),
    "sideways": _Character(volatility=0.5, half_life=30),
    "high_volatility": _Character(volatility=1.6, half_life=500),
    "low_volatility": _Character(volatility=0.15, half_life=500),
    "choppy": _Character(volatility=1.0, half_life=2),
    "gap_heavy": _Character(volatility=0.6, half_life=500, gap_fraction=0.06),
}
SCENARIOS: Final = tuple(_CHARACTERS)


@dataclass(frozen=True, slots=True)
class Scenario:
    """Made-up candles. ``symbol`` begins with ``SYNTH-``; ``labels`` go into the metadata of files."""

    name: str
    symbol: str
    interval: str
    seed: int
    frame: pl.DataFrame

    synthetic: ClassVar[bool] = True

    @property
    def labels(self) -> dict[str, str]:
        """What a file must say of these candles."""
        return {"synthetic": self.name, "seed": str(self.seed), "source": "spark-stacker synthetic scenario"}


def synthesise(
    name: str, *, interval: str = "1h", bars: int = 8_760, seed: int = 1, start: TimeLike = "2024-01-01"
) -> Scenario:
    """``bars`` candles of the scenario ``name`` from ``start`` on; the same arguments give the same bytes.

    ``bull`` and ``bear`` drift by three deviations of their own noise over the length (at most sixfold),
    ``sideways`` and ``choppy`` return to one price, choppy within a few bars, the two volatilities are 1.6
    and 0.15 a year, ``gap_heavy`` lacks about 6 % of its bars in runs, over which the price moves on unseen
    (so it has fewer rows than ``bars``). Noise has fat tails and volatility that comes in waves; volume rises
    with the bar's range. Prices are whole ticks of 0.01 from 2000, random numbers are PCG64's.
    """
    if name not in _CHARACTERS:
        raise ParameterError(f"scenario must be one of {', '.join(SCENARIOS)}, was {name!r}")
    if bars < 2:
        raise ParameterError(f"bars must be at least 2, was {bars}")
    if bars > _MOST_BARS:
        raise ParameterError(f"bars must be at most {_MOST_BARS:,}, was {bars:,}")
    if seed < 0:
        raise ParameterError(f"seed must be 0 or more, was {seed}")
    step_us = interval_us(interval)
    first = int(to_utc(start, name="start").timestamp() * 1e6)
    first += (grid_offset_us(interval) - first) % step_us
    character = _CHARACTERS[name]
    rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, zlib.crc32(name.encode())])))
    sigma = character.volatility * math.sqrt(step_us / _YEAR_US)
    path = _log_path(character, sigma, bars, rng)
    frame = _candles(path, sigma, rng).select(
        pl.int_range(first, first + bars * step_us, step_us).cast(TIME).alias("timestamp"), pl.all()
    )
    if character.gap_fraction:
        frame = frame.filter(_kept(bars, character.gap_fraction, rng))
    return Scenario(name, f"{SYMBOL_PREFIX}{name.upper()}-USD", interval, seed, frame)


def scenario_in_symbol(symbol: str) -> str | None:
    """The scenario that a symbol names, as ``SYNTH-BULL-USD`` does; None for other symbols.

    >>> scenario_in_symbol("SYNTH-GAP_HEAVY-USD")
    'gap_heavy'
    """
    if not symbol.startswith(SYMBOL_PREFIX):
        return None
    return symbol.removeprefix(SYMBOL_PREFIX).split("-")[0].lower()


def made_up(symbol: str, scenario: str) -> str:
    """The warning that goes with synthetic candles."""
    return f"{symbol}: synthetic candles ({scenario}), no ground to believe in a strategy"


def _log_path(
    character: _Character, sigma: float, bars: int, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Logarithms of the price over the first at every step inside the bars, ``bars * _STEPS + 1`` of them."""
    steps = bars * _STEPS
    waves = _decaying(rng.standard_normal(bars), half_life=50.0) * math.sqrt(2 * math.log(2) / 50.0)
    per_step = np.repeat(np.exp(0.5 * waves - 0.25), _STEPS) * (sigma / math.sqrt(_STEPS))
    tails = rng.standard_t(5, steps) * math.sqrt(3 / 5)
    noise = _decaying(per_step * tails, half_life=character.half_life * _STEPS)
    noise = noise - noise[0]
    if character.trend:
        noise -= np.linspace(0.0, noise[-1], steps)
    total = math.copysign(min(abs(character.trend) * sigma * math.sqrt(bars), math.log(6)), character.trend)
    return np.concatenate([[0.0], noise + np.linspace(0.0, total, steps)])


def _decaying(shocks: NDArray[np.float64], *, half_life: float) -> NDArray[np.float64]:
    """The sum of all shocks so far, each halved every ``half_life`` values (an AR(1) process)."""
    decay = 0.5 ** (1.0 / half_life)
    weighted = pl.Series(shocks / (1.0 - decay))
    weighted[0] = shocks[0]
    return weighted.ewm_mean(alpha=1.0 - decay, adjust=False).to_numpy()


def _candles(path: NDArray[np.float64], sigma: float, rng: np.random.Generator) -> pl.DataFrame:
    prices = np.maximum(np.round(_START_PRICE * np.exp(path) / _TICK), 1.0)
    bars = (len(prices) - 1) // _STEPS
    inside = prices[1:].reshape(bars, _STEPS)
    opens = prices[:-1:_STEPS]
    highs, lows = np.maximum(opens, inside.max(axis=1)), np.minimum(opens, inside.min(axis=1))
    busy = np.log(highs / lows) / sigma
    volume = np.exp(rng.normal(4.0, 0.5, bars)) * (0.3 + busy)
    columns = {"open": opens, "high": highs, "low": lows, "close": inside[:, -1]}
    # Division by 100 gives the float nearest to the decimal price; multiplication by 0.01 would not.
    frame = pl.DataFrame({column: values / round(1 / _TICK) for column, values in columns.items()})
    return frame.with_columns(volume=pl.Series(np.round(volume / _LOT) / round(1 / _LOT)))


def _kept(bars: int, gap_fraction: float, rng: np.random.Generator) -> pl.Series:
    """False in runs of 1 to 8 bars, about ``gap_fraction`` of all; the first and last bar stay."""
    kept = np.ones(bars, dtype=bool)
    runs = max(1, round(bars * gap_fraction / 4.5))
    for at, length in zip(rng.integers(1, max(2, bars - 9), runs), rng.integers(1, 9, runs), strict=True):
        kept[at : at + length] = False
    kept[-1] = True
    return pl.Series(kept)
