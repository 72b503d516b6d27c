"""The Rust core. User code imports ``spark_stacker.*`` instead."""

from typing import Final, final

import numpy as np
from numpy.typing import NDArray

__version__: Final[str]

@final
class Bars:
    """Candles of one market inside the core: checked, immutable, cheap to slice."""

    def __new__(
        cls,
        open_time_ns: NDArray[np.int64],
        open: NDArray[np.float64],
        high: NDArray[np.float64],
        low: NDArray[np.float64],
        close: NDArray[np.float64],
        volume: NDArray[np.float64],
        *,
        interval_ns: int,
    ) -> Bars: ...
    def __len__(self) -> int: ...
    def slice(self, start: int, stop: int) -> Bars: ...
    @property
    def interval_ns(self) -> int: ...
    @property
    def open_time_ns(self) -> NDArray[np.int64]: ...
    @property
    def open(self) -> NDArray[np.float64]: ...
    @property
    def high(self) -> NDArray[np.float64]: ...
    @property
    def low(self) -> NDArray[np.float64]: ...
    @property
    def close(self) -> NDArray[np.float64]: ...
    @property
    def volume(self) -> NDArray[np.float64]: ...

def interval_ns(text: str) -> int: ...
def interval_name(interval_ns: int) -> str: ...

@final
class Indicator:
    """An indicator with its parameters, checked; immutable."""

    def __new__(cls, kind: str, parameters: dict[str, object]) -> Indicator: ...
    @property
    def kind(self) -> str: ...
    @property
    def parameters(self) -> dict[str, int | float | bool | str]:
        """Every parameter, aliases and defaults resolved."""
    @property
    def columns(self) -> list[str]:
        """Names of the columns: values first, then flags."""
    @property
    def warm_up(self) -> int:
        """Candles before the first one with all values."""
    def compute(self, bars: Bars) -> dict[str, NDArray[np.float64]]:
        """Every column over the candles; NaN in warm-up, flags are 0 or 1."""
    def signals(
        self, bars: Bars
    ) -> tuple[NDArray[np.int64], NDArray[np.int8], NDArray[np.float64], list[str]]:
        """Every signal over the candles, ascending: row, direction (+1 buy, -1 sell), confidence, trigger."""
    def signals_of(
        self, close: NDArray[np.float64], columns: list[NDArray[np.float64]]
    ) -> tuple[NDArray[np.int64], NDArray[np.int8], NDArray[np.float64], list[str]]:
        """The same from values that were computed before: the value columns in their order."""
    def stream(self) -> IndicatorStream: ...

@final
class IndicatorStream:
    """An indicator that is fed a candle at a time; equal to the columns to the last bit."""

    def update(
        self, open_time_ns: int, open: float, high: float, low: float, close: float, volume: float
    ) -> tuple[tuple[float, ...], tuple[int, float, str] | None]:
        """Takes the next closed candle; values of the columns (NaN in warm-up) and (direction, confidence, trigger)."""

def indicator_catalog() -> list[dict[str, object]]:
    """Every indicator type: type, description, parameters, columns, flags."""
