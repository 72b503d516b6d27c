//! Direction and confidence; what each indicator's values say; votes; timeframes.

pub mod rules;
mod signal;
mod timeframe;
mod vote;

pub use signal::{Direction, Signal, SignalEvent, Trigger};
pub use timeframe::{Aggregator, ClosedBars, aggregate};
pub use vote::{Ballot, SignalMode, Vote};
