//! The time-sealed view that a strategy function gets: rows after now do not exist in it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use numpy::{IntoPyArray, PyReadonlyArray1};
use pyo3::exceptions::{PyIndexError, PyKeyError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PySlice, PyTuple};
use spark_stacker_core::Error;
use spark_stacker_core::market::Bars;

use crate::bars::PyBars;
use crate::errors::to_python;

/// How many rows exist by now, shared by a view and its columns.
#[derive(Clone)]
pub struct Now(Arc<AtomicUsize>);

impl Now {
    pub fn set(&self, rows: usize) {
        self.0.store(rows, Ordering::Relaxed);
    }

    fn rows(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

/// Picks a column of candles.
type Pick = for<'a> fn(&Bars<'a>) -> &'a [f64];

enum Source {
    Candle(Py<PyBars>, Pick),
    Indicator(Vec<f64>),
}

/// One column up to now. `column[-1]` is the latest value; slices are arrays.
#[pyclass(name = "ColumnView", module = "spark_stacker._core", frozen, sequence)]
pub struct PyColumnView {
    source: Source,
    now: Now,
}

impl PyColumnView {
    fn values(&self) -> &[f64] {
        match &self.source {
            Source::Candle(bars, column) => column(&bars.get().view()),
            Source::Indicator(values) => values,
        }
    }
}

#[pymethods]
impl PyColumnView {
    fn __len__(&self) -> usize {
        self.now.rows()
    }

    fn __getitem__<'py>(
        &self,
        py: Python<'py>,
        key: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let visible = &self.values()[..self.now.rows()];
        if let Ok(index) = key.extract::<isize>() {
            let row = if index < 0 {
                visible.len().checked_add_signed(index)
            } else {
                usize::try_from(index).ok()
            };
            return match row.and_then(|row| visible.get(row)) {
                Some(value) => Ok(value.into_pyobject(py)?.into_any()),
                None => Err(PyIndexError::new_err(format!(
                    "row {index} of a column that has {} rows by now",
                    visible.len()
                ))),
            };
        }
        let slice = key.cast::<PySlice>()?;
        let indices = slice.indices(visible.len().cast_signed())?;
        let rows: Vec<f64> = (0..indices.slicelength)
            .map(|step| {
                visible[(indices.start + step.cast_signed() * indices.step).cast_unsigned()]
            })
            .collect();
        Ok(rows.into_pyarray(py).into_any())
    }
}

/// All columns up to now: candles and indicators, by name.
#[pyclass(name = "MarketView", module = "spark_stacker._core", frozen, mapping)]
pub struct PyMarketView {
    columns: Py<PyDict>,
    bars: Py<PyBars>,
    to_frame: Py<PyAny>,
    now: Now,
}

impl PyMarketView {
    pub fn now(&self) -> Now {
        self.now.clone()
    }

    pub const fn bars(&self) -> &Py<PyBars> {
        &self.bars
    }
}

#[pymethods]
impl PyMarketView {
    /// A view of candles and further columns of the same length. `to_frame(view)` makes the frame of its rows up to now.
    #[new]
    fn new(
        py: Python<'_>,
        bars: Py<PyBars>,
        indicators: &Bound<'_, PyDict>,
        to_frame: Py<PyAny>,
    ) -> PyResult<Self> {
        let now = Now(Arc::new(AtomicUsize::new(0)));
        let columns = PyDict::new(py);
        let rows = bars.get().view().len();
        let candles: [(&str, Pick); 5] = [
            ("open", |bars| bars.open),
            ("high", |bars| bars.high),
            ("low", |bars| bars.low),
            ("close", |bars| bars.close),
            ("volume", |bars| bars.volume),
        ];
        for (name, column) in candles {
            let source = Source::Candle(bars.clone_ref(py), column);
            columns.set_item(
                name,
                Py::new(
                    py,
                    PyColumnView {
                        source,
                        now: now.clone(),
                    },
                )?,
            )?;
        }
        for (name, values) in indicators {
            let values = values
                .extract::<PyReadonlyArray1<'_, f64>>()?
                .as_slice()?
                .to_vec();
            if values.len() != rows {
                return Err(to_python(&Error::Length {
                    column: name.to_string(),
                    length: values.len(),
                    expected: rows,
                }));
            }
            let source = Source::Indicator(values);
            columns.set_item(
                name,
                Py::new(
                    py,
                    PyColumnView {
                        source,
                        now: now.clone(),
                    },
                )?,
            )?;
        }
        Ok(Self {
            columns: columns.unbind(),
            bars,
            to_frame,
            now,
        })
    }

    fn __len__(&self) -> usize {
        self.now.rows()
    }

    fn __getitem__<'py>(
        &self,
        py: Python<'py>,
        name: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let columns = self.columns.bind(py);
        match columns.get_item(name)? {
            Some(column) => Ok(column),
            None => Err(PyKeyError::new_err(format!(
                "no column {}; there are: {}",
                name.repr()?,
                columns
                    .keys()
                    .iter()
                    .map(|key| key.to_string())
                    .collect::<Vec<_>>()
                    .join(", ")
            ))),
        }
    }

    fn __contains__(&self, py: Python<'_>, name: &Bound<'_, PyAny>) -> PyResult<bool> {
        self.columns.bind(py).contains(name)
    }

    /// Names of the columns.
    #[getter]
    fn columns<'py>(&self, py: Python<'py>) -> Bound<'py, PyTuple> {
        self.columns.bind(py).keys().to_tuple()
    }

    /// Open time of the latest bar, UTC nanoseconds.
    #[getter]
    fn open_time_ns(&self) -> PyResult<i64> {
        let bars = self.bars.get().view();
        self.now
            .rows()
            .checked_sub(1)
            .map(|row| bars.open_time_ns[row])
            .ok_or_else(|| PyIndexError::new_err("no bar has closed yet"))
    }

    /// Everything up to now as a Polars frame.
    fn to_frame<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        slf.get().to_frame.bind(slf.py()).call1((slf,))
    }
}
