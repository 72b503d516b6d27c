//! A whole backtest in one call, and what it recorded.

use numpy::ndarray::ArrayView1;
use numpy::{Element, PyArray1, PyReadonlyArray1};
use pyo3::prelude::*;
use pyo3::types::PyDict;
use spark_stacker_core::backtest::Backtest;
use spark_stacker_core::engine::{Funding, OutsideSignals};
use spark_stacker_core::stats::Metrics;
use spark_stacker_core::sweep::MarketHistory;
use spark_stacker_core::venue::Venue;
use spark_stacker_core::{Error, Result};

use crate::bars::PyBars;
use crate::columns;
use crate::errors::{to_python, without_lock};
use crate::portfolio::PyPortfolio;
use crate::stats::{metrics_dict, undefined_dict};

/// What a backtest recorded; columns are made when asked for.
#[pyclass(name = "Run", module = "spark_stacker._core", frozen)]
pub struct PyRun {
    backtest: Backtest,
}

#[pymethods]
impl PyRun {
    /// Open times of the bars, UTC nanoseconds; read-only.
    #[getter]
    fn open_time_ns<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyArray1<i64>>> {
        lent(slf, slf.get().backtest.open_time_ns())
    }

    /// Equity at each bar's close, after its fills; read-only.
    #[getter]
    fn equity<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyArray1<f64>>> {
        lent(slf, slf.get().backtest.equity())
    }

    fn fills<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        columns::fills(py, self.venue(py)?.fills())
    }

    fn orders<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        columns::orders(py, self.venue(py)?.orders(), 0)
    }

    fn trades<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        columns::trades(py, self.backtest.trades())
    }

    fn open_positions<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        columns::open_positions(py, self.venue(py)?)
    }

    /// Every metric by name, `None` where undefined.
    fn metrics<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        metrics_dict(py, &self.summary(py)?)
    }

    /// Why a metric is undefined, by its name.
    fn undefined<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        undefined_dict(py, &self.summary(py)?)
    }

    /// Entries that a limit or rule forbade.
    fn refused<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let refused = without_lock(py, || Ok::<_, Error>(self.backtest.refused()))?;
        columns::refused(py, refused)
    }
}

impl PyRun {
    fn summary(&self, py: Python<'_>) -> PyResult<Metrics> {
        without_lock(py, || self.backtest.metrics())
    }

    /// The venue at the end, for which the engine may have to run first.
    fn venue(&self, py: Python<'_>) -> PyResult<&Venue> {
        without_lock(py, || Ok(self.backtest.venue()))
    }
}

/// A column of a run, not copied: a long one would take as long to copy as to compute.
fn lent<'py, T: Element>(
    run: &Bound<'py, PyRun>,
    column: &[T],
) -> PyResult<Bound<'py, PyArray1<T>>> {
    #[expect(unsafe_code, reason = "the array outlives the borrow")]
    // SAFETY: the column belongs to the run, which never changes (it is frozen) and lives as long as the array, which holds it.
    let array =
        unsafe { PyArray1::borrow_from_array(&ArrayView1::from(column), run.clone().into_any()) };
    array.call_method1("setflags", (false,))?;
    Ok(array)
}

/// Signals from outside: strategy, indicator, direction and confidence columns.
pub type PyOutside<'py> = (
    usize,
    usize,
    PyReadonlyArray1<'py, i8>,
    PyReadonlyArray1<'py, f64>,
);
/// Funding payments: time and rate columns.
pub type PyFunding<'py> = (PyReadonlyArray1<'py, i64>, PyReadonlyArray1<'py, f64>);

/// Runs the portfolio over the bars of its markets.
#[pyfunction]
#[pyo3(signature = (portfolio, bars, *, start, signals, funding, mark))]
#[expect(
    clippy::needless_pass_by_value,
    reason = "arguments extracted from Python are owned"
)]
pub fn run_backtest(
    py: Python<'_>,
    portfolio: PyRef<'_, PyPortfolio>,
    bars: Vec<Py<PyBars>>,
    start: Vec<usize>,
    signals: Vec<PyOutside<'_>>,
    funding: Vec<Option<PyFunding<'_>>>,
    mark: Vec<Option<PyRef<'_, PyBars>>>,
) -> PyResult<PyRun> {
    for (name, length) in [
        ("start", start.len()),
        ("funding", funding.len()),
        ("mark", mark.len()),
    ] {
        same_length(name, length, bars.len()).map_err(|error| to_python(&error))?;
    }
    let mut markets = Vec::with_capacity(bars.len());
    for (index, bars) in bars.iter().enumerate() {
        markets.push(MarketHistory {
            candles: bars.get().candles.clone(),
            start: start[index],
            mark: mark[index].as_ref().map(|mark| mark.candles.clone()),
            funding: payments(funding[index].as_ref())?,
        });
    }
    let mut outside = Vec::with_capacity(signals.len());
    for (strategy, indicator, direction, confidence) in &signals {
        outside.push(OutsideSignals {
            strategy: *strategy,
            indicator: *indicator,
            direction: direction.as_slice()?,
            confidence: confidence.as_slice()?,
        });
    }
    let portfolio = portfolio.spec.clone();
    let backtest = without_lock(py, || Backtest::run(portfolio, markets, &outside))?;
    Ok(PyRun { backtest })
}

pub fn same_length(name: &str, length: usize, expected: usize) -> Result<()> {
    if length == expected {
        Ok(())
    } else {
        Err(Error::Length {
            column: name.to_owned(),
            length,
            expected,
        })
    }
}

pub fn payments(given: Option<&PyFunding<'_>>) -> PyResult<Vec<Funding>> {
    let Some((time_ns, rate)) = given else {
        return Ok(Vec::new());
    };
    same_length("funding rate", rate.len()?, time_ns.len()?).map_err(|error| to_python(&error))?;
    let pairs = time_ns.as_slice()?.iter().zip(rate.as_slice()?);
    Ok(pairs
        .map(|(&time_ns, &rate)| Funding { time_ns, rate })
        .collect())
}
