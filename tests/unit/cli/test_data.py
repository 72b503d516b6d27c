"""``spark-stacker data``: what it prints, writes and ends with."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from click.testing import CliRunner, Result

from spark_stacker.cli import main
from spark_stacker.data import Catalogue, data_hash, read_market_file, synthesise
from unit.data.made import changed, hours


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SPARK_STACKER_DATA", str(tmp_path / "catalogue"))
    return tmp_path / "catalogue"


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["data", *arguments])


def parsed(*arguments: str) -> Any:
    result = run(*arguments, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_a_file_named_after_its_market_is_imported_and_listed(root: Path) -> None:
    hours(48).write_csv("ETH%2FUSD_1h.csv")
    result = run("import", "ETH%2FUSD_1h.csv", "--venue", "kraken")
    assert result.exit_code == 0, result.output
    assert "48 rows (48 added, 0 there already, 0 replaced)" in result.stdout
    assert "fit to be used as it is" in result.stdout
    assert "times are ISO 8601 in column timestamp" in result.stderr
    (item,) = parsed("list")
    assert (item["venue"], item["symbol"], item["interval"], item["rows"]) == ("kraken", "ETH/USD", "1h", 48)
    assert item["start"] == "2024-01-01T00:00:00+00:00"
    listed = run("list").stdout
    assert "ETH/USD" in listed
    assert str(root) in listed.replace("\n", "")


def test_an_empty_catalogue_says_how_to_fill_it(root: Path) -> None:
    assert parsed("list") == []
    result = run("list")
    assert (result.exit_code, result.stdout) == (0, "")
    assert "is empty; spark-stacker data import fills it" in result.stderr


def test_an_import_tells_machines_everything(root: Path) -> None:
    changed(hours(48), "volume", 3, 0.0).write_parquet("raw.parquet")
    (report,) = parsed("import", "raw.parquet", "--symbol", "ETH-USD")
    assert (report["symbol"], report["interval"], report["rows"], report["added"]) == (
        "ETH-USD",
        "1h",
        48,
        48,
    )
    assert report["quality"]["findings"][0]["rule"] == "zero_volume"


def test_of_several_files_none_is_written_if_one_is_bad(root: Path) -> None:
    hours(48)[:24].write_csv("a.csv")
    changed(hours(48), "close", 30, float("nan"))[24:].write_csv("b.csv")
    result = run("import", "a.csv", "b.csv", "--symbol", "ETH")
    assert result.exit_code == 4
    assert "error: b.csv: column close, row 6: nan; expected a finite number" in result.stderr
    assert "Traceback" not in result.output
    assert not root.exists()
    hours(48)[24:].write_csv("b.csv")
    assert [report["rows"] for report in parsed("import", "a.csv", "b.csv", "--symbol", "ETH")] == [24, 48]


def test_repairs_are_made_only_when_asked(root: Path) -> None:
    hours(48).reverse().write_csv("x.csv")
    assert run("import", "x.csv", "--symbol", "ETH").exit_code == 4
    result = run("import", "x.csv", "--symbol", "ETH", "--repair", "sort")
    assert result.exit_code == 0
    assert "sorted by time: 47 rows" in result.stderr


def test_contradictions_need_replace(root: Path) -> None:
    hours(48).write_csv("x.csv")
    changed(hours(48), "volume", 3, 1.0).write_csv("y.csv")
    assert run("import", "x.csv", "--symbol", "ETH").exit_code == 0
    result = run("import", "y.csv", "--symbol", "ETH")
    assert result.exit_code == 4
    assert "column volume, row 3" in result.stderr
    assert "1 replaced" in run("import", "y.csv", "--symbol", "ETH", "--replace").stdout


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["import", "none.csv", "--symbol", "X"], 4, "none.csv: no such file"),
        (["import", ".", "--symbol", "X"], 4, "is a directory"),
        (["import", "good.csv"], 2, "--symbol must be given, as good.csv"),
        (["import"], 2, "Missing argument"),
        (["import", "good.csv", "--symbol", "X", "--interval", "1x"], 2, "interval"),
        (
            ["import", "good.csv", "--symbol", "X", "--interval", "4h"],
            4,
            "rows are mostly 1h apart; expected 4h",
        ),
        (["import", "good.csv", "--symbol", "X", "--repair", "fill"], 2, "'fill' is not one of"),
        (["check"], 2, "FILE, or --symbol and --interval"),
        (["check", "--symbol", "X", "--interval", "1h"], 4, "no candles of local X 1h"),
        (["check", "none.parquet"], 4, "no such file"),
        (["resample", "good.csv", "--to", "4h"], 2, "--out or --symbol must say"),
        (["resample", "good.csv", "--to", "90m", "--out", "x.csv"], 2, "whole multiple of 1h, was 90m"),
        (["resample", "good.csv", "--to", "4h", "--out", "x.txt"], 2, "--out must end in .csv or .parquet"),
        (["synthesise", "moon"], 2, "scenario must be one of"),
        (["synthesise", "bull", "--bars", "0"], 2, "bars must be at least 2"),
        (["synthesise", "bull", "--bars", "99999999999"], 2, "bars must be at most 50,000,000"),
        (["list", "--root", "good.csv"], 4, "good.csv: is no directory"),
        (["synthesise", "bull", "--seed", "-1"], 2, "seed must be 0 or more"),
        (["synthesise", "bull", "--start", "soon"], 2, "start must be a time"),
    ],
)
def test_bad_input_has_its_own_error_and_code_and_writes_nothing(
    root: Path, arguments: list[str], code: int, words: str
) -> None:
    hours(48).write_csv("good.csv")
    result = run(*arguments)
    assert result.exit_code == code, result.output
    assert words in result.stderr
    assert "Traceback" not in result.output
    assert sorted(path.name for path in Path().iterdir()) == ["good.csv"]


def test_failures_speak_json_to_machines(root: Path) -> None:
    result = run("check", "none.csv", "--json")
    assert result.exit_code == 4
    assert json.loads(result.stderr)["error"]["type"] == "DataError"


def test_a_check_ends_with_4_when_the_data_break_a_rule(root: Path) -> None:
    pl.concat([hours(48)[:9], hours(48)[12:]]).write_csv("gap.csv")
    good = run("check", "gap.csv", "--gaps")
    assert good.exit_code == 0
    assert "gap: 3 bars between 2024-01-01 08:00 and 2024-01-01 12:00" in good.stdout
    changed(hours(48), "close", 3, float("nan")).write_csv("bad.csv")
    bad = run("check", "bad.csv")
    assert bad.exit_code == 4
    assert "error: not finite in close: 1 rows (3); expected a finite number" in bad.stdout
    assert json.loads(run("check", "bad.csv", "--json").stdout)["ok"] is False


def test_what_is_in_the_catalogue_is_checked_and_resampled_there(root: Path) -> None:
    Catalogue(root).write(hours(50), "kraken", "ETH", "1h")
    market = ("--venue", "kraken", "--symbol", "ETH", "--interval", "1h")
    assert parsed("check", *market)["rows"] == 50
    made = parsed("resample", *market, "--to", "4h")
    assert (made["rows"], made["left_out"]) == (12, ["2024-01-03T00:00:00+00:00"])
    assert len(Catalogue(root).read("kraken", "ETH", "4h")) == 12
    assert "resampled from 1h" in Catalogue(root).metadata("kraken", "ETH", "4h")["source"]


def test_a_file_is_resampled_into_a_file(root: Path) -> None:
    hours(48).write_csv("x.csv")
    result = run("resample", "x.csv", "--to", "1d", "--out", "day.parquet")
    assert result.stdout == "day.parquet: 2 bars of 1d\n"
    assert len(read_market_file("day.parquet").frame) == 2


def test_synthetic_candles_are_labelled_wherever_they_go(root: Path) -> None:
    made = parsed("synthesise", "choppy", "--bars", "100", "--seed", "7")
    expected = synthesise("choppy", bars=100, seed=7)
    assert (made["symbol"], made["synthetic"], made["seed"]) == ("SYNTH-CHOPPY-USD", "choppy", 7)
    assert made["data_hash"] == data_hash(expected.frame)
    market = ("--venue", "synthetic", "--symbol", made["symbol"], "--interval", "1h")
    assert run("resample", *market, "--to", "4h").exit_code == 0
    assert [item["synthetic"] for item in parsed("list")] == ["choppy", "choppy"]
    assert run("synthesise", "choppy", "--out", "c.parquet").exit_code == 0
    assert read_market_file("c.parquet").synthetic == "choppy"
    assert run("resample", "c.parquet", "--to", "4h", "--out", "d.parquet").exit_code == 0
    assert read_market_file("d.parquet").synthetic == "choppy"
    assert run("synthesise", "bull", "--bars", "24", "--out", "bull.csv").exit_code == 0
    assert Path("bull.csv").read_text().splitlines()[0] == "timestamp,open,high,low,close,volume,synthetic"
    assert run("resample", "bull.csv", "--to", "4h", "--out", "ETH-USD_4h.csv").exit_code == 0
    (report,) = parsed("import", "ETH-USD_4h.csv")
    assert report["synthetic"] == "bull"
    assert [item["synthetic"] for item in parsed("list", "--venue", "local")] == ["bull"]


@pytest.mark.parametrize("command", ["import", "list", "check", "resample", "synthesise"])
def test_help_has_examples(command: str) -> None:
    result = run(command, "--help")
    assert result.exit_code == 0
    assert "Examples:\n" in result.stdout
    assert f"spark-stacker data {command}" in result.stdout


def test_recorded_funding_and_mark_candles_are_imported_listed_and_checked(
    root: Path, fixtures_dir: Path
) -> None:
    names = ("ft_perp_xrp_usdt_1h", "ft_perp_xrp_usdt_8h_funding", "ft_perp_xrp_usdt_1h_mark")
    files = [str(fixtures_dir / "data" / f"{name}.parquet") for name in names]
    market = ("--symbol", "XRP-USDT", "--venue", "gate")
    kinds = [(report["kind"], report["interval"]) for report in parsed("import", *files, *market)]
    assert kinds == [("candles", "1h"), ("funding", "8h"), ("mark", "1h")]
    listed = [(item["kind"], item["interval"], item["rows"]) for item in parsed("list")]
    assert listed == [("candles", "1h", 100), ("mark", "1h", 100), ("funding", "8h", 91)]
    checked = parsed("check", *market, "--interval", "8h", "--kind", "funding")
    assert (checked["ok"], checked["rows"], checked["gaps"], checked["findings"]) == (True, 91, [], [])
    assert parsed("check", *market, "--interval", "1h", "--kind", "mark")["ok"]


def test_files_named_after_their_kind_need_no_symbol(root: Path) -> None:
    frame = hours(48)
    frame.gather_every(8).select("timestamp", rate=pl.lit(1e-4)).write_csv("ETH%2FUSD_8h_funding.csv")
    frame.write_csv("ETH%2FUSD_1h_mark.csv")
    reports = parsed("import", "ETH%2FUSD_8h_funding.csv", "ETH%2FUSD_1h_mark.csv")
    assert [(r["symbol"], r["kind"]) for r in reports] == [("ETH/USD", "funding"), ("ETH/USD", "mark")]


def test_malformed_funding_ends_with_4_and_its_row(root: Path) -> None:
    frame = hours(48).gather_every(8).select("timestamp", rate=pl.lit(1e-4))
    changed(frame, "rate", 2, float("inf")).write_csv("f.csv")
    result = run("import", "f.csv", "--symbol", "ETH-USD")
    assert (result.exit_code, root.exists()) == (4, False)
    assert "f.csv: column rate, row 2: inf; expected a finite number" in result.stderr
    assert run("check", "f.csv").exit_code == 4
    changed(frame, "rate", 2, 0.5).write_csv("f.csv")
    flagged = run("check", "f.csv")
    assert flagged.exit_code == 0
    assert "rate beyond bound in rate: 1 rows (2)" in flagged.stdout
