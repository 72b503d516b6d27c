//! Direction and confidence; what each indicator's values say; votes.

mod signal;

pub use signal::{Direction, Signal, SignalEvent, Trigger};
