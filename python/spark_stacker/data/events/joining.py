"""Feeds of one market as one stream: messages, snapshots, sequences, gaps."""

from __future__ import annotations

import polars as pl

from spark_stacker.data.events.schema import EVENT_SCHEMA

__all__ = ["join_feeds"]

_ORDER = ["local_ns", "feed", "row"]


def join_feeds(feeds: list[pl.DataFrame], notes: list[str]) -> pl.DataFrame:
    """One stream in order of arrival; what was left out or is missing stands in ``notes``."""
    messages = [_messages(feed, notes).with_columns(feed=pl.lit(place)) for place, feed in enumerate(feeds)]
    stream = pl.concat(messages).sort(_ORDER, maintain_order=True)
    return stream.select(
        "exchange_ns",
        "local_ns",
        pl.col("kind").cast(EVENT_SCHEMA["kind"]),
        "side",
        "price",
        "size",
        "last",
        pl.col("last_id").alias("sequence"),
    )


def _messages(feed: pl.DataFrame, notes: list[str]) -> pl.DataFrame:
    """A feed with its messages marked, whole snapshots cleared before, and gaps as rows of their own."""
    # Levels of one message share its receipt and its number; of a message with several times the last is
    # its time.
    is_snapshot = (pl.col("kind") == "snapshot").alias("is_snapshot")
    is_trade = (pl.col("kind") == "trade").alias("is_trade")
    key = pl.struct("local_ns", "last_id", is_snapshot, is_trade)
    feed = feed.with_columns(message=key.rle_id(), place=pl.lit(1, pl.Int8))
    trades_only = (feed["kind"] == "trade").all()
    if not trades_only:
        feed = feed.with_columns(pl.col("exchange_ns").max().over("message"))
    if (feed["kind"].is_in(["snapshot", "depth"])).any():
        feed = _from_the_first_snapshot(feed, notes)
    if not trades_only:
        feed = pl.concat([feed, _clears(feed), _gaps(feed, notes)], how="vertical")
        feed = feed.sort("message", "place", maintain_order=True)
    last = pl.col("message") != pl.col("message").shift(-1)
    if trades_only:
        last = pl.lit(value=True)
    return feed.with_columns(last=last.fill_null(value=True)).with_row_index("row").drop("message", "place")


def _from_the_first_snapshot(feed: pl.DataFrame, notes: list[str]) -> pl.DataFrame:
    """Leaves out increments that no snapshot stands before, and those that a snapshot already holds.

    Increments that were received before the first snapshot and are newer than it are applied when it is
    received.
    """
    is_snapshot = pl.col("kind") == "snapshot"
    known = feed.select(is_snapshot.cum_max()).to_series()
    if not known.any():
        notes.append("the book has increments and no snapshot: it begins empty")
        return feed
    first = feed.filter(known).row(0, named=True)
    newer = (pl.col("last_id") > pl.lit(first["last_id"], pl.Int64)).fill_null(value=False) & (
        pl.col("kind") == "depth"
    )
    early = feed.filter(~known)
    waiting = early.filter(newer).with_columns(
        local_ns=pl.lit(first["local_ns"], pl.Int64),
        exchange_ns=pl.lit(first["exchange_ns"], pl.Int64),
    )
    if early.height > waiting.height:
        notes.append(f"{early.height - waiting.height} increments before the first snapshot are left out")
    rest = feed.filter(known)
    in_first = pl.col("message") == first["message"]
    ordered = pl.concat([rest.filter(in_first), waiting, rest.filter(~in_first)])
    held = pl.when(is_snapshot).then(pl.col("last_id")).forward_fill()
    stale = (pl.col("kind") == "depth") & (pl.col("last_id") <= held).fill_null(value=False)
    kept = ordered.filter(~stale)
    if kept.height < ordered.height:
        notes.append(f"{ordered.height - kept.height} increments that a snapshot already holds are left out")
    return kept.with_columns(message=pl.col("message").rle_id())


def _clears(feed: pl.DataFrame) -> pl.DataFrame:
    """A row that empties the book at the head of every snapshot."""
    first = feed.filter(pl.col("kind") == "snapshot").group_by("message", maintain_order=True).first()
    emptied = first.with_columns(
        kind=pl.lit("clear"), side=pl.lit(0, pl.Int8), price=pl.lit(0.0), size=pl.lit(0.0)
    )
    return emptied.with_columns(place=pl.lit(0, pl.Int8)).select(feed.columns)


def _gaps(feed: pl.DataFrame, notes: list[str]) -> pl.DataFrame:
    """A gap row before every increment whose number does not follow on the one before."""
    first = feed.group_by("message", maintain_order=True).first()
    before, was_snapshot = pl.col("last_id").shift(1), (pl.col("kind") == "snapshot").shift(1)
    follows = (
        pl.when(pl.col("prev_id").is_not_null())
        .then((pl.col("prev_id") == before) | was_snapshot)
        .when(pl.col("first_id").is_not_null())
        .then(pl.col("first_id") <= before + 1)
        .otherwise(pl.lit(value=True))
    )
    broken = (pl.col("kind") == "depth") & ~follows.fill_null(value=True)
    gaps = first.filter(broken)
    if not gaps.is_empty():
        number = gaps["last_id"][0]
        notes.append(f"{gaps.height} gaps in the sequence, the first before number {number}")
    empty = gaps.with_columns(
        kind=pl.lit("gap"), side=pl.lit(0, pl.Int8), price=pl.lit(0.0), size=pl.lit(0.0)
    )
    return empty.with_columns(place=pl.lit(-1, pl.Int8)).select(feed.columns)
