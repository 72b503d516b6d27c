//! Direction and confidence; what each indicator's values say; votes.

pub mod rules;
mod signal;

pub use signal::{Direction, Signal, SignalEvent, Trigger};
