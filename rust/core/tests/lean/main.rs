//! The lean simulation of a search says what the general engine says: random strategies over random candles end equal to the last bit, brief measures
//! to 1e-12.

mod backtest;
mod brief;
mod made;
mod whole;

/// Random cases of each property.
const CASES: u64 = 3_000;
