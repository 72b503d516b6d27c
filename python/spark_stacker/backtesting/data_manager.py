"""Another way to `spark_stacker.data`: the names of the developer guide."""

from __future__ import annotations

from spark_stacker.data import (
    CSVDataSource,
    DataManager,
    DataSource,
    ExchangeDataSource,
    FrameDataSource,
    History,
    ParquetDataSource,
)

__all__ = [
    "CSVDataSource",
    "DataManager",
    "DataSource",
    "ExchangeDataSource",
    "FrameDataSource",
    "History",
    "ParquetDataSource",
]
