//! The core of Spark Stacker: indicators, decisions and simulation, pure and deterministic.
//!
//! - [`error`]: the one error enum: parameter, value, requirement.
//! - [`market`]: bars, intervals and the specification of an instrument; events, tapes and books.
//! - [`indicators`]: one file each: a batch function and a step object from one update rule.
//! - [`signals`]: direction and confidence; what each indicator's values say; votes.
//! - [`plan`]: from a vote to an intended position: sizing, stops, hedge legs.
//! - [`risk`]: pure checks of an intended order against limits and the ledger.
//! - [`ledger`]: cash, positions, round trips; `apply_fill` is the only writer.
//! - [`venue`]: the simulated exchange: orders, matching, fees, slippage, margin, liquidation.
//! - [`engine`]: the loop over bars that joins all of the above, and what it records.
//! - [`backtest`]: one run of a portfolio over its histories, and what it recorded.
//! - [`stats`]: performance metrics, and whether the winner of a search is luck.
//! - [`sweep`]: many parameter sets over the same history, and the search among them.
//! - `random`, `threads`: seeded draws, and as many threads as asked for.

pub mod backtest;
pub mod engine;
pub mod error;
pub mod indicators;
pub mod ledger;
pub mod market;
pub mod plan;
mod random;
pub mod risk;
pub mod signals;
pub mod stats;
pub mod sweep;
mod threads;
pub mod venue;

pub use error::{Error, Result};
