//! Metrics as dictionaries.

use numpy::PyReadonlyArray1;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyString};
use spark_stacker_core::market::Interval;
use spark_stacker_core::stats::{MetricValue, Metrics, Record, summarise};

use crate::errors::without_lock;

/// The names of the metrics, in their fixed order.
static NAMES: PyOnceLock<Vec<Py<PyString>>> = PyOnceLock::new();

/// Name to value, in their fixed order; `None` where undefined.
pub fn metrics_dict<'py>(py: Python<'py>, metrics: &Metrics) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    let entries = metrics.entries();
    let names = NAMES.get_or_init(py, || {
        let names = entries.iter().map(|(name, _)| PyString::intern(py, name));
        names.map(Bound::unbind).collect()
    });
    for (name, (_, value)) in names.iter().zip(entries) {
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
