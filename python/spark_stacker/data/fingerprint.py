"""A fingerprint of data, for manifests: equal data give equal text wherever they came from."""

from __future__ import annotations

import hashlib

import numpy as np
import polars as pl

__all__ = ["data_hash"]


def data_hash(frame: pl.DataFrame) -> str:
    """SHA-256, in hexadecimal, of the columns of ``frame`` in their order: names, types and values.

    Times count as little-endian Int64 microseconds since 1970, numbers as little-endian Float64 (-0.0 as 0.0,
    every NaN and null as one NaN), so neither chunks nor the file format matter.
    """
    digest = hashlib.sha256(b"spark-stacker data 1\n")
    for column in frame.get_columns():
        if isinstance(column.dtype, pl.Datetime):
            kind, values = "us", column.dt.epoch("us").to_numpy().astype("<i8")
        else:
            kind = "f8"
            values = column.cast(pl.Float64).to_numpy().astype("<f8") + 0.0
            values = np.where(np.isnan(values), np.float64("nan"), values).astype("<f8")
        digest.update(f"{column.name} {kind} {len(column)}\n".encode())
        digest.update(np.ascontiguousarray(values).tobytes())
    return digest.hexdigest()
