"""A strategy function called on every bar, against backtesting.py on the same rules, and the empty function.

The rules read two averages a bar and trade when their order changes, some dozens of bars apart.
backtesting.py knows whole units only, so the size is a fixed number of them. Loading, indicators, metrics,
curve and trades are inside the time on both sides.
"""

from __future__ import annotations

import sys
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from market import BALANCE, FAST, FEE_RATE, SLOW, SYMBOL, Candles, engine, random_walk
from measure import interleaved, median, paired_ratio, require_release, table
from serial_chain import TARGET_MACHINE_NS, addition_ns
from spark_stacker.indicators import IndicatorFactory, functions

warnings.simplefilter("ignore")
import backtesting  # noqa: E402
import pandas as pd  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

BARS = 100_000
ROUNDS = 7
UNITS = 10
TIMES_BACKTESTING, CROSS_NS, EMPTY_NS = 8.0, 500.0, 300.0


def cross(data: Any, simulation: Any, params: Any) -> None:  # noqa: ARG001
    """In when the fast average is above the slow one, out when it is below."""
    fast, slow = data["fast_ma"][-1], data["slow_ma"][-1]
    if fast > slow:
        if not simulation.quantity:
            simulation.buy(UNITS)
    elif fast < slow and simulation.quantity:
        simulation.close_position()


def nothing(data: Any, simulation: Any, params: Any) -> None:
    """What a call costs."""


def ours(candles: Candles, function: Callable[..., None]) -> Callable[[], Any]:
    backtests = engine(candles.bars())
    averages = IndicatorFactory.create_indicator("ma", "ma", {"fast_period": FAST, "slow_period": SLOW})

    def call() -> Any:
        result = backtests.run_backtest(function, SYMBOL, "1h", indicators=[averages])
        result.metrics, result.equity_curve, result.trades  # noqa: B018
        return result

    return call


def with_backtesting(candles: Candles) -> Callable[[], Any]:
    frame = pd.DataFrame(
        {
            "Open": candles.open,
            "High": candles.high,
            "Low": candles.low,
            "Close": candles.close,
            "Volume": candles.volume,
        },
        index=pd.to_datetime(candles.time_ns),
    )

    def average(values: Any, period: int) -> NDArray[np.float64]:
        return functions.sma(np.asarray(values), period)

    class Cross(backtesting.Strategy):  # type: ignore[misc]
        def init(self) -> None:
            self.fast = self.I(average, self.data.Close, FAST)
            self.slow = self.I(average, self.data.Close, SLOW)

        def next(self) -> None:
            fast, slow = self.fast[-1], self.slow[-1]
            if fast > slow:
                if not self.position:
                    self.buy(size=UNITS)
            elif fast < slow and self.position:
                self.position.close()

    return lambda: backtesting.Backtest(frame, Cross, cash=BALANCE, commission=FEE_RATE).run()


def check_equal(mine: Any, theirs: Any) -> None:
    same = (
        mine["entry_time"].dt.replace_time_zone(None).to_list()
        == theirs["EntryTime"].dt.to_pydatetime().tolist()
        and mine["exit_time"].dt.replace_time_zone(None).to_list()
        == theirs["ExitTime"].dt.to_pydatetime().tolist()
        and np.allclose(mine["entry_price"], theirs["EntryPrice"], rtol=1e-12)
        and np.allclose(mine["exit_price"], theirs["ExitPrice"], rtol=1e-12)
        and np.allclose(mine["profit"], theirs["PnL"], rtol=1e-9, atol=1e-9)
    )
    if not same:
        sys.exit("backtesting.py has other trades: there is nothing to compare")
    print(f"the same {len(theirs)} trades: entry and exit bars, prices and profits")


def main() -> None:
    require_release()
    # No progress bar in the time.
    backtesting.backtesting._tqdm = lambda rows, **_: rows  # type: ignore[attr-defined]  # noqa: SLF001
    candles = random_walk(BARS)
    calls: dict[str, Callable[[], Any]] = {
        "ours": ours(candles, cross),
        "empty": ours(candles, nothing),
        "backtesting": with_backtesting(candles),
    }
    check_equal(calls["ours"]().trades, calls["backtesting"]()["_trades"])
    seconds = interleaved(calls, rounds=ROUNDS)
    addition = addition_ns()
    scale = addition / TARGET_MACHINE_NS
    bar_ns = {name: median(times) / BARS * 1e9 for name, times in seconds.items()}
    ratio = paired_ratio(seconds["backtesting"], seconds["ours"])
    print(
        table(
            (f"{BARS:,} bars", "ns a bar", "wanted"),
            [
                ("strategy function", f"{bar_ns['ours']:.0f}", f"≤ {CROSS_NS * scale:.0f}"),
                ("empty function", f"{bar_ns['empty']:.0f}", f"≤ {EMPTY_NS * scale:.0f}"),
                ("backtesting.py", f"{bar_ns['backtesting']:,.0f}", ""),
                ("faster by", f"{ratio:.1f} times", f"≥ {TIMES_BACKTESTING:.0f}"),
            ],
        )
    )
    print(f"limits in ns are scaled by an addition of {addition:.2f} ns over {TARGET_MACHINE_NS} ns")


if __name__ == "__main__":
    main()
