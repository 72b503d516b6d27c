"""The parts of a search report that are plain HTML. Whatever comes from the user passes `html.escape`."""

from __future__ import annotations

import json
import math
from html import escape
from typing import TYPE_CHECKING, Final

from spark_stacker.backtesting.metrics import METRICS, format_metric
from spark_stacker.backtesting.search.honesty import Verdict
from spark_stacker.backtesting.search.summary import HEADLINE, plateau_words
from spark_stacker.backtesting.search.trial_columns import value_places, value_text
from spark_stacker.backtesting.search.wording import percent
from spark_stacker.errors import DataError
from spark_stacker.reporting.charts import pack
from spark_stacker.reporting.sections import card, sentences

if TYPE_CHECKING:
    from spark_stacker.backtesting.search.honesty import HonestyReport
    from spark_stacker.backtesting.search.result import SearchResult

__all__ = [
    "best_trials",
    "goal_words",
    "honesty_section",
    "how_it_was_made",
    "plateau",
    "robustness_section",
    "search_subtitle",
    "winner",
]

TOP: Final = 100
"""Rows of the table of the best trials."""
_TONES: Final = {Verdict.BEYOND_LUCK: "gain", Verdict.UNDECIDED: "mark", Verdict.LIKELY_LUCK: "loss"}


def search_subtitle(result: SearchResult) -> str:
    """How was searched, over what."""
    best = result.best_result
    markets = ", ".join(f"{market.symbol} {market.interval}" for market in best.markets)
    times = best.equity_curve["timestamp"]
    span = f"{times[0]:%Y-%m-%d} – {times[-1]:%Y-%m-%d} UTC" if len(times) else "no bars"
    failed = f", {result.failed:,} failed" if result.failed else ""
    return escape(
        f"{result.outcome.sampler['name']} search by {result.objective.label} · {result.count:,} sets "
        f"of {result.space.size:,}{failed} · {', '.join(best.strategies)} · {markets} · {span} · "
        f"{len(times):,} bars"
    )


def honesty_section(report: HonestyReport | None) -> str:
    """Verdict, the numbers that it rests on, and what they mean."""
    if report is None:
        return (
            '<p class="verdict">Not examined</p><p>The search was made without asking how likely its best '
            "set is luck, so that nothing below says whether it is.</p>"
        )
    *told, verdict = report.sentences()
    word = report.verdict.value
    said = verdict.removeprefix("Verdict: ").removeprefix(f"{word}. ")
    return (
        f'<p class="verdict {_TONES[report.verdict]}">{escape(_capital(word))}</p>'
        f'<p class="said">{escape(_capital(said))}</p>'
        f'<div class="cards">{"".join(_honest_cards(report))}</div>{sentences(told)}'
    )


def _honest_cards(report: HonestyReport) -> list[str]:
    validation, per_year = report.cross_validation, math.sqrt(report.periods_per_year)
    independent = (
        "" if report.effective_trials is None else f", like {report.effective_trials:,.0f} independent"
    )
    cards = [
        card(
            "Probability of overfitting",
            "–" if validation is None else _share(validation.probability),
            "not measured" if validation is None else f"of {validation.splits:,} splits in halves",
        ),
        card(
            "Deflated Sharpe ratio",
            _share(report.deflated_sharpe),
            f"{report.trials:,} trials ever{independent}",
        ),
        card(
            "Permutation p-value",
            "–" if report.permutation_p_value is None else f"{report.permutation_p_value:.3f}",
            f"{report.permutations:,} searches over shuffled bars" if report.permutations else "not run",
        ),
    ]
    decay = report.decay
    if decay is not None:
        cards.append(
            card(
                "In → out of sample",
                f"{_share(decay.in_sample)} → {_share(decay.out_of_sample)}",
                "return a year, walk-forward",
            )
        )
    elif validation is not None and validation.out_of_sample_sharpe is not None:
        chosen, other = (
            per_year * sharpe for sharpe in (validation.in_sample_sharpe, validation.out_of_sample_sharpe)
        )
        cards.append(
            card("In → out of sample", f"{chosen:.2f} → {other:.2f}", "Sharpe ratio, cross-validated")
        )
    return cards


def winner(result: SearchResult) -> str:
    """The best set and its main metrics."""
    best = result.best_result
    cards = [
        card(
            METRICS[name].label,
            escape(format_metric(name, best.metrics[name], best.quote)),
            METRICS[name].meaning,
        )
        for name in HEADLINE
    ]
    items = "".join(
        f"<div><dt>{escape(path)}</dt><dd>{escape(value_text(value))}</dd></div>"
        for path, value in result.best_params.items()
    )
    return f'<dl class="params">{items}</dl><div class="cards">{"".join(cards)}</div>'


def plateau(result: SearchResult) -> str:
    """How the neighbours of the best set do, as a bar and in words."""
    score = result.plateau_score
    words = f"<p>{escape(plateau_words(score))}</p>"
    if score is None:
        return words
    return (
        f'<div class="gauge" role="img" aria-label="Plateau score {score:.2f} of 1">'
        f'<span style="width:{100 * score:.1f}%"></span></div>{words}'
        '<p class="caption">Plateau score: the mean share of all sets that the sets one step from the best '
        "are better than. 0.5 is no better than any set.</p>"
    )


def best_trials(result: SearchResult) -> dict[str, object]:
    """The best trials for a table that is sorted in the page: texts, and numbers to sort by."""
    top = result.top(TOP)
    goals = [name for name in result.objective.metrics if name not in HEADLINE]
    metrics = [name for name in (*goals, *HEADLINE) if name in top.columns]
    columns: list[dict[str, object]] = [
        {
            "label": path,
            "texts": [value_text(value) for value in top[path]],
            "order": pack(value_places(result, path, top)),
        }
        for path in result.space.paths
    ]
    columns += [
        {
            "label": METRICS[name].label,
            "texts": [format_metric(name, value) for value in top[name]],
            "order": pack(top[name]),
            "metric": True,
        }
        for name in metrics
    ]
    best = result.best_params
    sets = top.select(result.space.paths).iter_rows(named=True)
    chosen = next((row for row, params in enumerate(sets) if params == best), None)
    return {"count": len(top), "chosen": chosen, "columns": columns}


def goal_words(result: SearchResult) -> str:
    """What ranks the trials."""
    first = result.objective.goals[0].label
    return f"first goal, {first}" if len(result.objective.goals) > 1 else f"objective, {first}"


def robustness_section(result: SearchResult) -> str:
    """The best set under other conditions: sentences, then a row a case."""
    try:
        found = result.robustness()
    except DataError as error:
        return f"<p>{escape(str(error))}.</p>"
    rows = []
    for row in found.frame.iter_rows(named=True):
        name = f'<th scope="row">{escape(row["case"].replace("_", " "))}</th>'
        if row["failure"] is not None:
            rows.append(f'<tr>{name}<td colspan="5" class="failure">{escape(row["failure"])}</td></tr>')
            continue
        texts = [
            _toned("total_return", row["total_return"]),
            _toned("sharpe_ratio", row["sharpe_ratio"]),
            _plain_cell(format_metric("max_drawdown", row["max_drawdown"])),
            _plain_cell(format_metric("total_trades", row["trades"])),
            _plain_cell(_left(row["left"])),
        ]
        rows.append(f"<tr>{name}{''.join(texts)}</tr>")
    heads = ("Total return", "Sharpe ratio", "Max. drawdown", "Trades", "Left of the gain")
    head = "".join(f'<th scope="col" class="number">{text}</th>' for text in heads)
    return (
        f'{sentences(found.sentences())}<div class="scroll"><table class="cases"><thead><tr>'
        f'<th scope="col">Case</th>{head}</tr></thead><tbody>{"".join(rows)}</tbody></table></div>'
        f'<p class="caption">Seed {found.seed}. Synthetic markets have the interval, number of bars, first '
        "price and median volume of the market; they are made up.</p>"
    )


def how_it_was_made(result: SearchResult) -> str:
    """Space, objective, constraints, sampler and the manifest of the best set, as text."""
    from spark_stacker.backtesting.search.stored import described

    shown = {
        "search": described(result.outcome),
        "failed": dict(result.outcome.reasons),
        "best_set": dict(result.best_result.manifest),
    }
    return escape(json.dumps(shown, indent=2, ensure_ascii=False, default=str))


def _plain_cell(text: str) -> str:
    return f'<td class="number">{escape(text)}</td>'


def _toned(name: str, value: float | None) -> str:
    tone = "" if value is None else "gain" if value > 0 else "loss" if value < 0 else ""
    return f'<td class="number {tone}">{escape(format_metric(name, value))}</td>'


def _left(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:,.0f} %" if share > 0 else "nothing"


def _share(fraction: float | None) -> str:
    return "–" if fraction is None else escape(percent(fraction))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
