//! What writes to the ledger: fills, funding, liquidation, transfers.

use super::{Ledger, Opening, Position, Trade};
use crate::error::{Error, Result};
use crate::venue::{AccountId, Fill, MarginMode, MarketId};

impl Ledger {
    /// Books a fill, which either opens (or adds) or reduces, never both. Returns whether it left the position flat.
    ///
    /// In isolated mode a position loses no more than its margin, the fee of the reducing fill included; the rest is the venue's.
    pub(crate) fn apply_fill(&mut self, fill: &Fill, opening: Opening) -> bool {
        let row = self.row(fill.account, fill.market);
        let spot = self.is_spot(fill.market);
        let position = &mut self.positions[row];
        let account = &mut self.accounts[usize::from(fill.account.0)];
        let sign = fill.side.sign();
        if position.quantity * sign >= 0.0 {
            let units = if fill.fee_in_base {
                fill.quantity - fill.fee / fill.price
            } else {
                fill.quantity
            };
            if position.quantity == 0.0 {
                self.open += 1;
            }
            let first = !position.is_open();
            position.enter(sign * units, fill);
            if first {
                position.initial_stop = opening.initial_stop;
            }
            position.leverage = opening.leverage;
            account.cash -= fill.fee;
            if spot {
                account.cash -= units * fill.price;
            } else {
                position.margin += units * fill.price / opening.leverage;
            }
            return false;
        }
        let held = position.quantity.abs();
        assert!(
            fill.quantity <= held,
            "a reducing fill exceeds its position"
        );
        let whole = fill.quantity == held;
        let released = if whole {
            position.margin
        } else {
            position.margin * (fill.quantity / held)
        };
        let mut profit = -sign * fill.quantity * (fill.price - position.entry_price);
        if spot {
            account.cash += fill.quantity * fill.price - fill.fee;
        } else {
            let uncovered = fill.fee - profit - released;
            if self.margin_mode == MarginMode::Isolated && uncovered > 0.0 {
                profit += uncovered;
                account.borne_by_venue += uncovered;
            }
            account.cash += profit - fill.fee;
        }
        position.margin -= released;
        position.exit(fill, profit);
        if whole {
            let side = fill.side.opposite();
            self.trades.push(position.trade(side, fill.account, fill));
            *position = Position::default();
            self.open -= 1;
        }
        whole
    }

    /// Books funding on every position in a market: cash −= signed quantity · price · rate.
    ///
    /// In isolated mode it comes from the free balance first, then from the position's margin.
    pub(crate) fn apply_funding(&mut self, market: MarketId, price: f64, rate: f64) {
        if self.is_spot(market) {
            return;
        }
        for (account, index) in (0_u8..).zip(0..self.accounts.len()) {
            let row = index * self.marks.len() + usize::from(market.0);
            let quantity = self.positions[row].quantity;
            if quantity == 0.0 {
                continue;
            }
            let paid = quantity * price * rate;
            self.accounts[index].cash -= paid;
            self.positions[row].funding += paid;
            if self.margin_mode == MarginMode::Isolated && paid > 0.0 {
                let lacking = -self.free_margin(AccountId(account));
                if lacking > 0.0 {
                    self.positions[row].margin -= lacking.min(paid);
                }
            }
        }
    }

    /// Marks an account as liquidated; a flat account with negative cash is brought to zero at the venue's cost, which the trade that ended it does not bear.
    pub(crate) fn note_liquidation(&mut self, account: AccountId) {
        let flat = !self.rows_of(account).iter().any(Position::is_open);
        let books = &mut self.accounts[usize::from(account.0)];
        books.liquidated = true;
        if flat && books.cash < 0.0 {
            let beyond = std::mem::take(&mut books.cash).abs();
            books.borne_by_venue += beyond;
            let own = |trade: &&mut Trade| trade.account == account;
            if let Some(trade) = self.trades.iter_mut().rev().find(own) {
                trade.gross_profit += beyond;
                trade.profit += beyond;
            }
        }
    }

    /// Moves cash between own accounts.
    ///
    /// # Errors
    /// [`Error::Parameter`] when an account does not exist, or the amount is not positive and finite or not free.
    pub fn transfer(&mut self, from: AccountId, to: AccountId, amount: f64) -> Result<()> {
        let known = self.accounts.len();
        for (name, account) in [("from", from), ("to", to)] {
            if usize::from(account.0) >= known {
                let requirement = format!("an account below {known}");
                return Err(Error::parameter(name, account.0, requirement));
            }
        }
        let free = self.free_margin(from).min(self.cash(from));
        if !(amount.is_finite() && amount > 0.0 && amount <= free) {
            let requirement = format!("positive and at most the free margin {free}");
            return Err(Error::parameter("amount", amount, requirement));
        }
        self.accounts[usize::from(from.0)].cash -= amount;
        self.accounts[usize::from(to.0)].cash += amount;
        Ok(())
    }
}
