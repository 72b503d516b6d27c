""" "Did you mean": the nearest of the known names."""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["did_you_mean"]


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """``; did you mean "x"?`` for the nearest known name, or nothing when none is near.

    >>> did_you_mean("stopLossPct", ["stop_loss_pct", "side"])
    '; did you mean "stop_loss_pct"?'
    """
    plain = {_plain(candidate): candidate for candidate in known}
    close = difflib.get_close_matches(_plain(name), plain, n=1, cutoff=0.6)
    return f'; did you mean "{plain[close[0]]}"?' if close else ""


def _plain(name: str) -> str:
    """In lower case with underscores: ``stopLoss``, ``stop-loss`` and ``stop_loss`` are one."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower().replace("-", "_").replace(" ", "_")
