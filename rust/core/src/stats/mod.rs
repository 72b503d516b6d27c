//! Performance metrics: what an equity curve and its trades say, by the definitions of `simulation.md`, "Statistics".
//!
//! - [`summarise`]: the whole of it, one pass over the curve.
//! - [`Metrics`]: the result; an undefined metric is `None` and its reason is kept.

mod daily;
mod drawdown;
mod metrics;
mod returns;
mod summary;
#[cfg(test)]
mod tests;
mod trades;

pub use metrics::{MetricValue, Metrics, Undefined};
pub use summary::{Record, summarise};
