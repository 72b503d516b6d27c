//! A market maker that keeps a grid of post-only quotes around a price which leans against its inventory.

use super::desk::{TickDesk, TickStrategy};
use super::own::Standing;
use crate::error::{Error, Result};
use crate::venue::{OrderId, Side, TimeInForce};

/// Settings of the grid. Distances are in ticks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GridMakerSpec {
    /// Time between two looks at the grid, nanoseconds.
    pub interval_ns: i64,
    /// Base units of each quote.
    pub order_size: f64,
    /// Quotes a side.
    pub levels: u32,
    /// Ticks between quotes, which lie on whole multiples of it.
    pub grid_ticks: i32,
    /// Ticks from the reservation price to the first quote.
    pub half_spread_ticks: f64,
    /// Ticks by which the reservation price moves against the position, for each quote's size held.
    pub skew_ticks: f64,
    /// Base units at which a side is no longer quoted.
    pub max_position: f64,
}

impl GridMakerSpec {
    /// Checks every setting.
    ///
    /// # Errors
    /// [`Error::Parameter`] naming the setting.
    pub fn check(&self) -> Result<()> {
        let positive = |name: &str, value: f64| {
            if value.is_finite() && value > 0.0 {
                return Ok(());
            }
            Err(Error::parameter(name, value, "finite and positive"))
        };
        let not_negative = |name: &str, value: f64| {
            if value.is_finite() && value >= 0.0 {
                return Ok(());
            }
            Err(Error::parameter(name, value, "finite and not negative"))
        };
        if self.interval_ns <= 0 {
            return Err(Error::parameter(
                "interval_ns",
                self.interval_ns,
                "positive",
            ));
        }
        if !(1..=1000).contains(&self.levels) {
            return Err(Error::parameter("levels", self.levels, "from 1 to 1000"));
        }
        if self.grid_ticks < 1 {
            return Err(Error::parameter(
                "grid_ticks",
                self.grid_ticks,
                "at least 1",
            ));
        }
        positive("order_size", self.order_size)?;
        positive("max_position", self.max_position)?;
        not_negative("half_spread_ticks", self.half_spread_ticks)?;
        not_negative("skew_ticks", self.skew_ticks)
    }
}

/// The market maker at work.
#[derive(Debug, Clone)]
pub struct GridMaker {
    spec: GridMakerSpec,
    next_ns: i64,
    bids: Vec<i32>,
    asks: Vec<i32>,
    stale: Vec<OrderId>,
}

impl GridMaker {
    /// A market maker of checked settings.
    ///
    /// # Errors
    /// As [`GridMakerSpec::check`].
    pub fn new(spec: GridMakerSpec) -> Result<Self> {
        spec.check()?;
        Ok(Self {
            spec,
            next_ns: i64::MAX,
            bids: Vec::new(),
            asks: Vec::new(),
            stale: Vec::new(),
        })
    }

    /// Lays the grid: the reservation price leans against the position, no quote betters the touch.
    fn lay(&mut self, best_bid: i32, best_ask: i32, position: f64) {
        let spec = &self.spec;
        let mid = f64::from(best_bid).midpoint(f64::from(best_ask));
        let reservation = mid - spec.skew_ticks * (position / spec.order_size);
        let grid = f64::from(spec.grid_ticks);
        let bid = (reservation - spec.half_spread_ticks).min(f64::from(best_bid));
        let ask = (reservation + spec.half_spread_ticks).max(f64::from(best_ask));
        let first_bid = whole((bid / grid).floor()).saturating_mul(spec.grid_ticks);
        let first_ask = whole((ask / grid).ceil()).saturating_mul(spec.grid_ticks);
        self.bids.clear();
        self.asks.clear();
        let mut step = 0;
        for _ in 0..spec.levels {
            if position < spec.max_position && first_bid - step > 0 {
                self.bids.push(first_bid - step);
            }
            if position > -spec.max_position {
                self.asks.push(first_ask.saturating_add(step));
            }
            step += spec.grid_ticks;
        }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "saturates where no market is"
)]
fn whole(ticks: f64) -> i32 {
    ticks as i32
}

impl TickStrategy for GridMaker {
    fn start(&mut self, first_ns: i64) {
        self.next_ns = first_ns.saturating_add(self.spec.interval_ns);
    }

    #[inline]
    fn next_timer_ns(&self) -> i64 {
        self.next_ns
    }

    fn on_timer(&mut self, desk: &mut TickDesk<'_>) {
        self.next_ns = self.next_ns.saturating_add(self.spec.interval_ns);
        let (Some(best_bid), Some(best_ask)) = (desk.book.best_bid(), desk.book.best_ask()) else {
            return;
        };
        self.lay(best_bid, best_ask, desk.own().position());
        self.stale.clear();
        for order in desk.own().orders() {
            let grid = match order.side {
                Side::Buy => &self.bids,
                Side::Sell => &self.asks,
            };
            if order.standing == Standing::Working && !grid.contains(&order.tick) {
                self.stale.push(order.id);
            }
        }
        // A price at which any order still stands is not quoted again, even if its cancel is on its way.
        let missing = |ticks: &mut Vec<i32>| {
            ticks.retain(|tick| desk.own().orders().iter().all(|order| order.tick != *tick));
        };
        missing(&mut self.bids);
        missing(&mut self.asks);
        for id in &self.stale {
            desk.cancel(*id);
        }
        let size = self.spec.order_size;
        let good = TimeInForce::GoodTilCancelled;
        for tick in &self.bids {
            desk.limit(Side::Buy, *tick, size, good, true);
        }
        for tick in &self.asks {
            desk.limit(Side::Sell, *tick, size, good, true);
        }
    }
}
