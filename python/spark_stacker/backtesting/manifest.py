"""The manifest of a result: what must be equal for a result to be equal."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

import spark_stacker

if TYPE_CHECKING:
    from collections.abc import Mapping

    from spark_stacker.backtesting.setup import RunSetup

__all__ = ["configuration_hash", "manifest"]


def manifest(setup: RunSetup) -> dict[str, object]:
    """Version, seed, hash of the configuration, and of each market's candles where they came from and their
    hash.
    """
    return {
        "version": spark_stacker.__version__,
        "seed": setup.seed,
        "configuration_sha256": configuration_hash(setup.configuration),
        "data": [
            {
                "symbol": market.symbol,
                "interval": market.interval,
                "source": market.source,
                "bars": len(market.candles),
                "first": _text(market.candles["timestamp"].first()),
                "last": _text(market.candles["timestamp"].last()),
                "sha256": market.data_hash,
            }
            for market in setup.markets
        ],
    }


def configuration_hash(configuration: Mapping[str, object]) -> str:
    """SHA-256 of the configuration as JSON with sorted keys."""
    text = json.dumps(
        configuration, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )
    return hashlib.sha256(text.encode()).hexdigest()


def _text(time: object) -> str | None:
    return None if time is None else time.isoformat()  # type: ignore[attr-defined]
