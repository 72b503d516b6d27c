"""Connectors by name: the one place that knows which exist."""

from __future__ import annotations

import importlib
import inspect
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, ClassVar

from spark_stacker.config.registry import register_exchange_type
from spark_stacker.connectors.base_connector import BaseConnector
from spark_stacker.errors import ParameterError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["ConnectorFactory"]

NOT_OPTIONS = frozenset({"name", "exchange_type", "enabled", "use_as_main", "use_as_hedge", "quote_currency"})
"""What a configuration says about an exchange beside the options of its connector."""


class ConnectorFactory:
    """Creates connectors.

    >>> ConnectorFactory.get_available_connectors()
    ['replay']
    """

    _connector_registry: ClassVar[dict[str, type[BaseConnector] | str]] = {
        "replay": "spark_stacker.connectors.replay:ReplayConnector",
    }

    @classmethod
    def register_connector(cls, exchange_type: str, connector_class: type[BaseConnector]) -> None:
        """Make a connector class known under a name, to configurations too; a name that is taken is
        replaced.
        """
        if not (inspect.isclass(connector_class) and issubclass(connector_class, BaseConnector)):
            raise ParameterError(f"a connector class must derive from BaseConnector, was {connector_class!r}")
        cls._connector_registry[_key(exchange_type)] = connector_class
        register_exchange_type(_key(exchange_type))

    @classmethod
    def get_available_connectors(cls) -> list[str]:
        """Return the names that :meth:`create_connector` knows, sorted."""
        return sorted(cls._connector_registry)

    @classmethod
    def create_connector(cls, exchange_type: str, name: str | None = None, **options: Any) -> BaseConnector:
        """Create a connector; ``name`` defaults to the type, ``options`` are those of its class.

        Raises ``ParameterError`` for an unknown type or option.
        """
        connector_class = cls._connector_class(exchange_type)
        try:
            inspect.signature(connector_class).bind(name=name or exchange_type, **options)
        except TypeError as error:
            accepted = ", ".join(p for p in inspect.signature(connector_class).parameters if p != "name")
            raise ParameterError(f"connector {exchange_type!r}: {error}; its options: {accepted}") from error
        return connector_class(name=name or exchange_type, **options)

    @classmethod
    def create_connectors_from_config(cls, configs: Iterable[Mapping[str, Any]]) -> dict[str, BaseConnector]:
        """Create the connectors of a configuration's ``exchanges`` by name; those with ``enabled`` false
        are left out.

        ``exchange_type`` defaults to the name. Values arrive resolved: ``${ENV}`` is the configuration's
        matter.
        """
        connectors: dict[str, BaseConnector] = {}
        for config in configs:
            if not config.get("enabled", True):
                continue
            name = config.get("name") or config.get("exchange_type")
            if not name:
                raise ParameterError("an exchange needs a name or an exchange_type")
            if name in connectors:
                raise ParameterError(f"two exchanges are called {name!r}")
            options = {key: value for key, value in config.items() if key not in NOT_OPTIONS}
            connectors[name] = cls.create_connector(config.get("exchange_type") or name, name, **options)
        return connectors

    @classmethod
    def _connector_class(cls, exchange_type: str) -> type[BaseConnector]:
        entry = cls._connector_registry.get(_key(exchange_type))
        if entry is None:
            known = cls.get_available_connectors()
            near = get_close_matches(_key(exchange_type), known, n=1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            raise ParameterError(f"no connector {exchange_type!r}.{hint} Known: {', '.join(known)}")
        if isinstance(entry, str):
            module, _, attribute = entry.partition(":")
            found: type[BaseConnector] = getattr(importlib.import_module(module), attribute)
            return found
        return entry


def _key(exchange_type: str) -> str:
    if not isinstance(exchange_type, str) or not exchange_type.strip():
        raise ParameterError(f"exchange_type must be a name, was {exchange_type!r}")
    return exchange_type.strip().lower()
