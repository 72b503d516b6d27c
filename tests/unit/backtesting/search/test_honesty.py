"""The honesty report: its verdict, its words, and that it says why a number is missing."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from spark_stacker.backtesting.search.honesty import HonestyReport, Verdict, assess
from spark_stacker.backtesting.search.overfit import Decay, block_sums, mean_correlation
from spark_stacker.errors import ParameterError


def report(returns: np.ndarray, **changes: Any) -> HonestyReport:
    deviation = returns.std(axis=1, ddof=1)
    with np.errstate(invalid="ignore"):
        sharpes = np.where(deviation > 0, returns.mean(axis=1) / deviation, np.nan)
    winner = 0 if np.isnan(sharpes).all() else int(np.nanargmax(sharpes))
    given: dict[str, Any] = {
        "sets": len(returns),
        "sharpes": sharpes,
        "winner_returns": returns[winner],
        "periods_per_year": 8_760.0,
        "block_sums": np.stack([block_sums(row) for row in returns]),
        "correlation": mean_correlation(returns),
    }
    return assess(**given | changes)


def noise(sets: int = 50, *, edge: float = 0.0) -> np.ndarray:
    returns = np.random.default_rng(21).normal(0.0, 0.01, (sets, 1_600))
    returns[3] += edge * 0.01
    return returns


def test_noise_is_not_called_more_than_luck() -> None:
    made = report(noise(), observed=1.0, permuted=[1.5] * 12 + [0.5] * 7)
    assert made.verdict is Verdict.LIKELY_LUCK
    assert made.permutation_p_value == 13 / 20
    assert made.sentences()[-1].startswith("Verdict: likely luck.")


def test_a_strong_edge_passes_every_test() -> None:
    made = report(noise(edge=0.25), observed=9.0, permuted=[1.0] * 19, decay=Decay(0.5, 0.4))
    assert made.deflated_sharpe is not None
    assert made.deflated_sharpe > 0.95
    assert made.cross_validation is not None
    assert made.cross_validation.probability < 0.01
    assert made.verdict is Verdict.BEYOND_LUCK
    words = " ".join(made.sentences())
    assert "50 parameter sets tried in this search" in words
    assert "of 19 searches over the same bars in random order, 0 found at least as much (p = 0.050)" in words
    assert "50.0 % a year on the data that chose them and 40.0 % on those that followed" in words
    assert "walk-forward efficiency 0.80" in words
    assert "That is no promise" in words


def test_a_choice_that_carries_a_loss_over_is_not_praised() -> None:
    losing = noise(edge=0.5) - 0.02
    words = " ".join(report(losing).sentences())
    assert "and lost money there in 100.0 %" in words
    assert "The choice carried over within these data, but mostly to a loss." in words


def test_a_test_that_fails_keeps_the_verdict_open() -> None:
    made = report(noise(edge=0.25), observed=9.0, permuted=[1.0] * 18 + [9.5])
    assert made.verdict is Verdict.UNDECIDED
    assert "luck is not ruled out" in " ".join(made.sentences())


def test_sets_that_share_one_edge_pass_though_none_is_the_best() -> None:
    rng = np.random.default_rng(23)
    alike = rng.normal(0.002, 0.01, 1_600) + rng.normal(0.0, 0.0005, (50, 1_600))
    made = report(alike, observed=9.0, permuted=[1.0] * 19)
    assert made.cross_validation is not None
    assert made.cross_validation.probability >= 0.5
    assert made.verdict is Verdict.BEYOND_LUCK
    assert "Which of the sets is best is luck" in made.sentences()[-1]


def test_earlier_trials_on_the_same_data_count() -> None:
    alone = report(noise(edge=0.1))
    after_many = report(noise(edge=0.1), trials_ever=1_000_000)
    assert alone.deflated_sharpe is not None
    assert after_many.deflated_sharpe is not None
    assert after_many.deflated_sharpe < alone.deflated_sharpe
    assert after_many.trials == 1_000_000
    assert "1,000,000 ever on these data with this strategy" in after_many.sentences()[0]


def test_sets_that_trade_alike_count_as_fewer_trials() -> None:
    alike = noise() + np.random.default_rng(22).normal(0.0, 0.02, 1_600)
    made = report(alike)
    assert made.effective_trials is not None
    assert made.effective_trials == pytest.approx(50 * 0.2 + 0.8, abs=1.0)
    assert made.deflated_sharpe is not None
    assert made.deflated_sharpe_all_trials is not None
    assert made.deflated_sharpe > made.deflated_sharpe_all_trials


def test_what_was_not_run_says_why() -> None:
    made = report(noise(), not_permuted="it would take about 4 minutes")
    words = made.sentences()
    assert "Permutation test: none, as it would take about 4 minutes." in words
    [decay] = [sentence for sentence in words if sentence.startswith("Decay: ")]
    assert "in the median split" in decay
    assert "No time that follows was looked at." in decay
    assert made.permutation_p_value is None
    assert made.decay is None


def test_without_any_cross_validation_there_is_no_decay() -> None:
    words = report(np.zeros((4, 200))).sentences()
    assert "Decay: none, as walk-forward analysis was not run." in words


def test_of_several_goals_it_says_which_was_compared() -> None:
    made = report(noise(), observed=1.0, permuted=[0.5] * 19, permuted_goal="sharpe_ratio")
    assert "Permutation test, by the first goal (sharpe_ratio) alone: of 19 searches" in " ".join(
        made.sentences()
    )


def test_sets_that_never_trade_leave_everything_undefined() -> None:
    made = report(np.zeros((4, 200)))
    assert made.cross_validation is None
    assert made.deflated_sharpe is None
    assert made.verdict is Verdict.UNDECIDED
    words = made.sentences()
    assert "Cross-validation: none, as no set has a Sharpe ratio in any half of the time." in words
    assert "Deflated Sharpe ratio: none, as the winner's returns have no variance." in words


def test_a_single_set_was_not_chosen() -> None:
    made = report(noise(edge=0.25)[3:4])
    assert made.cross_validation is None
    assert made.reasons["cross_validation"] == "a single set leaves nothing to choose"
    assert made.expected_maximum_sharpe == 0.0
    assert made.deflated_sharpe == pytest.approx(made.winner.probabilistic() if made.winner else None)


def test_a_short_history_is_not_cross_validated() -> None:
    made = report(noise(), block_sums=None)
    assert made.reasons["cross_validation"] == "there are fewer bars than blocks of time"


def test_one_set_among_many_that_trades_has_no_deflated_sharpe_ratio() -> None:
    returns = np.zeros((5, 1_600))
    returns[2] = noise()[0] + 0.001
    made = report(returns)
    assert made.reasons["deflated_sharpe"] == "fewer than two sets have a Sharpe ratio"
    assert made.reasons["correlation"] == "fewer than two sets have returns that vary"
    assert "each counts as independent" in made.sentences()[0]


def test_the_report_survives_json() -> None:
    full = report(noise(), observed=1.0, permuted=[0.5] * 19, decay=Decay(-0.1, 0.2))
    empty = report(np.zeros((4, 200)))
    for made in (full, empty):
        assert HonestyReport.from_dict(json.loads(json.dumps(made.to_dict()))) == made
    assert full.to_dict()["verdict"] == full.verdict.value


def test_efficiency_needs_a_profit_to_start_from() -> None:
    assert Decay(0.4, 0.1).efficiency == 0.25
    assert Decay(0.0, 0.1).efficiency is None
    assert Decay(-0.4, 0.1).efficiency is None
    words = " ".join(report(noise(), decay=Decay(-0.4, 0.1)).sentences())
    assert "without a profit to start from there is no efficiency" in words


def test_few_permutations_are_said_to_be_too_few() -> None:
    words = " ".join(report(noise(edge=0.25), observed=9.0, permuted=[1.0] * 9).sentences())
    assert "with fewer than 19 such searches the 0.05 that is asked for cannot be reached" in words


def test_each_mistake_is_named() -> None:
    with pytest.raises(
        ParameterError, match="trials_ever must be at least the 50 sets of this search, was 3"
    ):
        report(noise(), trials_ever=3)
    with pytest.raises(ParameterError, match="observed must be the winner's objective"):
        report(noise(), permuted=[1.0])


def test_without_a_permutation_test_every_trial_counts_as_independent() -> None:
    made = replace(report(noise()), deflated_sharpe=0.96, deflated_sharpe_all_trials=0.94)
    assert made.permutation_p_value is None
    assert made.verdict is Verdict.UNDECIDED
    words = " ".join(made.sentences())
    assert "95 % of the latter are asked for, as no permutation test was run: luck is not ruled out" in words
    enough = replace(made, deflated_sharpe_all_trials=0.95)
    assert enough.verdict is Verdict.BEYOND_LUCK
    assert "asked for and reached, as no permutation test was run." in " ".join(enough.sentences())
    permuted = replace(made, permutation_p_value=0.05, permutations=19)
    assert permuted.verdict is Verdict.BEYOND_LUCK
    assert "; 95 % are asked for and reached." in " ".join(permuted.sentences())
