//! A strategy and its portfolio as the configuration states them. Fields ending in `_pct` are percent.

use crate::indicators::IndicatorSpec;
use crate::market::{Instrument, Interval};
use crate::signals::SignalMode;

/// Where an indicator's signals come from.
#[derive(Debug, Clone, PartialEq)]
pub enum SignalSource {
    /// Computed here.
    BuiltIn(IndicatorSpec),
    /// Handed in from outside, one per closed bar of the indicator's timeframe.
    External,
}

/// An indicator in its role in a strategy.
#[derive(Debug, Clone, PartialEq)]
pub struct IndicatorUse {
    /// Name the user gave it.
    pub name: String,
    /// What it computes.
    pub source: SignalSource,
    /// Timeframe that it sees; a multiple of the market's bar interval.
    pub timeframe: Interval,
    /// Weight in a weighted vote.
    pub weight: f64,
    /// Closed bars of its timeframe for which a signal stands.
    pub signal_ttl: u32,
}

/// Directions a strategy may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AllowedSide {
    /// Long only.
    Long,
    /// Short only.
    Short,
    /// Either.
    #[default]
    Both,
}

impl AllowedSide {
    /// Every choice under its name in configurations.
    pub const NAMES: &[(&str, Self)] = &[
        ("long", Self::Long),
        ("short", Self::Short),
        ("both", Self::Both),
    ];
}

/// How the margin capital of a trade is found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum SizingMethod {
    /// A fixed amount of quote currency.
    FixedUsd {
        /// Margin capital.
        amount: f64,
    },
    /// A share of the equity.
    PercentEquity {
        /// Percent of equity.
        equity_pct: f64,
    },
    /// So much that the stop loses a share of the equity.
    RiskBased {
        /// Percent of equity lost at the stop.
        risk_pct: f64,
    },
    /// A fixed number of base units.
    FixedUnits {
        /// Base units of the position.
        units: f64,
    },
    /// Kelly's share of the equity, capped.
    Kelly {
        /// The configured edge; `None` only with `from_trades`.
        edge: Option<Edge>,
        /// Multiplies Kelly's share.
        fraction: f64,
        /// Highest share of the equity, percent.
        cap_pct: f64,
        /// Take the edge from the strategy's own last 50 closed trades once there are 20. Until then the configured
        /// one stands in; without one there is no entry, and so never a first trade.
        from_trades: bool,
    },
}

/// The edge of a strategy.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Edge {
    /// Probability of a win in [0, 1].
    pub win_rate: f64,
    /// Average win over average loss.
    pub payoff: f64,
}

/// Sizing with its bounds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sizing {
    /// Method.
    pub method: SizingMethod,
    /// Multiply the capital by the signal's confidence.
    pub scale_by_confidence: bool,
    /// Upper bound of the margin capital, quote currency.
    pub max_position_size: Option<f64>,
    /// A position of less notional is refused.
    pub min_notional: Option<f64>,
    /// Upper bound of the notional.
    pub max_notional: Option<f64>,
}

/// The hedge of a strategy.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HedgeSpec {
    /// Share of the trade's capital that margins the hedge, in (0, 1).
    pub ratio: f64,
    /// Leverage of the hedge leg.
    pub leverage: f64,
    /// Stop when both legs together have lost this percent of the trade's capital.
    pub net_stop_loss_pct: Option<f64>,
    /// When the main leg has gained this percent in price, reduce the hedge.
    pub reduce_at_pct: Option<f64>,
    /// By this percent of its quantity.
    pub reduce_by_pct: f64,
    /// On the opposite signal close the main leg and keep the hedge.
    pub keep_on_reversal: bool,
}

/// One strategy.
#[derive(Debug, Clone, PartialEq)]
pub struct StrategySpec {
    /// Name.
    pub name: String,
    /// Index into [`PortfolioSpec::markets`].
    pub market: usize,
    /// Decisions are taken at closes of this timeframe.
    pub timeframe: Interval,
    /// Indicators that vote.
    pub indicators: Vec<IndicatorUse>,
    /// How they vote.
    pub signal_mode: SignalMode,
    /// Lowest confidence that acts.
    pub min_confidence: f64,
    /// Directions allowed.
    pub side: AllowedSide,
    /// Close on the opposite signal.
    pub exit_on_opposite: bool,
    /// Entries into one position; 1 is no pyramiding.
    pub max_entries: u32,
    /// Sizing.
    pub sizing: Sizing,
    /// Leverage of the main leg.
    pub leverage: f64,
    /// Stop, percent of the entry price against the position.
    pub stop_loss_pct: Option<f64>,
    /// Target, percent of the entry price in favour.
    pub take_profit_pct: Option<f64>,
    /// Trailing stop, percent of the best price.
    pub trailing_stop_pct: Option<f64>,
    /// Gain in percent from which the stop stands at the entry price.
    pub break_even_pct: Option<f64>,
    /// Longest time a position is held.
    pub max_holding_ns: Option<i64>,
    /// Hedge.
    pub hedge: Option<HedgeSpec>,
}

/// A market in the portfolio.
#[derive(Debug, Clone, PartialEq)]
pub struct MarketSpec {
    /// Symbol, for messages and results.
    pub symbol: String,
    /// Interval of the bars that drive it.
    pub interval: Interval,
    /// Specification; `None` trades on margin without rounding, minimum or tier.
    pub instrument: Option<Instrument>,
}

/// Limits of the account, all optional.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct LimitSpec {
    /// Positions open at once, hedge legs not counted.
    pub max_parallel_trades: Option<u32>,
    /// Gross notional of all positions, percent of equity.
    pub max_exposure_pct: Option<f64>,
    /// Gross notional in one market, percent of equity.
    pub max_market_exposure_pct: Option<f64>,
    /// No new position after this loss since 00:00 UTC, percent of the equity at the end of the day before.
    pub max_daily_loss_pct: Option<f64>,
    /// No new position beyond this drawdown from the peak, percent.
    pub max_drawdown_pct: Option<f64>,
    /// Also close what is open when the daily loss or the drawdown limit is reached.
    pub close_on_breach: bool,
}

/// Everything a simulation needs beside its data.
#[derive(Debug, Clone, PartialEq)]
pub struct PortfolioSpec {
    /// Cash at the start, quote currency.
    pub initial_balance: f64,
    /// Rules of the venue.
    pub venue: crate::venue::VenueRules,
    /// Markets.
    pub markets: Vec<MarketSpec>,
    /// Account limits.
    pub limits: LimitSpec,
    /// Strategies, in the order in which they decide.
    pub strategies: Vec<StrategySpec>,
}
