"""``config check``, ``init`` and ``indicators list``: what they print and what they leave behind."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from spark_stacker.cli import main
from spark_stacker.config import build_plan, load_settings
from spark_stacker.config.explain import warnings_of

KEY = "0x4c0883a69102937d6231471b5dbb6204fe512961708279f1d0e3f1a1b1b1c1d1"

HEDGED = """\
[[exchanges]]
name = "hyperliquid"
private_key = "${HL_KEY}"

[[exchanges]]
name = "old"
exchange_type = "kraken"
enabled = false

[[indicators]]
name = "dip"
type = "rsi"
parameters = { period = 7 }

[[indicators]]
name = "unused"
type = "macd"

[[strategies]]
name = "hedged"
market = "ETH"
indicators = [{ name = "dip", timeframe = "4h", weight = 2, signal_ttl = 3 }]
signal_mode = "weighted"
min_confidence = 0.25
side = "long"
main_leverage = 5
stop_loss_pct = 25
trailing_stop_pct = 4
break_even_pct = 3
max_entries = 2
hedge_ratio = 0.2
hedge_leverage = 2
hedge_net_stop_loss_pct = 30
hedge_reduce_at_pct = 5
hedge_keep_on_reversal = true
sizing = { method = "kelly", win_rate = 0.5, payoff = 2, scale_by_confidence = true, min_notional = 10 }
"""


def run(*arguments: str, **environment: str) -> Result:
    return CliRunner().invoke(main, [*arguments], env=environment)


@pytest.fixture
def hedged(tmp_path: Path) -> Path:
    path = tmp_path / "hedged.toml"
    path.write_text(HEDGED)
    return path


def test_check_says_in_words_what_would_run(hedged: Path) -> None:
    result = run("config", "check", str(hedged), HL_KEY=KEY)
    assert result.exit_code == 0
    words = " ".join(result.stdout.split())
    for part in (
        "dry run: orders go to the simulated venue, none to an exchange",
        "ETH-USD on hyperliquid, decided at the close of each 1h candle",
        "rsi on 4h (period 7, ",
        "weight 2, a signal stands 3 bars",
        "the weighted mean of ±confidence must reach 0.25",
        "long only",
        "Kelly's share for a win rate of 0.5 and a payoff of 2, times 0.5, at most 25 % of the equity, "
        "scaled by the signal's confidence, refused below 10.00 notional, up to 2 entries",
        "stop 25 % against the entry, trailing stop 4 % behind the best price, "
        "stop to the entry price after 3 % gain, on the opposite signal",
        "of 100 capital, 80 margin the position at 5x (400 notional) and 20 the hedge the other way at 2x "
        "(40 notional); both close when they have lost 30 % of the capital together; at 5 % gain the "
        "hedge is reduced by 50 %; on the opposite signal the hedge stays",
        "maker 0.015 %, taker 0.045 %, liquidation 0.5 %",
        "private_key set",
        "api_key missing",
    ):
        assert part in words
    assert KEY not in result.output


def test_check_warns_of_what_is_hardly_meant(hedged: Path) -> None:
    result = run("config", "check", str(hedged), HL_KEY=KEY)
    assert "warning: indicator unused is enabled, and no strategy uses it" in result.stderr
    assert "the margin is gone after 20 % against the position, before the stop at 25 %" in result.stderr
    assert "ETH-USD has no entry in instruments" in result.stderr
    assert "exchange hyperliquid: this version has no connector for hyperliquid" in result.stderr


def test_check_as_json_carries_everything_but_secrets(hedged: Path) -> None:
    result = run("config", "check", str(hedged), "--json", HL_KEY=KEY)
    document = json.loads(result.stdout)
    assert set(document) == {"file", "warnings", "sections", "settings"}
    assert document["settings"]["strategies"][0]["main_leverage"] == 5
    assert KEY not in result.stdout
    assert document["settings"]["exchanges"][0]["private_key"] == "**********"


def test_check_of_an_empty_configuration_warns(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text('{"webhook_enabled": true}')
    result = run("config", "check", str(path))
    assert result.exit_code == 0
    assert "no strategy is enabled" in result.stderr
    assert "this version serves no webhook" in result.stderr


def test_check_of_a_wrong_file_fails_in_red_with_code_3(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text("{")
    result = run("config", "check", str(path))
    assert result.exit_code == 3
    assert result.stderr.startswith(f"error: {path}: line 1, column 2: ")
    assert result.stdout == ""


def test_init_writes_a_starter_that_is_right(tmp_path: Path) -> None:
    path = tmp_path / "starter.toml"
    assert run("init", str(path)).exit_code == 0
    settings = load_settings(path, environment={})
    assert settings.dry_run
    assert len(build_plan(settings)["strategies"]) == 1
    assert warnings_of(settings) == []
    assert run("config", "check", str(path)).exit_code == 0
    assert [entry.name for entry in tmp_path.iterdir()] == ["starter.toml"]


def test_init_writes_into_the_working_directory_by_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run("init").exit_code == 0
    assert Path("spark-stacker.toml").is_file()


def test_init_replaces_nothing_unless_forced(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text("mine")
    result = run("init", str(path))
    assert result.exit_code == 2
    assert "exists already; --force replaces it" in result.stderr
    assert path.read_text() == "mine"
    assert run("init", str(path), "--force").exit_code == 0
    assert path.read_text() != "mine"
    assert [entry.name for entry in tmp_path.iterdir()] == ["mine.toml"]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("a.json", "must end in .toml"),
        ("none/a.toml", "must be in an existing directory"),
        ("folder.toml", "is a directory"),
    ],
)
def test_init_refuses_a_path_that_cannot_be(tmp_path: Path, name: str, message: str) -> None:
    (tmp_path / "folder.toml").mkdir()
    result = run("init", str(tmp_path / name))
    assert result.exit_code == 2
    assert message in result.stderr


def test_indicators_list_shows_every_type_with_its_parameters() -> None:
    result = run("indicators", "list")
    assert result.exit_code == 0
    for word in ("rsi", "ultimate_ma", "std_dev: 2", "num_std_dev", "bb_percent_b"):
        assert word in result.stdout


def test_indicators_list_as_json() -> None:
    catalog = json.loads(run("indicators", "list", "--json").stdout)
    rsi = next(entry for entry in catalog if entry["type"] == "rsi")
    assert {"name": "period", "default": 14}.items() <= rsi["parameters"][0].items()
    assert rsi["columns"] == ["rsi"]
