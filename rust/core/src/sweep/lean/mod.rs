//! The fast simulation of one strategy in one market: equal to the general engine, without its generality.
//!
//! - [`Span`]: the traded bars and what all sets of parameters ask of them.
//! - [`Terms`]: a portfolio, if it is one of those that can be simulated here.
//! - [`Verdict`], [`tally`]: what the indicators say together, the input of a simulation.
//! - [`whole`]: every metric, to the last bit; `None` where something rare is left to [`crate::engine::Engine`].

mod guard;
mod leg;
mod simulate;
mod span;
mod terms;
mod verdict;
mod whole;

pub use simulate::Scratch;
pub use span::Span;
pub use terms::Terms;
pub use verdict::{Decisions, Signals, Verdict, tally};
pub use whole::whole;
