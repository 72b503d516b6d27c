//! Performance metrics: what an equity curve and its trades say, by the definitions of `simulation.md`, "Statistics".
//!
//! - [`summarise`]: the whole of it, one pass over the curve.
//! - [`buy_and_hold`]: the line to compare with.
//! - [`Metrics`]: the result; an undefined metric is `None` and its reason is kept.
//! - [`overfit`]: is the winner of a search luck?

mod backdrop;
mod benchmark;
mod block_sums;
mod daily;
mod drawdown;
mod metrics;
#[cfg(test)]
mod oracle;
mod returns;
mod summary;
#[cfg(test)]
mod tests;
mod trades;

pub mod overfit;

pub use backdrop::Backdrop;
pub use benchmark::buy_and_hold;
pub use metrics::{MetricValue, Metrics, Undefined};
pub use summary::{Record, summarise, summarise_before};
