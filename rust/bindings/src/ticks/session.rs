//! Configured strategies on ticks: whole tapes in a backtest, rows as they come in a dry run.

use numpy::PyArray1;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyIterator};
use spark_stacker_core::engine::TickedEngine;
use spark_stacker_core::{Error, Result};

use super::execution;
use super::rules::RulesDict;
use super::tape::PyEventTape;
use crate::bars::PyBars;
use crate::columns;
use crate::errors::{to_python, without_lock};
use crate::portfolio::PyPortfolio;
use crate::stats::{metrics_dict, undefined_dict};

/// A portfolio at work on events.
#[pyclass(name = "TickSession", module = "spark_stacker._core")]
pub struct PyTickSession {
    engine: TickedEngine,
    tick_sizes: Vec<f64>,
}

#[pymethods]
impl PyTickSession {
    #[new]
    #[pyo3(signature = (portfolio, rules, tick_sizes, start_ns = None))]
    #[expect(
        clippy::needless_pass_by_value,
        reason = "arguments extracted from Python are owned"
    )]
    fn new(
        portfolio: PyRef<'_, PyPortfolio>,
        rules: RulesDict<'_>,
        tick_sizes: Vec<f64>,
        start_ns: Option<i64>,
    ) -> PyResult<Self> {
        let rules = rules.into_rules()?;
        let engine = TickedEngine::new(&portfolio.spec, &rules, &tick_sizes);
        let engine = engine.map_err(|error| to_python(&error))?;
        Ok(Self {
            engine: engine.starting(start_ns.unwrap_or(i64::MIN)),
            tick_sizes,
        })
    }

    /// Feeds bars from before the start to the indicators of a market.
    fn warm_up(&mut self, py: Python<'_>, market: usize, bars: PyRef<'_, PyBars>) -> PyResult<()> {
        self.check_market(market)
            .map_err(|error| to_python(&error))?;
        let (view, engine) = (bars.view(), self.engine.engine_mut());
        without_lock(py, || {
            for row in 0..view.len() {
                engine.warm_up(market, &view.bar(row));
            }
            Ok(())
        })
    }

    /// Plays consecutive tapes of every market to their ends: one iterable of them a market, each asked for the next when it is needed.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "arguments extracted from Python are owned"
    )]
    fn play(&mut self, py: Python<'_>, tapes: Vec<Bound<'_, PyAny>>) -> PyResult<()> {
        let markets = self.tick_sizes.len();
        if tapes.len() != markets {
            let requirement = format!("one iterable for each of {markets} markets");
            let error = Error::parameter("tapes", tapes.len(), requirement);
            return Err(to_python(&error));
        }
        let mut coming = tapes
            .iter()
            .map(PyAnyMethods::try_iter)
            .collect::<PyResult<Vec<_>>>()?;
        let mut rows = vec![0; markets];
        let mut held = Vec::with_capacity(markets);
        for (market, tapes) in coming.iter_mut().enumerate() {
            held.push(self.next_tape(market, tapes)?);
        }
        loop {
            let tapes: Vec<_> = held
                .iter()
                .map(|held: &Option<Py<PyEventTape>>| held.as_ref().map(|tape| &tape.get().tape))
                .collect();
            let (engine, rows) = (&mut self.engine, &mut rows);
            let ended = without_lock(py, || Ok(engine.play_on(&tapes, rows)))?;
            let Some(market) = ended else { break };
            rows[market] = 0;
            held[market] = None;
            held[market] = self.next_tape(market, &mut coming[market])?;
        }
        while self.finish(py)? {}
        Ok(())
    }

    /// Takes events of a market when they are received; they are played when `elapse` passes them.
    fn receive(
        &mut self,
        py: Python<'_>,
        market: usize,
        tape: &Bound<'_, PyEventTape>,
    ) -> PyResult<()> {
        self.check_market(market)
            .map_err(|error| to_python(&error))?;
        let (tape, engine) = (&tape.get().tape, &mut self.engine);
        without_lock(py, || {
            for event in tape.events().iter().filter(|event| event.is_at_local()) {
                engine.receive(market, event);
            }
            Ok(())
        })
    }

    /// Plays what lies before `until_ns` up to the next close of a bar; whether one has closed, so that there may be more to play.
    fn elapse(&mut self, py: Python<'_>, until_ns: i64) -> PyResult<bool> {
        let engine = &mut self.engine;
        without_lock(py, || Ok(engine.elapse(until_ns)))
    }

    /// Plays what is still on its way after the last event, up to the next close of a bar; whether one has closed.
    fn finish(&mut self, py: Python<'_>) -> PyResult<bool> {
        let engine = &mut self.engine;
        without_lock(py, || Ok(engine.finish()))
    }

    /// Open time of the bars that closed last, and their closes by market; there must be some.
    fn latest_closes(&self) -> PyResult<(i64, Vec<(usize, f64)>)> {
        self.engine.latest_closes().ok_or_else(|| {
            let requirement = "at least one bar that has closed";
            to_python(&Error::parameter("closes", "none", requirement))
        })
    }

    /// Gaps that have been received in a market.
    fn gaps(&self, market: usize) -> PyResult<usize> {
        self.check_market(market)
            .map_err(|error| to_python(&error))?;
        Ok(self.engine.gaps(market))
    }

    /// Open times of the closed bars, UTC nanoseconds.
    fn open_time_ns<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<i64>> {
        PyArray1::from_slice(py, self.engine.engine().simulation().open_time_ns(&[]))
    }

    /// Equity at each bar's close.
    fn equity_curve<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<f64>> {
        PyArray1::from_slice(py, &self.engine.engine().simulation().record().equity)
    }

    /// Bars at whose close a position was open.
    #[getter]
    fn exposed_bars(&self) -> usize {
        self.engine.engine().simulation().record().exposed_bars
    }

    /// The bars of a market that have closed.
    fn bars(&self, market: usize) -> PyResult<PyBars> {
        let bars = self
            .check_market(market)
            .and_then(|()| self.engine.bars(market));
        bars.map(PyBars::of).map_err(|error| to_python(&error))
    }

    /// Every metric by name, `None` where undefined.
    fn metrics<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        metrics_dict(py, &without_lock(py, || self.engine.metrics())?)
    }

    /// Why a metric is undefined, by its name.
    fn undefined<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        undefined_dict(py, &without_lock(py, || self.engine.metrics())?)
    }

    /// Equity of all accounts, quote currency.
    #[getter]
    fn equity(&self) -> f64 {
        self.engine.engine().simulation().venue.equity()
    }

    /// Cash of all accounts, quote currency.
    #[getter]
    fn cash(&self) -> f64 {
        let venue = &self.engine.engine().simulation().venue;
        venue.ledger().total_cash()
    }

    /// Fills from number `since` on.
    fn fills<'py>(&self, py: Python<'py>, since: usize) -> PyResult<Bound<'py, PyDict>> {
        let fills = self.engine.engine().simulation().venue.fills();
        columns::fills(py, &fills[since.min(fills.len())..])
    }

    /// Orders from number `since` on.
    fn orders<'py>(&self, py: Python<'py>, since: usize) -> PyResult<Bound<'py, PyDict>> {
        let orders = self.engine.engine().simulation().venue.orders();
        columns::orders(py, &orders[since.min(orders.len())..], since)
    }

    /// Closed trades from number `since` on.
    fn trades<'py>(&self, py: Python<'py>, since: usize) -> PyResult<Bound<'py, PyDict>> {
        let trades = self.engine.engine().simulation().venue.trades();
        columns::trades(py, &trades[since.min(trades.len())..])
    }

    /// The circumstances of every order; prices in quote currency.
    fn contexts<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let venue = &self.engine.engine().simulation().venue;
        execution::contexts(py, self.engine.executions(), venue, &self.tick_sizes)
    }

    /// The middle of the book at every fill and 1, 5 and 30 seconds after it; NaN where there is none.
    fn markouts<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let venue = &self.engine.engine().simulation().venue;
        execution::markouts(py, self.engine.executions(), venue, &self.tick_sizes)
    }

    fn open_positions<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        columns::open_positions(py, &self.engine.engine().simulation().venue)
    }

    /// Entries that a limit or rule forbade, from number `since` on.
    fn refused<'py>(&self, py: Python<'py>, since: usize) -> PyResult<Bound<'py, PyDict>> {
        let refused = self.engine.engine().refused();
        columns::refused(py, &refused[since.min(refused.len())..])
    }
}

impl PyTickSession {
    /// The next tape of a market, checked; `None` after the last.
    fn next_tape(
        &self,
        market: usize,
        tapes: &mut Bound<'_, PyIterator>,
    ) -> PyResult<Option<Py<PyEventTape>>> {
        let Some(tape) = tapes.next() else {
            return Ok(None);
        };
        let tape = tape?.cast_into::<PyEventTape>()?;
        let (found, expected) = (tape.get().tape.tick_size(), self.tick_sizes[market]);
        if found == expected {
            return Ok(Some(tape.unbind()));
        }
        let requirement = format!("the same for all tapes of a market, {expected}");
        let error = Error::parameter("tick_size", found, requirement);
        Err(to_python(&error))
    }

    fn check_market(&self, market: usize) -> Result<()> {
        let markets = self.tick_sizes.len();
        if market < markets {
            return Ok(());
        }
        let requirement = format!("below {markets}");
        Err(Error::parameter("market", market, requirement))
    }
}
