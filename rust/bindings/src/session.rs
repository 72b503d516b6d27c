//! The engine of a backtest, fed a bar at a time: the dry run.

use numpy::PyArray1;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use spark_stacker_core::engine::{Engine, Funding, MarketBar, outside_signal};
use spark_stacker_core::market::Bar;
use spark_stacker_core::venue::MarketId;
use spark_stacker_core::{Error, Result};

use crate::bars::PyBars;
use crate::columns;
use crate::errors::{to_python, without_lock};
use crate::portfolio::PyPortfolio;

/// A portfolio at work on bars that arrive one after another.
#[pyclass(name = "Session", module = "spark_stacker._core")]
pub struct PySession {
    engine: Engine,
    markets: usize,
    rows: Vec<usize>,
    last_open_ns: Option<i64>,
}

/// Market, open, high, low, close, volume.
type PyMarketBar = (usize, f64, f64, f64, f64, f64);
/// Market, open, high, low, close of the mark price.
type PyMark = (usize, f64, f64, f64, f64);
/// Strategy, indicator, direction, confidence.
type PySignal = (usize, usize, i8, f64);

#[pymethods]
impl PySession {
    #[new]
    fn new(portfolio: PyRef<'_, PyPortfolio>) -> PyResult<Self> {
        let engine = Engine::live(&portfolio.spec).map_err(|error| to_python(&error))?;
        let markets = portfolio.spec.markets.len();
        Ok(Self {
            engine,
            markets,
            rows: vec![0; markets],
            last_open_ns: None,
        })
    }

    /// Feeds bars from before the start to the indicators of a market.
    fn warm_up(&mut self, py: Python<'_>, market: usize, bars: PyRef<'_, PyBars>) -> PyResult<()> {
        self.check_market(market)
            .map_err(|error| to_python(&error))?;
        let (view, engine) = (bars.view(), &mut self.engine);
        without_lock(py, || {
            for row in 0..view.len() {
                engine.warm_up(market, &view.bar(row));
            }
            Ok(())
        })
    }

    /// Adds a funding payment of a market, due at the first bar that opens at its time or later.
    fn add_funding(&mut self, market: usize, time_ns: i64, rate: f64) -> PyResult<()> {
        self.check_market(market)
            .and_then(|()| self.engine.add_funding(market, [Funding { time_ns, rate }]))
            .map_err(|error| to_python(&error))
    }

    /// Moves on by all markets' bars of one open time; `signals` are those of outside indicators at their closes, `marks` the mark-price candles of the same time.
    #[pyo3(signature = (open_time_ns, bars, signals, marks))]
    #[expect(
        clippy::needless_pass_by_value,
        reason = "arguments extracted from Python are owned"
    )]
    fn on_bars(
        &mut self,
        py: Python<'_>,
        open_time_ns: i64,
        bars: Vec<PyMarketBar>,
        signals: Vec<PySignal>,
        marks: Vec<PyMark>,
    ) -> PyResult<()> {
        without_lock(py, || {
            let mut group = self.group(open_time_ns, &bars)?;
            put_marks(&mut group, &marks)?;
            for (row, (strategy, indicator, direction, confidence)) in signals.iter().enumerate() {
                let signal = outside_signal(*direction, *confidence, row)?;
                self.engine.hand_in(*strategy, *indicator, signal)?;
            }
            self.engine.step(open_time_ns, &group);
            self.last_open_ns = Some(open_time_ns);
            for entry in &group {
                self.rows[usize::from(entry.market.0)] += 1;
            }
            Ok(())
        })
    }

    /// Equity of all accounts, quote currency.
    #[getter]
    fn equity(&self) -> f64 {
        self.engine.simulation().venue.equity()
    }

    /// Cash of all accounts, quote currency.
    #[getter]
    fn cash(&self) -> f64 {
        self.engine.simulation().venue.ledger().total_cash()
    }

    /// Open times taken so far.
    #[getter]
    fn bars_seen(&self) -> usize {
        self.engine.simulation().record().equity.len()
    }

    /// Open times of the bars, UTC nanoseconds.
    fn open_time_ns<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<i64>> {
        PyArray1::from_slice(py, self.engine.simulation().open_time_ns(&[]))
    }

    /// Equity at each bar's close.
    fn equity_curve<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<f64>> {
        PyArray1::from_slice(py, &self.engine.simulation().record().equity)
    }

    /// Fills from number `since` on.
    fn fills<'py>(&self, py: Python<'py>, since: usize) -> PyResult<Bound<'py, PyDict>> {
        columns::fills(py, from(self.engine.simulation().venue.fills(), since))
    }

    /// Orders from number `since` on.
    fn orders<'py>(&self, py: Python<'py>, since: usize) -> PyResult<Bound<'py, PyDict>> {
        columns::orders(
            py,
            from(self.engine.simulation().venue.orders(), since),
            since,
        )
    }

    /// Closed trades from number `since` on.
    fn trades<'py>(&self, py: Python<'py>, since: usize) -> PyResult<Bound<'py, PyDict>> {
        columns::trades(py, from(self.engine.simulation().venue.trades(), since))
    }

    /// Entries that a limit or rule forbade, from number `since` on.
    fn refused<'py>(&self, py: Python<'py>, since: usize) -> PyResult<Bound<'py, PyDict>> {
        columns::refused(py, from(self.engine.refused(), since))
    }

    fn open_positions<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        columns::open_positions(py, &self.engine.simulation().venue)
    }
}

impl PySession {
    fn check_market(&self, market: usize) -> Result<()> {
        if market < self.markets {
            Ok(())
        } else {
            Err(Error::parameter(
                "market",
                market,
                format!("below {}", self.markets),
            ))
        }
    }

    /// The bars of one open time, checked and in the order of the markets.
    fn group(&self, open_time_ns: i64, bars: &[PyMarketBar]) -> Result<Vec<MarketBar>> {
        if let Some(last) = self.last_open_ns.filter(|last| *last >= open_time_ns) {
            return Err(Error::parameter(
                "open_time_ns",
                open_time_ns,
                format!("after the last one, {last}"),
            ));
        }
        if bars.is_empty() {
            return Err(Error::parameter("bars", "none", "at least one bar"));
        }
        let mut group = Vec::with_capacity(bars.len());
        for &(market, open, high, low, close, volume) in bars {
            self.check_market(market)?;
            let bar = Bar {
                open_time_ns,
                open,
                high,
                low,
                close,
                volume,
            };
            bar.check(self.rows[market])?;
            group.push(MarketBar {
                #[expect(
                    clippy::cast_possible_truncation,
                    reason = "below the number of markets"
                )]
                market: MarketId(market as u16),
                row: self.rows[market],
                bar,
                mark: None,
            });
        }
        group.sort_by_key(|entry| entry.market);
        if let Some(twice) = group
            .windows(2)
            .find(|pair| pair[0].market == pair[1].market)
        {
            return Err(Error::parameter(
                "bars",
                format!("two of market {}", twice[0].market.0),
                "one a market",
            ));
        }
        Ok(group)
    }
}

/// Gives bars the mark candles of their time.
fn put_marks(group: &mut [MarketBar], marks: &[PyMark]) -> Result<()> {
    for (row, &(market, open, high, low, close)) in marks.iter().enumerate() {
        let entry = group
            .iter_mut()
            .find(|entry| usize::from(entry.market.0) == market && entry.mark.is_none())
            .ok_or_else(|| {
                Error::parameter("marks", market, "a market that has a bar, each once")
            })?;
        let mark = Bar {
            open_time_ns: entry.bar.open_time_ns,
            open,
            high,
            low,
            close,
            volume: 0.0,
        };
        mark.check(row)?;
        entry.mark = Some(mark);
    }
    Ok(())
}

fn from<T>(rows: &[T], since: usize) -> &[T] {
    &rows[since.min(rows.len())..]
}
