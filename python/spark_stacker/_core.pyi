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

@final
class Aggregator:
    """Builds bars of a higher timeframe a closed bar at a time: open time, open, high, low, close, volume."""

    def __new__(cls, *, interval_ns: int, timeframe_ns: int) -> Aggregator: ...
    def push(
        self, bar: tuple[int, float, float, float, float, float]
    ) -> list[tuple[int, float, float, float, float, float]]: ...

def interval_ns(text: str) -> int: ...
def interval_name(interval_ns: int) -> str: ...
def curve_metrics(
    open_time_ns: NDArray[np.int64],
    equity: NDArray[np.float64],
    *,
    initial_balance: float,
    interval_ns: int,
    benchmark: NDArray[np.float64] | None,
    risk_free_rate: float,
) -> tuple[dict[str, float | int | None], dict[str, str]]: ...
