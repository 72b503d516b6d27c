//! What the venue keeps of one market: its specification, its last price, the orders that wait in it.

use super::live_order::{LiveOrder, Resting, Waiting};
use super::slippage::Volatility;
use super::ticks::TickMarket;
use super::{OrderId, SlippageModel};
use crate::market::Instrument;

/// One market of the venue.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct MarketState {
    pub instrument: Instrument,
    /// Close of its last bar.
    pub last_close: Option<f64>,
    /// Market orders, and what is left of triggered stops, by id.
    pub pending: Waiting,
    /// Orders that wait for a price, by id.
    pub resting: Resting,
    /// Units of the current bar, and what market orders have taken of them.
    pub bar_volume: f64,
    pub volume_taken: f64,
    /// Fills that took liquidity so far: the number by which random slippage is drawn, which other markets do not change.
    pub fills_taken: u64,
    pub volatility: Volatility,
    /// Liquidation is judged on mark candles.
    pub has_mark: bool,
    /// What it keeps beside if it trades tick by tick.
    pub ticks: Option<Box<TickMarket>>,
}

impl MarketState {
    pub(super) fn new(instrument: Instrument, slippage: SlippageModel) -> Self {
        Self {
            instrument,
            last_close: None,
            pending: Vec::new(),
            resting: Resting::default(),
            bar_volume: 0.0,
            volume_taken: 0.0,
            fills_taken: 0,
            volatility: Volatility::new(slippage),
            has_mark: false,
            ticks: None,
        }
    }

    /// Takes an order out of the lists.
    pub(super) fn take(&mut self, id: OrderId) -> Option<Box<LiveOrder>> {
        self.take_where(|order| order.id == id)
    }

    /// Takes the first order that `wanted` picks.
    pub(super) fn take_where(
        &mut self,
        wanted: impl Fn(&LiveOrder) -> bool,
    ) -> Option<Box<LiveOrder>> {
        if let Some(index) = self.pending.iter().position(|order| wanted(order)) {
            return Some(self.pending.remove(index));
        }
        let index = self.resting.iter().position(|order| wanted(order))?;
        Some(self.resting.remove(index))
    }
}
