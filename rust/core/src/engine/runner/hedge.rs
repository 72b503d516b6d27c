//! What a strategy does for its hedge leg: the capital of both legs, reducing it, giving up one that was kept.

use super::Runner;
use crate::engine::desk::{Desk, Moment};
use crate::plan::{EntrySize, SizingInput};
use crate::signals::Vote;
use crate::venue::{HEDGE, MAIN, OrderRequest, Purpose, Quantity, Side};

impl Runner {
    /// Only a hedge that was kept stands: closes it for a vote against it. Returns whether that vote may enter.
    pub(super) fn gives_up_hedge(&mut self, vote: Vote, desk: &mut Desk, now: &Moment) -> bool {
        let owner = desk.venue().position(HEDGE, self.market).strategy;
        if owner != self.index {
            self.refuse_as_busy(owner, vote, desk, now);
            return false;
        }
        let held = desk.hedge_quantity(self.market);
        if held.signum() == vote.direction.sign() || self.is_closing(desk) {
            return false;
        }
        let close = desk.close(HEDGE, self.market, self.index, Purpose::HedgeExit, now);
        self.pending_close = Some(close);
        true
    }

    /// The size of a reversal that both accounts can carry. They are balanced while flat only: what it wants may lie on the other one.
    pub(super) fn within_accounts(
        &self,
        size: EntrySize,
        reversing: bool,
        desk: &Desk,
    ) -> EntrySize {
        match (self.spec.hedge, size) {
            (Some(hedge), EntrySize::Capital(capital)) if reversing => {
                EntrySize::Capital(capital.min(desk.capital_of_accounts(hedge.ratio)))
            }
            _ => size,
        }
    }

    /// Capital of both legs. Units are those of the main leg alone.
    pub(super) fn capital(&self, size: EntrySize, input: &SizingInput<'_>) -> f64 {
        let capital = size.capital(input);
        match (self.spec.hedge, size) {
            (Some(hedge), EntrySize::Units(_)) => capital / (1.0 - hedge.ratio),
            _ => capital,
        }
    }

    /// Notional of both legs.
    pub(super) fn notional(&self, capital: f64) -> f64 {
        let leverage = self.spec.leverage;
        capital
            * self.spec.hedge.map_or(leverage, |hedge| {
                (1.0 - hedge.ratio) * leverage + hedge.ratio * hedge.leverage
            })
    }

    /// Reduces the hedge once when the main leg has gained enough.
    pub(super) fn reduce_hedge(&mut self, long: bool, desk: &mut Desk, now: &Moment) {
        let Some((hedge, reduce_at_pct)) =
            self.spec.hedge.and_then(|h| Some((h, h.reduce_at_pct?)))
        else {
            return;
        };
        let quantity = desk.hedge_quantity(self.market);
        let position = desk.venue().position(MAIN, self.market);
        let opened = Some(position.opened_ns);
        if self.hedge_reduced_of == opened || quantity == 0.0 {
            return;
        }
        let gain_pct =
            (now.price / position.entry_price - 1.0) * 100.0 * if long { 1.0 } else { -1.0 };
        if gain_pct < reduce_at_pct {
            return;
        }
        self.hedge_reduced_of = opened;
        let side = if quantity > 0.0 {
            Side::Sell
        } else {
            Side::Buy
        };
        desk.submit(
            OrderRequest {
                account: HEDGE,
                reduce_only: true,
                strategy: self.index,
                purpose: Purpose::HedgeExit,
                ..OrderRequest::market(
                    self.market,
                    side,
                    Quantity::Base(quantity.abs() * hedge.reduce_by_pct / 100.0),
                )
            },
            now,
        );
    }
}
