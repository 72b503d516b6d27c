"""Exchanges behind one contract.

- ``base_connector``: the synchronous public face, ``BaseConnector``
- ``connector_factory``: connectors by name
- ``contract``: the asynchronous contract of the live loop, in ``Decimal``
- ``polling``: that contract over any synchronous connector
- ``replay``: recorded candles played as if they happened now
"""

from __future__ import annotations

from spark_stacker.connectors.base_connector import BaseConnector, MarketType
from spark_stacker.connectors.connector_factory import ConnectorFactory

__all__ = ["BaseConnector", "ConnectorFactory", "MarketType"]
