"""Secrets come from outside the configuration and are never shown."""

from __future__ import annotations

import sys
import types
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spark_stacker.config import load_settings, parse_settings
from spark_stacker.config.exchange import SECRETS
from spark_stacker.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

KEY = "0x4c0883a69102937d6231471b5dbb6204fe512961708279f1d0e3f1a1b1b1c1d1"


def exchange(**options: object) -> dict[str, Any]:
    return {"exchanges": [{"name": "hyperliquid", **options}]}


@pytest.mark.parametrize("key", SECRETS)
def test_an_inline_secret_is_refused_and_not_repeated(key: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_settings(exchange(**{key: KEY}), environment={})
    assert caught.value.problems[0].key == f"exchanges[0].{key}"
    assert f"${{{key.upper()}}} from the environment, {key}_file or {key}_keyring" in str(caught.value)
    assert KEY not in str(caught.value)


def test_a_default_in_the_file_is_an_inline_secret() -> None:
    with pytest.raises(ConfigError, match="must not stand in the configuration"):
        parse_settings(exchange(private_key=f"${{UNSET_KEY:-{KEY}}}"), environment={})


def test_text_beside_the_variable_is_an_inline_secret() -> None:
    with pytest.raises(ConfigError, match="must not stand in the configuration"):
        parse_settings(exchange(private_key="0xabcdef${REST}"), environment={"REST": "12"})


def test_a_secret_comes_from_the_environment() -> None:
    settings = parse_settings(exchange(private_key="${HL_KEY}"), environment={"HL_KEY": KEY})
    assert settings.exchanges[0].secret("private_key") == KEY


def test_an_empty_default_means_no_secret() -> None:
    settings = parse_settings(exchange(private_key="${HL_KEY:-}"), environment={})
    assert settings.exchanges[0].secret("private_key") is None


def test_a_secret_comes_from_a_file_beside_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "hl.key").write_text(f"{KEY}\n")
    (tmp_path / "a.toml").write_text('[[exchanges]]\nname = "hyperliquid"\nprivate_key_file = "hl.key"\n')
    assert load_settings(tmp_path / "a.toml").exchanges[0].secret("private_key") == KEY


@pytest.mark.parametrize(("content", "message"), [(None, "cannot be read: No such file"), ("\n", "is empty")])
def test_a_secret_file_without_a_secret_is_an_error(
    tmp_path: Path, content: str | None, message: str
) -> None:
    if content is not None:
        (tmp_path / "hl.key").write_text(content)
    with pytest.raises(ConfigError, match=message) as caught:
        parse_settings(exchange(private_key_file="hl.key"), directory=tmp_path)
    assert caught.value.problems[0].key == "exchanges[0].private_key_file"


def test_a_secret_comes_from_the_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    keyring = types.ModuleType("keyring")
    stored = {("spark", "hl"): KEY}
    keyring.get_password = lambda service, account: stored.get((service, account))  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "keyring", keyring)
    settings = parse_settings(exchange(private_key_keyring="spark:hl"))
    assert settings.exchanges[0].secret("private_key") == KEY
    with pytest.raises(ConfigError, match='the keyring has nothing for "spark" and "other"'):
        parse_settings(exchange(private_key_keyring="spark:other"))


def test_a_missing_keyring_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(ConfigError, match="pip install keyring"):
        parse_settings(exchange(private_key_keyring="spark:hl"))


def test_one_secret_has_one_source(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="given more than once: private_key, private_key_file"):
        parse_settings(
            exchange(private_key="${K}", private_key_file="k"), directory=tmp_path, environment={"K": KEY}
        )


secret_text = st.text(st.characters(min_codepoint=48, max_codepoint=122), min_size=12, max_size=80).map(
    "s3!".__add__
)


@given(secret_text, st.sampled_from(SECRETS))
def test_a_secret_is_in_no_repr_and_no_dump(secret: str, key: str) -> None:
    settings = parse_settings(exchange(**{key: "${THE_SECRET}"}), environment={"THE_SECRET": secret})
    for text in (repr(settings), str(settings), str(settings.model_dump()), settings.model_dump_json()):
        assert secret not in text


@given(
    secret_text,
    st.sampled_from(
        [
            "exchanges.0.name",
            "exchanges.0.testnet",
            "exchanges.0.exchange_type",
            "exchanges.0.quote_currency",
            "exchanges.0.speed",
            "exchanges.0.privat_key",
            "strategies.0.market",
            "strategies.0.timeframe",
            "strategies.0.exchange",
            "strategies.0.side",
            "strategies.0.sizing.method",
            "indicators.0.type",
            "indicators.0.parameters.period",
            "log_level",
            "polling_interval",
            "metrics",
        ]
    ),
)
def test_a_secret_in_the_wrong_place_is_in_no_error(secret: str, place: str) -> None:
    configuration: dict[str, Any] = {
        "exchanges": [{"name": "hyperliquid", "private_key": "${THE_SECRET}"}],
        "strategies": [{"name": "a", "market": "ETH", "sizing": {"method": "percent_equity"}}],
        "indicators": [{"name": "i", "type": "rsi", "parameters": {}}],
        "metrics": {"port": -1},
    }
    *path, last = place.split(".")
    target: Any = configuration
    for part in path:
        target = target[int(part)] if part.isdigit() else target[part]
    target[last] = "${THE_SECRET}"
    with pytest.raises(ConfigError) as caught:
        parse_settings(configuration, environment={"THE_SECRET": secret})
    assert secret not in str(caught.value)
    assert all(secret not in str(problem) for problem in caught.value.problems)
    assert caught.value.__cause__ is None
