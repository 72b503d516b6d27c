"""A fingerprint of events: equal rows give equal text, however they were read."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np

from spark_stacker.data.events.schema import EVENT_SCHEMA

if TYPE_CHECKING:
    from collections.abc import Iterable

    import polars as pl

__all__ = ["events_hash", "joined_hash"]


def events_hash(frame: pl.DataFrame) -> str:
    """SHA-256, in hexadecimal, of the columns of events in their order: little-endian values, -0.0 as 0.0."""
    digest = hashlib.sha256(b"spark-stacker events 1\n")
    for name in EVENT_SCHEMA:
        column = frame[name]
        if name == "sequence":
            digest.update(np.packbits(column.is_null().to_numpy()).tobytes())
            column = column.fill_null(0)
        values = column.to_physical().to_numpy()
        if values.dtype == np.float64:
            values = values + 0.0
        digest.update(f"{name} {len(column)}\n".encode())
        digest.update(np.ascontiguousarray(values.astype(values.dtype.newbyteorder("<"))).tobytes())
    return digest.hexdigest()


def joined_hash(hashes: Iterable[str]) -> str:
    """One fingerprint of parts that follow one another."""
    return hashlib.sha256("\n".join(("spark-stacker events 1 parts", *hashes)).encode()).hexdigest()
