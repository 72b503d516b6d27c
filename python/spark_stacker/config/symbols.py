"""Symbols of markets: what users write, brought to one form, ``BASE-QUOTE``."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from spark_stacker.errors import ParameterError

__all__ = ["ASSET", "Symbol", "parse_symbol"]

ASSET = r"[A-Za-z0-9@:.]{1,30}"
"""What the name of a currency looks like."""
_MADE_UP = "SYNTH-"
"""With this the base of synthetic candles begins: ``SYNTH-BULL-USD``."""
_QUOTES = ("USDT", "USDC", "USD", "EUR", "BTC", "ETH")


class Symbol(NamedTuple):
    """A market by its base and its quote currency.

    >>> str(Symbol("ETH", "USD"))
    'ETH-USD'
    """

    base: str
    quote: str

    def __str__(self) -> str:
        return f"{self.base}-{self.quote}"


@lru_cache(maxsize=1024)
def parse_symbol(text: str, *, default_quote: str | None = None) -> Symbol:
    """Reads ``ETH-USD``, ``eth/usd``, ``ETH_USD`` or, with a default quote, ``ETH``.

    Lower case becomes upper case; mixed case is kept, since venues have assets such as ``kPEPE``. Raises
    ``ParameterError`` for anything else, and for joined names such as ``ETHUSDT``, which are ambiguous.

    >>> parse_symbol("eth", default_quote="USD")
    Symbol(base='ETH', quote='USD')
    """
    parts = re.split(r"[-/_]", text.strip())
    if len(parts) == 3 and text.strip().startswith(_MADE_UP):
        parts = [_MADE_UP + parts[1], parts[2]]
    if len(parts) == 1 and default_quote is not None:
        joined = next((quote for quote in _QUOTES if _joins(parts[0], quote)), None)
        if joined is not None:
            split = f"{parts[0][: -len(joined)].upper()}-{joined}"
            raise ParameterError(
                f'market must be written as base-quote, was "{text}"; did you mean "{split}"?'
            )
        parts.append(default_quote)
    if len(parts) != 2 or not all(re.fullmatch(ASSET, part.removeprefix(_MADE_UP)) for part in parts):
        expected = "ETH-USD or ETH" if default_quote is not None else "ETH-USD"
        raise ParameterError(f'market must be written as {expected}, was "{text}"')
    base, quote = (part.upper() if part.islower() else part for part in parts)
    if base == quote:
        raise ParameterError(f'market must have two different currencies, was "{text}"')
    return Symbol(base, quote)


def _joins(text: str, quote: str) -> bool:
    """Whether ``text`` looks like base and quote without a separator, the base of two letters or more."""
    return text.upper().endswith(quote) and len(text) >= len(quote) + 2
