//! Metrics as dictionaries.

use numpy::PyReadonlyArray1;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use spark_stacker_core::market::Interval;
use spark_stacker_core::stats::{MetricValue, Metrics, Record, summarise};

use crate::errors::without_lock;

/// Name to value, in their fixed order; `None` where undefined.
pub fn metrics_dict<'py>(py: Python<'py>, metrics: &Metrics) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    for (name, value) in metrics.entries() {
        match value {
            MetricValue::Count(count) => dict.set_item(name, count)?,
            MetricValue::Number(number) => dict.set_item(name, number)?,
        }
    }
    Ok(dict)
}

/// Name of each undefined metric to its reason.
pub fn undefined_dict<'py>(py: Python<'py>, metrics: &Metrics) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    for undefined in &metrics.undefined {
        dict.set_item(undefined.metric, undefined.reason)?;
    }
    Ok(dict)
}

/// Metrics of an equity curve by itself, and the reasons of those undefined.
#[pyfunction]
#[pyo3(signature = (open_time_ns, equity, *, initial_balance, interval_ns, benchmark, risk_free_rate))]
pub fn curve_metrics<'py>(
    py: Python<'py>,
    open_time_ns: PyReadonlyArray1<'_, i64>,
    equity: PyReadonlyArray1<'_, f64>,
    initial_balance: f64,
    interval_ns: i64,
    benchmark: Option<PyReadonlyArray1<'_, f64>>,
    risk_free_rate: f64,
) -> PyResult<(Bound<'py, PyDict>, Bound<'py, PyDict>)> {
    let open_time_ns = open_time_ns.as_slice()?;
    let equity = equity.as_slice()?;
    let benchmark = benchmark
        .as_ref()
        .map(|closes| closes.as_slice())
        .transpose()?;
    let metrics = without_lock(py, || {
        summarise(&Record {
            open_time_ns,
            equity,
            initial_balance,
            interval: Interval::from_ns(interval_ns)?,
            trades: &[],
            benchmark,
            exposed_bars: 0,
            traded_notional: 0.0,
            fees_paid: 0.0,
            funding_paid: 0.0,
            risk_free_rate,
        })
    })?;
    Ok((metrics_dict(py, &metrics)?, undefined_dict(py, &metrics)?))
}
