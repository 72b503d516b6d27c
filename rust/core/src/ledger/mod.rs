//! Cash, positions, round trips; `apply_fill` is the only writer of positions.
//!
//! - `book`: the ledger itself: accounts, positions, marks, equity.
//! - `position`: one position while it stands.
//! - `trade`: one position from flat to flat.

mod book;
mod position;
mod trade;

pub use book::{EquityLine, Ledger, Opening};
pub use position::Position;
pub use trade::Trade;
