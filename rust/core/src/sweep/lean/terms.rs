//! What a portfolio asks for, if the lean simulation can give it.

use crate::market::Instrument;
use crate::plan::{AllowedSide, LimitSpec, PortfolioSpec, SizingMethod, StrategySpec};
use crate::signals::Direction;
use crate::venue::{MarginMode, Side, SlippageModel, VenueRules};

/// The terms of one strategy in one market, within what is simulated here.
#[derive(Debug, Clone, Copy)]
pub struct Terms<'a> {
    pub(super) strategy: &'a StrategySpec,
    pub(super) rules: &'a VenueRules,
    pub(super) limits: &'a LimitSpec,
    pub(super) initial_balance: f64,
    pub(super) levels: Levels,
    pub(super) hedge: Option<Hedge>,
    /// Without levels and without a hedge.
    pub(super) is_bare: bool,
    /// Own closed trades decide the size.
    pub(super) keeps_profits: bool,
}

/// A level, or its distance, that is not there. Nothing compares with it, and nothing comes of it.
///
/// No `Option`: with the bits of one that is absent the compiler works out what nobody asks for, and where they are those of a subnormal number
/// that takes as long as a hundred multiplications.
pub(super) const ABSENT: f64 = f64::NAN;

/// Distances of the protective levels, fractions of the price that they count from; [`ABSENT`] where there is none.
#[derive(Debug, Clone, Copy)]
pub(super) struct Levels {
    pub stop: f64,
    pub target: f64,
    pub trail: f64,
    pub break_even: f64,
    /// Loss of both legs, percent of the capital.
    pub net_loss_pct: f64,
}

impl Levels {
    /// Whether there is none.
    pub(super) fn are_absent(&self) -> bool {
        let all = [
            self.stop,
            self.target,
            self.trail,
            self.break_even,
            self.net_loss_pct,
        ];
        all.iter().all(|level| level.is_nan())
    }

    /// Whether extremes move them.
    pub(super) const fn move_with_price(&self) -> bool {
        !self.trail.is_nan() || !self.break_even.is_nan()
    }
}

/// The hedge leg of an entry.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Hedge {
    pub ratio: f64,
    pub leverage: f64,
    /// Its notional as a fraction of the main leg's.
    pub notional_fraction: f64,
}

impl<'a> Terms<'a> {
    /// The terms of a checked portfolio; `None` when only the general engine does justice to it.
    ///
    /// Beyond these terms are several markets or strategies, spot, steps, minima and margin tiers, cross margin, slippage by volume,
    /// limits on losses, pyramiding, and hedges that are reduced or kept.
    #[must_use]
    pub fn of(portfolio: &'a PortfolioSpec) -> Option<Self> {
        let ([market], [strategy]) = (&portfolio.markets[..], &portfolio.strategies[..]) else {
            return None;
        };
        let plain = Instrument::default();
        let (rules, limits) = (&portfolio.venue, &portfolio.limits);
        let simple = market.instrument.as_ref().is_none_or(|i| *i == plain)
            && rules.margin_mode == MarginMode::Isolated
            && matches!(
                rules.slippage,
                SlippageModel::None | SlippageModel::Fixed { .. } | SlippageModel::Random { .. }
            )
            && limits.max_daily_loss_pct.is_none()
            && limits.max_drawdown_pct.is_none()
            && strategy.max_entries == 1
            && strategy
                .hedge
                .is_none_or(|hedge| !hedge.keep_on_reversal && hedge.reduce_at_pct.is_none());
        let fraction = |pct: Option<f64>| pct.unwrap_or(ABSENT) / 100.0;
        let levels = Levels {
            stop: fraction(strategy.stop_loss_pct),
            target: fraction(strategy.take_profit_pct),
            trail: fraction(strategy.trailing_stop_pct),
            break_even: fraction(strategy.break_even_pct),
            net_loss_pct: strategy
                .hedge
                .and_then(|hedge| hedge.net_stop_loss_pct)
                .unwrap_or(ABSENT),
        };
        simple.then(|| Self {
            strategy,
            rules,
            limits,
            initial_balance: portfolio.initial_balance,
            levels,
            is_bare: levels.are_absent() && strategy.hedge.is_none(),
            hedge: strategy.hedge.map(|hedge| Hedge {
                ratio: hedge.ratio,
                leverage: hedge.leverage,
                notional_fraction: hedge.ratio * hedge.leverage
                    / ((1.0 - hedge.ratio) * strategy.leverage),
            }),
            keeps_profits: matches!(
                strategy.sizing.method,
                SizingMethod::Kelly {
                    from_trades: true,
                    ..
                }
            ),
        })
    }

    /// The strategy.
    #[must_use]
    pub const fn strategy(&self) -> &'a StrategySpec {
        self.strategy
    }

    /// Share of an entry's capital that margins the main leg.
    pub(super) fn main_share(&self) -> f64 {
        self.hedge.map_or(1.0, |hedge| 1.0 - hedge.ratio)
    }

    /// Cash of the main and of the hedge account at the start.
    pub(super) fn balances(&self) -> [f64; 2] {
        let balance = self.initial_balance;
        self.hedge.map_or([balance, 0.0], |hedge| {
            [balance * (1.0 - hedge.ratio), balance * hedge.ratio]
        })
    }

    pub(super) const fn allows(&self, side: Side) -> bool {
        match self.strategy.side {
            AllowedSide::Both => true,
            AllowedSide::Long => matches!(side, Side::Buy),
            AllowedSide::Short => matches!(side, Side::Sell),
        }
    }
}

/// Which side an entry in this direction takes.
pub(super) const fn side_of(direction: Direction) -> Side {
    match direction {
        Direction::Buy => Side::Buy,
        Direction::Sell => Side::Sell,
    }
}
