//! What is traded and what is known of it: bars, intervals, instruments.

mod bars;
mod candles;
mod instrument;
mod interval;

pub use bars::{Bar, BarColumns, Bars, RawColumns};
pub use candles::Candles;
pub use instrument::{Instrument, MarginTier, MarketType};
pub use interval::Interval;
