"""Funding and mark candles from file to result on the command line: import, backtest, dry run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from click.testing import CliRunner, Result

from made import strategies
from spark_stacker.cli import main

RECORDED = {
    "candles": "ft_perp_xrp_usdt_1h",
    "funding": "ft_perp_xrp_usdt_8h_funding",
    "mark": "ft_perp_xrp_usdt_1h_mark",
}
GATE = ("--venue", "gate")
REPLAY = {"name": "paper", "exchange_type": "replay", "venue": "gate", "quote_currency": "USDT"}


@pytest.fixture
def files(fixtures_dir: Path) -> dict[str, str]:
    return {kind: str(fixtures_dir / "data" / f"{name}.parquet") for kind, name in RECORDED.items()}


@pytest.fixture
def catalogued(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: dict[str, str]) -> Path:
    """A working directory with the recorded perpetual in its catalogue and a configuration that shorts it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SPARK_STACKER_DATA", str(tmp_path / "catalogue"))
    quiet = {"metrics": {"enabled": False}, "log_level": "ERROR"}
    write("short.json", strategies.PERPETUAL_SHORT | quiet)
    write("replay.json", strategies.PERPETUAL_SHORT | quiet | {"exchanges": [REPLAY]})
    assert run("data", "import", *files.values(), "--symbol", "XRP-USDT", *GATE).exit_code == 0
    return tmp_path


def write(name: str, configuration: dict[str, Any]) -> None:
    Path(name).write_text(json.dumps(configuration))


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, [*arguments])


def parsed(*arguments: str) -> Any:
    result = run(*arguments, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def spoken(said: Any) -> str:
    return " ".join((*said["assumptions"], *said["warnings"], *said["notes"]))


def test_a_backtest_takes_what_stands_beside_the_candles_and_says_so(catalogued: Path) -> None:
    said = parsed("backtest", "--config", "short.json", *GATE)
    words = spoken(said)
    assert "XRP-USDT: funding rates of 8h from the catalogue (gate), 91 rows" in words
    assert "XRP-USDT: mark candles of 1h from the catalogue (gate), 100 rows" in words
    assert "XRP-USDT: funding at the given rates, 10 payments in the range." in words
    assert "liquidation and funding go by mark candles, there for 57 of 100 bars" in words
    assert "XRP-USDT: funding rates begin at 2021-11-18 00:00, none is paid before" in words
    assert "43 of 100 bars have no mark candle" in words
    assert "not modelled" not in words
    assert said["metrics"]["funding_paid"] != 0


def test_none_switches_off_what_the_catalogue_has(catalogued: Path) -> None:
    both = parsed("backtest", "--config", "short.json", *GATE)
    unpaid = parsed("backtest", "--config", "short.json", *GATE, "--funding", "none")
    unmarked = parsed("backtest", "--config", "short.json", *GATE, "--mark", "XRP-USDT=none")
    assert "XRP-USDT: funding is not modelled, no rates were given." in spoken(unpaid)
    assert "mark candles" in spoken(unpaid)
    assert "mark candles" not in spoken(unmarked)
    assert "payments in the range" in spoken(unmarked)
    equities = {said["metrics"]["final_equity"] for said in (both, unpaid, unmarked)}
    hashes = {said["manifest"]["configuration_sha256"] for said in (both, unpaid, unmarked)}
    assert (len(equities), len(hashes)) == (3, 3)


def test_files_give_the_same_as_the_catalogue(catalogued: Path, files: dict[str, str]) -> None:
    beside = ("--funding", files["funding"], "--mark", f"xrp/usdt={files['mark']}")
    given = parsed("backtest", "--config", "short.json", "--data", f"XRP-USDT={files['candles']}", *beside)
    stored = parsed("backtest", "--config", "short.json", *GATE)
    assert given["metrics"] == stored["metrics"]
    assert given["assumptions"] == stored["assumptions"]
    plain = parsed("backtest", "--config", "short.json", "--data", f"XRP-USDT={files['candles']}")
    assert "funding is not modelled" in spoken(plain)


def test_indicators_and_comparisons_take_them_too(catalogued: Path) -> None:
    market = ("--symbol", "XRP-USDT", "--interval", "1h", *GATE)
    said = parsed("backtest", "--indicator", "ma", "--param", "fast_period=2", *market)
    assert "10 payments in the range" in spoken(said)
    (one,) = parsed("compare", "--indicator", "ma", "--param", "ma.fast_period=2", *market)
    assert one["metrics"] == said["metrics"]


def test_rates_outside_the_range_do_not_model_funding(catalogued: Path) -> None:
    said = parsed("backtest", "--config", "short.json", *GATE, "--end", "2021-11-17T20:00")
    assert "XRP-USDT: funding is not modelled, no given rate falls into the range." in spoken(said)


@pytest.mark.parametrize("warm_up", ["8", "0"])
def test_a_dry_run_of_the_catalogue_ends_with_the_equity_of_the_backtest(
    catalogued: Path, warm_up: str
) -> None:
    live = parsed("live", "--config", "short.json", *GATE, "--warm-up", warm_up)
    start = {"8": ("--start", "2021-11-17T09:00", "--warm-up", "8"), "0": ()}[warm_up]
    tested = parsed("backtest", "--config", "short.json", *GATE, *start)
    assert live["funding_rates"] == 10
    assert live["fills"] > 10
    assert live["portfolio"]["equity"] == tested["metrics"]["final_equity"]
    assert live["trades"] == tested["metrics"]["total_trades"]


def test_a_configured_replay_plays_a_venue_of_the_catalogue(catalogued: Path) -> None:
    assert "gate in the catalogue" in run("config", "check", "replay.json").stdout
    configured = parsed("live", "--config", "replay.json")
    named = parsed("live", "--config", "short.json", *GATE, "--warm-up", "0")
    assert configured["portfolio"] == named["portfolio"]
    assert configured["candles"].startswith("paper: recorded candles of XRP-USDT ")


def test_the_banner_says_what_is_modelled(catalogued: Path) -> None:
    full = " ".join(run("live", "--config", "short.json", *GATE).output.split())
    assert "funding XRP-USDT" in full
    assert "mark XRP-USDT" in full
    bare = run("live", "--config", "short.json", *GATE, "--funding", "none", "--mark", "none").output
    words = " ".join(bare.split())
    assert "funding not modelled" in words
    assert "mark the last price stands for the mark price" in words


def test_other_funding_is_another_source_of_a_session(catalogued: Path) -> None:
    run_it = ("live", "--config", "short.json", *GATE, "--state", "state", "--bars", "20")
    assert run(*run_it).exit_code == 0
    assert run(*run_it).exit_code == 0
    other = run(*run_it, "--funding", "none")
    assert other.exit_code == 3
    assert "its session ran on" in other.output


def test_synthetic_candles_of_the_catalogue_are_told_everywhere(catalogued: Path) -> None:
    made = ("data", "synthesise", "choppy", "--bars", "300", "--out", "x.csv")
    assert run(*made).exit_code == 0
    assert run("data", "import", "x.csv", "--symbol", "XRP-USDT", "--venue", "made").exit_code == 0
    said = parsed("backtest", "--config", "short.json", "--venue", "made")
    assert "XRP-USDT: synthetic candles (choppy), no ground to believe in a strategy" in said["warnings"]
    assert parsed("live", "--config", "short.json", "--venue", "made")["synthetic"] is True
    assert parsed("live", "--config", "short.json", "--data", "x.csv")["synthetic"] is True
    write(
        "replay.json",
        json.loads(Path("replay.json").read_text()) | {"exchanges": [REPLAY | {"venue": "made"}]},
    )
    assert parsed("live", "--config", "replay.json")["synthetic"] is True


def test_spot_markets_have_no_funding(catalogued: Path, files: dict[str, str]) -> None:
    spot = strategies.configuration(
        strategies.strategy("s", "XRP-USDT", "1h", "cross", side="long", main_leverage=1.0),
        indicators=[strategies.CROSS],
        instruments={"XRP-USDT": {"market_type": "spot"}},
        metrics={"enabled": False},
    )
    write("spot.json", spot)
    assert "funding" not in spoken(parsed("backtest", "--config", "spot.json", *GATE))
    assert parsed("live", "--config", "spot.json", *GATE)["funding_rates"] == 0
    for command in ("backtest", "live"):
        result = run(command, "--config", "spot.json", *GATE, "--funding", files["funding"])
        assert result.exit_code == 2
        assert "--funding is for markets on margin, XRP-USDT is traded spot" in " ".join(
            result.output.split()
        )


def bad_files() -> None:
    times = pl.datetime_range(
        pl.datetime(2021, 11, 18), pl.datetime(2021, 11, 20), "8h", time_zone="UTC", eager=True
    )
    rates = pl.DataFrame({"timestamp": times, "rate": [1e-4] * len(times)})
    rates.with_columns(rate=pl.lit("much")).write_csv("text.csv")
    rates.reverse().write_csv("unordered.csv")
    rates.write_csv("BTC-USDT_8h_funding.csv")
    hours = times.dt.offset_by("0h")
    prices = dict.fromkeys(("open", "high", "low", "close"), 1.0)
    pl.DataFrame({"timestamp": hours}).with_columns(**{k: pl.lit(v) for k, v in prices.items()}).write_csv(
        "8h.csv"
    )


@pytest.mark.parametrize("command", ["backtest", "live"])
@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("--funding", "no.csv"), 4, "no.csv: no such file"),
        (("--funding", "text.csv"), 4, "text.csv: column rate, row 0: 'much'; expected a number"),
        (("--funding", "unordered.csv"), 4, "unordered.csv: column timestamp, row 1: "),
        (
            ("--funding", "BTC-USDT_8h_funding.csv"),
            4,
            "is named after BTC-USDT; expected funding rates of XRP-USDT",
        ),
        (("--funding", "8h.csv"), 4, "8h.csv: holds candles; expected funding rates"),
        (("--funding", "BTC-USDT=text.csv"), 2, "must be of a market traded (XRP-USDT), was of BTC-USDT"),
        (("--funding", "none", "--funding", "text.csv"), 2, "--funding was given twice for XRP-USDT"),
        (("--mark", "8h.csv"), 4, "8h.csv: rows are mostly 8h apart; expected 1h"),
        (("--mark", "BTC-USDT_8h_funding.csv"), 4, "BTC-USDT"),
    ],
)
def test_what_cannot_be_paid_or_marked_is_refused_with_its_place(
    catalogued: Path, command: str, arguments: tuple[str, ...], code: int, words: str
) -> None:
    bad_files()
    result = run(command, "--config", "short.json", *GATE, *arguments)
    assert (result.exit_code, "Traceback" in result.output) == (code, False), result.output
    assert words in " ".join(result.output.split())


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("--venue", "krakn"), 4, "no candles of krakn XRP-USDT 1h"),
        (("--venue", "gate", "--interval", "5m"), 4, "no candles of gate XRP-USDT 5m"),
        (("--venue", "gate", "--data", "x.csv"), 2, "--data and --venue exclude each other"),
        (("--data", "x.csv", "--interval", "1h"), 2, "--interval belongs to --venue"),
        (("--scenario", "bull", "--funding", "none"), 2, "--funding and --mark belong to --data or --venue"),
    ],
)
def test_a_dry_run_of_what_is_not_there_is_refused(
    catalogued: Path, arguments: tuple[str, ...], code: int, words: str
) -> None:
    result = run("live", "--config", "short.json", *arguments)
    assert result.exit_code == code, result.output
    assert words in " ".join(result.output.split())


def test_a_replay_option_belongs_to_a_replay(catalogued: Path) -> None:
    write("bad.json", strategies.PERPETUAL_SHORT | {"exchanges": [{"name": "kraken", "venue": "gate"}]})
    result = run("config", "check", "bad.json")
    assert result.exit_code == 3
    assert "belongs to exchange_type replay, not kraken" in " ".join(result.output.split())


KELLY = {"method": "kelly", "kelly_from_trades": True}


def kelly(sizing: dict[str, Any]) -> dict[str, Any]:
    made = strategies.strategy("own_edge", "XRP-USDT", "1h", "quick", sizing=sizing)
    return strategies.PERPETUAL_SHORT | {"strategies": [made], "metrics": {"enabled": False}}


def test_kelly_from_trades_alone_never_starts_and_says_why(catalogued: Path) -> None:
    write("kelly.json", kelly(KELLY))
    checked = run("config", "check", "kelly.json")
    assert "strategy own_edge: never starts: kelly_from_trades refuses entries below 20" in checked.stderr
    assert "no entry below 20 of them" in " ".join(checked.stdout.split())
    said = parsed("backtest", "--config", "kelly.json", *GATE)
    assert said["metrics"]["total_trades"] == 0
    live = parsed("live", "--config", "kelly.json", *GATE)
    assert live["problems"]["entries refused by a limit"] > 10


def test_kelly_from_trades_begins_with_a_configured_edge(catalogued: Path) -> None:
    write("kelly.json", kelly(KELLY | {"win_rate": 0.6, "payoff": 1}))
    checked = run("config", "check", "kelly.json")
    assert "never starts" not in checked.output
    assert "until there are 20 for a win rate of 0.6 and a payoff of 1" in " ".join(checked.stdout.split())
    assert parsed("backtest", "--config", "kelly.json", *GATE)["metrics"]["total_trades"] > 5
