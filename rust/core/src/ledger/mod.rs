//! Cash, positions, round trips; `apply_fill` is the only writer.

mod trade;

pub use trade::Trade;
