from __future__ import annotations

import hashlib
import json

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from made.results import made_result
from spark_stacker.backtesting.result import BacktestResult
from spark_stacker.backtesting.result_file import write_file
from spark_stacker.errors import DataError, ParameterError


@pytest.fixture(scope="module")
def result():
    return made_result()


@pytest.fixture
def saved(result, tmp_path):
    return result.save_to_file(tmp_path / "deep" / "result.json")


def test_what_is_loaded_equals_what_was_saved(result, saved):
    loaded = BacktestResult.load_from_file(saved)
    assert loaded.to_dict() == result.to_dict()
    for table in ("equity_curve", "trades", "fills", "orders", "open_positions"):
        assert_frame_equal(getattr(loaded, table), getattr(result, table), check_exact=True)
    assert loaded.metrics == result.metrics
    assert loaded.assumptions == result.assumptions
    assert loaded.manifest == result.manifest


def test_saving_twice_gives_the_same_bytes(result, saved, tmp_path):
    again = BacktestResult.load_from_file(saved).save_to_file(tmp_path / "again.json")
    assert again.read_bytes() == saved.read_bytes()


def test_its_long_columns_are_written_piece_by_piece_as_in_one_text(tmp_path):
    prices = [float(price) / 7 for price in range(10_001)]
    data = {
        "quote": "€",
        "candles": {"close": prices, "gap": [None]},
        "none": {},
        "markets": [{"a": prices}, 2],
    }
    columns = {
        **data,
        "candles": {name: pl.Series(values) for name, values in data["candles"].items()},
        "markets": [{"a": pl.Series(prices)}, 2],
    }
    path = write_file(columns, tmp_path / "result.json")
    text = json.dumps(data, separators=(",", ":"), ensure_ascii=False)
    checksum = hashlib.sha256(text.encode()).hexdigest()
    head = f'{{"format":"spark-stacker-result","version":1,"sha256":"{checksum}","result":'
    assert path.read_text(encoding="utf-8") == f"{head}{text}}}\n"


def test_the_file_is_json(saved):
    assert json.loads(saved.read_text())["format"] == "spark-stacker-result"


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda _: "", "is empty"),
        (lambda _: "not a result", "is not a saved result"),
        (lambda _: "[1, 2]", "is not a saved result"),
        (lambda text: text[: len(text) // 2], "is cut off after"),
        (lambda text: text[:40], "is not a saved result"),
        (lambda text: text.replace('"version":1', '"version":2', 1), "is of format version 2"),
        (lambda text: text.replace("10000.0", "90000.0", 1), "was altered"),
        (lambda text: json.dumps(json.loads(text), indent=2), "reformatted"),
    ],
)
def test_a_spoilt_file_is_refused_with_the_reason(saved, spoil, message):
    text = saved.read_text()
    assert spoil(text) != text
    saved.write_text(spoil(text))
    with pytest.raises(DataError, match=message) as caught:
        BacktestResult.load_from_file(saved)
    assert str(saved) in str(caught.value)


@pytest.mark.parametrize("body", [b"null", b"[1]", b"nonsense", b"[" * 100_000])
def test_a_signed_file_without_a_result_is_refused(tmp_path, body):
    path = tmp_path / "result.json"
    checksum = hashlib.sha256(body).hexdigest().encode()
    head = b'{"format":"spark-stacker-result","version":1,"sha256":"' + checksum + b'","result":'
    path.write_bytes(head + body + b"}\n")
    with pytest.raises(DataError, match="holds no result"):
        BacktestResult.load_from_file(path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(DataError, match=r"nowhere\.json: cannot be read: No such file"):
        BacktestResult.load_from_file(tmp_path / "nowhere.json")


def test_a_directory_is_refused(tmp_path):
    with pytest.raises(DataError, match="Is a directory"):
        BacktestResult.load_from_file(tmp_path)


def test_a_failed_write_leaves_the_old_file(result, saved, monkeypatch):
    before = saved.read_bytes()
    monkeypatch.setattr("os.fsync", lambda _handle: (_ for _ in ()).throw(OSError(28, "No space left")))
    with pytest.raises(DataError, match="No space left"):
        result.save_to_file(saved)
    assert saved.read_bytes() == before
    assert [path.name for path in saved.parent.iterdir()] == ["result.json"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda data: data.pop("metrics"), "result: metrics is missing"),
        (lambda data: data["metrics"].pop("sharpe_ratio"), "metrics: sharpe_ratio is missing"),
        (lambda data: data.update(initial_balance="many"), "initial_balance must be float, was str"),
        (lambda data: data["equity"].update(equity=[1.0]), "equity: 1 values for 400 bars"),
        (lambda data: data["equity"].update(equity=["x"]), "equity must hold numbers"),
        (lambda data: data["trades"].pop("profit"), "trades: column profit is missing"),
        (lambda data: data["trades"].update(profit=["x"]), "trades: column profit must be Float64"),
        (lambda data: data["markets"][0]["candles"].pop("close"), "candles: close is missing"),
        (lambda data: data["markets"][0]["candles"].update(close=[1.0]), "close has 1 rows, expected 400"),
        (lambda data: data.update(strategies=[1]), "strategies must hold texts"),
        (lambda data: data.update(markets=[3]), "markets: must hold objects"),
    ],
)
def test_malformed_data_are_refused_by_name(result, change, message):
    data = result.to_dict()
    change(data)
    with pytest.raises(DataError, match=message):
        BacktestResult.from_dict(data)


def test_tables_export_as_csv_and_parquet(result, tmp_path):
    assert_frame_equal(pl.read_parquet(result.export_trades(tmp_path / "t.parquet")), result.trades)
    equity = pl.read_csv(result.export_equity(tmp_path / "e.csv"))
    assert equity.columns == ["timestamp", "equity", "drawdown"]
    assert equity["equity"].to_list() == result.equity_curve["equity"].to_list()
    with pytest.raises(ParameterError, match=r"must be \.csv or \.parquet, was '\.xlsx'"):
        result.export_trades(tmp_path / "t.xlsx")
