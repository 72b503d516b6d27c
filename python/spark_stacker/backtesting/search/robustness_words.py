"""What the winner did under other conditions, in sentences that say no more than the numbers show."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spark_stacker.backtesting.metrics import format_metric

if TYPE_CHECKING:
    from collections.abc import Sequence

    from spark_stacker.backtesting.search.robustness import Case, Robustness

__all__ = ["sentences"]


def sentences(found: Robustness) -> list[str]:
    """A sentence for costs, delay, scenarios and each draw."""
    base = found.base
    synthetic = [case for case in found.cases if case.name.startswith("synthetic: ")]
    changed = [case for case in found.cases[1:] if case not in synthetic]
    return [
        *(_changed(case, base) for case in changed),
        _scenarios(synthetic),
        _bootstrap(found),
        _orders(found),
    ]


def _changed(case: Case, base: Case) -> str:
    what = case.name[0].upper() + case.name[1:]
    if case.failure is not None:
        return f"{what}: could not be run, as {case.failure}."
    said = f"{what}: a total return of {_percent(case.total_return)} instead of {_percent(base.total_return)}"
    if case.left is None:
        return said + "."
    if case.left <= 0:
        return said + ": nothing is left of the gain."
    return said + f": {100 * case.left:.0f} % of the gain is left."


def _scenarios(cases: Sequence[Case]) -> str:
    ran = [case for case in cases if case.failure is None and case.total_return is not None]
    failed = len(cases) - len(ran)
    said = "Synthetic markets, made up and no ground to believe in a strategy"
    if not ran:
        return f"{said}: it could be run in none of {len(cases)}."
    gained = sum(1 for case in ran if (case.total_return or 0.0) > 0)
    worst = min(ran, key=lambda case: case.total_return or 0.0)
    name = worst.name.removeprefix("synthetic: ").replace("_", " ")
    said += f": it gained in {gained} of {len(ran)}; the worst, {name}, gave {_percent(worst.total_return)}"
    return f"{said}; {failed} could not be run." if failed else f"{said}."


def _bootstrap(found: Robustness) -> str:
    drawn = found.bootstrap
    if drawn is None:
        return f"Block bootstrap: none, as {found.reasons['bootstrap']}."
    total, share = drawn.total_return, f"{100 * drawn.confidence:.3g} %"
    said = (
        f"Block bootstrap: in {share} of {drawn.draws:,} histories drawn from blocks of about "
        f"{drawn.block_length} of its own bars the total return lay between {_percent(total.low)} and "
        f"{_percent(total.high)}"
    )
    gained = (found.base.total_return or 0.0) > 0
    return f"{said}: it may as well have lost." if gained and total.low < 0 else f"{said}."


def _orders(found: Robustness) -> str:
    drawn = found.orders
    if drawn is None:
        return f"Order of trades: none, as {found.reasons['orders']}."
    tail = f"{50 * (1 - drawn.confidence):.3g} %"
    return (
        f"Order of trades: in {drawn.draws:,} other orders of the same trades the maximum drawdown, seen at "
        f"their ends, was {_percent(drawn.max_drawdown.median)} in the middle and at least "
        f"{_percent(drawn.max_drawdown.high)} in the worst {tail}."
    )


def _percent(value: float | None) -> str:
    return format_metric("total_return", value)
