//! Candle columns, copied once into the core.

use numpy::{PyArray1, PyReadonlyArray1};
use pyo3::prelude::*;
use spark_stacker_core::market::{BarColumns, Bars, Candles, Interval, RawColumns};

use crate::errors::{to_python, without_lock};

/// Candles of one market inside the core: checked, immutable, cheap to slice.
#[pyclass(name = "Bars", module = "spark_stacker._core", frozen)]
pub struct PyBars {
    pub candles: Candles,
}

impl PyBars {
    /// The columns for the core.
    pub fn view(&self) -> Bars<'_> {
        self.candles.view()
    }
}

#[pymethods]
impl PyBars {
    #[new]
    #[pyo3(signature = (open_time_ns, open, high, low, close, volume, *, interval_ns))]
    #[expect(
        clippy::too_many_arguments,
        reason = "one argument a column, as a candle has"
    )]
    fn new(
        py: Python<'_>,
        open_time_ns: PyReadonlyArray1<'_, i64>,
        open: PyReadonlyArray1<'_, f64>,
        high: PyReadonlyArray1<'_, f64>,
        low: PyReadonlyArray1<'_, f64>,
        close: PyReadonlyArray1<'_, f64>,
        volume: PyReadonlyArray1<'_, f64>,
        interval_ns: i64,
    ) -> PyResult<Self> {
        let raw = RawColumns {
            open_time_ns: open_time_ns.as_slice()?.to_vec(),
            open: open.as_slice()?.to_vec(),
            high: high.as_slice()?.to_vec(),
            low: low.as_slice()?.to_vec(),
            close: close.as_slice()?.to_vec(),
            volume: volume.as_slice()?.to_vec(),
        };
        let columns = without_lock(py, || BarColumns::new(raw, Interval::from_ns(interval_ns)?))?;
        Ok(Self {
            candles: columns.into(),
        })
    }

    fn __len__(&self) -> usize {
        self.candles.len()
    }

    /// Rows `start` to `stop`, sharing the columns.
    fn slice(&self, start: usize, stop: usize) -> Self {
        Self {
            candles: self.candles.slice(start, stop),
        }
    }

    #[getter]
    fn interval_ns(&self) -> i64 {
        self.view().interval.ns()
    }

    #[getter]
    fn open_time_ns<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<i64>> {
        PyArray1::from_slice(py, self.view().open_time_ns)
    }

    #[getter]
    fn open<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<f64>> {
        PyArray1::from_slice(py, self.view().open)
    }

    #[getter]
    fn high<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<f64>> {
        PyArray1::from_slice(py, self.view().high)
    }

    #[getter]
    fn low<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<f64>> {
        PyArray1::from_slice(py, self.view().low)
    }

    #[getter]
    fn close<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<f64>> {
        PyArray1::from_slice(py, self.view().close)
    }

    #[getter]
    fn volume<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<f64>> {
        PyArray1::from_slice(py, self.view().volume)
    }
}

/// Length of an interval such as "1h", in nanoseconds.
#[pyfunction]
pub fn interval_ns(text: &str) -> PyResult<i64> {
    text.parse::<Interval>()
        .map(Interval::ns)
        .map_err(|error| to_python(&error))
}

/// Name of an interval of so many nanoseconds, such as "1h".
#[pyfunction]
pub fn interval_name(interval_ns: i64) -> PyResult<String> {
    Interval::from_ns(interval_ns)
        .map(|interval| interval.to_string())
        .map_err(|error| to_python(&error))
}
