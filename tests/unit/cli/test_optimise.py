"""``optimise``: what it prints and keeps, and how bad input ends."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from made.results import made_candles
from spark_stacker.backtesting.search import LogRange, Range, SearchResult
from spark_stacker.cli import main, search_spec
from spark_stacker.errors import DataError, ParameterError

CONFIG = """\
[[strategies]]
name = "trend"
market = "ETH-USD"

[[indicators]]
name = "cross"
type = "ma"
parameters = { fast_period = 5, slow_period = 20 }
"""
PARAMS = ("--param", "cross.fast_period=3,5,8", "--param", "cross.slow_period=20:40:10")
CANDLES = ("--data", "ETH-USD_1h.csv")


@pytest.fixture
def workdir(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    made_candles(400).write_csv(tmp_path / "ETH-USD_1h.csv")
    (tmp_path / "eth.toml").write_text(CONFIG)
    return tmp_path


def run(*arguments):
    return CliRunner().invoke(main, ["optimise", *(str(argument) for argument in arguments)])


def as_json(*arguments):
    result = run(*arguments, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_a_grid_prints_the_best_sets_and_how_far_to_believe_them(workdir):
    result = run("grid", "--config", "eth.toml", *CANDLES, *PARAMS)
    assert result.exit_code == 0, result.output
    for text in ("Best by sharpe_ratio; 9 sets of 9", "cross.fast_period", "Neighbours", "What matters"):
        assert text in result.stdout
    for text in (
        "How far to believe it",
        "Cross-validation",
        "Deflated Sharpe",
        "Permutation test",
        "Verdict",
    ):
        assert text in result.stdout


def test_json_has_the_numbers(workdir):
    found = as_json("grid", "--config", "eth.toml", *CANDLES, *PARAMS, "--constraint", "total_trades >= 2")
    assert found["sets"] == found["space"] == 9
    assert set(found["best_params"]) == {"cross.fast_period", "cross.slow_period"}
    assert found["best_score"] == found["best_metrics"]["sharpe_ratio"] == found["top"][0]["sharpe_ratio"]
    assert found["honesty"]["sets"] == 9
    assert found["honesty"]["permutations"] == 99


def test_honesty_can_be_left_out(workdir):
    assert as_json("grid", "--config", "eth.toml", *CANDLES, *PARAMS, "--no-honesty")["honesty"] is None


def test_a_random_search_draws_as_many_as_asked(workdir):
    found = as_json(
        "random",
        "--indicator",
        "ma",
        *CANDLES,
        "--param",
        "fast_period=3:10",
        "--param",
        "slow_period=20:60",
        "--samples",
        20,
        "--no-honesty",
    )
    assert (found["sets"], found["space"]) == (20, 328)


def test_a_genetic_search_tells_its_generations(workdir):
    found = as_json(
        "genetic",
        "--config",
        "eth.toml",
        *CANDLES,
        "--param",
        "cross.fast_period=3:15",
        "--param",
        "cross.slow_period=20:60:2",
        "--population",
        8,
        "--generations",
        4,
        "--no-honesty",
    )
    assert len(found["history"]) == 4
    assert found["sets"] == sum(row["tried"] for row in found["history"]) <= 32


def test_several_metrics_print_the_front(workdir):
    result = run(
        "genetic",
        "--config",
        "eth.toml",
        *CANDLES,
        *PARAMS,
        "--metric",
        "total_return,max_drawdown",
        "--population",
        4,
        "--generations",
        2,
        "--no-honesty",
    )
    assert result.exit_code == 0, result.output
    assert "Sets that no other beats in every goal" in result.stdout


def test_a_walk_forward_prints_its_windows(workdir):
    made_candles(24 * 130).write_csv(workdir / "ETH-USD_1h.csv")
    arguments = ("walk-forward", "--config", "eth.toml", *CANDLES, *PARAMS, "--train", 2, "--test", 1)
    result = run(*arguments)
    assert result.exit_code == 0, result.output
    for text in ("2024-01-01 – 2024-02-29", "(short)", "Out of sample, stitched", "Efficiency"):
        assert text in result.stdout
    found = as_json(*arguments)
    assert [window["complete"] for window in found["windows"]] == [True, True, False]


def test_a_search_is_kept_resumed_and_loaded(workdir):
    first = as_json("grid", "--config", "eth.toml", *CANDLES, *PARAMS, "--no-honesty", "--out", "kept")
    again = as_json("grid", "--config", "eth.toml", *CANDLES, *PARAMS, "--no-honesty", "--resume", "kept")
    assert again["top"] == first["top"]
    assert SearchResult.load(workdir / "kept").best_params == first["best_params"]


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("grid", *CANDLES, *PARAMS), 2, "give --config or --indicator"),
        (("grid", "--config", "eth.toml", *CANDLES), 2, "give settings to search with --param"),
        (("grid", "--config", "eth.toml", *CANDLES, "--param", "a"), 2, "--param must be PATH=SPEC"),
        (("grid", "--config", "eth.toml", *CANDLES, "--param", "a=1:x"), 2, "must be a number, was 'x'"),
        (("grid", "--config", "eth.toml", *CANDLES, *PARAMS, *PARAMS), 2, "was given twice"),
        (("grid", "--config", "eth.toml", *CANDLES, "--param", "crss.fast_period=1"), 2, "did you mean"),
        (
            ("grid", "--config", "eth.toml", *CANDLES, *PARAMS, "--metric", "sharp"),
            2,
            "unknown metric 'sharp'",
        ),
        (("grid", "--config", "eth.toml", *CANDLES, *PARAMS, "--metric", "a=b"), 2, "must have a number"),
        (("grid", "--config", "eth.toml", *CANDLES, *PARAMS, "--constraint", "a <"), 2, "cannot be read"),
        (("grid", "--config", "no.toml", *CANDLES, *PARAMS), 3, "no.toml"),
        (("grid", "--config", "eth.toml", "--data", "no.csv", *PARAMS), 4, "no.csv"),
        (("grid", "--config", "eth.toml", *CANDLES, *PARAMS, "--resume", "no"), 4, "holds no search"),
        (("grid", "--config", "eth.toml", *CANDLES, *PARAMS, "--out", "a", "--resume", "b"), 2, "give one"),
        (
            ("grid", "--config", "eth.toml", *CANDLES, "--param", "cross.fast_period=50,60"),
            5,
            "all 2 sets failed",
        ),
        (("walk-forward", "--config", "eth.toml", *CANDLES, *PARAMS), 2, "longer than the data"),
        (("grdi",), 2, "No such command"),
    ],
)
def test_bad_input_ends_with_its_code_and_says_what_is_wrong(workdir, arguments, code, message):
    result = run(*arguments)
    assert result.exit_code == code, result.output
    assert message in result.output


@pytest.mark.parametrize(
    ("spec", "values"),
    [
        ("5,10,20", [5, 10, 20]),
        ("0.5", [0.5]),
        ("none,1,2.5", [None, 1, 2.5]),
        ("true,false", [True, False]),
        ("any,majority", ["any", "majority"]),
        ("1:5", Range(1, 5)),
        ("1:5:0.5", Range(1, 5, 0.5)),
        ("-1:1:1", Range(-1, 1, 1)),
        ("log:0.1:10:3", LogRange(0.1, 10, 3)),
    ],
)
def test_specs_of_values(spec, values):
    assert search_spec.space_from([f"a.b={spec}"]) == {"a.b": values}


@pytest.mark.parametrize("spec", ["1:2:3:4", "log:1:2", "log:a:b:c", "1::2"])
def test_specs_that_are_none(spec):
    with pytest.raises(ParameterError, match="--param a: "):
        search_spec.space_from([f"a={spec}"])


def test_a_search_and_its_directory_give_a_page(workdir):
    found = as_json(
        "grid", "--config", "eth.toml", *CANDLES, *PARAMS, "--out", "kept", "--report", "pages/now.html"
    )
    assert found["report"] == "pages/now.html"
    later = CliRunner().invoke(main, ["report", "kept", "--title", "ETH"])
    assert later.exit_code == 0, later.output
    assert "<title>ETH</title>" in (workdir / "kept.html").read_text()
    again = CliRunner().invoke(main, ["report", "kept", "-o", "pages/again.html", "--json"])
    assert json.loads(again.stdout)["bytes"] == (workdir / "pages" / "again.html").stat().st_size
    assert (workdir / "pages" / "again.html").read_text() == (workdir / "pages" / "now.html").read_text()


def test_a_walk_forward_gives_a_page(workdir):
    made_candles(24 * 100).write_csv(workdir / "ETH-USD_1h.csv")
    result = run(
        "walk-forward",
        "--config",
        "eth.toml",
        *CANDLES,
        *PARAMS,
        "--train",
        1,
        "--test",
        1,
        "--report",
        "w.html",
    )
    assert result.exit_code == 0, result.output
    assert "wrote w.html" in result.output
    assert "Walk-forward" in (workdir / "w.html").read_text()


def test_a_page_with_another_ending_is_refused_before_the_search(workdir):
    result = run("grid", "--config", "eth.toml", *CANDLES, *PARAMS, "--out", "kept", "--report", "page.pdf")
    assert result.exit_code == 2
    assert "must be .html" in result.output
    assert not (workdir / "kept").exists()


def test_a_directory_that_holds_no_search_has_no_report(workdir):
    (workdir / "empty").mkdir()
    result = CliRunner().invoke(main, ["report", "empty"])
    assert isinstance(result.exception, SystemExit)
    assert result.exit_code == DataError.exit_code
    assert "empty" in result.output
