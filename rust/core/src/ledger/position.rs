//! A position while it stands: what it holds, what it cost, how far it went.

use super::trade::Trade;
use crate::venue::{AccountId, Fill, OrderId, Side};

/// Running average price of a growing quantity.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
struct Average {
    quantity: f64,
    price: f64,
}

impl Average {
    fn add(&mut self, quantity: f64, price: f64) {
        let total = self.quantity + quantity;
        self.price = if self.quantity == 0.0 {
            price
        } else {
            (self.price * self.quantity + price * quantity) / total
        };
        self.quantity = total;
    }
}

/// One account's position in one market. Amounts are in quote currency, prices in quote per base unit.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Position {
    /// Base units: positive long, negative short, zero flat.
    pub quantity: f64,
    /// Average price of the units that stand.
    pub entry_price: f64,
    /// Margin set aside for it; zero for spot.
    pub margin: f64,
    /// Leverage of its last entry.
    pub leverage: f64,
    /// Open time of the bar of its first fill, UTC nanoseconds.
    pub opened_ns: i64,
    /// Strategy that opened it.
    pub strategy: u16,
    /// Orders that opened or added to it.
    pub entries: u32,
    /// Fees paid so far.
    pub fees: f64,
    /// Funding paid so far; negative when received.
    pub funding: f64,
    /// Price profit of its partial exits so far, before costs.
    pub realised: f64,
    /// Lowest price while it stood.
    pub lowest: f64,
    /// Highest price while it stood.
    pub highest: f64,
    /// Stop that stood when it opened.
    pub initial_stop: Option<f64>,
    last_entry: Option<OrderId>,
    entered: Average,
    exited: Average,
}

impl Position {
    /// Whether anything is held.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.quantity != 0.0
    }

    /// `Buy` for a long, `Sell` for a short, `None` when flat.
    #[must_use]
    pub fn side(&self) -> Option<Side> {
        if self.quantity > 0.0 {
            Some(Side::Buy)
        } else if self.quantity < 0.0 {
            Some(Side::Sell)
        } else {
            None
        }
    }

    /// Price profit of what stands at `price`.
    #[must_use]
    pub fn unrealised(&self, price: f64) -> f64 {
        self.quantity * (price - self.entry_price)
    }

    /// Absolute value of what stands at `price`.
    #[must_use]
    pub fn notional(&self, price: f64) -> f64 {
        self.quantity.abs() * price
    }

    /// Takes a price that was seen into the excursion.
    pub(crate) fn saw(&mut self, price: f64) {
        if self.quantity == 0.0 {
            return;
        }
        if price < self.lowest {
            self.lowest = price;
        }
        if price > self.highest {
            self.highest = price;
        }
    }

    /// Opens or adds `units` (signed as the position).
    pub(super) fn enter(&mut self, units: f64, fill: &Fill) {
        if self.quantity == 0.0 {
            *self = Self {
                opened_ns: fill.time_ns,
                strategy: fill.strategy,
                lowest: fill.price,
                highest: fill.price,
                entry_price: fill.price,
                ..Self::default()
            };
        } else {
            let total = self.quantity + units;
            self.entry_price = (self.entry_price * self.quantity + fill.price * units) / total;
            self.saw(fill.price);
        }
        self.quantity += units;
        if self.last_entry.replace(fill.order) != Some(fill.order) {
            self.entries += 1;
        }
        self.fees += fill.fee;
        self.entered.add(units.abs(), fill.price);
    }

    /// Takes `fill.quantity` off; `profit` is its price profit.
    pub(super) fn exit(&mut self, fill: &Fill, profit: f64) {
        self.saw(fill.price);
        self.quantity += fill.side.sign() * fill.quantity;
        self.realised += profit;
        self.fees += fill.fee;
        self.exited.add(fill.quantity, fill.price);
    }

    /// The round trip that `fill` ended.
    pub(super) fn trade(&self, side: Side, account: AccountId, fill: &Fill) -> Trade {
        let entry = self.entered.price;
        let (adverse, favourable) = match side {
            Side::Buy => (entry - self.lowest, self.highest - entry),
            Side::Sell => (self.highest - entry, entry - self.lowest),
        };
        Trade {
            account,
            market: fill.market,
            strategy: self.strategy,
            side,
            entry_time_ns: self.opened_ns,
            exit_time_ns: fill.time_ns,
            quantity: self.entered.quantity,
            entry_price: entry,
            exit_price: self.exited.price,
            gross_profit: self.realised,
            fees: self.fees,
            funding: self.funding,
            profit: self.realised - self.fees - self.funding,
            max_adverse_fraction: (adverse / entry).max(0.0),
            max_favourable_fraction: (favourable / entry).max(0.0),
            initial_stop: self.initial_stop,
            exit_purpose: fill.purpose,
        }
    }
}
