//! From a vote to an intended position: sizing, stops, hedge legs.

mod check;
mod entry;
mod sizing;
mod spec;

pub use entry::EntryTerms;
pub use sizing::{EntrySize, SizingInput, entry_size};
pub use spec::{
    AllowedSide, Edge, HedgeSpec, IndicatorUse, LimitSpec, MarketSpec, PortfolioSpec, SignalSource,
    Sizing, SizingMethod, StrategySpec,
};
