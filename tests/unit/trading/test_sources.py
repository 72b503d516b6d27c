from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

from made import strategies
from made.minutes import frame
from spark_stacker.config import parse_settings
from spark_stacker.errors import ConfigError, ParameterError
from spark_stacker.trading.dry_run import DryRun, run_dry_run
from spark_stacker.trading.sources import (
    configured_exchanges,
    files_by_market,
    recorded_candles,
    synthetic_candles,
)
from spark_stacker.trading.stopping import StopRequest

if TYPE_CHECKING:
    from pathlib import Path

ONE = parse_settings(strategies.MEAN_REVERSION)
TWO = parse_settings(strategies.TWO_MARKETS)


def write(path: Path) -> Path:
    frame(range(400)).write_parquet(path)
    return path


def test_the_only_file_is_the_only_market_s(tmp_path: Path) -> None:
    path = write(tmp_path / "whatever.parquet")
    assert files_by_market(ONE, [""], [path]) == {"ETH-BTC": path}


def test_files_are_matched_by_name_or_by_the_symbol_given(tmp_path: Path) -> None:
    eth, btc = write(tmp_path / "ETH-USD_1m.parquet"), write(tmp_path / "btc.parquet")
    assert files_by_market(TWO, ["", "btc"], [eth, btc]) == {"ETH-USD": eth, "BTC-USD": btc}
    write(tmp_path / "BTC-USD_1m.parquet")
    write(tmp_path / "LTC-USD_1m.parquet")
    assert set(files_by_market(TWO, [""], [tmp_path])) == {"ETH-USD", "BTC-USD"}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (["ETH-USD"], "no candles of BTC-USD"),
        (["ETH-USD", "eth/usd"], "recorded twice"),
        (["LTC-USD"], "no strategy trades LTC-USD"),
        (["a-b-c"], "market must be written"),
    ],
)
def test_a_file_too_many_or_too_few_is_refused(tmp_path: Path, given: list[str], words: str) -> None:
    with pytest.raises(ParameterError, match=words):
        files_by_market(TWO, given, [write(tmp_path / f"{n}.parquet") for n in range(len(given))])


def test_a_recording_keeps_at_most_a_quarter_as_history(tmp_path: Path) -> None:
    path = write(tmp_path / "x.parquet")
    settings = parse_settings(
        strategies.configuration(
            strategies.strategy("s", "ETH-USD", "15m", "cross"), indicators=[strategies.CROSS]
        )
    )
    candles = recorded_candles(settings, {"ETH-USD": path})
    assert len(candles.connectors["ETH-USD"].get_candles("ETH-USD", "1m")) == 100
    exact = recorded_candles(settings, {"ETH-USD": path}, history_bars=7)
    assert len(exact.connectors["ETH-USD"].get_candles("ETH-USD", "1m")) == 7
    assert exact.text == candles.text
    assert "x.parquet" in exact.text


def test_other_candles_are_another_source(tmp_path: Path) -> None:
    path = write(tmp_path / "x.parquet")
    text = recorded_candles(ONE, {"ETH-BTC": path}, history_bars=0).text
    frame(range(400)).with_columns(pl.col("volume") + 1).write_parquet(path)
    assert recorded_candles(ONE, {"ETH-BTC": path}, history_bars=0).text != text


def test_each_market_of_a_scenario_has_candles_of_its_own() -> None:
    candles = synthetic_candles(TWO, "choppy", seed=1, bars=50, history_bars=10)
    connector = candles.connectors["BTC-USD"]
    assert candles.is_synthetic
    assert connector.name == "synthetic"
    assert connector.get_ticker("BTC-USD")["last_price"] != connector.get_ticker("ETH-USD")["last_price"]


@pytest.mark.parametrize(
    ("exchanges", "words"),
    [
        ([], "no exchange to take candles from"),
        ([{"name": "kraken"}], "no connector for 'kraken' is part of this version"),
    ],
)
def test_an_exchange_that_is_not_there_is_refused(exchanges: list[dict[str, Any]], words: str) -> None:
    settings = parse_settings(strategies.MEAN_REVERSION | {"exchanges": exchanges})
    with pytest.raises(ConfigError, match=words):
        configured_exchanges(settings)


async def test_a_market_is_traded_on_one_exchange() -> None:
    two = [
        strategies.strategy(name, "ETH-USD", "1m", "rsi", exchange=name, side="long")
        for name in ("kraken", "coinbase")
    ]
    settings = parse_settings(
        strategies.configuration(
            *two, indicators=[strategies.RSI], exchanges=[{"name": "kraken"}, {"name": "coinbase"}]
        )
    )
    candles = synthetic_candles(TWO, "bull", seed=1, bars=50, history_bars=10)
    with pytest.raises(ConfigError, match="ETH-USD is traded on several exchanges"):
        await run_dry_run(
            DryRun(settings=settings, candles=candles), observer=lambda _: None, stop=StopRequest()
        )
