"""Files of any bytes, and good files that were damaged: only errors of data come out, soon and cheaply."""

from __future__ import annotations

import gzip
import io
import json
import random
import struct
import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import pytest
from hftbacktest.types import event_dtype
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spark_stacker.data.events import EVENT_SCHEMA, check_events, import_events, npz, raw
from spark_stacker.errors import DataError
from unit.data.events.made_events import DAY, random_trades

if TYPE_CHECKING:
    from pathlib import Path

NAMES = ["a.npz", "a.csv", "a.csv.gz", "a.parquet", "a.feather"]
FUZZ = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def npz_bytes() -> bytes:
    rows = np.zeros(40, event_dtype)
    rows["ev"] = (3 << 30) | (1 << 29) | np.arange(40) % 5 + 1
    rows["exch_ts"] = rows["local_ts"] = DAY + np.arange(40)
    rows["px"], rows["qty"] = 100.0, 1.0
    stream = io.BytesIO()
    np.savez(stream, data=rows)
    return stream.getvalue()


def csv_text() -> str:
    lines = [
        f"{DAY + row},{'snapshot' if row < 5 else 'delta'},bid,{50 + row},1.5,,{row}," for row in range(30)
    ]
    return "recv_ns,event,side,price,qty,first_id,last_id,prev_id\n" + "\n".join(lines) + "\n"


def written(how: str) -> bytes:
    stream = io.BytesIO()
    frame = random_trades(40)
    if how == "a.parquet":
        frame.write_parquet(stream)
    else:
        frame.write_ipc(stream)
    return stream.getvalue()


GOOD = {
    "a.npz": npz_bytes(),
    "a.csv": csv_text().encode(),
    "a.csv.gz": gzip.compress(csv_text().encode(), mtime=0),
    "a.parquet": written("a.parquet"),
    "a.feather": written("a.feather"),
}


def try_import(path: Path) -> None:
    """Either events come out, which can be checked, or an error that names the file."""
    refused = ""
    try:
        read = import_events(path, tick_size=0.5)
    except DataError as error:
        refused = str(error)
    if refused:
        assert path.name in refused or refused.startswith("events: column price")
        return
    assert read.frame.schema == EVENT_SCHEMA
    check_events(read.frame)


@pytest.mark.parametrize("name", NAMES)
def test_the_good_files_are_good(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(GOOD[name])
    assert import_events(tmp_path / name).frame.height >= 30


@pytest.mark.parametrize("name", NAMES)
@given(data=st.binary(min_size=0, max_size=400))
@FUZZ
def test_any_bytes(tmp_path: Path, name: str, data: bytes) -> None:
    (tmp_path / name).write_bytes(data)
    try_import(tmp_path / name)


@pytest.mark.parametrize("name", NAMES)
@given(seed=st.integers(0, 2**32), count=st.integers(1, 6), cut=st.booleans())
@FUZZ
def test_good_files_with_bytes_changed_or_cut_off(
    tmp_path: Path, name: str, seed: int, count: int, cut: bool
) -> None:
    draw = random.Random(seed)
    data = bytearray(GOOD[name])
    for _ in range(count):
        data[draw.randrange(len(data))] = draw.randrange(256)
    (tmp_path / name).write_bytes(data[: draw.randrange(len(data))] if cut else data)
    try_import(tmp_path / name)


CELL = st.one_of(
    st.sampled_from(
        [
            "",
            "nan",
            "inf",
            "-1",
            "0",
            "1e400",
            "9" * 30,
            "buy",
            "ask",
            "true",
            "snapshot",
            str(DAY),
            '"',
            "\ud7ff",
        ]
    ),
    st.floats().map(repr),
    st.integers(-(2**70), 2**70).map(str),
    st.text(max_size=6),
)
HEADS = [
    "timestamp,price,qty,side",
    "recv_ns,exch_ms,trade_id,price,qty,taker_side",
    "recv_ns,bid,bid_qty,ask,ask_qty,update_id",
    "recv_ns,exch_ms,event,side,price,qty,first_id,last_id,prev_id",
    "exchange,symbol,timestamp,local_timestamp,is_snapshot,side,price,amount",
    "exchange,symbol,timestamp,local_timestamp,id,side,price,amount",
    "exchange,symbol,timestamp,local_timestamp,asks[0].price,asks[0].amount,bids[0].price,bids[0].amount",
]


@given(head=st.sampled_from(HEADS), rows=st.lists(st.lists(CELL, max_size=11), max_size=8))
@FUZZ
def test_tables_of_any_cells(tmp_path: Path, head: str, rows: list[list[str]]) -> None:
    text = "\n".join([head, *(",".join(row) for row in rows)])
    (tmp_path / "a.csv").write_text(text, encoding="utf-8", errors="surrogatepass")
    try_import(tmp_path / "a.csv")


COLUMN = st.sampled_from(
    [
        pl.Series([1.0, None]),
        pl.Series(["x", "y"]),
        pl.Series([DAY, DAY + 1]),
        pl.Series([2**63, 2**64 - 1], dtype=pl.UInt64),
        pl.Series([[1], [2]]),
        pl.Series([b"a", b"b"]),
        pl.Series([None, None]),
        pl.Series([True, False]),
        pl.Series([{"a": 1}, {"a": 2}]),
        pl.Series(["1.50", "2.5"]).cast(pl.Decimal(10, 2)),
        pl.Series([0, 1]).cast(pl.Datetime("us", "UTC")),
        pl.Series([0, 1]).cast(pl.Duration("us")),
    ]
)


@given(
    names=st.one_of(st.sampled_from([head.split(",") for head in HEADS]), st.just(EVENT_SCHEMA.names())),
    data=st.data(),
)
@FUZZ
def test_columns_of_any_type(tmp_path: Path, names: list[str], data: st.DataObject) -> None:
    frame = pl.DataFrame([data.draw(COLUMN).alias(name) for name in names])
    frame.write_parquet(tmp_path / "a.parquet")
    try_import(tmp_path / "a.parquet")


def forged_npz(rows: int) -> bytes:
    """A small archive whose head tells of many rows."""
    header = f"{{'descr': {event_dtype.descr!r}, 'fortran_order': False, 'shape': ({rows},), }}".encode()
    header += b" " * (-(len(header) + 11) % 64) + b"\n"
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr(
            "data.npy", b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + bytes(640)
        )
    return stream.getvalue()


def test_a_head_that_tells_of_a_million_million_rows_costs_an_error(tmp_path: Path) -> None:
    (tmp_path / "a.npz").write_bytes(forged_npz(10**12))
    with pytest.raises(DataError, match=r"a.npz: ends after 10 rows; its header tells of 1,000,000,000,000"):
        import_events(tmp_path / "a.npz")
    for rows in (-5, 0):
        (tmp_path / "a.npz").write_bytes(forged_npz(rows))
        with pytest.raises(DataError, match=r"a.npz: has no rows"):
            import_events(tmp_path / "a.npz")


PROGRAM = """
import resource, sys, json
from spark_stacker.data.events import import_events
from spark_stacker.errors import DataError
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    import_events(sys.argv[1]); text = "no error"
except DataError as error:
    text = str(error)
print(json.dumps([text, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024]))
"""


def memory_of(path: Path) -> tuple[str, float]:
    """What an import in a process of its own said, and the MB that it took at most."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(path)], capture_output=True, text=True, timeout=60, check=True
    )
    text, taken = json.loads(done.stdout)
    return text, taken


def test_a_bomb_of_zeros_and_a_line_of_100_mb_take_no_memory(tmp_path: Path) -> None:
    bomb = tmp_path / "bomb.csv.gz"
    with gzip.open(bomb, "wb", compresslevel=1) as stream:
        stream.write(b"timestamp,price,qty\n")
        for _ in range(60):
            stream.write(b"0" * (10 << 20))
    line = tmp_path / "line.csv"
    with line.open("wb") as stream:
        stream.write(b"timestamp,price,qty\n")
        for _ in range(10):
            stream.write(b"1" * (10 << 20))
    for path in (bomb, line):
        text, taken = memory_of(path)
        assert f"{path.name}: a line of more than 1,048,576 bytes; expected rows of a table" in text
        assert taken < 200
    wide = tmp_path / "wide.csv"
    wide.write_text(",".join(f"c{place}" for place in range(20_000)) + "\n1\n")
    assert "20,000 columns; expected at most 10,000" in memory_of(wide)[0]


def test_a_block_that_looks_packed_is_not_unpacked(tmp_path: Path) -> None:
    """Polars unpacks bytes with the head of a packed stream."""
    for packed in (gzip.compress(b"0" * 1000), b"x\x01" + bytes(20), b"\x28\xb5\x2f\xfd" + bytes(20)):
        (tmp_path / "a.csv").write_bytes(b"timestamp,price,qty\n" + packed)
        with pytest.raises(DataError, match=r"a.csv: rows from 0: is (binary|not text)"):
            import_events(tmp_path / "a.csv")


def test_a_message_without_an_end_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from spark_stacker.data.events import messages

    monkeypatch.setattr(messages, "_LONGEST", 100)
    monkeypatch.setattr(raw, "BATCH_ROWS", 50)
    lines = [f"{DAY},snapshot,bid,{50 + row},1.5" for row in range(300)]
    (tmp_path / "a.csv").write_text("recv_ns,event,side,price,qty\n" + "\n".join(lines))
    monkeypatch.setattr(npz, "BATCH_ROWS", 50)
    frame = pl.read_csv(tmp_path / "a.csv")
    frame.write_parquet(tmp_path / "a.parquet")
    with pytest.raises(DataError, match=r"a.parquet: a message of more than 100 rows"):
        import_events(tmp_path / "a.parquet")
