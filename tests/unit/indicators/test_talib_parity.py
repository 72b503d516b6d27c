"""Agreement with TA-Lib on real candles, wherever it has the function."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import pytest
import talib

from spark_stacker.indicators import functions as ours

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CANDLES = [
    "ft_spot_eth_btc_5m",
    "ft_spot_trx_btc_5m",
    "ft_perp_xrp_usdt_5m",
    "lean_coinbase_btcusd_1d_trade",
    "lean_coinbase_ethusd_1m_trade",
    "nt_btc_perp_1m",
]

Bars = dict[str, np.ndarray]
Lines = tuple[np.ndarray, ...]


def lines(result: np.ndarray | Lines) -> Lines:
    return result if isinstance(result, tuple) else (result,)


CASES: dict[str, tuple[Callable[[Bars], object], Callable[[Bars], object]]] = {
    "sma": (lambda b: ours.sma(b["close"], 20), lambda b: talib.SMA(b["close"], 20)),
    "sma_long": (lambda b: ours.sma(b["close"], 199), lambda b: talib.SMA(b["close"], 199)),
    "ema": (lambda b: ours.ema(b["close"], 20), lambda b: talib.EMA(b["close"], 20)),
    "wma": (lambda b: ours.wma(b["close"], 50), lambda b: talib.WMA(b["close"], 50)),
    "hull": (lambda b: ours.hull(b["close"], 55), lambda b: talib.HMA(b["close"], 55)),
    "rma": (lambda b: ours.rma(b["close"], 14), lambda b: talib.RMA(b["close"], 14)),
    "tema": (lambda b: ours.tema(b["close"], 9), lambda b: talib.TEMA(b["close"], 9)),
    "t3": (lambda b: ours.t3(b["close"], 5, 0.7), lambda b: talib.T3(b["close"], 5, 0.7)),
    "macd": (lambda b: ours.macd(b["close"]), lambda b: talib.MACD(b["close"], 12, 26, 9)),
    "bollinger": (
        lambda b: ours.bollinger(b["close"], 20, 2.0),
        lambda b: talib.BBANDS(b["close"], 20, 2.0, 2.0),
    ),
    "atr": (
        lambda b: ours.atr(b["high"], b["low"], b["close"], 14),
        lambda b: talib.ATR(b["high"], b["low"], b["close"], 14),
    ),
    "supertrend": (
        lambda b: ours.supertrend(b["high"], b["low"], b["close"], 10, 3.0),
        lambda b: talib.SUPERTREND(b["high"], b["low"], b["close"], 10, 3.0),
    ),
    "supertrend_tight": (
        lambda b: ours.supertrend(b["high"], b["low"], b["close"], 3, 0.5),
        lambda b: talib.SUPERTREND(b["high"], b["low"], b["close"], 3, 0.5),
    ),
    "linear_regression": (
        lambda b: ours.linear_regression(b["close"], 50),
        lambda b: talib.LINEARREG(b["close"], 50),
    ),
    "linear_regression_slope": (
        lambda b: ours.linear_regression_slope(b["close"], 14),
        lambda b: talib.LINEARREG_SLOPE(b["close"], 14),
    ),
    "linear_regression_intercept": (
        lambda b: ours.linear_regression_intercept(b["close"], 14),
        lambda b: talib.LINEARREG_INTERCEPT(b["close"], 14),
    ),
}


@pytest.fixture(params=CANDLES)
def bars(request: pytest.FixtureRequest, fixtures_dir: Path) -> Bars:
    frame = pl.read_parquet(fixtures_dir / "data" / f"{request.param}.parquet")
    columns = ("high", "low", "close", "volume")
    return {name: frame[name].cast(pl.Float64).to_numpy(writable=True) for name in columns}


def assert_agrees(mine: np.ndarray, theirs: np.ndarray, price: np.ndarray) -> None:
    theirs = theirs.astype(np.float64)
    both = ~np.isnan(mine) & ~np.isnan(theirs)
    assert np.count_nonzero(both) > len(mine) // 2
    tolerance = 1e-9 * np.maximum(np.abs(theirs), 1e-3 * price)
    worst = np.max((np.abs(mine - theirs) / tolerance)[both])
    assert worst <= 1.0


@pytest.mark.parametrize("name", CASES)
def test_values_agree_wherever_both_are_defined(name: str, bars: Bars) -> None:
    mine, theirs = (lines(function(bars)) for function in CASES[name])
    for line, expected in zip(mine, theirs, strict=True):
        # TA-Lib's integers are 0 in warm-up.
        defined = np.where(expected == 0, np.nan, expected) if expected.dtype.kind == "i" else expected
        assert_agrees(line, defined, bars["close"])


@pytest.mark.parametrize("name", sorted(set(CASES) - {"macd"}))
def test_warm_up_is_as_long_as_theirs(name: str, bars: Bars) -> None:
    mine, theirs = (lines(function(bars)) for function in CASES[name])
    assert np.isnan(mine[0]).sum() == np.isnan(theirs[0]).sum()


def test_vwma_agrees_where_there_was_volume(bars: Bars) -> None:
    mine = ours.vwma(bars["close"], bars["volume"], 20)
    theirs = talib.VWMA(bars["close"], bars["volume"], 20)
    traded = ours.sma(bars["volume"], 20) > 1e-9 * bars["volume"].mean()
    assert_agrees(np.where(traded, mine, np.nan), theirs, bars["close"])


def test_rsi_agrees_but_for_windows_without_movement(bars: Bars) -> None:
    mine, theirs = ours.rsi(bars["close"], 14), talib.RSI(bars["close"], 14)
    exception = (mine == 50.0) & (theirs == 0.0)
    assert_agrees(np.where(exception, np.nan, mine), theirs, np.full(len(mine), 100.0))


def test_macd_starts_a_signal_period_earlier_than_theirs(bars: Bars) -> None:
    macd, signal, histogram = ours.macd(bars["close"], 12, 26, 9)
    assert [int(np.isnan(line).sum()) for line in (macd, signal, histogram)] == [25, 33, 33]
