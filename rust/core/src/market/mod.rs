//! What is traded and what is known of it: bars, intervals, instruments.

mod bars;
mod instrument;
mod interval;
mod permuted;

pub use bars::{Bar, BarColumns, Bars, RawColumns};
pub use instrument::{Instrument, MarginTier, MarketType};
pub use interval::Interval;
pub use permuted::permuted;
