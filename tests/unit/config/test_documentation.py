"""``docs/configuration.md`` names every key, and its examples load."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from spark_stacker.config import (
    build_plan,
    exchange,
    instrument,
    parse_settings,
    settings,
    simulation,
    sizing,
    strategy,
)
from spark_stacker.config.fees import FALLBACK_FEES, FEE_SCHEDULES
from spark_stacker.config.source import read_toml
from spark_stacker.config.values import FrozenSettings

PAGE = (Path(__file__).parents[3] / "docs" / "configuration.md").read_text(encoding="utf-8")
MODELS = sorted(
    {
        model
        for module in (settings, simulation, sizing, strategy, exchange, instrument)
        for model in vars(module).values()
        if isinstance(model, type) and issubclass(model, BaseModel) and model is not FrozenSettings
    },
    key=lambda model: model.__name__,
)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_key_is_documented(model: type[BaseModel]) -> None:
    for key in model.model_fields:
        assert f"`{key}`" in PAGE, key


@pytest.mark.parametrize("text", re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL))
def test_toml_examples_load_and_give_a_plan(text: str) -> None:
    assert build_plan(parse_settings(read_toml(text, source="docs"), environment={}))["strategies"]


def test_documented_fees_are_those_of_the_schedules() -> None:
    rows = re.findall(r"^\| (?:`(\w+)`)? ?\| `(\w+)` \| ([\d.]+) % \| ([\d.]+) % \|$", PAGE, re.MULTILINE)
    documented: dict[tuple[str, str], tuple[float, float]] = {}
    venue = ""
    for name, tier, maker, taker in rows:
        venue = name or venue
        documented[venue, tier] = (float(maker), float(taker))
    assert documented == {
        (name, tier): (pytest.approx(rates.maker * 100), pytest.approx(rates.taker * 100))
        for name, schedule in FEE_SCHEDULES.items()
        for tier, rates in schedule.tiers.items()
    }
    assert f"pay {FALLBACK_FEES.maker * 100:g} % and {FALLBACK_FEES.taker * 100:g} %" in PAGE
