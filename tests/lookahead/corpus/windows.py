"""Shifts and windows: which rows a value reads."""

from __future__ import annotations

import numpy as np
import polars as pl
import talib

from lookahead.corpus.book import Column, clean, leaks

close, high, low = pl.col("close"), pl.col("high"), pl.col("low")


@leaks("shift")
class NextClose(Column):
    def value(self, data):
        return close.shift(-1)


@leaks("shift")
class ReturnOfTheNextDay(Column):
    def value(self, data):
        return close.shift(-24) / close - 1


@leaks("shift")
class DifferenceWithASwappedSign(Column):
    def value(self, data):
        return close.diff(-3)


@leaks("shift")
class RolledAround(Column):
    """``np.roll`` brings the last values to the front."""

    def value(self, data):
        return np.roll(data["close"].to_numpy(), 5)


@leaks("shift")
class SliceOneTooFar(Column):
    def value(self, data):
        values = data["close"].to_numpy()
        return np.append(values[1:], values[-1]) - values


@leaks("shift")
class VolumeOfTheNextBar(Column):
    def value(self, data):
        return (pl.col("volume").shift(-1, fill_value=0) > 2 * pl.col("volume")).cast(pl.Float64)


@leaks("shift")
class OnlyOnTheThirdOfAMonth(Column):
    """The leak is on a few rows."""

    def value(self, data):
        return pl.when(pl.col("timestamp").dt.day() == 3).then(close.shift(-1)).otherwise(close)


@clean("shift")
class LastClose(Column):
    def value(self, data):
        return close.shift(1)


@clean("shift")
class ReturnOfTheLastDay(Column):
    def value(self, data):
        return close / close.shift(24) - 1


@clean("shift")
class ShiftedThereAndBack(Column):
    def value(self, data):
        return close.shift(-2).shift(2)


@clean("shift")
class RolledAndBlanked(Column):
    def value(self, data):
        values = np.roll(data["close"].to_numpy(), 5)
        values[:5] = np.nan
        return values


@clean("shift")
class GapToTheLastClose(Column):
    def value(self, data):
        return pl.col("open") / close.shift(1, fill_value=1.0)


@clean("shift")
class HourOfTheNextBar(Column):
    """Of the clock, not of the market."""

    def value(self, data):
        return (pl.col("timestamp").dt.hour() + 1).cast(pl.Float64) % 24


@leaks("centred window")
class CentredMean(Column):
    def value(self, data):
        return close.rolling_mean(11, center=True)


@leaks("centred window")
class CentredByConvolution(Column):
    def value(self, data):
        return np.convolve(data["close"].to_numpy(), np.ones(9) / 9, mode="same")


@leaks("centred window")
class MeanShiftedBack(Column):
    def value(self, data):
        return close.rolling_mean(10).shift(-5)


@leaks("centred window")
class ForwardAndBackward(Column):
    """A filter without delay, run in both directions."""

    def value(self, data):
        there = data["close"].ewm_mean(span=5)
        return there.reverse().ewm_mean(span=5).reverse()


@leaks("centred window")
class MovingMedianFromTheEnd(Column):
    def value(self, data):
        return close.reverse().rolling_median(7).reverse()


@leaks("centred window")
class PandasCentred(Column):
    def value(self, data):
        return data["close"].to_pandas().rolling(7, center=True).std().to_numpy()


@leaks("centred window")
class DetrendedPriceOscillator(Column):
    """The textbook line, drawn half a period back."""

    def value(self, data):
        return close - close.rolling_mean(21).shift(-11)


@leaks("centred window")
class ForwardWindow(Column):
    def value(self, data):
        windows = np.lib.stride_tricks.sliding_window_view(data["close"].to_numpy(), 4).mean(axis=1)
        return np.append(windows, np.full(len(data) - len(windows), np.nan)) if len(data) >= 4 else close


@clean("centred window")
class TrailingMean(Column):
    def value(self, data):
        return close.rolling_mean(11)


@clean("centred window")
class TrailingByConvolution(Column):
    def value(self, data):
        return np.convolve(data["close"].to_numpy(), np.ones(9) / 9)[: len(data)]


@clean("centred window")
class TalibAverages(Column):
    def value(self, data):
        values = data["close"].to_numpy()
        return talib.TEMA(values, 9) - talib.KAMA(values, 12)


@clean("centred window")
class PandasDeviation(Column):
    def value(self, data):
        return data["close"].to_pandas().rolling(7).std().to_numpy()


@clean("centred window")
class SumsOfSums(Column):
    """A rolling mean by differences of running sums: drifts in the last bits."""

    def value(self, data):
        sums = np.cumsum(np.insert(data["close"].to_numpy(), 0, 0.0))
        means = np.full(len(data), np.nan)
        means[9:] = (sums[10:] - sums[:-10]) / 10
        return means


@clean("centred window")
class SumsFromTheMiddle(Column):
    """The same sums taken from another origin for every length: not the same to the last bit."""

    def value(self, data):
        values = data["close"].to_numpy()
        sums = np.cumsum(values) + len(values) * 1e4 / 3
        lagged = np.append(np.full(8, np.nan), sums[:-8]) if len(values) > 8 else np.full(len(values), np.nan)
        return (sums - lagged) / 8


@clean("centred window")
class ByFourier(Column):
    """A trailing convolution by FFT, whose rounding depends on the length."""

    def value(self, data):
        values, size = data["close"].to_numpy(), 2 * len(data)
        kernel = 0.8 ** np.arange(min(30, len(values)))
        product = np.fft.rfft(values, size) * np.fft.rfft(kernel, size)
        return np.fft.irfft(product, size)[: len(values)]


@clean("centred window")
class WilderByHand(Column):
    """Recursive from the first row on."""

    def value(self, data):
        values = data["close"].to_list()
        smooth = [values[0]]
        for value in values[1:]:
            smooth.append(smooth[-1] + (value - smooth[-1]) / 14)
        return pl.Series(smooth)


@clean("centred window")
class WantsFiftyRows(Column):
    """Gives nothing of a short frame, though it could: a start-up, no look ahead."""

    def value(self, data):
        return close.rolling_mean(5) if len(data) >= 50 else pl.lit(None, pl.Float64)
