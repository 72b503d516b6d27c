"""Stored models: what is written is read, and every field is checked, with its place and value."""

from __future__ import annotations

import copy
import json
import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from made.impacts import HOUR_NS, model, stored_model
from spark_stacker import _core
from spark_stacker.data.impact import ImpactCatalogue, read_model, write_model
from spark_stacker.errors import DataError, InputError, ParameterError

if TYPE_CHECKING:
    from pathlib import Path


def bps(impact: dict[str, Any] | None, notional: list[float], hour: int = 0, factor: float = 1.0) -> Any:
    rows = len(notional)
    return _core.slippage_bps(
        {"model": "calibrated", "factor": factor},
        impact=impact,
        quantity=np.array(notional) / 50.0,
        price=np.full(rows, 50.0),
        time_ns=np.full(rows, hour * HOUR_NS),
        bar_volume=np.zeros(rows),
        volatility=np.zeros(rows),
        seed=0,
    )


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    made = model()
    path = write_model(made, tmp_path / "deep" / "eth.json")
    assert read_model(path) == made
    assert json.loads(path.read_text()) == json.loads(made.model_dump_json())
    assert [other.name for other in path.parent.iterdir()] == ["eth.json"]


def test_the_core_says_what_the_stored_numbers_say() -> None:
    plan = model().plan()
    assert bps(plan, [100.0, 2_500.0]) == pytest.approx([2.4, 4.0])
    assert bps(plan, [2_500.0], hour=13) == pytest.approx([5.25])
    assert bps(plan, [2_500.0], hour=13, factor=3.0) == pytest.approx([15.75])
    profile = model().all_hours.plan("profile")
    # Joined by straight lines: 2 at nothing, 2 + 0.04 √1000 at 1,000, 6 at 10,000 and on.
    first = 2 + 0.04 * math.sqrt(1_000)
    slope = (6 - first) / 9_000
    expected = [2 + (first - 2) / 2, first, first + slope * 1_000, 6 + slope * 10_000]
    found = bps({"all_hours": profile, "hours": []}, [500.0, 1_000.0, 2_000.0, 20_000.0])
    assert found == pytest.approx(expected)
    with pytest.raises(ParameterError, match="impact must be a calibrated model"):
        bps(None, [1.0])


def test_the_cost_never_falls_with_the_size() -> None:
    sizes = np.geomspace(1e-6, 1e12, 400).tolist()
    for plan in (model().plan(), {"all_hours": model().all_hours.plan("profile"), "hours": []}):
        for hour in (0, 13):
            assert (np.diff(bps(plan, sizes, hour)) >= 0).all()


def changed(place: str, value: Any) -> dict[str, Any]:
    """The model with another value at a place such as ``all_hours.laws.0.exponent``; ... deletes it."""
    made: Any = copy.deepcopy(stored_model())
    *outer, last = (int(part) if part.isdecimal() and part != "13" else part for part in place.split("."))
    inner = made
    for part in outer:
        inner = inner[part]
    if value is ...:
        del inner[last]
    else:
        inner[last] = value
    return made  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("place", "value", "told"),
    [
        ("kind", "something else", "kind: .*'something else'"),
        ("version", 2, "version: .*'2'"),
        ("tick_size", 0.0, "tick_size: .*greater than 0.*'0.0'"),
        ("tick_size", "0.1", "tick_size: .*number.*'0.1'"),
        ("symbol", ..., "symbol: .*required"),
        ("surprise", 1, "surprise: .*not permitted"),
        ("data.looks", 0, "data.looks: .*'0'"),
        ("data.hours", [24], r"data.hours\[0\]: .*23.*'24'"),
        ("data.start_ns", 1.5, "data.start_ns: .*'1.5'"),
        ("all_hours.half_spread_bps", -1.0, "all_hours.half_spread_bps: .*'-1.0'"),
        ("all_hours.half_spread_bps", None, "all_hours.half_spread_bps: .*'None'"),
        ("all_hours.laws.0.exponent", 9.0, r"all_hours.laws\[0\].exponent: .*'9.0'"),
        ("all_hours.laws.0.exponent", None, r"all_hours.laws\[0\]: .*both or neither"),
        ("all_hours.laws.0.coefficient_bps", -1e-9, r"all_hours.laws\[0\].coefficient_bps: .*'-1e-09'"),
        ("all_hours.law", "square_root", "all_hours: law square_root is not among laws"),
        ("all_hours.profile", [], "all_hours.profile: .*"),
        ("all_hours.profile.1.notional", 1_000.0, "all_hours: notionals of profile must rise"),
        ("all_hours.profile.1.cost_bps", None, "all_hours: a size that is fitted must have a cost"),
        ("all_hours.profile.0.unfilled_share", 1.5, r"profile\[0\].unfilled_share: .*'1.5'"),
        ("hours.13.half_spread_bps", -2.0, "hours.13.half_spread_bps: .*'-2.0'"),
        ("hours.24", {}, "hours.24.training_looks: .*required"),
        ("errors.looks", [1], "errors: every column must have one value a notional, 2"),
        ("errors.models.0.mae_bps", [1.0, -1.0], r"errors.models\[0\].mae_bps\[1\]: .*'-1.0'"),
    ],
)
def test_a_field_that_cannot_be_is_named(tmp_path: Path, place: str, value: Any, told: str) -> None:
    path = tmp_path / "eth.json"
    path.write_text(json.dumps(changed(place, value)))
    with pytest.raises(DataError, match=rf"eth\.json: (.*)?{told}"):
        read_model(path)


def test_an_hour_beyond_the_day_is_named(tmp_path: Path) -> None:
    path = tmp_path / "eth.json"
    made = stored_model()
    for hour in ("24", "07", "noon"):
        path.write_text(json.dumps(made | {"hours": {hour: made["all_hours"]}}))
        with pytest.raises(DataError, match=f"hours must be named 0 to 23, was '{hour}'"):
            read_model(path)


def test_files_that_are_no_model_are_named(tmp_path: Path) -> None:
    path = tmp_path / "eth.json"
    for text, told in (
        ("", "is not JSON"),
        ('{"kind": ', "is not JSON"),
        ("[]", "the model: .*"),
        (json.dumps(stored_model()).replace("0.04", "NaN"), "coefficient_bps: .*finite"),
    ):
        path.write_text(text)
        with pytest.raises(DataError, match=rf"eth\.json: .*{told}"):
            read_model(path)
    path.write_bytes(b"\xff\xfe{}")
    with pytest.raises(DataError, match=r"eth\.json"):
        read_model(path)
    with pytest.raises(DataError, match="cannot be read"):
        read_model(tmp_path / "missing.json")
    with pytest.raises(DataError, match="cannot be read"):
        read_model(tmp_path)


def test_the_core_refuses_curves_that_cannot_be() -> None:
    good = model().plan()
    for change, told in (
        ({"half_spread_bps": -1.0}, "half_spread_bps"),
        ({"law": {"kind": "power", "coefficient_bps": -1.0, "exponent": 0.5}}, "coefficient_bps"),
        ({"law": {"kind": "power", "coefficient_bps": 1.0, "exponent": 0.0}}, "exponent"),
        ({"law": {"kind": "profile", "notional": [2.0, 1.0], "cost_bps": [3.0, 4.0]}}, "notional"),
        ({"law": {"kind": "profile", "notional": [1.0, 2.0], "cost_bps": [4.0, 3.0]}}, "cost_bps"),
        ({"law": {"kind": "cubic"}}, "unknown impact law"),
    ):
        with pytest.raises(InputError, match=told):
            bps(good | {"all_hours": good["all_hours"] | change}, [1.0])
    with pytest.raises(ParameterError, match="hour must be 0 to 23"):
        bps(good | {"hours": [(24, good["all_hours"])]}, [1.0])


def test_the_catalogue_finds_a_market_however_it_is_written(tmp_path: Path) -> None:
    catalogue = ImpactCatalogue(tmp_path)
    assert catalogue.list() == []
    path = catalogue.save(model("BTC/USDT"))
    assert path == tmp_path / "venue=made" / "symbol=BTC%2FUSDT" / "slippage.json"
    catalogue.save(model("ETH/USDT"))
    assert catalogue.list() == [("made", "BTC/USDT"), ("made", "ETH/USDT")]
    assert catalogue.find("btc-usdt") == catalogue.find("BTC/USDT", "made") == model("BTC/USDT")
    with pytest.raises(DataError, match=r"of elsewhere BTC-USDT .* there is that of made BTC/USDT, made ETH"):
        catalogue.find("BTC-USDT", "elsewhere")
