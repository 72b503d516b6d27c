//! A trade: one position from flat to flat.

use crate::venue::{AccountId, MarketId, Purpose, Side};

/// A round trip. Prices are averages over all fills; amounts are in quote currency.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Trade {
    /// Account that held it.
    pub account: AccountId,
    /// Market.
    pub market: MarketId,
    /// Strategy that opened it.
    pub strategy: u16,
    /// `Buy` for a long, `Sell` for a short.
    pub side: Side,
    /// Open time of the bar of the first fill, UTC nanoseconds.
    pub entry_time_ns: i64,
    /// Open time of the bar of the last fill.
    pub exit_time_ns: i64,
    /// Base units bought (long) or sold (short) in all.
    pub quantity: f64,
    /// Average price of the entries.
    pub entry_price: f64,
    /// Average price of the exits.
    pub exit_price: f64,
    /// Profit before costs; no loss beyond an isolated position's margin, nor beyond what a liquidated cross account had.
    pub gross_profit: f64,
    /// All fees of its fills.
    pub fees: f64,
    /// Funding paid; negative when received.
    pub funding: f64,
    /// Profit net of fees and funding.
    pub profit: f64,
    /// Worst price against the position, as a fraction of the entry price, positive.
    pub max_adverse_fraction: f64,
    /// Best price in its favour, as a fraction of the entry price, positive.
    pub max_favourable_fraction: f64,
    /// Stop that stood when the position opened.
    pub initial_stop: Option<f64>,
    /// Why the last fill was sent.
    pub exit_purpose: Purpose,
}
