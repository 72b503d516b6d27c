"""The Rust core. User code imports ``spark_stacker.*`` instead."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final, TypeAlias, final, overload

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "Aggregator",
    "Bars",
    "BookFilm",
    "BookProbe",
    "ColumnView",
    "DepthSampler",
    "EventTape",
    "Genetic",
    "Indicator",
    "IndicatorStream",
    "MarketView",
    "Nsga",
    "Portfolio",
    "Run",
    "Session",
    "Simulation",
    "Sweep",
    "TickBar",
    "TickDesk",
    "TickFill",
    "TickRun",
    "TickSession",
    "TickTrade",
    "__version__",
    "atr",
    "block_sums",
    "bollinger",
    "bootstrap_returns",
    "build_profile",
    "cross_validate",
    "curve_metrics",
    "effective_trials",
    "ema",
    "empty_lines",
    "expected_maximum_sharpe",
    "hull",
    "indicator_catalog",
    "interval_name",
    "interval_ns",
    "kraken_checksum",
    "linear_regression",
    "linear_regression_intercept",
    "linear_regression_slope",
    "macd",
    "mean_correlation",
    "minimum_backtest_years",
    "minimum_track_record",
    "normal_cdf",
    "normal_quantile",
    "permutation_p_value",
    "permute_bars",
    "probabilistic_sharpe",
    "reorder_trades",
    "rma",
    "rsi",
    "run_backtest",
    "run_grid_maker",
    "run_schedule",
    "run_targets",
    "run_tick_class",
    "sharpe_moments",
    "slippage_bps",
    "sma",
    "supertrend",
    "t3",
    "tema",
    "vwma",
    "walk_levels",
    "wma",
]

__version__: Final[str]
build_profile: Final[str]

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
    def signals(self, bars: Bars) -> tuple[NDArray[np.int64], NDArray[np.int8], NDArray[np.float64]]:
        """Every signal over the candles, ascending: row, direction (+1 buy, -1 sell), confidence."""
    def last_signal(
        self, close: NDArray[np.float64], columns: list[NDArray[np.float64]]
    ) -> tuple[int, float, str] | None:
        """(direction, confidence, trigger) at the last row of values computed before."""
    def stream(self) -> IndicatorStream: ...

@final
class IndicatorStream:
    """An indicator that is fed a candle at a time; equal to the columns to the last bit."""

    def update(
        self, open_time_ns: int, open: float, high: float, low: float, close: float, volume: float
    ) -> tuple[tuple[float, ...], tuple[int, float, str] | None]:
        """Takes the next closed candle; values (NaN in warm-up) and (direction, confidence, trigger)."""

def indicator_catalog() -> list[dict[str, object]]:
    """Every indicator type: type, description, parameters, columns, flags."""

def curve_metrics(
    open_time_ns: NDArray[np.int64],
    equity: NDArray[np.float64],
    *,
    initial_balance: float,
    interval_ns: int,
    benchmark: NDArray[np.float64] | None,
    risk_free_rate: float,
) -> tuple[dict[str, float | int | None], dict[str, str]]: ...
def normal_cdf(x: float) -> float: ...
def normal_quantile(p: float) -> float: ...
def block_sums(returns: NDArray[np.float64], *, blocks: int) -> NDArray[np.float64]:
    """Count, Σr and Σr² of every block of time: shape (blocks, 3)."""

def cross_validate(sums: NDArray[np.float64], *, threads: int) -> dict[str, Any] | None:
    """Runs every split over sums of shape (sets, blocks, 3); None when no set ever has a Sharpe ratio."""

def sharpe_moments(returns: NDArray[np.float64]) -> tuple[float, float, float] | None:
    """Sharpe ratio per period, skewness and kurtosis; None without variance."""

def probabilistic_sharpe(
    *, sharpe: float, skewness: float, kurtosis: float, observations: int, benchmark: float
) -> float | None: ...
def minimum_track_record(
    *, sharpe: float, skewness: float, kurtosis: float, benchmark: float, confidence: float
) -> float | None: ...
def expected_maximum_sharpe(*, trials: float, variance: float) -> float: ...
def minimum_backtest_years(*, trials: float, sharpe: float) -> float | None: ...
def mean_correlation(returns: NDArray[np.float64]) -> tuple[float | None, int]:
    """Mean pairwise correlation of the rows, and how many rows vary at all."""

def effective_trials(*, trials: int, correlation: float) -> float: ...
def permutation_p_value(observed: float, permuted: NDArray[np.float64]) -> float: ...
def permute_bars(bars: Bars, *, start: int, seed: int) -> Bars:
    """The bars with their moves in another order; times, first bar and last close stay."""

def bootstrap_returns(
    returns: NDArray[np.float64],
    *,
    mean_length: int,
    stationary: bool,
    draws: int,
    seed: int,
    threads: int,
) -> NDArray[np.float64]:
    """A row a drawn history: total return, Sharpe ratio per period (NaN without variance), drawdown."""

def reorder_trades(
    returns: NDArray[np.float64], *, replace: bool, draws: int, seed: int, threads: int
) -> NDArray[np.float64]:
    """A row an order of the trades: final equity over the first, drawdown."""

_MarketBar: TypeAlias = tuple[int, float, float, float, float, float]
_Column: TypeAlias = NDArray[np.float64] | NDArray[np.int64] | list[str | None] | list[float | None]
_Columns: TypeAlias = dict[str, _Column]

@final
class Portfolio:
    """A checked plan: venue, markets, limits and strategies."""

    def __new__(cls, plan: dict[str, object]) -> Portfolio: ...

@final
class Run:
    """What a backtest recorded; columns are made when asked for."""

    @property
    def open_time_ns(self) -> NDArray[np.int64]: ...
    @property
    def equity(self) -> NDArray[np.float64]: ...
    def fills(self) -> _Columns: ...
    def orders(self) -> _Columns: ...
    def trades(self) -> _Columns: ...
    def open_positions(self) -> _Columns: ...
    def refused(self) -> _Columns: ...
    def metrics(self) -> dict[str, float | int | None]: ...
    def undefined(self) -> dict[str, str]: ...

def run_backtest(
    portfolio: Portfolio,
    bars: Sequence[Bars],
    *,
    start: Sequence[int],
    signals: Sequence[tuple[int, int, NDArray[np.int8], NDArray[np.float64]]],
    funding: Sequence[tuple[NDArray[np.int64], NDArray[np.float64]] | None],
    mark: Sequence[Bars | None],
) -> Run: ...

_AxisTarget: TypeAlias = dict[str, int | str | None]
_AxisValue: TypeAlias = float | bool | str | dict[str, object] | None

@final
class Sweep:
    """A portfolio, its data and the settings to vary; immutable.

    A set is a row of digits; digit j is an index into the values of axis j. The target of an axis has the
    keys ``strategy``, ``indicator``, ``parameter`` and ``setting``, ``None`` where it has no such part;
    settings are named as the keys of the plan, ``None`` as a value turns one off.
    """

    def __new__(
        cls,
        portfolio: Portfolio,
        bars: Sequence[Bars],
        *,
        start: Sequence[int],
        signals: Sequence[tuple[int, int, NDArray[np.int8], NDArray[np.float64]]],
        funding: Sequence[tuple[NDArray[np.int64], NDArray[np.float64]] | None],
        mark: Sequence[Bars | None],
        axes: Sequence[tuple[_AxisTarget, list[_AxisValue]]],
    ) -> Sweep: ...
    @property
    def lengths(self) -> list[int]:
        """Number of values of each axis."""
    def evaluate(
        self,
        digits: NDArray[np.uint32],
        metrics: Sequence[str],
        *,
        start_ns: int | None,
        end_ns: int | None,
        threads: int,
    ) -> tuple[NDArray[np.float64], NDArray[np.uint16], list[str]]:
        """Metrics of sets, a row each, NaN where undefined; status, 0 or 1 + index of its reason; reasons.

        Bars with ``start_ns <= open time < end_ns`` are traded; earlier ones feed indicators, nothing is held
        at the start.
        """
    def block_sums(
        self,
        digits: NDArray[np.uint32],
        blocks: int,
        *,
        start_ns: int | None,
        end_ns: int | None,
        threads: int,
    ) -> NDArray[np.float64]:
        """Count, sum, sum of squares of bar returns: sets x blocks of bars x 3; NaN where there are none."""
    def mean_correlation(
        self,
        digits: NDArray[np.uint32],
        *,
        start_ns: int | None,
        end_ns: int | None,
        threads: int,
    ) -> float | None:
        """Mean correlation of the returns of all pairs of sets that have any; None with fewer than two."""
    def equity(
        self, digits: NDArray[np.uint32], *, start_ns: int | None, end_ns: int | None
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Open times of the bars, UTC nanoseconds, and equity at their closes of one set."""
    def permuted(self, seed: int) -> Sweep:
        """The same over bars in random order from each market's start on; refuses signals from outside."""

@final
class Genetic:
    """Proposes sets a generation at a time and learns from their scores; no set is proposed twice."""

    def __new__(
        cls,
        lengths: Sequence[int],
        *,
        population_size: int,
        generations: int,
        tournament_size: int,
        crossover_rate: float,
        mutation_rate: float | None,
        elite: int,
        stagnation: int | None,
        seed: int,
    ) -> Genetic: ...
    def ask(self) -> NDArray[np.uint32]:
        """Digits of the next generation's new sets, a row each; none when the search has ended."""
    def tell(self, scores: NDArray[np.float64]) -> None:
        """Scores of the sets asked for, in their order: higher is better, NaN is worst."""

@final
class Nsga:
    """The same for several goals at once (NSGA-II); scores have a column a goal."""

    def __new__(
        cls,
        lengths: Sequence[int],
        *,
        goals: int,
        population_size: int,
        generations: int,
        tournament_size: int,
        crossover_rate: float,
        mutation_rate: float | None,
        seed: int,
    ) -> Nsga: ...
    def ask(self) -> NDArray[np.uint32]: ...
    def tell(self, scores: NDArray[np.float64]) -> None: ...

@final
class Session:
    """A portfolio at work on bars that arrive one after another."""

    def __new__(cls, portfolio: Portfolio) -> Session: ...
    def warm_up(self, market: int, bars: Bars) -> None: ...
    def add_funding(self, market: int, time_ns: int, rate: float) -> None: ...
    def on_bars(
        self,
        open_time_ns: int,
        bars: Sequence[_MarketBar],
        signals: Sequence[tuple[int, int, int, float]],
        marks: Sequence[tuple[int, float, float, float, float]],
    ) -> None: ...
    @property
    def equity(self) -> float: ...
    @property
    def cash(self) -> float: ...
    @property
    def bars_seen(self) -> int: ...
    def open_time_ns(self) -> NDArray[np.int64]: ...
    def equity_curve(self) -> NDArray[np.float64]: ...
    def fills(self, since: int) -> _Columns: ...
    def orders(self, since: int) -> _Columns: ...
    def trades(self, since: int) -> _Columns: ...
    def refused(self, since: int) -> _Columns: ...
    def open_positions(self) -> _Columns: ...

@final
class Simulation:
    """A simulated venue, driven by hand or by a strategy function. Its first market where none is named."""

    def __new__(cls, portfolio: Portfolio) -> Simulation: ...
    def add_funding(self, time_ns: int, rate: float) -> None: ...
    def on_bar(
        self, open_time_ns: int, open: float, high: float, low: float, close: float, volume: float
    ) -> None: ...
    def on_bars(self, open_time_ns: int, bars: Sequence[_MarketBar]) -> None: ...
    def run(
        self,
        view: MarketView,
        start: int,
        strategy: Callable[[MarketView, Any, Any], None],
        face: object,
        parameters: object,
        *,
        delay: int = 0,
    ) -> None: ...
    def submit(
        self,
        side: str,
        kind: str,
        quantity: float | None,
        unit: str,
        *,
        price: float | None,
        trigger: float | None,
        distance_fraction: float | None,
        time_in_force: str,
        expires_ns: int | None,
        post_only: bool,
        reduce_only: bool,
        leverage: float,
        stop_fraction: float | None,
        target_fraction: float | None,
        trail_fraction: float | None,
        break_even_fraction: float | None,
        group: int | None,
        market: int = 0,
    ) -> int: ...
    def cancel(self, order: int) -> bool: ...
    def order_state(self, order: int) -> tuple[str, str | None] | None: ...
    def open_orders(self) -> list[int]: ...
    @property
    def quantity(self) -> float: ...
    @property
    def entry_price(self) -> float | None: ...
    @property
    def equity(self) -> float: ...
    @property
    def cash(self) -> float: ...
    @property
    def free_margin(self) -> float: ...
    @property
    def now_ns(self) -> int | None: ...
    @property
    def exposed_bars(self) -> int: ...
    def open_time_ns(self) -> NDArray[np.int64]: ...
    def equity_curve(self) -> NDArray[np.float64]: ...
    def metrics(self, traded: Bars) -> dict[str, float | int | None]: ...
    def undefined(self, traded: Bars) -> dict[str, str]: ...
    def fills(self) -> _Columns: ...
    def orders(self) -> _Columns: ...
    def trades(self) -> _Columns: ...
    def open_positions(self) -> _Columns: ...

@final
class ColumnView:
    """One column up to now. ``column[-1]`` is the latest value; slices are NumPy arrays."""

    def __len__(self) -> int: ...
    @overload
    def __getitem__(self, key: int, /) -> float: ...
    @overload
    def __getitem__(self, key: slice, /) -> NDArray[np.float64]: ...

@final
class MarketView:
    """All columns up to now: candles and indicators, by name."""

    def __new__(
        cls,
        bars: Bars,
        indicators: dict[str, NDArray[np.float64]],
        to_frame: Callable[[MarketView], object],
    ) -> MarketView: ...
    def __len__(self) -> int: ...
    def __getitem__(self, key: str, /) -> ColumnView: ...
    def __contains__(self, key: object, /) -> bool: ...
    @property
    def columns(self) -> tuple[str, ...]: ...
    @property
    def open_time_ns(self) -> int: ...
    def to_frame(self) -> object: ...

# Indicators: read contiguous columns of equal length, fill the lines given last.

def empty_lines(lines: int, rows: int) -> NDArray[np.float64]:
    """Lines to be written: one block, whose pages come from freed ones where there are such."""

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

@final
class EventTape:
    def __new__(
        cls,
        exchange_ns: NDArray[np.int64],
        local_ns: NDArray[np.int64],
        kind: NDArray[np.uint8],
        side: NDArray[np.int8],
        price: NDArray[np.float64],
        size: NDArray[np.float64],
        last: NDArray[np.bool_],
        *,
        tick_size: float,
    ) -> EventTape: ...
    def __len__(self) -> int: ...
    @property
    def tick_size(self) -> float: ...
    @property
    def left_out(self) -> int: ...
    def crossings(self) -> tuple[int, int | None]: ...
    def book_samples(self, times_ns: NDArray[np.int64], levels: int) -> dict[str, NDArray[Any]]: ...

@final
class TickDesk:
    @property
    def now_ns(self) -> int: ...
    @property
    def position(self) -> float: ...
    @property
    def bid(self) -> float | None: ...
    @property
    def ask(self) -> float | None: ...
    @property
    def mid(self) -> float | None: ...
    @property
    def bid_size(self) -> float: ...
    @property
    def ask_size(self) -> float: ...
    @property
    def bids(self) -> list[tuple[float, float]]: ...
    @property
    def asks(self) -> list[tuple[float, float]]: ...
    def orders(self) -> list[tuple[int, str, float, float]]: ...
    def market(self, side: str, quantity: float) -> int: ...
    def limit(
        self,
        side: str,
        quantity: float,
        price: float,
        *,
        time_in_force: str = "gtc",
        post_only: bool = False,
        reduce_only: bool = False,
    ) -> int: ...
    def stop(self, side: str, quantity: float, trigger: float) -> int: ...
    def cancel(self, order: int) -> None: ...
    def replace(self, order: int, quantity: float, price: float) -> None: ...

@final
class TickTrade:
    @property
    def exchange_ns(self) -> int: ...
    @property
    def local_ns(self) -> int: ...
    @property
    def price(self) -> float: ...
    @property
    def size(self) -> float: ...
    @property
    def side(self) -> int: ...

@final
class TickBar:
    @property
    def open_time_ns(self) -> int: ...
    @property
    def open(self) -> float: ...
    @property
    def high(self) -> float: ...
    @property
    def low(self) -> float: ...
    @property
    def close(self) -> float: ...
    @property
    def volume(self) -> float: ...

@final
class TickFill:
    @property
    def order(self) -> int: ...
    @property
    def side(self) -> str: ...
    @property
    def quantity(self) -> float: ...
    @property
    def price(self) -> float: ...
    @property
    def liquidity(self) -> str: ...
    @property
    def whole(self) -> bool: ...
    @property
    def exchange_ns(self) -> int: ...

@final
class TickRun:
    @property
    def events(self) -> int: ...
    @property
    def gaps(self) -> int: ...
    @property
    def equity(self) -> float: ...
    def curve(self) -> dict[str, NDArray[Any]]: ...
    def fills(self) -> dict[str, Any]: ...
    def orders(self) -> dict[str, Any]: ...
    def trades(self) -> dict[str, Any]: ...
    def open_positions(self) -> dict[str, Any]: ...
    def contexts(self) -> dict[str, Any]: ...
    def markouts(self) -> dict[str, Any]: ...

def run_grid_maker(
    tapes: Iterable[EventTape], setup: dict[str, Any], strategy: dict[str, Any]
) -> TickRun: ...
def run_schedule(tapes: Iterable[EventTape], setup: dict[str, Any], strategy: dict[str, Any]) -> TickRun: ...
def run_targets(
    tapes: Iterable[EventTape],
    setup: dict[str, Any],
    time_ns: NDArray[np.int64],
    position: NDArray[np.float64],
) -> TickRun: ...
def run_tick_class(tapes: Iterable[EventTape], setup: dict[str, Any], strategy: object) -> TickRun: ...

@final
class TickSession:
    def __new__(
        cls,
        portfolio: Portfolio,
        rules: dict[str, Any],
        tick_sizes: Sequence[float],
        start_ns: int | None = None,
    ) -> TickSession: ...
    def warm_up(self, market: int, bars: Bars) -> None: ...
    def play(self, tapes: Sequence[Iterable[EventTape]]) -> None: ...
    def receive(self, market: int, tape: EventTape) -> None: ...
    def elapse(self, until_ns: int) -> bool: ...
    def finish(self) -> bool: ...
    def latest_closes(self) -> tuple[int, list[tuple[int, float]]]: ...
    def gaps(self, market: int) -> int: ...
    def open_time_ns(self) -> NDArray[np.int64]: ...
    def equity_curve(self) -> NDArray[np.float64]: ...
    @property
    def exposed_bars(self) -> int: ...
    @property
    def cash(self) -> float: ...
    @property
    def equity(self) -> float: ...
    def bars(self, market: int) -> Bars: ...
    def metrics(self) -> dict[str, float | int | None]: ...
    def undefined(self) -> dict[str, str]: ...
    def fills(self, since: int) -> dict[str, Any]: ...
    def orders(self, since: int) -> dict[str, Any]: ...
    def trades(self, since: int) -> dict[str, Any]: ...
    def contexts(self) -> dict[str, Any]: ...
    def markouts(self) -> dict[str, Any]: ...
    def open_positions(self) -> dict[str, Any]: ...
    def refused(self, since: int) -> dict[str, Any]: ...

@final
class BookProbe:
    def __new__(
        cls, times_ns: Sequence[int], *, sizes: Sequence[float], distances: Sequence[float]
    ) -> BookProbe: ...
    def feed(self, tape: EventTape) -> None: ...
    def finish(self) -> dict[str, NDArray[np.float64]]: ...

@final
class BookFilm:
    def __new__(cls, times_ns: Sequence[int], *, first_tick: int, row_ticks: int, rows: int) -> BookFilm: ...
    def feed(self, tape: EventTape) -> None: ...
    def finish(self) -> NDArray[np.float64]: ...

@final
class DepthSampler:
    def __new__(cls, notional: Sequence[float], *, interval_ns: int, max_silence_ns: int) -> DepthSampler: ...
    def feed(self, tape: EventTape) -> None: ...
    def finish(self) -> dict[str, Any]: ...

def slippage_bps(
    model: dict[str, Any],
    *,
    impact: dict[str, Any] | None,
    quantity: NDArray[np.float64],
    price: NDArray[np.float64],
    time_ns: NDArray[np.int64],
    bar_volume: NDArray[np.float64],
    volatility: NDArray[np.float64],
    seed: int,
) -> NDArray[np.float64]: ...
def walk_levels(
    price: NDArray[np.float64], size: NDArray[np.float64], quantities: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]: ...
def kraken_checksum(
    ask_tick: NDArray[np.int32],
    ask_size: NDArray[np.float64],
    bid_tick: NDArray[np.int32],
    bid_size: NDArray[np.float64],
    *,
    tick_size: float,
    price_places: int,
    size_places: int,
) -> int: ...
