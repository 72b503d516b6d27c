"""What a walk-forward says of how its choices last, in sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spark_stacker.backtesting.search.wording import percent

if TYPE_CHECKING:
    from spark_stacker.backtesting.search.walk_forward import WalkForwardResult

__all__ = ["decay_sentences"]


def decay_sentences(walk: WalkForwardResult) -> list[str]:
    """How return and Sharpe ratio fell from the trainings to the tests, over all and window by window."""
    return [_of_returns(walk), _of_sharpes(walk), _of_windows(walk)]


def _of_returns(walk: WalkForwardResult) -> str:
    decay = walk.decay
    if decay is None:
        return "Decay of the return: none, as a year's return of a training or of the tests is undefined."
    said = (
        f"Decay of the return: the sets chosen earned {percent(decay.in_sample)} a year in their trainings, "
        f"on average, and {percent(decay.out_of_sample)} in the tests that followed"
    )
    if decay.efficiency is None:
        return f"{said}; without a profit to start from there is no efficiency."
    return f"{said} (efficiency {decay.efficiency:.2f})."


def _of_sharpes(walk: WalkForwardResult) -> str:
    decay = walk.sharpe_decay
    if decay is None:
        return "Decay of the Sharpe ratio: none, as that of a training or of the tests is undefined."
    return (
        f"Decay of the Sharpe ratio: {decay.in_sample:.2f} a year in the trainings, on average, and "
        f"{decay.out_of_sample:.2f} over the tests in one."
    )


def _of_windows(walk: WalkForwardResult) -> str:
    known = [decay for decay in (window.sharpe_decay for window in walk.windows) if decay is not None]
    worse = sum(decay.out_of_sample < decay.in_sample for decay in known)
    lost = sum((window.out_of_sample["total_return"] or 0.0) < 0 for window in walk.windows)
    return (
        f"Of {len(walk.windows):,} windows {lost:,} lost money in the test; of {len(known):,} with a Sharpe "
        f"ratio on both sides {worse:,} had a lower one there."
    )
