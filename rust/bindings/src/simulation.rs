//! The simulated venue driven by hand or by a strategy function called on every closed bar.

use numpy::PyArray1;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};
use spark_stacker_core::Error;
use spark_stacker_core::engine::{Funding, MarketBar, Simulation};
use spark_stacker_core::market::{Bar, Interval};
use spark_stacker_core::stats::Metrics;
use spark_stacker_core::venue::{
    Bracket, MAIN, MarketId, OrderId, OrderRequest, OrderState, Purpose, Quantity,
};

use crate::bars::PyBars;
use crate::columns;
use crate::errors::{raise, to_python, without_lock};
use crate::order::{order_kind, quantity_of, side_of, time_in_force_of};
use crate::portfolio::PyPortfolio;
use crate::stats::{metrics_dict, undefined_dict};
use crate::view::PyMarketView;

/// Bars between two looks for Ctrl-C.
const SIGNAL_CHECK_BARS: usize = 4096;

/// A simulated venue; what does not name a market means its first.
#[pyclass(name = "Simulation", module = "spark_stacker._core")]
pub struct PySimulation {
    simulation: Simulation,
    interval: Interval,
    initial_balance: f64,
    markets: u16,
    row: usize,
    now_ns: Option<i64>,
}

/// Market, open, high, low, close, volume.
type PyMarketBar = (u16, f64, f64, f64, f64, f64);

const MARKET: MarketId = MarketId(0);

#[pymethods]
impl PySimulation {
    #[new]
    fn new(portfolio: PyRef<'_, PyPortfolio>) -> PyResult<Self> {
        let spec = &portfolio.spec;
        Ok(Self {
            simulation: Simulation::new(spec).map_err(|error| to_python(&error))?,
            interval: spec.interval(),
            initial_balance: spec.initial_balance,
            #[expect(
                clippy::cast_possible_truncation,
                reason = "a checked portfolio has fewer than 65,536 markets"
            )]
            markets: spec.markets.len() as u16,
            row: 0,
            now_ns: None,
        })
    }

    /// Adds a funding payment, due at the first bar that opens at its time or later.
    fn add_funding(&mut self, time_ns: i64, rate: f64) -> PyResult<()> {
        self.simulation
            .add_funding(MARKET, [Funding { time_ns, rate }])
            .map_err(|error| to_python(&error))
    }

    /// Moves on by one closed bar: funding, fills, equity.
    fn on_bar(
        &mut self,
        open_time_ns: i64,
        open: f64,
        high: f64,
        low: f64,
        close: f64,
        volume: f64,
    ) -> PyResult<()> {
        if let Some(now_ns) = self.now_ns.filter(|now_ns| open_time_ns < *now_ns) {
            let error = Error::parameter(
                "open_time_ns",
                open_time_ns,
                format!("at or after the last close, {now_ns}"),
            );
            return Err(to_python(&error));
        }
        let bar = Bar {
            open_time_ns,
            open,
            high,
            low,
            close,
            volume,
        };
        bar.check(self.row).map_err(|error| to_python(&error))?;
        self.advance(bar, None);
        Ok(())
    }

    /// Moves on by closed bars of one open time, market by market; a later call may bring the same open time again.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "arguments extracted from Python are owned"
    )]
    fn on_bars(&mut self, open_time_ns: i64, bars: Vec<PyMarketBar>) -> PyResult<()> {
        let close_time_ns = open_time_ns + self.interval.ns();
        if let Some(now_ns) = self.now_ns.filter(|now_ns| close_time_ns < *now_ns) {
            let error = Error::parameter(
                "open_time_ns",
                open_time_ns,
                format!("of a bar that closes at or after the last close, {now_ns}"),
            );
            return Err(to_python(&error));
        }
        let mut group = Vec::with_capacity(bars.len());
        for &(market, open, high, low, close, volume) in &bars {
            let bar = Bar {
                open_time_ns,
                open,
                high,
                low,
                close,
                volume,
            };
            bar.check(self.row).map_err(|error| to_python(&error))?;
            group.push(MarketBar {
                market: self.market(market)?,
                row: self.row,
                bar,
                mark: None,
            });
        }
        self.simulation.advance(open_time_ns, &group);
        self.row += 1;
        self.now_ns = Some(close_time_ns);
        Ok(())
    }

    /// Calls `strategy(view, face, parameters)` at the close of every bar of the view from row `start` on. The view
    /// lacks the last `delay` bars; while that leaves none, nothing is called.
    #[pyo3(signature = (view, start, strategy, face, parameters, *, delay=0))]
    #[expect(
        clippy::needless_pass_by_value,
        clippy::too_many_arguments,
        reason = "arguments extracted from Python are owned, one for each part of a run"
    )]
    fn run(
        slf: Py<Self>,
        py: Python<'_>,
        view: Py<PyMarketView>,
        start: usize,
        strategy: Bound<'_, PyAny>,
        face: Py<PyAny>,
        parameters: Py<PyAny>,
        delay: usize,
    ) -> PyResult<()> {
        let now = view.get().now();
        let bars = view.get().bars().get().view();
        let arguments = PyTuple::new(py, [view.clone_ref(py).into_any(), face, parameters])?;
        slf.borrow_mut(py)
            .simulation
            .reserve(bars.len().saturating_sub(start));
        for row in start..bars.len() {
            slf.try_borrow_mut(py)?.advance(bars.bar(row), None);
            let seen = (row + 1).saturating_sub(delay);
            if seen == 0 {
                continue;
            }
            now.set(seen);
            let answer = strategy.call1(&arguments)?;
            if !answer.is_none() {
                let message = format!(
                    "a strategy function trades through the simulation and returns nothing, it returned {}",
                    answer.repr()?
                );
                return Err(raise("StrategyError", message));
            }
            if row % SIGNAL_CHECK_BARS == 0 {
                py.check_signals()?;
            }
        }
        Ok(())
    }

    /// Sends an order; returns its number. What became of it stands in `orders`.
    #[pyo3(signature = (side, kind, quantity, unit, *, price, trigger, distance_fraction, time_in_force, expires_ns,
                        post_only, reduce_only, leverage, stop_fraction, target_fraction, trail_fraction,
                        break_even_fraction, group, market=0))]
    #[expect(
        clippy::too_many_arguments,
        reason = "keyword-only from Python, one for each property of an order"
    )]
    fn submit(
        &mut self,
        side: &str,
        kind: &str,
        quantity: Option<f64>,
        unit: &str,
        price: Option<f64>,
        trigger: Option<f64>,
        distance_fraction: Option<f64>,
        time_in_force: &str,
        expires_ns: Option<i64>,
        post_only: bool,
        reduce_only: bool,
        leverage: f64,
        stop_fraction: Option<f64>,
        target_fraction: Option<f64>,
        trail_fraction: Option<f64>,
        break_even_fraction: Option<f64>,
        group: Option<u32>,
        market: u16,
    ) -> PyResult<u32> {
        let bracket = Bracket {
            stop_fraction,
            target_fraction,
            trail_fraction,
            break_even_fraction,
            net_loss: None,
        };
        let quantity = quantity_of(quantity, unit)?;
        let request = OrderRequest {
            kind: order_kind(kind, price, trigger, distance_fraction)?,
            time_in_force: time_in_force_of(time_in_force, expires_ns)?,
            post_only,
            reduce_only: reduce_only || quantity == Quantity::Position,
            leverage,
            bracket: (bracket != Bracket::default()).then_some(bracket),
            group,
            purpose: Purpose::Manual,
            ..OrderRequest::market(self.market(market)?, side_of(side)?, quantity)
        };
        let Some(now_ns) = self.now_ns else {
            return Err(raise(
                "OrderRefusedError",
                "no bar has closed yet, so there is no price to trade at".to_owned(),
            ));
        };
        Ok(self.simulation.venue.submit(request, now_ns).0)
    }

    /// Cancels an open order; false when it was not open.
    fn cancel(&mut self, order: u32) -> bool {
        let now_ns = self.now_ns.unwrap_or(i64::MIN);
        self.simulation.venue.cancel(OrderId(order), now_ns)
    }

    /// State and reason of an order, or nothing when there is no such order.
    fn order_state(&self, order: u32) -> Option<(&'static str, Option<&'static str>)> {
        let record = self.simulation.venue.orders().get(order as usize)?;
        Some((
            crate::names::state(record.state),
            crate::names::reason(record.reason),
        ))
    }

    /// Numbers of the orders that wait.
    fn open_orders(&self) -> Vec<u32> {
        (0u32..)
            .zip(self.simulation.venue.orders())
            .filter(|(_, order)| {
                matches!(order.state, OrderState::Open | OrderState::PartiallyFilled)
            })
            .map(|(id, _)| id)
            .collect()
    }

    /// Base units held; negative for a short.
    #[getter]
    fn quantity(&self) -> f64 {
        self.simulation.venue.position(MAIN, MARKET).quantity
    }

    /// Average entry price of the open position.
    #[getter]
    fn entry_price(&self) -> Option<f64> {
        let position = self.simulation.venue.position(MAIN, MARKET);
        (position.quantity != 0.0).then_some(position.entry_price)
    }

    /// Equity, quote currency.
    #[getter]
    fn equity(&self) -> f64 {
        self.simulation.venue.equity()
    }

    /// Cash, quote currency.
    #[getter]
    fn cash(&self) -> f64 {
        self.simulation.venue.ledger().total_cash()
    }

    /// Cash that margins nothing.
    #[getter]
    fn free_margin(&self) -> f64 {
        self.simulation.venue.free_margin(MAIN)
    }

    /// Close of the latest bar, UTC nanoseconds.
    #[getter]
    const fn now_ns(&self) -> Option<i64> {
        self.now_ns
    }

    /// Bars at whose close a position was open.
    #[getter]
    const fn exposed_bars(&self) -> usize {
        self.simulation.record().exposed_bars
    }

    /// Open times of the bars, UTC nanoseconds.
    fn open_time_ns<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<i64>> {
        PyArray1::from_slice(py, self.simulation.open_time_ns(&[]))
    }

    /// Equity at each bar's close.
    fn equity_curve<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<f64>> {
        PyArray1::from_slice(py, &self.simulation.record().equity)
    }

    /// Every metric by name, `None` where undefined; `traded` are the candles to compare with.
    fn metrics<'py>(&self, py: Python<'py>, traded: &PyBars) -> PyResult<Bound<'py, PyDict>> {
        metrics_dict(py, &self.summary(py, traded)?)
    }

    /// Why a metric is undefined, by its name.
    fn undefined<'py>(&self, py: Python<'py>, traded: &PyBars) -> PyResult<Bound<'py, PyDict>> {
        undefined_dict(py, &self.summary(py, traded)?)
    }

    fn fills<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        columns::fills(py, self.simulation.venue.fills())
    }

    fn orders<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        columns::orders(py, self.simulation.venue.orders(), 0)
    }

    fn trades<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        columns::trades(py, self.simulation.venue.trades())
    }

    fn open_positions<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        columns::open_positions(py, &self.simulation.venue)
    }
}

impl PySimulation {
    fn summary(&self, py: Python<'_>, traded: &PyBars) -> PyResult<Metrics> {
        without_lock(py, || {
            self.simulation
                .metrics(self.initial_balance, self.interval, &[traded.view()])
        })
    }

    fn market(&self, market: u16) -> PyResult<MarketId> {
        if market < self.markets {
            Ok(MarketId(market))
        } else {
            let expected = format!("below {}", self.markets);
            Err(to_python(&Error::parameter("market", market, expected)))
        }
    }

    fn advance(&mut self, bar: Bar, mark: Option<Bar>) {
        let entry = MarketBar {
            market: MARKET,
            row: self.row,
            bar,
            mark,
        };
        self.simulation.advance(bar.open_time_ns, &[entry]);
        self.row += 1;
        self.now_ns = Some(bar.open_time_ns + self.interval.ns());
    }
}
