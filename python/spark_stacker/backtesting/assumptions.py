"""The assumptions of a run in sentences, so that nobody has to guess how a number came about."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from spark_stacker.backtesting.perpetuals import PerpetualTerms
    from spark_stacker.backtesting.result import BacktestResult

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
    if result.metrics["hedge_profit"] is not None:
        sentences.append("The legs of a hedge are trades of their own, on two accounts.")
    return tuple(sentences)


def _market(market: Mapping[str, object]) -> list[str]:
    symbol = market["symbol"]
    sentences = []
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
            return f"Slippage: {other}."
