"""The assumptions of a run in sentences, so that nobody has to guess how a number came about."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from spark_stacker.backtesting.perpetuals import PerpetualTerms
    from spark_stacker.backtesting.result import BacktestResult

_DAY_HOURS: Final = 24

__all__ = ["closing_assumptions", "tick_assumptions", "venue_assumptions"]


def venue_assumptions(
    venue: Mapping[str, object],
    markets: Sequence[Mapping[str, object]],
    perpetuals: Sequence[PerpetualTerms],
) -> tuple[str, ...]:
    """What the rules of the simulated venue and the specifications of its markets mean, on bars.

    ``venue`` and ``markets`` are those of the plan; ``perpetuals`` say of each market which funding and mark
    prices were given.
    """
    sentences = [
        "Decisions are made at a bar's close; the earliest fill is the next bar's open.",
        "A decision at the last bar's close is never filled.",
        "Where the path inside a bar is ambiguous, the worse outcome is taken.",
        _fees(venue),
        _slippage(venue["slippage"], venue["seed"]),  # type: ignore[arg-type]
        _limits(venue),
    ]
    for market, terms in zip(markets, perpetuals, strict=True):
        sentences += _market(market)
        if not _is_spot(market):
            sentences += _perpetual(terms)
    return (*sentences, *_account(venue, markets))


def tick_assumptions(venue: Mapping[str, object], markets: Sequence[Mapping[str, object]]) -> tuple[str, ...]:
    """The same on ticks, beside those of queue and latency (`TickSettings.assumptions`)."""
    slippage = _slippage(venue["slippage"], venue["seed"])  # type: ignore[arg-type]
    return (
        "Bars are built from the trades that the strategy has received; a decision is made at a bar's close, "
        "and its orders travel to the exchange.",
        "The metrics end with the last bar that closed; orders, fills and the profit by queue count what "
        "came after it, too.",
        _fees(venue),
        "Market orders take from the book. Where the events tell of none, they fill at the last trade. "
        f"{slippage}",
        _limits(venue),
        *(sentence for market in markets for sentence in _market(market)),
        "Funding is paid where the events tell of it.",
        *_account(venue, markets),
    )


def _fees(venue: Mapping[str, object]) -> str:
    return (
        f"Fees: maker {_percent(venue['maker_fee_rate'])}, taker {_percent(venue['taker_fee_rate'])} "
        "of each fill's notional."
    )


def _limits(venue: Mapping[str, object]) -> str:
    if venue["fill_on_touch"]:
        return "A limit order fills when its price is touched."
    return "A limit order fills only when the price trades through it."


def _account(venue: Mapping[str, object], markets: Sequence[Mapping[str, object]]) -> list[str]:
    sentences = []
    if any(not _is_spot(market) for market in markets):
        sentences.append(
            f"Margin is {venue['margin_mode']}; "
            f"a liquidation costs {_percent(venue['liquidation_fee_rate'])}."
        )
    return [*sentences, "Annualised figures use years of 365 days; the risk-free rate is 0."]


def closing_assumptions(result: BacktestResult) -> tuple[str, ...]:
    """What holds because of how the run ended."""
    sentences = []
    still_open = len(result.open_positions)
    if still_open:
        noun = "position stands" if still_open == 1 else "positions stand"
        sentences.append(
            f"{still_open} {noun} at the end, marked at the last close; trade metrics leave them out."
        )
    sentences += _beyond_the_book(result)
    if result.metrics["hedge_profit"] is not None:
        sentences.append("The legs of a hedge are trades of their own, on two accounts.")
    return tuple(sentences)


def _beyond_the_book(result: BacktestResult) -> Iterator[str]:
    """Trades larger than any size that the calibrated slippage of their market was measured on."""
    plan: Mapping[str, Any] = result.configuration.get("plan", {})  # type: ignore[assignment]
    for market in plan.get("markets", ()):
        if market.get("impact") is None:
            continue
        largest = market["impact"]["largest_notional"]
        trades = result.trades.filter(pl.col("market") == market["symbol"])
        notional = trades["quantity"].abs() * trades["entry_price"]
        beyond = int((notional > largest).sum())
        if beyond:
            yield (
                f"{market['symbol']}: {beyond} of {trades.height} trades are larger than {largest:,.12g}, "
                "the largest size measured; what they paid is extended from smaller ones, not measured."
            )


def _market(market: Mapping[str, object]) -> list[str]:
    symbol = market["symbol"]
    sentences = []
    if market.get("impact") is not None:
        sentences.append(_calibrated(symbol, market["impact"]))  # type: ignore[arg-type]
    if market["instrument"] is None:
        sentences.append(
            f"{symbol} has no instrument specification: on margin, with shorts, no rounding, no minimum."
        )
    if _is_spot(market):
        sentences.append(f"{symbol} is traded spot: no shorts, nothing beyond the free balance.")
    return sentences


def _perpetual(terms: PerpetualTerms) -> list[str]:
    symbol = terms.symbol
    if terms.funding is None:
        sentences = [f"{symbol}: funding is not modelled, no rates were given."]
    elif terms.payments == 0:
        sentences = [f"{symbol}: funding is not modelled, no given rate falls into the range."]
    else:
        sentences = [f"{symbol}: funding at the given rates, {terms.payments} payments in the range."]
    if terms.mark is not None:
        sentences.append(
            f"{symbol}: liquidation and funding go by mark candles, there for {terms.marked:,} of "
            f"{terms.bars:,} bars; elsewhere by trade candles."
        )
    return sentences


def _calibrated(symbol: object, impact: Mapping[str, Any]) -> str:
    """Where a market's calibrated slippage comes from, and up to where it was measured."""
    first, last = (datetime.fromtimestamp(impact[key] / 1e9, UTC) for key in ("start_ns", "end_ns"))
    own, seen = len(impact["hours"]), ", ".join(map(str, impact["seen_hours"]))
    hours = f"{own} hours of the day have curves of their own, the others"
    if own < 2:
        hours = "one hour of the day has a curve of its own, the others" if own else "all hours of the day"
    hours = f"{hours} have that of all books seen, of the hours {seen} UTC"
    if own == _DAY_HOURS:
        hours = "every hour of the day has its own curve"
    made_up = "" if impact["synthetic"] is None else f" of the made-up scenario {impact['synthetic']}"
    return (
        f"{symbol}: market orders cost what books of {impact['venue']} {impact['symbol']}{made_up} from "
        f"{first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M} UTC would have; {hours}. Beyond "
        f"{impact['largest_notional']:,.12g} a fill the cost is extended, not measured."
    )


def _is_spot(market: Mapping[str, object]) -> bool:
    instrument = market["instrument"]
    return instrument is not None and instrument["market_type"] == "spot"  # type: ignore[index]


def _percent(rate: object) -> str:
    return f"{100 * float(rate):.4g} %"  # type: ignore[arg-type]


def _slippage(model: Mapping[str, object], seed: object) -> str:
    match model["model"]:
        case "none":
            return "Market orders fill without slippage."
        case "fixed":
            return f"Slippage: {model['bps']:g} basis points against every market order."
        case "random":
            return (
                f"Slippage: uniform from 0 to {model['max_bps']:g} basis points against every market order, "
                f"seed {seed}."
            )
        case "volume_share":
            return (
                f"Slippage: {model['base_bps']:g} + {model['coefficient_bps']:g} · (size / bar volume)² "
                "basis points; "
                f"at most {_percent(model['max_share_fraction'])} of a bar's volume is taken."
            )
        case "square_root":
            return (
                f"Slippage: half of {model['spread_bps']:g} basis points + "
                f"{model['coefficient']:g} · volatility · "
                f"√(size / bar volume), volatility over {model['volatility_bars']} bars."
            )
        case other:
            times = "" if model.get("factor", 1) == 1 else f", times {model['factor']:g}"
            return f"Slippage: {other} on recorded books, by size and hour of the day{times}."
