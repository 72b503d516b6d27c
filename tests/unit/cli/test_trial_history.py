"""``optimise history``, and the options that say where trials are remembered and sets are run."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from spark_stacker.cli import main

SEARCH = (
    *("grid", "--indicator", "rsi", "--scenario", "choppy", "--bars", 300, "--no-honesty"),
    *("--param", "period=5,10,15"),
)


def run(*arguments):
    return CliRunner().invoke(main, ["optimise", *map(str, arguments)])


def as_json(*arguments):
    result = run(*arguments, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


@pytest.fixture
def ledger(tmp_path):
    """A directory with one ledger of two searches."""
    for more in ((), ("--param", "oversold=20,30")):
        found = run(*SEARCH, *more, "--ledger", tmp_path / "mine")
        assert found.exit_code == 0, found.output
    return tmp_path / "mine"


def test_it_lists_what_was_tried(ledger):
    listed = run("history", "--ledger", ledger)
    assert listed.exit_code == 0
    for text in ("Sets ever tried", "1h"):
        assert text in listed.stdout
    [known] = as_json("history", "--ledger", ledger)["ledgers"]
    # Three of the six sets of the second search have the oversold level that the first left as it is.
    assert (known["searches"], known["sets"], known["note"]) == (2, 6, "")
    assert known["last_at"] is not None


def test_it_lists_the_searches_of_one_ledger(ledger):
    [known] = as_json("history", "--ledger", ledger)["ledgers"]
    told = run("history", known["name"][:10], "--ledger", ledger)
    assert told.exit_code == 0
    for text in ("grid", "sharpe_ratio", "In all"):
        assert text in told.stdout
    [one] = as_json("history", known["name"], "--ledger", ledger)["ledgers"]
    assert [search["sets"] for search in one["searches"]] == [3, 6]
    assert one["searches"][0]["at"] <= one["searches"][1]["at"]


def test_the_best_is_told_in_the_unit_of_its_metric(tmp_path):
    found = as_json(*SEARCH, "--ledger", tmp_path, "--metric", "max_drawdown")
    told = run("history", "", "--ledger", tmp_path)
    assert f"{100 * found['best_metrics']['max_drawdown']:.2f} %" in told.stdout.replace("\n", "")


def test_a_damaged_ledger_ends_it_with_exit_code_4(ledger):
    [log] = ledger.glob("*.jsonl")
    first, second = log.read_bytes().splitlines(keepends=True)
    log.write_bytes(first)
    told = run("history", "--ledger", ledger)
    assert told.exit_code == 4
    assert f"{log}: line 2: is missing; the head tells of 2 lines" in told.stderr.replace("\n", "")
    log.write_bytes(second)
    assert run(*SEARCH, "--ledger", ledger).exit_code == 4
    assert run(*SEARCH, "--no-ledger").exit_code == 0
    listed = run("history", "--ledger", ledger, "--json")
    assert listed.exit_code == 4
    assert len(json.loads(listed.stdout)["damaged"]) == 1


def test_a_crash_is_said(ledger):
    [head] = ledger.glob("*.head.json")
    before = head.read_bytes()
    assert run(*SEARCH, "--ledger", ledger).exit_code == 0
    head.write_bytes(before)
    told = run("history", "--ledger", ledger)
    assert told.exit_code == 0
    assert "line 3 was written when a crash kept the head" in told.stderr.replace("\n", " ")


def test_nothing_is_no_history(tmp_path):
    told = run("history", "--ledger", tmp_path / "none")
    assert (told.exit_code, told.stdout) == (0, "")
    assert "no history in" in told.stderr
    assert as_json("history", "--ledger", tmp_path / "none")["ledgers"] == []
    assert run("history", "abc", "--ledger", tmp_path).exit_code == 2


def test_a_search_says_what_is_remembered(tmp_path):
    assert as_json(*SEARCH, "--ledger", tmp_path)["ledger"]["total"] == 3
    told = run(*SEARCH, "--ledger", tmp_path)
    assert "3 sets ever tried on these data, 0 of them new in this search" in told.stdout
    assert as_json(*SEARCH, "--no-ledger")["ledger"] is None


@pytest.mark.parametrize("method", ["tpe", "cma-es"])
def test_searches_of_optuna_run(method):
    found = as_json(
        *(method, *SEARCH[1:], "--param", "oversold=20:40:5"),
        *("--samples", 12, "--batch", 4, "--startup", 4, "--seed", 3),
    )
    assert found["sets"] == 12
    assert [row["tried"] for row in found["history"]] == [4, 4, 4]


def test_a_walk_forward_searches_by_tpe():
    from made.searches import engine, settings

    walked = engine(24 * 150).walk_forward_analysis(
        settings=settings(),
        param_grid={"cross.fast_period": (3, 20, 1), "cross.slow_period": (21, 60, 1)},
        train_size=2,
        test_size=1,
        search="tpe",
        search_options={"samples": 20, "batch": 10, "startup": 10},
    )
    assert all(window.sets == 20 for window in walked.windows)


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("--executor", "dask"), 2, "--executor dask goes with --scheduler"),
        (("--scheduler", "tcp://127.0.0.1:9"), 2, "go with --executor dask"),
        (("--tls-ca", "ca.pem"), 2, "go with --executor dask"),
        (("--ledger", "a", "--no-ledger"), 2, "exclude each other"),
        (("--executor", "dask", "--scheduler", "nowhere"), 2, "must be an address"),
        (("--executor", "dask", "--scheduler", "tls://127.0.0.1:9"), 2, "goes with all of --tls-ca"),
    ],
)
def test_options_that_do_not_fit_are_told(arguments, code, message):
    told = run(*SEARCH, *arguments)
    assert told.exit_code == code, told.output
    assert message in told.stderr.replace("\n", " ")
