//! The tables of settings: of an indicator's use, of a strategy, of the account and its venue.

use super::setting::{Field, Place};
use crate::plan::{Edge, HedgeSpec, PortfolioSpec, SizingMethod};
use crate::venue::SlippageModel;

use Field::{
    Count, HedgeRatio, Margin, Mode, Number, OptionalCount, OptionalDuration, OptionalNumber, Seed,
    Side, Sizing, Switch, Timeframe,
};

/// A setting under its name.
pub(super) type Named = (&'static str, Field);

/// Settings of an indicator in its role, beside the parameters of its type.
pub(super) const OF_INDICATOR: &[Named] = &[
    (
        "timeframe_ns",
        Timeframe(|spec, at| {
            Some(&mut spec.strategies[at.strategy].indicators[at.indicator?].timeframe)
        }),
    ),
    (
        "weight",
        Number(|spec, at| Some(&mut spec.strategies[at.strategy].indicators[at.indicator?].weight)),
    ),
    (
        "signal_ttl",
        Count(|spec, at| {
            Some(&mut spec.strategies[at.strategy].indicators[at.indicator?].signal_ttl)
        }),
    ),
];

/// The field of that name in the strategy.
macro_rules! of_strategy {
    ($kind:ident, $($field:ident).+) => {
        $kind(|spec, at| Some(&mut spec.strategies[at.strategy].$($field).+))
    };
}

/// The field of that name in the hedge, if there is one.
macro_rules! of_hedge {
    ($kind:ident, $field:ident) => {
        $kind(|spec, at| {
            let hedge: &mut Option<HedgeSpec> = &mut spec.strategies[at.strategy].hedge;
            hedge.as_mut().map(|hedge| &mut hedge.$field)
        })
    };
}

/// The number of that name in the sizing method, if it has one.
macro_rules! of_method {
    ($kind:ident, $method:ident, $field:ident) => {
        $kind(
            |spec, at| match &mut spec.strategies[at.strategy].sizing.method {
                SizingMethod::$method { $field, .. } => Some($field),
                _ => None,
            },
        )
    };
}

/// The number of that name in the slippage model, if it has one.
macro_rules! of_slippage {
    ($kind:ident, $model:ident, $field:ident) => {
        $kind(|spec, _| match &mut spec.venue.slippage {
            SlippageModel::$model { $field, .. } => Some($field),
            _ => None,
        })
    };
}

/// The field of that name in the account or its venue.
macro_rules! of_account {
    ($kind:ident, $($field:ident).+) => {
        $kind(|spec, _| Some(&mut spec.$($field).+))
    };
}

/// The configured edge of Kelly's method, if the sizing has one.
fn edge(spec: &mut PortfolioSpec, at: Place) -> Option<&mut Edge> {
    match &mut spec.strategies[at.strategy].sizing.method {
        SizingMethod::Kelly { edge, .. } => edge.as_mut(),
        _ => None,
    }
}

/// Settings of a strategy.
pub(super) const OF_STRATEGY: &[Named] = &[
    ("timeframe_ns", of_strategy!(Timeframe, timeframe)),
    ("signal_mode", of_strategy!(Mode, signal_mode)),
    ("min_confidence", of_strategy!(Number, min_confidence)),
    ("side", of_strategy!(Side, side)),
    ("exit_on_opposite", of_strategy!(Switch, exit_on_opposite)),
    ("max_entries", of_strategy!(Count, max_entries)),
    ("leverage", of_strategy!(Number, leverage)),
    ("stop_loss_pct", of_strategy!(OptionalNumber, stop_loss_pct)),
    (
        "take_profit_pct",
        of_strategy!(OptionalNumber, take_profit_pct),
    ),
    (
        "trailing_stop_pct",
        of_strategy!(OptionalNumber, trailing_stop_pct),
    ),
    (
        "break_even_pct",
        of_strategy!(OptionalNumber, break_even_pct),
    ),
    (
        "max_holding_ns",
        of_strategy!(OptionalDuration, max_holding_ns),
    ),
    ("sizing", of_strategy!(Sizing, sizing)),
    ("sizing.amount", of_method!(Number, FixedUsd, amount)),
    (
        "sizing.equity_pct",
        of_method!(Number, PercentEquity, equity_pct),
    ),
    ("sizing.risk_pct", of_method!(Number, RiskBased, risk_pct)),
    ("sizing.units", of_method!(Number, FixedUnits, units)),
    (
        "sizing.win_rate",
        Number(|spec, at| edge(spec, at).map(|edge| &mut edge.win_rate)),
    ),
    (
        "sizing.payoff",
        Number(|spec, at| edge(spec, at).map(|edge| &mut edge.payoff)),
    ),
    ("sizing.fraction", of_method!(Number, Kelly, fraction)),
    ("sizing.cap_pct", of_method!(Number, Kelly, cap_pct)),
    ("sizing.from_trades", of_method!(Switch, Kelly, from_trades)),
    (
        "sizing.scale_by_confidence",
        of_strategy!(Switch, sizing.scale_by_confidence),
    ),
    (
        "sizing.max_position_size",
        of_strategy!(OptionalNumber, sizing.max_position_size),
    ),
    (
        "sizing.min_notional",
        of_strategy!(OptionalNumber, sizing.min_notional),
    ),
    (
        "sizing.max_notional",
        of_strategy!(OptionalNumber, sizing.max_notional),
    ),
    ("hedge.ratio", of_strategy!(HedgeRatio, hedge)),
    ("hedge.leverage", of_hedge!(Number, leverage)),
    (
        "hedge.net_stop_loss_pct",
        of_hedge!(OptionalNumber, net_stop_loss_pct),
    ),
    (
        "hedge.reduce_at_pct",
        of_hedge!(OptionalNumber, reduce_at_pct),
    ),
    ("hedge.reduce_by_pct", of_hedge!(Number, reduce_by_pct)),
    (
        "hedge.keep_on_reversal",
        of_hedge!(Switch, keep_on_reversal),
    ),
];

/// Settings of the account and its venue.
pub(super) const OF_ACCOUNT: &[Named] = &[
    ("initial_balance", of_account!(Number, initial_balance)),
    (
        "venue.maker_fee_rate",
        of_account!(Number, venue.maker_fee_rate),
    ),
    (
        "venue.taker_fee_rate",
        of_account!(Number, venue.taker_fee_rate),
    ),
    (
        "venue.liquidation_fee_rate",
        of_account!(Number, venue.liquidation_fee_rate),
    ),
    ("venue.fee_in_base", of_account!(Switch, venue.fee_in_base)),
    (
        "venue.fill_on_touch",
        of_account!(Switch, venue.fill_on_touch),
    ),
    ("venue.margin_mode", of_account!(Margin, venue.margin_mode)),
    ("venue.seed", of_account!(Seed, venue.seed)),
    ("venue.slippage.bps", of_slippage!(Number, Fixed, bps)),
    (
        "venue.slippage.max_bps",
        of_slippage!(Number, Random, max_bps),
    ),
    (
        "venue.slippage.base_bps",
        of_slippage!(Number, VolumeShare, base_bps),
    ),
    (
        "venue.slippage.coefficient_bps",
        of_slippage!(Number, VolumeShare, coefficient_bps),
    ),
    (
        "venue.slippage.max_share_fraction",
        of_slippage!(Number, VolumeShare, max_share_fraction),
    ),
    (
        "venue.slippage.spread_bps",
        of_slippage!(Number, SquareRoot, spread_bps),
    ),
    (
        "venue.slippage.coefficient",
        of_slippage!(Number, SquareRoot, coefficient),
    ),
    (
        "venue.slippage.volatility_bars",
        of_slippage!(Count, SquareRoot, volatility_bars),
    ),
    (
        "venue.slippage.factor",
        of_slippage!(Number, Calibrated, factor),
    ),
    (
        "limits.max_parallel_trades",
        of_account!(OptionalCount, limits.max_parallel_trades),
    ),
    (
        "limits.max_exposure_pct",
        of_account!(OptionalNumber, limits.max_exposure_pct),
    ),
    (
        "limits.max_market_exposure_pct",
        of_account!(OptionalNumber, limits.max_market_exposure_pct),
    ),
    (
        "limits.max_daily_loss_pct",
        of_account!(OptionalNumber, limits.max_daily_loss_pct),
    ),
    (
        "limits.max_drawdown_pct",
        of_account!(OptionalNumber, limits.max_drawdown_pct),
    ),
    (
        "limits.close_on_breach",
        of_account!(Switch, limits.close_on_breach),
    ),
];
