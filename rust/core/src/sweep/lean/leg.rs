//! One account and the position that it holds, booked as the ledger books it.

#![expect(
    clippy::inline_always,
    reason = "a trade is made where it is kept: it is long to copy"
)]

use crate::ledger::Trade;
use crate::venue::{AccountId, Margined, MarketId, Purpose, Side};

/// Cash and at most one position, entered once and closed whole.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Leg {
    pub cash: f64,
    /// Signed; zero is flat.
    pub quantity: f64,
    pub entry_price: f64,
    pub margin: f64,
    pub fees: f64,
    pub funding: f64,
    pub lowest: f64,
    pub highest: f64,
    pub opened_ns: i64,
    pub initial_stop: Option<f64>,
    /// Price beyond which it is liquidated.
    pub liquidation: Option<f64>,
}

/// An execution.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fill {
    pub price: f64,
    pub fee: f64,
    pub time_ns: i64,
}

impl Leg {
    #[inline]
    pub fn is_open(&self) -> bool {
        self.quantity != 0.0
    }

    #[inline]
    pub fn is_long(&self) -> bool {
        self.quantity > 0.0
    }

    /// Price profit at `mark`.
    #[inline]
    pub fn unrealised(&self, mark: f64) -> f64 {
        self.quantity * (mark - self.entry_price)
    }

    /// Cash with the value of the position at `mark`.
    #[inline]
    pub fn equity(&self, mark: f64) -> f64 {
        if self.is_open() {
            self.cash + self.unrealised(mark)
        } else {
            self.cash
        }
    }

    /// What may still be set aside.
    #[inline]
    pub fn free(&self) -> f64 {
        self.cash - self.margin
    }

    /// Takes a price that was seen into the excursion of an open position.
    #[inline]
    pub fn saw(&mut self, low: f64, high: f64) {
        if low < self.lowest {
            self.lowest = low;
        }
        if high > self.highest {
            self.highest = high;
        }
    }

    /// Whether `price` is beyond its liquidation.
    #[inline]
    pub fn is_liquidated_at(&self, price: f64) -> bool {
        self.liquidation.is_some_and(|level| {
            if self.is_long() {
                price < level
            } else {
                price > level
            }
        })
    }

    #[inline]
    pub fn enter(&mut self, side: Side, units: f64, leverage: f64, fill: &Fill) {
        self.quantity = side.sign() * units;
        self.entry_price = fill.price;
        self.margin = units * fill.price / leverage;
        self.fees = fill.fee;
        self.funding = 0.0;
        self.lowest = fill.price;
        self.highest = fill.price;
        self.opened_ns = fill.time_ns;
        self.initial_stop = None;
        self.cash -= fill.fee;
        self.settle_liquidation();
    }

    /// Notes the liquidation price after quantity or margin has changed.
    #[inline]
    pub fn settle_liquidation(&mut self) {
        let margined = Margined {
            side: if self.is_long() {
                Side::Buy
            } else {
                Side::Sell
            },
            quantity: self.quantity.abs(),
            entry_price: self.entry_price,
            margin: self.margin,
        };
        self.liquidation = margined.liquidation_price(&[]);
    }

    /// Pays or receives funding at `price`.
    pub fn fund(&mut self, price: f64, rate: f64) {
        let paid = self.quantity * price * rate;
        self.cash -= paid;
        self.funding += paid;
        if paid > 0.0 {
            let lacking = -self.free();
            if lacking > 0.0 {
                self.margin -= lacking.min(paid);
            }
        }
        self.settle_liquidation();
    }

    /// Closes the position; the loss is bounded by its margin.
    #[inline(always)]
    pub fn close(&mut self, account: AccountId, purpose: Purpose, fill: &Fill) -> Trade {
        let (side, quantity) = if self.is_long() {
            (Side::Buy, self.quantity)
        } else {
            (Side::Sell, -self.quantity)
        };
        let mut profit = side.sign() * quantity * (fill.price - self.entry_price);
        let uncovered = fill.fee - profit - self.margin;
        if uncovered > 0.0 {
            profit += uncovered;
        }
        self.cash += profit - fill.fee;
        // As a sum of exits that begins with zero, so that minus zero is none.
        let realised = 0.0 + profit;
        self.saw(fill.price, fill.price);
        let fees = self.fees + fill.fee;
        let entry = self.entry_price;
        let (adverse, favourable) = match side {
            Side::Buy => (entry - self.lowest, self.highest - entry),
            Side::Sell => (self.highest - entry, entry - self.lowest),
        };
        let trade = Trade {
            account,
            market: MarketId(0),
            strategy: 0,
            side,
            entry_time_ns: self.opened_ns,
            exit_time_ns: fill.time_ns,
            quantity,
            entry_price: entry,
            exit_price: fill.price,
            gross_profit: realised,
            fees,
            funding: self.funding,
            profit: realised - fees - self.funding,
            max_adverse_fraction: (adverse / entry).max(0.0),
            max_favourable_fraction: (favourable / entry).max(0.0),
            initial_stop: self.initial_stop,
            exit_purpose: purpose,
        };
        *self = Self {
            cash: self.cash,
            ..Self::default()
        };
        trade
    }
}
