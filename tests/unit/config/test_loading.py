"""From a file to settings: formats, the environment, secrets, paths."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from spark_stacker.config import Settings, load_settings, parse_settings
from spark_stacker.config.sizing import PercentEquity
from spark_stacker.errors import ConfigError


def test_the_documented_json_loads_as_it_is(tmp_path: Path, seed_text: str) -> None:
    path = tmp_path / "config.json"
    path.write_text(seed_text)
    settings = load_settings(path, environment={})
    strategy = settings.strategies[0]
    assert settings.dry_run
    assert settings.polling_interval == 60.0
    assert settings.exchanges[0].exchange_type == "hyperliquid"
    assert settings.exchanges[0].secret("private_key") == "YOUR_PRIVATE_KEY"
    assert (strategy.timeframe, strategy.indicators, strategy.exchange) == ("1h", None, None)
    assert strategy.sizing == PercentEquity(equity_pct=100.0)
    assert (strategy.main_leverage, strategy.hedge_leverage, strategy.hedge_ratio) == (5.0, 2.0, 0.2)
    assert settings.indicators[0].parameters == {
        "period": 14,
        "overbought": 70,
        "oversold": 30,
        "signal_period": 1,
    }


def test_toml_and_json_give_the_same_settings(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text("max_parallel_trades = 3\n[limits]\nmax_drawdown_pct = 20\n")
    (tmp_path / "a.json").write_text('{"max_parallel_trades": 3, "limits": {"max_drawdown_pct": 20}}')
    assert load_settings(tmp_path / "a.toml") == load_settings(tmp_path / "a.json")


def test_a_byte_order_mark_is_no_mistake(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(b"\xef\xbb\xbf{}")
    assert load_settings(path) == parse_settings({}, directory=tmp_path)


def test_an_empty_configuration_is_all_defaults() -> None:
    assert parse_settings({}) == Settings()


def test_settings_are_frozen() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Settings().max_parallel_trades = 2  # type: ignore[misc]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.json", b'{"log_level": "INFO",\n  }', r"a\.json: line 2, column 3: "),
        ("a.json", b"", r"a\.json: line 1, column 1: "),
        ("a.json", b"[]", r"a\.json: must be an object"),
        ("a.json", b'{"limits": {"a": 1, "a": 2}}', r"a\.json: limits\.a: the key appears twice"),
        (
            "a.json",
            b'{"strategies": [{"stop_loss_pct": NaN}]}',
            r"strategies\[0\]\.stop_loss_pct: must be a finite",
        ),
        ("a.json", b'{"a": -Infinity}', r"a: must be a finite number, was -Infinity"),
        ("a.json", b"[" * 100_000, r"a\.json: nested too deeply"),
        ("a.toml", b"a." * 5_000 + b"b = 1", r"a\.toml: nested too deeply"),
        ("a.json", b'{"initial_balance": ' + b"9" * 5_000 + b"}", r"a\.json: a whole number has more than"),
        ("a.toml", b"initial_balance = " + b"9" * 5_000, r"a\.toml: a whole number has more than"),
        ("a.json", b"\xff\xfe", r"a\.json: must be UTF-8 text, byte 0 is not"),
        ("a.toml", b"a = 1\na = 2\n", r"a\.toml: line 2, column 6: Cannot overwrite a value"),
        ("a.toml", b"a = ", r"a\.toml: end of document: Invalid value"),
        ("a.yaml", b"", r"a\.yaml: must end in \.json or \.toml"),
    ],
)
def test_a_malformed_file_is_named_with_its_place(
    tmp_path: Path, name: str, content: bytes, message: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=message):
        load_settings(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"no\.json: cannot be read: No such file"):
        load_settings(tmp_path / "no.json")


def test_a_directory_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "a.json").mkdir()
    with pytest.raises(ConfigError, match="cannot be read: Is a directory"):
        load_settings(tmp_path / "a.json")


def test_relative_paths_start_at_the_file(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(
        '[[exchanges]]\nname = "replay"\nfiles = ["eth.parquet", "/data/btc.parquet"]\n'
    )
    settings = load_settings(tmp_path / "a.toml")
    assert settings.exchanges[0].files == (tmp_path / "eth.parquet", Path("/data/btc.parquet"))
    assert settings.state_directory == tmp_path / "state"
    assert settings.data_directory == tmp_path / "data"


def test_variables_fill_text_numbers_and_switches(seed: dict[str, Any]) -> None:
    seed["polling_interval"] = "${EVERY}"
    seed["webhook_enabled"] = "${WEBHOOK}"
    seed["webhook_host"] = "${HOST:-127.0.0.1}"
    seed["max_parallel_trades"] = "${TRADES:-4}"
    seed["strategies"][0]["market"] = "${BASE}-${QUOTE}"
    seed["indicators"][0]["parameters"]["period"] = "${PERIOD}"
    environment = {"EVERY": "2.5", "WEBHOOK": "true", "BASE": "ETH", "QUOTE": "EUR", "PERIOD": "21"}
    settings = parse_settings(seed, environment=environment)
    assert settings.polling_interval == 2.5
    assert settings.webhook_enabled is True
    assert settings.webhook_host == "127.0.0.1"
    assert settings.max_parallel_trades == 4
    assert settings.strategies[0].market == "ETH-EUR"
    assert settings.indicators[0].parameters["period"] == 21


def test_a_doubled_dollar_is_a_dollar() -> None:
    assert parse_settings({"webhook_host": "$${HOST}"}, environment={}).webhook_host == "${HOST}"


def test_every_unset_variable_is_reported_with_file_and_key(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text('{"webhook_host": "${A_HOST}", "exchanges": [{"name": "kraken", "api_key": "${A_KEY}"}]}')
    with pytest.raises(ConfigError) as caught:
        load_settings(path, environment={})
    assert str(caught.value).splitlines() == [
        f"{path}: 2 mistakes",
        "  webhook_host: the environment variable A_HOST is not set",
        "  exchanges[0].api_key: the environment variable A_KEY is not set",
    ]


def test_a_wrong_number_from_a_variable_is_shown_as_written() -> None:
    with pytest.raises(ConfigError, match=r'polling_interval: must be a number, was "\$\{EVERY\}"'):
        parse_settings({"polling_interval": "${EVERY}"}, environment={"EVERY": "often"})


def test_several_mistakes_are_reported_together(seed: dict[str, Any]) -> None:
    seed["log_level"] = "LOUD"
    seed["strategies"][0]["stop_loss_pct"] = -1
    seed["strategies"][0]["main_leverge"] = 3
    with pytest.raises(ConfigError) as caught:
        parse_settings(seed, source="my.json")
    assert str(caught.value).startswith("my.json: 3 mistakes\n")
    assert [problem.key for problem in caught.value.problems] == [
        "log_level",
        "strategies[0].stop_loss_pct",
        "strategies[0].main_leverge",
    ]
