from __future__ import annotations

from typing import Any

import pytest

from made.minutes import frame
from spark_stacker.config import parse_settings
from spark_stacker.connectors import BaseConnector, ConnectorFactory, MarketType
from spark_stacker.connectors.replay import ReplayConnector
from spark_stacker.errors import ParameterError


class GuideConnector(BaseConnector):
    """A connector with no more than the guide asks for."""

    def __init__(self, name: str, api_key: str = "") -> None:
        super().__init__(name, "guide")
        self.api_key = api_key

    def connect(self) -> bool:
        self._is_connected = True
        return True

    def disconnect(self) -> bool:
        self._is_connected = False
        return True

    def get_markets(self) -> list[dict[str, Any]]:
        return []

    def get_ticker(self, symbol: str) -> dict[str, Any]:
        return {"symbol": symbol, "last_price": 1.0}

    def get_account_balance(self) -> dict[str, float]:
        return {"USD": 10.0}

    def place_order(
        self, symbol: str, side: Any, order_type: Any, size: Any, price: Any = None
    ) -> dict[str, Any]:  # type: ignore[override]
        return {}


@pytest.fixture
def guide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ConnectorFactory, "_connector_registry", dict(ConnectorFactory._connector_registry))
    ConnectorFactory.register_connector("guide", GuideConnector)


@pytest.mark.usefixtures("guide")
def test_a_connector_of_the_guide_is_created_by_name() -> None:
    connector = ConnectorFactory.create_connector(exchange_type="guide", name="mine", api_key="k")
    assert isinstance(connector, GuideConnector)
    assert (connector.name, connector.api_key, connector.market_types) == ("mine", "k", [MarketType.SPOT])
    assert not connector.is_connected
    assert connector.connect()
    assert connector.is_connected
    assert ConnectorFactory.get_available_connectors() == ["guide", "replay"]
    assert "k" not in repr(connector).replace("GuideConnector", "").replace("guide", "")


@pytest.mark.usefixtures("guide")
def test_a_registered_connector_may_be_named_in_a_configuration() -> None:
    settings = parse_settings({"exchanges": [{"name": "mine", "exchange_type": "guide"}]})
    assert settings.exchanges[0].exchange_type == "guide"


@pytest.mark.usefixtures("guide")
def test_what_a_connector_does_not_offer_is_refused_by_name() -> None:
    connector = GuideConnector("mine")
    for call in (
        lambda: connector.get_candles("ETH-USD", "1h"),
        lambda: connector.get_orderbook("ETH-USD"),
        connector.get_positions,
        lambda: connector.get_order_status("1"),
        lambda: connector.cancel_order("1"),
        lambda: connector.get_leverage_tiers("ETH-USD"),
        lambda: connector.set_leverage("ETH-USD", 2),
        lambda: connector.close_position("ETH-USD"),
    ):
        with pytest.raises(ParameterError, match="connector 'mine' \\(guide\\) does not offer"):
            call()


@pytest.mark.usefixtures("guide")
def test_the_enabled_exchanges_of_a_configuration_are_created() -> None:
    connectors = ConnectorFactory.create_connectors_from_config(
        [
            {"name": "guide", "enabled": True, "api_key": "a", "use_as_main": True},
            {"name": "second", "exchange_type": "guide"},
            {"name": "off", "exchange_type": "unknown", "enabled": False},
        ]
    )
    assert list(connectors) == ["guide", "second"]


@pytest.mark.parametrize(
    ("configs", "words"),
    [
        ([{"name": "replai"}], "Did you mean 'replay'"),
        ([{"name": "zzz"}], "Known: replay"),
        ([{"enabled": True}], "needs a name"),
        ([{"name": "replay", "wallet": 1}], "wallet"),
        ([{"name": 3}], "exchange_type must be a name"),
    ],
)
def test_a_wrong_exchange_is_refused_with_what_would_be_right(
    configs: list[dict[str, Any]], words: str
) -> None:
    with pytest.raises(ParameterError, match=words):
        ConnectorFactory.create_connectors_from_config(configs)


@pytest.mark.usefixtures("guide")
def test_a_name_is_used_once() -> None:
    with pytest.raises(ParameterError, match="two exchanges are called 'guide'"):
        ConnectorFactory.create_connectors_from_config([{"name": "guide"}, {"name": "guide"}])


def test_only_connectors_can_be_registered() -> None:
    with pytest.raises(ParameterError, match="must derive from BaseConnector"):
        ConnectorFactory.register_connector("x", dict)  # type: ignore[arg-type]


def test_a_replay_is_created_with_its_recordings() -> None:
    connector = ConnectorFactory.create_connector("replay", "tape", recordings={"ETH-USD": frame(range(5))})
    assert isinstance(connector, ReplayConnector)
    assert connector.name == "tape"
