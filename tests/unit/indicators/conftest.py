"""Candles that the tests of indicators share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from made.walks import random_walk

if TYPE_CHECKING:
    import polars as pl


@pytest.fixture
def walk() -> pl.DataFrame:
    """A seeded random walk of 600 hourly bars."""
    return random_walk(600, seed=7)
