"""The account a backtest starts with: one balance in one currency, the one that the market is quoted in."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple, TypeAlias

from spark_stacker.config import parse_symbol
from spark_stacker.config.values import LARGEST_BALANCE
from spark_stacker.errors import ParameterError

__all__ = ["Account", "Balance", "opening_account"]

Balance: TypeAlias = "float | Mapping[str, float]"
"""An amount of the quote currency, or amounts by currency."""


class Account(NamedTuple):
    """An amount and its currency."""

    balance: float
    quote: str


def opening_account(
    initial_balance: Balance, *, symbol: str | None = None, conversion: Mapping[str, float] | None = None
) -> Account:
    """The account in the quote currency of ``symbol``, else in the only currency of ``initial_balance``.

    ``conversion`` gives the price of one unit of a currency in the quote currency; without one, a balance in
    another currency is a `ParameterError`: amounts of different currencies are never added.

    >>> opening_account({"USD": 10_000.0}, symbol="ETH-USD")
    Account(balance=10000.0, quote='USD')
    """
    balances = dict(initial_balance) if isinstance(initial_balance, Mapping) else None
    quote = _quote(symbol, balances)
    if balances is None:
        return Account(_positive("initial_balance", initial_balance), quote)
    total = 0.0
    for currency, amount in balances.items():
        if amount == 0:
            continue
        value = _positive(f"initial_balance[{currency!r}]", amount)
        total += value if currency == quote else value * _price(currency, quote, conversion or {})
    if total == 0.0:
        raise ParameterError(f"initial_balance must hold an amount of {quote}, was {balances!r}")
    return Account(total, quote)


def _quote(symbol: str | None, balances: Mapping[str, float] | None) -> str:
    if symbol is not None:
        return parse_symbol(symbol).quote
    if balances is not None and len(balances) == 1:
        return next(iter(balances))
    if balances is None:
        return "USD"
    raise ParameterError(f"initial_balance must hold one currency, was {balances!r}")


def _positive(name: str, amount: object) -> float:
    number = isinstance(amount, (int, float)) and not isinstance(amount, bool)
    if not number or not math.isfinite(amount) or amount <= 0:  # type: ignore[arg-type, operator]
        raise ParameterError(f"{name} must be a positive number, was {amount!r}")
    if amount > LARGEST_BALANCE:  # type: ignore[operator]
        raise ParameterError(f"{name} must be at most {LARGEST_BALANCE:g}, was {amount!r}")
    return float(amount)  # type: ignore[arg-type]


def _price(currency: str, quote: str, conversion: Mapping[str, float]) -> float:
    if currency not in conversion:
        raise ParameterError(
            f"initial_balance is in {currency}, but the market is quoted in {quote}: "
            f'give the balance in {quote}, or a price with conversion={{"{currency}": …}}'
        )
    return _positive(f"conversion[{currency!r}]", conversion[currency])
