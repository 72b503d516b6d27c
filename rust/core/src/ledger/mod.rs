//! Cash, positions, round trips; `apply_fill` is the only writer of positions.
//!
//! - `book`: the ledger itself and what can be read from it: accounts, positions, marks, equity.
//! - `booking`: what writes to it: fills, funding, liquidation, transfers.
//! - `position`: one position while it stands.
//! - `trade`: one position from flat to flat.

mod book;
mod booking;
mod position;
mod trade;

pub use book::{EquityLine, Ledger, Opening};
pub use position::Position;
pub use trade::Trade;
