//! The ledger: cash of each account, positions, round trips, equity = cash + value of positions.

use super::{Position, Trade};
use crate::error::{Error, Result};
use crate::venue::{AccountId, Fill, MarginMode, MarketId};

/// What an opening fill needs to know beside the fill.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Opening {
    /// Leverage: margin = notional / leverage.
    pub leverage: f64,
    /// Stop that protects the position from its first fill on.
    pub initial_stop: Option<f64>,
}

/// Cash, and what the venue had to bear for it.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
struct Account {
    cash: f64,
    /// Losses beyond an isolated position's margin or a cross account's equity.
    borne_by_venue: f64,
    liquidated: bool,
}

/// Equity as a function of one market's price, while every open position lies in that market.
///
/// [`EquityLine::at`] is bit for bit what [`Ledger::equity`] gives once the market is marked at that price.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EquityLine {
    /// Cash of all accounts.
    pub base: f64,
    /// Signed quantity and the price from which its value counts (entry on margin, zero for spot), by account; zeros when flat.
    pub terms: [(f64, f64); 2],
}

impl EquityLine {
    /// Equity with the market at `price`.
    #[must_use]
    #[inline]
    pub fn at(&self, price: f64) -> f64 {
        let [(first, from_first), (second, from_second)] = self.terms;
        self.base + first * (price - from_first) + second * (price - from_second)
    }
}

/// Cash, positions and round trips of all accounts.
#[derive(Debug, Clone, PartialEq)]
pub struct Ledger {
    accounts: Vec<Account>,
    /// By account, then market.
    positions: Vec<Position>,
    /// Last price of each market; zero before its first.
    marks: Vec<f64>,
    spot: Vec<bool>,
    margin_mode: MarginMode,
    open: usize,
    trades: Vec<Trade>,
}

impl Ledger {
    /// A ledger with one account per balance and one market per entry of `spot`.
    #[must_use]
    pub fn new(balances: &[f64], spot: Vec<bool>, margin_mode: MarginMode) -> Self {
        Self {
            accounts: balances
                .iter()
                .map(|&cash| Account {
                    cash,
                    ..Account::default()
                })
                .collect(),
            positions: vec![Position::default(); balances.len() * spot.len()],
            marks: vec![0.0; spot.len()],
            spot,
            margin_mode,
            open: 0,
            trades: Vec::new(),
        }
    }

    /// Number of accounts.
    #[must_use]
    pub fn accounts(&self) -> usize {
        self.accounts.len()
    }

    /// Number of markets.
    #[must_use]
    pub fn markets(&self) -> usize {
        self.marks.len()
    }

    /// Row of a position in a table by account, then market.
    pub(crate) fn row(&self, account: AccountId, market: MarketId) -> usize {
        usize::from(account.0) * self.marks.len() + usize::from(market.0)
    }

    /// The position of an account in a market; flat when its quantity is zero.
    #[must_use]
    pub fn position(&self, account: AccountId, market: MarketId) -> &Position {
        &self.positions[self.row(account, market)]
    }

    pub(crate) fn position_mut(&mut self, account: AccountId, market: MarketId) -> &mut Position {
        let row = self.row(account, market);
        &mut self.positions[row]
    }

    /// Open positions by account, then market.
    pub fn open_positions(&self) -> impl Iterator<Item = (AccountId, MarketId, &Position)> {
        let accounts = (0_u8..).zip(self.positions.chunks_exact(self.marks.len()));
        accounts
            .flat_map(|(account, positions)| {
                let of = AccountId(account);
                (0_u16..)
                    .zip(positions)
                    .map(move |(market, position)| (of, MarketId(market), position))
            })
            .filter(|(.., position)| position.is_open())
    }

    /// How many positions are open.
    #[must_use]
    pub fn open_count(&self) -> usize {
        self.open
    }

    /// Last price of a market; zero before its first.
    #[must_use]
    pub fn mark(&self, market: MarketId) -> f64 {
        self.marks[usize::from(market.0)]
    }

    pub(crate) fn set_mark(&mut self, market: MarketId, price: f64) {
        self.marks[usize::from(market.0)] = price;
    }

    /// Whether positions in a market are owned assets rather than margined contracts.
    #[must_use]
    pub fn is_spot(&self, market: MarketId) -> bool {
        self.spot[usize::from(market.0)]
    }

    /// Round trips in the order in which they ended.
    #[must_use]
    pub fn trades(&self) -> &[Trade] {
        &self.trades
    }

    /// Cash of an account, margin set aside included.
    #[must_use]
    pub fn cash(&self, account: AccountId) -> f64 {
        self.accounts[usize::from(account.0)].cash
    }

    /// Cash of all accounts.
    #[must_use]
    pub fn total_cash(&self) -> f64 {
        self.accounts.iter().map(|account| account.cash).sum()
    }

    /// Losses of an account that its margin did not cover and the venue bore.
    #[must_use]
    pub fn borne_by_venue(&self, account: AccountId) -> f64 {
        self.accounts[usize::from(account.0)].borne_by_venue
    }

    /// Whether a position of the account has been liquidated.
    #[must_use]
    pub fn is_liquidated(&self, account: AccountId) -> bool {
        self.accounts[usize::from(account.0)].liquidated
    }

    /// Price from which a position's value counts: its entry on margin, zero for an owned asset.
    fn reference(&self, market: usize, position: &Position) -> f64 {
        if self.spot[market] {
            0.0
        } else {
            position.entry_price
        }
    }

    fn value(&self, market: usize, position: &Position) -> f64 {
        position.quantity * (self.marks[market] - self.reference(market, position))
    }

    fn rows_of(&self, account: AccountId) -> &[Position] {
        let first = self.row(account, MarketId(0));
        &self.positions[first..first + self.marks.len()]
    }

    /// Cash plus the value of every position at the last prices, all accounts.
    #[must_use]
    pub fn equity(&self) -> f64 {
        let mut equity = self.total_cash();
        if self.open > 0 {
            for positions in self.positions.chunks_exact(self.marks.len()) {
                for (market, position) in positions.iter().enumerate() {
                    if position.is_open() {
                        equity += self.value(market, position);
                    }
                }
            }
        }
        equity
    }

    /// Cash plus the value of every position of one account at the last prices.
    #[must_use]
    pub fn account_equity(&self, account: AccountId) -> f64 {
        let mut equity = self.cash(account);
        for (market, position) in self.rows_of(account).iter().enumerate() {
            if position.is_open() {
                equity += self.value(market, position);
            }
        }
        equity
    }

    /// The equity as a function of one market's price; `None` while a position in another market is open or there are more than two accounts.
    #[must_use]
    pub fn equity_line(&self, market: MarketId) -> Option<EquityLine> {
        if self.accounts.len() > 2 {
            return None;
        }
        let column = usize::from(market.0);
        let mut line = EquityLine {
            base: self.total_cash(),
            terms: [(0.0, 0.0); 2],
        };
        let mut here = 0;
        for (account, term) in line.terms.iter_mut().enumerate().take(self.accounts.len()) {
            let position = &self.positions[account * self.marks.len() + column];
            if position.is_open() {
                *term = (position.quantity, self.reference(column, position));
                here += 1;
            }
        }
        (here == self.open).then_some(line)
    }

    /// Margin set aside for the positions of an account.
    #[must_use]
    pub fn used_margin(&self, account: AccountId) -> f64 {
        self.rows_of(account)
            .iter()
            .map(|position| position.margin)
            .sum()
    }

    /// Price profit of an account's margined positions at the last prices.
    #[must_use]
    pub fn unrealised(&self, account: AccountId) -> f64 {
        let mut profit = 0.0;
        for (market, position) in self.rows_of(account).iter().enumerate() {
            if position.is_open() && !self.spot[market] {
                profit += position.unrealised(self.marks[market]);
            }
        }
        profit
    }

    /// What an account may still set aside. Isolated: cash less used margin. Cross: unrealised profit and loss counts too.
    #[must_use]
    pub fn free_margin(&self, account: AccountId) -> f64 {
        let free = self.cash(account) - self.used_margin(account);
        match self.margin_mode {
            MarginMode::Isolated => free,
            MarginMode::Cross => free + self.unrealised(account),
        }
    }

    /// Absolute value of all positions at the last prices, or of those in one market.
    #[must_use]
    pub fn gross_notional(&self, market: Option<MarketId>) -> f64 {
        self.open_positions()
            .filter(|(_, at, _)| market.is_none_or(|market| market == *at))
            .map(|(_, at, position)| position.notional(self.mark(at)))
            .sum()
    }

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

    /// Marks an account as liquidated; a flat account with negative cash is brought to zero at the venue's cost.
    pub(crate) fn note_liquidation(&mut self, account: AccountId) {
        let flat = !self.rows_of(account).iter().any(Position::is_open);
        let account = &mut self.accounts[usize::from(account.0)];
        account.liquidated = true;
        if flat && account.cash < 0.0 {
            account.borne_by_venue -= account.cash;
            account.cash = 0.0;
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
