//! The fast simulation of one strategy in one market: equal to the general engine, without its generality.
//!
//! - [`Traded`]: the traded bars and what all sets of parameters ask of them.
//! - [`Terms`]: a portfolio, if it is one of those that can be simulated here.
//! - [`Verdict`], [`tally`]: what the indicators say together, the input of a simulation.
//! - [`simulate`], [`whole`]: equity, trades and every metric, to the last bit; `None` where something rare is left to [`crate::engine::Engine`].
//! - [`Growth`], [`brief`]: a few metrics to 1e-12, in constant time for a trade, where the equity is all in or all out.
//! - [`Crossing`], [`follow`]: the same from two columns of averages.

mod bars;
mod crossing;
mod entry;
mod fills;
mod growth;
mod guard;
mod holder;
mod leg;
mod simulate;
mod terms;
mod traded;
mod verdict;
mod whole;

pub use crossing::{Average, Averages, Crossing, Pair, follow, rounded};
pub use growth::Growth;
pub use holder::{BRIEF_METRICS, Brief, brief};
pub use simulate::{Scratch, Totals};
pub use terms::Terms;
pub use traded::Traded;
pub use verdict::{Decisions, Signals, Verdict, tally};
pub use whole::{simulate, whole};
