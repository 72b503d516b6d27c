"""Where the strategies of the corpus are entered, and what they have in common."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import polars as pl

from spark_stacker.data import synthesise
from spark_stacker.indicators import BaseIndicator
from spark_stacker.models import SignalDirection

T = TypeVar("T")

ROWS = 300
CANDLES = synthesise("choppy", interval="1h", bars=ROWS, seed=5, start="2024-01-01").frame
CLOSE = CANDLES["close"].to_numpy()


@dataclass(frozen=True)
class Entry:
    kind: str
    strategy: Any
    verdict: str
    """What is true of it, and so what the check must say."""
    parameters: dict[str, Any]

    def __str__(self) -> str:
        return f"{self.kind}: {self.strategy.__name__}"


BOOK: list[Entry] = []


def leaks(kind: str, **parameters: Any):
    return _enter(kind, "look-ahead", parameters)


def clean(kind: str, **parameters: Any):
    return _enter(kind, "clean", parameters)


def unstable(kind: str, **parameters: Any):
    return _enter(kind, "nondeterministic", parameters)


def beyond(kind: str, verdict: str, *, leaking: bool, **parameters: Any):
    """What no run can tell: values that were made before, of nobody knows what."""
    return _enter(kind, f"{verdict}, {'leaks' if leaking else 'clean'}", parameters)


def _enter(kind: str, verdict: str, parameters: dict[str, Any]):
    def enter(strategy: T) -> T:
        entry = Entry(kind, strategy, verdict, parameters)
        if str(entry) not in map(str, BOOK):  # the check may execute a module again
            BOOK.append(entry)
        return strategy

    return enter


class Column(BaseIndicator):
    """One column, ``value``; no signals."""

    def calculate(self, data: pl.DataFrame) -> pl.DataFrame:
        made = self.value(data)
        made = pl.Series("value", made) if isinstance(made, np.ndarray) else made
        return data.with_columns(made.alias("value"))

    def value(self, data: pl.DataFrame) -> Any:
        raise NotImplementedError

    def generate_signal(self, data: pl.DataFrame):
        return None


class Signals(BaseIndicator):
    """Directions of all rows at once; no columns."""

    def calculate(self, data: pl.DataFrame) -> pl.DataFrame:
        return data

    def generate_signal(self, data: pl.DataFrame):
        return None

    def signals(self, data: pl.DataFrame) -> pl.DataFrame:
        buy, sell = (side.fill_null(value=False).cast(pl.Int8) for side in self.sides(data))
        frame = data.select(direction=buy - sell)
        return frame.with_columns(confidence=pl.col("direction").abs() * 0.5)

    def sides(self, data: pl.DataFrame) -> tuple[pl.Expr, pl.Expr]:
        raise NotImplementedError


class BarByBar(BaseIndicator):
    """Candles as they are; says something of each last row."""

    def calculate(self, data: pl.DataFrame) -> pl.DataFrame:
        return data

    def generate_signal(self, data: pl.DataFrame):
        side = self.side(data)
        if not side:
            return None
        direction = SignalDirection.BUY if side > 0 else SignalDirection.SELL
        return self.signal(data, direction, confidence=min(1.0, abs(float(side))))

    def side(self, data: pl.DataFrame) -> float:
        raise NotImplementedError


def named(name: str, strategy: T) -> T:
    """One made by a call, under a name of its own."""
    strategy.__name__ = name  # type: ignore[attr-defined]
    return strategy


def trade(simulation, side) -> None:
    """All in or out."""
    if side > 0 and simulation.quantity <= 0:
        if simulation.quantity < 0:
            simulation.close_position()
        simulation.buy(value=0.5 * simulation.equity)
    elif side < 0 and simulation.quantity > 0:
        simulation.close_position()
