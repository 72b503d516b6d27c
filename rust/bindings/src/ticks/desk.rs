//! What a Python strategy on ticks is shown, and what it may ask for.

use pyo3::prelude::*;
use spark_stacker_core::Error;
use spark_stacker_core::engine::ticks::{OwnOrder, TickDesk};
use spark_stacker_core::market::{Bar, Event};
use spark_stacker_core::venue::{Side, TimeInForce};

use crate::errors::to_python;

/// What a strategy has asked for during a call; done when the call returns.
pub enum Command {
    Market {
        side: Side,
        quantity: f64,
    },
    Limit {
        side: Side,
        quantity: f64,
        price: f64,
        time_in_force: TimeInForce,
        post_only: bool,
        reduce_only: bool,
    },
    Stop {
        side: Side,
        quantity: f64,
        trigger: f64,
    },
    Cancel {
        order: u32,
    },
    Replace {
        order: u32,
        quantity: f64,
        price: f64,
    },
}

/// The strategy's view of the market and its hand on it. It is one object that changes from call to call.
#[pyclass(name = "TickDesk", module = "spark_stacker._core")]
#[derive(Default)]
pub struct PyTickDesk {
    /// The strategy's clock, UTC nanoseconds.
    #[pyo3(get)]
    now_ns: i64,
    /// Signed base units held, as far as the strategy has been told.
    #[pyo3(get)]
    position: f64,
    tick_size: f64,
    best_bid: Option<i32>,
    best_ask: Option<i32>,
    bid_size: f64,
    ask_size: f64,
    next_order: u32,
    orders: Vec<OwnOrder>,
    bids: Vec<(f64, f64)>,
    asks: Vec<(f64, f64)>,
    pub commands: Vec<Command>,
}

impl PyTickDesk {
    /// Shows the desk as it is now.
    pub fn show(&mut self, desk: &TickDesk<'_>) {
        self.now_ns = desk.now_ns;
        self.tick_size = desk.tick_size;
        self.position = desk.own().position();
        self.next_order = desk.next_order();
        self.best_bid = desk.book.best_bid();
        self.best_ask = desk.book.best_ask();
        let size = |side, tick: Option<i32>| tick.map_or(0.0, |tick| desk.book.size(side, tick));
        self.bid_size = size(Side::Buy, self.best_bid);
        self.ask_size = size(Side::Sell, self.best_ask);
        self.orders.clear();
        self.orders.extend_from_slice(desk.own().orders());
    }

    /// Shows the best levels of both sides.
    pub fn show_levels(&mut self, desk: &TickDesk<'_>, levels: usize) {
        for (side, shown) in [(Side::Buy, &mut self.bids), (Side::Sell, &mut self.asks)] {
            shown.clear();
            let best = desk.book.levels(side).take(levels);
            shown.extend(best.map(|(tick, size)| (f64::from(tick) * desk.tick_size, size)));
        }
    }

    fn ask_for(&mut self, command: Command) -> u32 {
        let id = self.next_id();
        self.commands.push(command);
        id
    }

    /// The number that the next order gets, those asked for in this call counted.
    fn next_id(&self) -> u32 {
        let sent = self
            .commands
            .iter()
            .filter(|command| !matches!(command, Command::Cancel { .. } | Command::Replace { .. }));
        self.next_order + u32::try_from(sent.count()).unwrap_or(u32::MAX)
    }

    fn require_sent(&self, order: u32) -> PyResult<()> {
        if order < self.next_id() {
            return Ok(());
        }
        let requirement = "the number of an order that has been sent";
        Err(to_python(&Error::parameter("order", order, requirement)))
    }
}

fn side_of(side: &str) -> PyResult<Side> {
    match side {
        "buy" => Ok(Side::Buy),
        "sell" => Ok(Side::Sell),
        other => Err(to_python(&Error::unknown("side", other, ["buy", "sell"]))),
    }
}

fn duration_of(name: &str) -> PyResult<TimeInForce> {
    match name {
        "gtc" => Ok(TimeInForce::GoodTilCancelled),
        "ioc" => Ok(TimeInForce::ImmediateOrCancel),
        "fok" => Ok(TimeInForce::FillOrKill),
        other => {
            let known = ["gtc", "ioc", "fok"];
            Err(to_python(&Error::unknown("time in force", other, known)))
        }
    }
}

#[pymethods]
impl PyTickDesk {
    /// Best bid as it has reached the strategy; None without bids.
    #[getter]
    fn bid(&self) -> Option<f64> {
        self.best_bid.map(|tick| f64::from(tick) * self.tick_size)
    }

    /// Best ask as it has reached the strategy; None without asks.
    #[getter]
    fn ask(&self) -> Option<f64> {
        self.best_ask.map(|tick| f64::from(tick) * self.tick_size)
    }

    /// Middle of best bid and ask; None without both.
    #[getter]
    fn mid(&self) -> Option<f64> {
        let (bid, ask) = (self.best_bid?, self.best_ask?);
        Some(f64::from(bid).midpoint(f64::from(ask)) * self.tick_size)
    }

    /// Base units at the best bid; 0 without bids.
    #[getter]
    const fn bid_size(&self) -> f64 {
        self.bid_size
    }

    /// Base units at the best ask; 0 without asks.
    #[getter]
    const fn ask_size(&self) -> f64 {
        self.ask_size
    }

    /// Price and size of the best bids: the strategy's `depth_levels`, as of the last book.
    #[getter]
    fn bids(&self) -> Vec<(f64, f64)> {
        self.bids.clone()
    }

    /// Price and size of the best asks: the strategy's `depth_levels`, as of the last book.
    #[getter]
    fn asks(&self) -> Vec<(f64, f64)> {
        self.asks.clone()
    }

    /// Order, side, price and units left of every own order that has not ended, as far as the strategy has been told.
    fn orders(&self) -> Vec<(u32, &'static str, f64, f64)> {
        let row = |order: &OwnOrder| {
            let price = f64::from(order.tick) * self.tick_size;
            (
                order.id.0,
                crate::names::side(order.side),
                price,
                order.leaves,
            )
        };
        self.orders.iter().map(row).collect()
    }

    /// Sends a market order and returns its number.
    fn market(&mut self, side: &str, quantity: f64) -> PyResult<u32> {
        let side = side_of(side)?;
        Ok(self.ask_for(Command::Market { side, quantity }))
    }

    /// Sends a limit order and returns its number.
    #[pyo3(signature = (side, quantity, price, *, time_in_force = "gtc", post_only = false, reduce_only = false))]
    fn limit(
        &mut self,
        side: &str,
        quantity: f64,
        price: f64,
        time_in_force: &str,
        post_only: bool,
        reduce_only: bool,
    ) -> PyResult<u32> {
        let command = Command::Limit {
            side: side_of(side)?,
            quantity,
            price,
            time_in_force: duration_of(time_in_force)?,
            post_only,
            reduce_only,
        };
        Ok(self.ask_for(command))
    }

    /// Sends a stop order, a market order once a trade touches `trigger`, and returns its number.
    fn stop(&mut self, side: &str, quantity: f64, trigger: f64) -> PyResult<u32> {
        let side = side_of(side)?;
        Ok(self.ask_for(Command::Stop {
            side,
            quantity,
            trigger,
        }))
    }

    /// Asks for the end of an order; nothing happens if the strategy has been told that it has ended.
    fn cancel(&mut self, order: u32) -> PyResult<()> {
        self.require_sent(order)?;
        self.commands.push(Command::Cancel { order });
        Ok(())
    }

    /// Asks for another price or size of a limit order; nothing happens if the strategy has been told that it has ended.
    fn replace(&mut self, order: u32, quantity: f64, price: f64) -> PyResult<()> {
        self.require_sent(order)?;
        self.commands.push(Command::Replace {
            order,
            quantity,
            price,
        });
        Ok(())
    }
}

/// A trade as it reaches the strategy. It is one object that changes from call to call.
#[pyclass(name = "TickTrade", module = "spark_stacker._core")]
#[derive(Default)]
pub struct PyTrade {
    /// When it happened, UTC nanoseconds.
    #[pyo3(get)]
    exchange_ns: i64,
    /// When it was received, UTC nanoseconds.
    #[pyo3(get)]
    local_ns: i64,
    /// Quote currency per base unit.
    #[pyo3(get)]
    price: f64,
    /// Base units.
    #[pyo3(get)]
    size: f64,
    /// +1 when a buyer took, −1 when a seller did, 0 when it is not known.
    #[pyo3(get)]
    side: i8,
}

impl PyTrade {
    pub fn show(&mut self, event: &Event, now_ns: i64, tick_size: f64) {
        self.exchange_ns = event.exchange_ns;
        self.local_ns = now_ns;
        self.price = f64::from(event.tick) * tick_size;
        self.size = event.size;
        self.side = event.side;
    }
}

/// A closed bar of received trades.
#[pyclass(name = "TickBar", module = "spark_stacker._core", frozen)]
pub struct PyTickBar {
    #[pyo3(get)]
    open_time_ns: i64,
    #[pyo3(get)]
    open: f64,
    #[pyo3(get)]
    high: f64,
    #[pyo3(get)]
    low: f64,
    #[pyo3(get)]
    close: f64,
    #[pyo3(get)]
    volume: f64,
}

impl PyTickBar {
    pub const fn of(bar: &Bar) -> Self {
        Self {
            open_time_ns: bar.open_time_ns,
            open: bar.open,
            high: bar.high,
            low: bar.low,
            close: bar.close,
            volume: bar.volume,
        }
    }
}

/// A fill of an own order, when the strategy is told of it.
#[pyclass(name = "TickFill", module = "spark_stacker._core", frozen)]
pub struct PyFill {
    /// Number of the order.
    #[pyo3(get)]
    pub order: u32,
    /// ``buy`` or ``sell``.
    #[pyo3(get)]
    pub side: &'static str,
    /// Base units.
    #[pyo3(get)]
    pub quantity: f64,
    /// Quote currency per base unit.
    #[pyo3(get)]
    pub price: f64,
    /// ``maker`` or ``taker``.
    #[pyo3(get)]
    pub liquidity: &'static str,
    /// Whether nothing of the order is left.
    #[pyo3(get)]
    pub whole: bool,
    /// When it happened, UTC nanoseconds.
    #[pyo3(get)]
    pub exchange_ns: i64,
}
