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

# Indicators: read contiguous columns of equal length, fill the lines given last.

def sma(values: NDArray[np.float64], period: int, out: NDArray[np.float64]) -> None: ...
def ema(values: NDArray[np.float64], period: int, out: NDArray[np.float64]) -> None: ...
def wma(values: NDArray[np.float64], period: int, out: NDArray[np.float64]) -> None: ...
def hull(values: NDArray[np.float64], period: int, out: NDArray[np.float64]) -> None: ...
def rma(values: NDArray[np.float64], period: int, out: NDArray[np.float64]) -> None: ...
def tema(values: NDArray[np.float64], period: int, out: NDArray[np.float64]) -> None: ...
def t3(values: NDArray[np.float64], period: int, factor: float, out: NDArray[np.float64]) -> None: ...
def rsi(values: NDArray[np.float64], period: int, out: NDArray[np.float64]) -> None: ...
def linear_regression(values: NDArray[np.float64], period: int, out: NDArray[np.float64]) -> None: ...
def linear_regression_slope(values: NDArray[np.float64], period: int, out: NDArray[np.float64]) -> None: ...
def linear_regression_intercept(
    values: NDArray[np.float64], period: int, out: NDArray[np.float64]
) -> None: ...
def vwma(
    close: NDArray[np.float64], volume: NDArray[np.float64], period: int, out: NDArray[np.float64]
) -> None: ...
def macd(
    close: NDArray[np.float64],
    fast_period: int,
    slow_period: int,
    signal_period: int,
    macd: NDArray[np.float64],
    signal: NDArray[np.float64],
    histogram: NDArray[np.float64],
) -> None: ...
def bollinger(
    close: NDArray[np.float64],
    period: int,
    std_dev: float,
    upper: NDArray[np.float64],
    middle: NDArray[np.float64],
    lower: NDArray[np.float64],
) -> None: ...
def atr(
    high: NDArray[np.float64],
    low: NDArray[np.float64],
    close: NDArray[np.float64],
    period: int,
    out: NDArray[np.float64],
) -> None: ...
def supertrend(
    high: NDArray[np.float64],
    low: NDArray[np.float64],
    close: NDArray[np.float64],
    period: int,
    multiplier: float,
    line: NDArray[np.float64],
    direction: NDArray[np.float64],
) -> None: ...
