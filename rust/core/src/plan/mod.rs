//! From a vote to an intended position: sizing, stops, hedge legs.

mod spec;

pub use spec::{
    AllowedSide, HedgeSpec, IndicatorUse, LimitSpec, MarketSpec, PortfolioSpec, SignalMode,
    SignalSource, Sizing, SizingMethod, StrategySpec,
};
