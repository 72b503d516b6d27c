//! Entries: from a verdict to the order that fills at the next open, sized and checked as strategies do.

#![expect(
    clippy::inline_always,
    reason = "what runs inside the dispatch is compiled for the wider processor only when inlined into it"
)]

use super::simulate::Simulation;
use crate::plan::{EntrySize, SizingInput, entry_size};
use crate::risk::{Exposure, LossWatch, check_entry};
use crate::venue::Side;

/// Rounding slack of margins, as the venue's.
pub(super) const SLACK: f64 = 1e-9;

/// An entry that waits for the next open.
#[derive(Debug, Clone, Copy)]
pub(super) struct Order {
    pub side: Side,
    pub quantity: Amount,
    /// A value that could be carried when it was sent is cut to what is free.
    pub cut_to_free: bool,
    /// Loss of both legs at which they close; NaN for none.
    pub net_loss: f64,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Amount {
    Quote(f64),
    Base(f64),
}

impl Simulation<'_> {
    /// The entry that a verdict leads to at a close, if size and limits allow one. `reversing`: what is held is closing.
    #[inline(always)]
    pub(super) fn order(
        &mut self,
        side: Side,
        confidence: f64,
        equity: f64,
        price: f64,
        reversing: bool,
    ) -> Option<Order> {
        let strategy = self.terms.strategy;
        let leverage = strategy.leverage;
        let input = SizingInput {
            equity,
            price,
            leverage,
            confidence,
            stop_fraction: Some(self.terms.levels.stop).filter(|stop| !stop.is_nan()),
            profits: &self.scratch.profits,
        };
        let mut size = entry_size(&strategy.sizing, &input).ok()?;
        if let (Some(hedge), EntrySize::Capital(capital), true) =
            (self.terms.hedge, size, reversing)
        {
            let main = self.main.equity(price) / (1.0 - hedge.ratio);
            let most = main.min(self.hedge.equity(price) / hedge.ratio);
            size = EntrySize::Capital(capital.min(most));
        }
        let main_share = self.terms.main_share();
        let capital = match size {
            EntrySize::Units(_) if self.terms.hedge.is_some() => size.capital(&input) / main_share,
            _ => size.capital(&input),
        };
        let exposure_share = self.terms.hedge.map_or(leverage, |hedge| {
            (1.0 - hedge.ratio) * leverage + hedge.ratio * hedge.leverage
        });
        // Whatever stands in the only market is closing, so that this entry is all there will be.
        let exposure = Exposure {
            equity,
            open_trades: 0,
            notional: 0.0,
            market_notional: 0.0,
        };
        let losses = LossWatch::new(self.terms.initial_balance);
        let notional = capital * exposure_share;
        check_entry(self.terms.limits, &exposure, &losses, notional).ok()?;
        if let (Some(hedge), false) = (self.terms.hedge, reversing) {
            self.balance_accounts(hedge.ratio);
        }
        let (quantity, amount) = match size {
            EntrySize::Capital(capital) => {
                let value = capital * main_share * leverage;
                (Amount::Quote(value), value)
            }
            EntrySize::Units(units) => (Amount::Base(units), units),
        };
        if !(amount.is_finite() && amount > 0.0) {
            return None;
        }
        let mut free = self.main.free();
        if reversing {
            free += self.main.margin + self.main.unrealised(price);
        }
        Some(Order {
            side,
            quantity,
            cut_to_free: match quantity {
                Amount::Quote(value) => value / leverage <= free * (1.0 + SLACK),
                Amount::Base(_) => false,
            },
            net_loss: capital * self.terms.levels.net_loss_pct / 100.0,
        })
    }

    /// Moves cash so that the hedge account holds its share.
    #[inline(always)]
    fn balance_accounts(&mut self, ratio: f64) {
        let (main, hedge) = (self.main.cash, self.hedge.cash);
        let excess = hedge - (main + hedge) * ratio;
        if excess > 0.0 {
            let movable = excess.min(hedge);
            if movable > 0.0 {
                self.hedge.cash -= movable;
                self.main.cash += movable;
            }
        } else {
            let movable = excess.abs().min(main);
            if movable > 0.0 {
                self.main.cash -= movable;
                self.hedge.cash += movable;
            }
        }
    }
}
