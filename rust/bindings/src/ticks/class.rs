//! A strategy written as a Python class: its methods are called with objects that are reused, so that a call costs little.

use std::cell::RefCell;
use std::rc::Rc;

use pyo3::prelude::*;
use pyo3::types::{PyModule, PyString};
use spark_stacker_core::Error;
use spark_stacker_core::engine::ticks::{TickDesk, TickStrategy};
use spark_stacker_core::market::{Bar, Event, EventKind, Interval};
use spark_stacker_core::venue::{Answer, AnswerKind, OrderId, OrderKind, OrderRequest, Side};
use spark_stacker_core::venue::{MarketId, Purpose, Quantity, TimeInForce};

use super::desk::{Command, PyFill, PyTickBar, PyTickDesk, PyTrade};
use crate::errors::{raise, to_python};

/// The first exception of a strategy, after which none of its methods is called any more.
#[derive(Default, Clone)]
pub struct Failure(Rc<RefCell<Option<PyErr>>>);

impl Failure {
    /// The exception, if there was one: our own as it is, any other as the cause of a `StrategyError`.
    pub fn check(&self, strategy: &Bound<'_, PyAny>) -> PyResult<()> {
        let Some(error) = self.0.borrow_mut().take() else {
            return Ok(());
        };
        let py = strategy.py();
        let errors = PyModule::import(py, "spark_stacker.errors")?;
        if error.is_instance(py, &errors.getattr("SparkStackerError")?) {
            return Err(error);
        }
        let strategy = strategy.get_type().name()?;
        let wrapped = raise("StrategyError", format!("{strategy}: {error}"));
        wrapped.set_cause(py, Some(error));
        Err(wrapped)
    }

    fn is_set(&self) -> bool {
        self.0.borrow().is_some()
    }
}

/// A Python strategy at work.
pub struct ClassStrategy<'py> {
    py: Python<'py>,
    on_trade: Option<Bound<'py, PyAny>>,
    on_book: Option<Bound<'py, PyAny>>,
    on_bar: Option<Bound<'py, PyAny>>,
    on_timer: Option<Bound<'py, PyAny>>,
    on_fill: Option<Bound<'py, PyAny>>,
    on_start: Option<Bound<'py, PyAny>>,
    desk: Bound<'py, PyTickDesk>,
    trade: Bound<'py, PyTrade>,
    tick_size: f64,
    levels: usize,
    timer_ns: i64,
    next_timer_ns: i64,
    bar_interval: Option<Interval>,
    forming: Option<Bar>,
    failure: Failure,
}

impl<'py> ClassStrategy<'py> {
    pub fn new(strategy: &Bound<'py, PyAny>, tick_size: f64, failure: &Failure) -> PyResult<Self> {
        let py = strategy.py();
        let method = |name: &str| -> PyResult<Option<Bound<'py, PyAny>>> {
            let found = strategy.getattr_opt(PyString::new(py, name))?;
            Ok(found.filter(PyAnyMethods::is_callable))
        };
        let attribute = |name: &str| strategy.getattr_opt(PyString::new(py, name));
        let timer_ns = attribute("timer_interval_ns")?
            .filter(|value| !value.is_none())
            .map_or(Ok(0), |value| value.extract())?;
        let levels = attribute("depth_levels")?.map_or(Ok(1), |value| value.extract())?;
        let bar_interval = attribute("bar_interval")?
            .filter(|value| !value.is_none())
            .map(|value| value.extract::<String>())
            .transpose()?
            .map(|text| text.parse::<Interval>().map_err(|error| to_python(&error)))
            .transpose()?;
        let (on_timer, on_bar) = (method("on_timer")?, method("on_bar")?);
        let needs = |has: bool, name: &str, value: &str| {
            if has {
                return Ok(());
            }
            Err(to_python(&Error::parameter(name, "not set", value)))
        };
        needs(
            on_timer.is_none() || timer_ns > 0,
            "timer_interval_ns",
            "positive where there is on_timer",
        )?;
        needs(
            on_bar.is_none() || bar_interval.is_some(),
            "bar_interval",
            "a text such as 1m where there is on_bar",
        )?;
        Ok(Self {
            py,
            on_trade: method("on_trade")?,
            on_book: method("on_book")?,
            on_bar,
            on_timer,
            on_fill: method("on_fill")?,
            on_start: method("on_start")?,
            desk: Bound::new(py, PyTickDesk::default())?,
            trade: Bound::new(py, PyTrade::default())?,
            tick_size,
            levels,
            timer_ns,
            next_timer_ns: i64::MAX,
            bar_interval,
            forming: None,
            failure: failure.clone(),
        })
    }

    fn bar_end_ns(&self) -> i64 {
        match (&self.forming, self.bar_interval) {
            (Some(bar), Some(interval)) => bar.open_time_ns.saturating_add(interval.ns()),
            _ => i64::MAX,
        }
    }

    /// Calls a method with the desk as it is now, then does what it asked for.
    fn call(
        &self,
        method: &Bound<'py, PyAny>,
        argument: Option<&Bound<'py, PyAny>>,
        desk: &mut TickDesk<'_>,
    ) {
        if self.failure.is_set() {
            return;
        }
        self.desk.borrow_mut().show(desk);
        let outcome = match argument {
            Some(argument) => method.call1((&self.desk, argument)),
            None => method.call1((&self.desk,)),
        };
        if let Err(error) = outcome {
            *self.failure.0.borrow_mut() = Some(error);
            return;
        }
        self.obey(desk);
    }

    fn obey(&self, desk: &mut TickDesk<'_>) {
        let mut sheet = self.desk.borrow_mut();
        for command in sheet.commands.drain(..) {
            match command {
                Command::Market { side, quantity } => {
                    desk.market(side, quantity);
                }
                Command::Limit {
                    side,
                    quantity,
                    price,
                    time_in_force,
                    post_only,
                    reduce_only,
                } => {
                    desk.send(OrderRequest {
                        kind: OrderKind::Limit { price },
                        time_in_force,
                        post_only,
                        reduce_only,
                        leverage: desk.leverage(),
                        purpose: Purpose::Manual,
                        ..OrderRequest::market(MarketId(0), side, Quantity::Base(quantity))
                    });
                }
                Command::Stop {
                    side,
                    quantity,
                    trigger,
                } => {
                    desk.send(OrderRequest {
                        kind: OrderKind::Stop { trigger },
                        time_in_force: TimeInForce::GoodTilCancelled,
                        leverage: desk.leverage(),
                        purpose: Purpose::Manual,
                        ..OrderRequest::market(MarketId(0), side, Quantity::Base(quantity))
                    });
                }
                Command::Cancel { order } => {
                    desk.cancel(OrderId(order));
                }
                Command::Replace {
                    order,
                    quantity,
                    price,
                } => {
                    #[expect(
                        clippy::cast_possible_truncation,
                        reason = "saturates where no market is"
                    )]
                    let tick = (price / self.tick_size).round() as i32;
                    desk.replace(OrderId(order), tick, quantity);
                }
            }
        }
    }

    fn close_bar(&mut self, desk: &mut TickDesk<'_>) {
        let Some(bar) = self.forming.take() else {
            return;
        };
        if let Some(method) = &self.on_bar {
            match Bound::new(self.py, PyTickBar::of(&bar)) {
                Ok(bar) => self.call(method, Some(bar.as_any()), desk),
                Err(error) => *self.failure.0.borrow_mut() = Some(error),
            }
        }
    }

    fn build_bar(&mut self, event: &Event, now_ns: i64) {
        let Some(interval) = self.bar_interval else {
            return;
        };
        let price = f64::from(event.tick) * self.tick_size;
        let open_time_ns = interval.bucket_start_ns(now_ns);
        Bar::join(&mut self.forming, open_time_ns, price, event.size);
    }
}

impl TickStrategy for ClassStrategy<'_> {
    const WATCHES_EVENTS: bool = true;

    fn start(&mut self, first_ns: i64) {
        if self.timer_ns > 0 {
            self.next_timer_ns = first_ns.saturating_add(self.timer_ns);
        }
        if let Some(method) = &self.on_start
            && let Err(error) = method.call1((first_ns,))
        {
            *self.failure.0.borrow_mut() = Some(error);
        }
    }

    fn next_timer_ns(&self) -> i64 {
        self.next_timer_ns.min(self.bar_end_ns())
    }

    fn on_timer(&mut self, desk: &mut TickDesk<'_>) {
        if self.bar_end_ns() <= desk.now_ns {
            self.close_bar(desk);
        }
        if self.next_timer_ns <= desk.now_ns {
            self.next_timer_ns = self.next_timer_ns.saturating_add(self.timer_ns);
            if let Some(method) = &self.on_timer {
                self.call(method, None, desk);
            }
        }
    }

    fn on_event(&mut self, event: &Event, desk: &mut TickDesk<'_>) {
        if event.kind == EventKind::Trade {
            // A trade at the very end of a bar belongs to the next.
            if self.bar_end_ns() <= desk.now_ns {
                self.close_bar(desk);
            }
            self.build_bar(event, desk.now_ns);
            if let Some(method) = &self.on_trade {
                self.trade
                    .borrow_mut()
                    .show(event, desk.now_ns, self.tick_size);
                self.call(method, Some(self.trade.as_any()), desk);
            }
        } else if event.kind.is_book()
            && event.is_last()
            && let Some(method) = &self.on_book
        {
            if self.levels > 1 {
                self.desk.borrow_mut().show_levels(desk, self.levels);
            }
            self.call(method, None, desk);
        }
    }

    fn on_answer(&mut self, answer: &Answer, desk: &mut TickDesk<'_>) {
        let AnswerKind::Filled {
            quantity,
            price,
            liquidity,
            whole,
        } = answer.kind
        else {
            return;
        };
        let Some(method) = &self.on_fill else { return };
        let side = desk.side_of(answer.order);
        let fill = PyFill {
            order: answer.order.0,
            side: if side == Side::Buy { "buy" } else { "sell" },
            quantity,
            price,
            liquidity: crate::names::liquidity(liquidity),
            whole,
            exchange_ns: answer.exchange_ns,
        };
        match Bound::new(self.py, fill) {
            Ok(fill) => self.call(method, Some(fill.as_any()), desk),
            Err(error) => *self.failure.0.borrow_mut() = Some(error),
        }
    }
}
