"""Orders to a simulation: what a test does not say of one is plain and off."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from spark_stacker import _core

_PLAIN: dict[str, Any] = {
    "price": None,
    "trigger": None,
    "distance_fraction": None,
    "time_in_force": "gtc",
    "expires_ns": None,
    "post_only": False,
    "reduce_only": False,
    "leverage": 1.0,
    "stop_fraction": None,
    "target_fraction": None,
    "trail_fraction": None,
    "break_even_fraction": None,
    "group": None,
}


def send(
    simulation: _core.Simulation,
    side: str,
    kind: str,
    quantity: float | None,
    unit: str = "base",
    **changes: Any,
) -> int:
    """Sends an order and returns its number."""
    assert changes.keys() <= _PLAIN.keys()
    return simulation.submit(side, kind, quantity, unit, **_PLAIN | changes)
