"""Symbols in every spelling that users write."""

from __future__ import annotations

import pytest

from spark_stacker.config import parse_symbol
from spark_stacker.errors import ParameterError


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ETH-USD", "ETH-USD"),
        ("eth/usd", "ETH-USD"),
        ("Eth_Usd", "Eth-Usd"),
        (" btc-usdt ", "BTC-USDT"),
        ("kPEPE-USD", "kPEPE-USD"),
        ("xyz:GOLD-USD", "xyz:GOLD-USD"),
    ],
)
def test_base_and_quote(text: str, expected: str) -> None:
    assert str(parse_symbol(text)) == expected


@pytest.mark.parametrize(
    ("text", "expected"), [("ETH", "ETH-USD"), ("eth", "ETH-USD"), ("kBONK", "kBONK-USD")]
)
def test_a_base_takes_the_default_quote(text: str, expected: str) -> None:
    assert str(parse_symbol(text, default_quote="USD")) == expected


@pytest.mark.parametrize("text", ["", "-", "ETH-", "-USD", "A-B-C", "ETH USD", "É-USD", "USD-USD"])
def test_other_text_is_refused(text: str) -> None:
    with pytest.raises(ParameterError, match="market must"):
        parse_symbol(text)


def test_a_joined_name_is_refused_with_the_likely_split() -> None:
    with pytest.raises(ParameterError, match='was "ETHUSDT"; did you mean "ETH-USDT"'):
        parse_symbol("ETHUSDT", default_quote="USD")


def test_a_base_alone_needs_a_default() -> None:
    with pytest.raises(ParameterError, match='must be written as ETH-USD, was "ETH"'):
        parse_symbol("ETH")
