//! The ledger: cash of each account, positions, round trips, equity = cash + value of positions.

use super::{Position, Trade};
use crate::indicators::simd::{Work, dispatch};
use crate::venue::{AccountId, MarginMode, MarketId};

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
pub(super) struct Account {
    pub(super) cash: f64,
    /// Losses beyond an isolated position's margin or a cross account's equity.
    pub(super) borne_by_venue: f64,
    pub(super) liquidated: bool,
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
    #[inline(always)]
    #[expect(
        clippy::inline_always,
        reason = "compiled for the wider processor only when inlined into the dispatch"
    )]
    pub fn at(&self, price: f64) -> f64 {
        let [(first, from_first), (second, from_second)] = self.terms;
        self.base + first * (price - from_first) + second * (price - from_second)
    }

    /// Appends the equity at each of `prices`.
    pub fn trace(&self, prices: &[f64], equity: &mut Vec<f64>) {
        let [(first, _), (second, _)] = self.terms;
        match prices.first() {
            // Flat, it is the same at every price.
            Some(any) if first == 0.0 && second == 0.0 => {
                equity.resize(equity.len() + prices.len(), self.at(*any));
            }
            _ => dispatch(Trace {
                line: self,
                prices,
                equity,
            }),
        }
    }
}

/// An equity line over many prices.
struct Trace<'a> {
    line: &'a EquityLine,
    prices: &'a [f64],
    equity: &'a mut Vec<f64>,
}

impl Work for Trace<'_> {
    type Output = ();

    #[inline(always)]
    #[expect(
        clippy::inline_always,
        reason = "compiled for the wider processor only when inlined into the dispatch"
    )]
    fn run(self) {
        let line = *self.line;
        let (chunks, rest) = self.prices.as_chunks::<4>();
        self.equity.reserve(self.prices.len());
        for chunk in chunks {
            self.equity
                .extend_from_slice(&chunk.map(|price| line.at(price)));
        }
        self.equity.extend(rest.iter().map(|price| line.at(*price)));
    }
}

/// Cash, positions and round trips of all accounts.
#[derive(Debug, Clone, PartialEq)]
pub struct Ledger {
    pub(super) accounts: Vec<Account>,
    /// By account, then market.
    pub(super) positions: Vec<Position>,
    /// Last price of each market; zero before its first.
    pub(super) marks: Vec<f64>,
    pub(super) spot: Vec<bool>,
    pub(super) margin_mode: MarginMode,
    pub(super) open: usize,
    pub(super) trades: Vec<Trade>,
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

    pub(crate) fn reserve(&mut self, trades: usize) {
        self.trades.reserve(trades);
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

    pub(super) fn rows_of(&self, account: AccountId) -> &[Position] {
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
}
