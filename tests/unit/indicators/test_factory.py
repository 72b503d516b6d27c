"""Indicators by type name, from configuration, and those that users register."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl
import pytest

import spark_stacker.indicators
from spark_stacker import _core
from spark_stacker.config.registry import check_indicator, indicator_types, is_built_in
from spark_stacker.errors import ConfigError, ParameterError
from spark_stacker.indicators import (
    AdaptiveSuperTrendIndicator,
    AdaptiveTrendFinderIndicator,
    BollingerBandsIndicator,
    IndicatorFactory,
    MACDIndicator,
    MovingAverageIndicator,
    RSIIndicator,
    UltimateMAIndicator,
)
from spark_stacker.indicators.base_indicator import BaseIndicator
from spark_stacker.models import Signal, SignalDirection

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class Momentum(BaseIndicator):
    """Buys when the close is above that of some bars ago."""

    def __init__(self, name: str, params: Mapping[str, object] | None = None) -> None:
        super().__init__(name, params)
        if not isinstance(self.params.get("bars"), int):
            raise ParameterError(f"bars must be a whole number, was {self.params.get('bars')!r}")

    def calculate(self, data: pl.DataFrame) -> pl.DataFrame:
        return data.with_columns(momentum=pl.col("close") - pl.col("close").shift(self.params["bars"]))

    def generate_signal(self, data: pl.DataFrame) -> Signal | None:
        momentum = data["momentum"][-1]
        if momentum is None or momentum <= 0:
            return None
        return self.signal(data, SignalDirection.BUY, confidence=0.5)


@pytest.fixture
def own_type(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A registered type that is forgotten afterwards."""
    monkeypatch.setattr(IndicatorFactory, "_classes", dict(IndicatorFactory._classes))
    monkeypatch.setattr("spark_stacker.config.registry._own_indicators", {})
    IndicatorFactory.register_indicator("momentum", Momentum)
    return "momentum"


def test_the_types_of_the_guide_are_available() -> None:
    IndicatorFactory.register_defaults()
    assert IndicatorFactory.get_available_indicators()[:7] == [
        "rsi",
        "macd",
        "bollinger",
        "ma",
        "adaptive_supertrend",
        "adaptive_trend_finder",
        "ultimate_ma",
    ]


@pytest.mark.parametrize(
    ("kind", "indicator_class"),
    [
        ("rsi", RSIIndicator),
        ("macd", MACDIndicator),
        ("bollinger", BollingerBandsIndicator),
        ("ma", MovingAverageIndicator),
        ("adaptive_supertrend", AdaptiveSuperTrendIndicator),
        ("adaptive_trend_finder", AdaptiveTrendFinderIndicator),
        ("ultimate_ma", UltimateMAIndicator),
    ],
)
def test_each_type_creates_its_class(kind: str, indicator_class: type[BaseIndicator]) -> None:
    assert type(IndicatorFactory.create_indicator("i", kind)) is indicator_class


def test_the_guides_calls_work() -> None:
    rsi = IndicatorFactory.create_indicator(
        name="rsi_14", indicator_type="rsi", params={"period": 14, "overbought": 70, "oversold": 30}
    )
    assert (rsi.name, rsi.params["period"]) == ("rsi_14", 14)
    indicators = IndicatorFactory.create_indicators_from_config(
        [
            {"name": "rsi_eth", "type": "rsi", "enabled": True, "parameters": {"period": 14}},
            {"name": "macd_eth", "type": "macd", "enabled": True, "parameters": {"fast_period": 12}},
            {"name": "off", "type": "ma", "enabled": False, "parameters": {"anything": 1}},
        ]
    )
    assert list(indicators) == ["rsi_eth", "macd_eth"]
    assert isinstance(indicators["macd_eth"], MACDIndicator)


@pytest.mark.parametrize(
    ("configs", "message"),
    [
        ([{"type": "rsi"}], r"indicators\[0\].name must be given"),
        ([{"name": "a"}], r"indicators\[0\].type must be given"),
        ([{"name": "a", "type": "rsi"}, {"name": "a", "type": "ma"}], r"indicators\[1\].name must be unique"),
        ([{"name": "a", "type": "rsy"}], r'indicators\[0\] \(a\): .* did you mean "rsi"'),
        (
            [{"name": "a", "type": "rsi", "parameters": {"period": 1}}],
            r"\(a\): period must be a whole number",
        ),
    ],
)
def test_a_wrong_entry_is_named(configs: list[dict[str, object]], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        IndicatorFactory.create_indicators_from_config(configs)


def test_a_registered_class_is_created_and_known_to_configurations(own_type: str) -> None:
    assert own_type in IndicatorFactory.get_available_indicators()
    entry = {"name": "mine", "type": own_type, "parameters": {"bars": 2}}
    indicator = IndicatorFactory.create_indicators_from_config([entry])["mine"]
    frame = pl.DataFrame({"close": [1.0, 2.0, 3.0, 2.0, 2.5]})
    processed, signal = indicator.process(frame)
    assert processed["momentum"].to_list() == [None, None, 2.0, 0.0, -0.5]
    assert signal is None
    assert indicator.signals(frame)["direction"].to_list() == [0, 0, 1, 0, 0]
    assert own_type in indicator_types()
    assert not is_built_in(own_type)
    assert is_built_in("rsi")
    check_indicator(own_type, {"bars": 2})
    with pytest.raises(ConfigError, match="bars must be a whole number"):
        check_indicator(own_type, {})


def test_what_a_class_makes_of_wrong_parameters_is_a_parameter_error(own_type: str) -> None:
    class Picky(Momentum):
        def __init__(self, name: str, params: Mapping[str, object] | None = None) -> None:
            super().__init__(name, {"bars": 1})
            self.level = (params or {})["level"]

    IndicatorFactory.register_indicator("picky", Picky)
    with pytest.raises(ParameterError, match=r"indicator 'p' were refused: KeyError\('level'\)"):
        IndicatorFactory.create_indicator("p", "picky")


def test_only_indicators_can_be_registered() -> None:
    with pytest.raises(ParameterError, match="subclass of BaseIndicator"):
        IndicatorFactory.register_indicator("list", list)  # type: ignore[arg-type]
    with pytest.raises(ParameterError, match="must be a name"):
        IndicatorFactory.register_indicator("", Momentum)


def test_the_catalogue_describes_what_the_core_accepts() -> None:
    for entry in _core.indicator_catalog():
        indicator = _core.Indicator(str(entry["type"]), {})
        parameters: list[dict[str, object]] = entry["parameters"]  # type: ignore[assignment]
        assert indicator.parameters == {p["name"]: p["default"] for p in parameters}
        assert indicator.columns == [*entry["columns"], *entry["flags"]]  # type: ignore[misc]
        assert str(entry["description"]).endswith(".")
        for parameter in parameters:
            for alias in parameter["aliases"]:  # type: ignore[attr-defined]
                assert (
                    _core.Indicator(indicator.kind, {alias: parameter["default"]}).parameters
                    == indicator.parameters
                )


def test_every_public_name_is_there() -> None:
    for name in spark_stacker.indicators.__all__:
        assert getattr(spark_stacker.indicators, name) is not None
    assert set(spark_stacker.indicators.__all__) <= set(dir(spark_stacker.indicators))
    with pytest.raises(AttributeError, match="no attribute 'wavelet'"):
        _ = spark_stacker.indicators.wavelet
