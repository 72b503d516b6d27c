from __future__ import annotations

import functools
import json

import pytest

from spark_stacker.backtesting.account import opening_account
from spark_stacker.backtesting.assumptions import venue_assumptions
from spark_stacker.backtesting.perpetuals import PerpetualTerms
from spark_stacker.backtesting.plain import describe_code, plain
from spark_stacker.errors import ParameterError


def test_anything_becomes_json():
    class Odd:
        pass

    made = plain({1: (1.5, {"b", "a"}), "odd": Odd(), "nan": float("nan"), "none": None})
    assert made == {"1": [1.5, ["a", "b"]], "odd": Odd.__qualname__, "nan": "nan", "none": None}
    assert json.loads(json.dumps(made, allow_nan=False)) == made


def test_code_is_known_by_name_and_source():
    described = describe_code(plain)
    assert described["name"] == "spark_stacker.backtesting.plain.plain"
    assert len(str(described["source_sha256"])) == 64
    assert describe_code(functools.partial(plain))["source_sha256"] is None


@pytest.mark.parametrize(
    ("balance", "options", "expected"),
    [
        (500, {}, (500.0, "USD")),
        ({"EUR": 7.0}, {}, (7.0, "EUR")),
        ({"USD": 10.0, "EUR": 0.0}, {"symbol": "ETH-USD"}, (10.0, "USD")),
        ({"EUR": 5.0}, {"symbol": "ETH-USD", "conversion": {"EUR": 1.1}}, (5.5, "USD")),
    ],
)
def test_an_account_has_one_currency(balance, options, expected):
    account = opening_account(balance, **options)
    assert (account.balance, account.quote) == (pytest.approx(expected[0]), expected[1])


@pytest.mark.parametrize(
    ("balance", "options", "message"),
    [
        ({"EUR": 5.0, "USD": 5.0}, {}, "must hold one currency"),
        ({"USD": 0.0}, {"symbol": "ETH-USD"}, "must hold an amount of USD"),
        ({"EUR": 5.0}, {"symbol": "ETH-USD", "conversion": {"EUR": -1.0}}, "conversion"),
        ("much", {}, "must be a positive number, was 'much'"),
        (True, {}, "must be a positive number, was True"),
        (1e300, {}, r"must be at most 1e\+15, was 1e\+300"),
    ],
)
def test_a_balance_that_cannot_be_is_told(balance, options, message):
    with pytest.raises(ParameterError, match=message):
        opening_account(balance, **options)


@pytest.mark.parametrize(
    ("model", "words"),
    [
        ({"model": "none"}, "without slippage"),
        ({"model": "fixed", "bps": 2.0}, "2 basis points against every"),
        (
            {"model": "random", "max_bps": 3.0},
            "uniform from 0 to 3 basis points against every market order, seed 9",
        ),
        (
            {"model": "volume_share", "base_bps": 1.0, "coefficient_bps": 50.0, "max_share_fraction": 0.025},
            "at most 2.5 % of a bar's volume",
        ),
        (
            {"model": "square_root", "spread_bps": 4.0, "coefficient": 1.0, "volatility_bars": 20},
            "half of 4 basis",
        ),
    ],
)
def test_each_slippage_model_has_its_sentence(model, words):
    venue = {
        "maker_fee_rate": 0.0,
        "taker_fee_rate": 0.0005,
        "liquidation_fee_rate": 0.0,
        "fill_on_touch": True,
        "margin_mode": "cross",
        "seed": 9,
        "slippage": model,
    }
    market = {"symbol": "ETH-USD", "instrument": None}
    spoken = " ".join(venue_assumptions(venue, [market], [PerpetualTerms(symbol="ETH-USD")]))
    assert words in spoken
    assert "fills when its price is touched" in spoken
    assert "taker 0.05 %" in spoken
    assert "funding is not modelled" in spoken
