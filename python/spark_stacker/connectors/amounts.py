"""Amounts at the exchange's edge: whatever the caller gives becomes a ``Decimal``, a float by its repr."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from spark_stacker.errors import ParameterError

__all__ = ["Amount", "to_amount", "to_positive_amount"]

Amount = float | int | str | Decimal


def to_amount(value: Amount, *, name: str) -> Decimal:
    """Return ``value`` as a finite ``Decimal``; ``name`` is what an error calls it.

    >>> to_amount(0.1, name="size")
    Decimal('0.1')
    """
    if isinstance(value, bool):
        raise ParameterError(f"{name} must be a number, was {value!r}")
    try:
        amount = Decimal(repr(float(value))) if isinstance(value, float) else Decimal(value)
    except (InvalidOperation, TypeError, ValueError) as error:
        raise ParameterError(f"{name} must be a number, was {value!r}") from error
    if not amount.is_finite():
        raise ParameterError(f"{name} must be finite, was {value!r}")
    return amount


def to_positive_amount(value: Amount, *, name: str) -> Decimal:
    """Return ``value`` as a ``Decimal`` above zero.

    >>> to_positive_amount("1.50", name="price")
    Decimal('1.50')
    """
    amount = to_amount(value, name=name)
    if amount <= 0:
        raise ParameterError(f"{name} must be above 0, was {value!r}")
    return amount
