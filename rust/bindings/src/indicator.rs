//! Indicators by type name and parameters: over columns of candles, or fed a candle at a time.

use numpy::{IntoPyArray, PyArray1, PyReadonlyArray1};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyList, PyTuple};
use spark_stacker_core::Error;
use spark_stacker_core::indicators::{
    Column, IndicatorInfo, IndicatorSpec, IndicatorStream, ParameterInfo, ParameterValue, catalog,
};
use spark_stacker_core::market::Bar;
use spark_stacker_core::signals::{Direction, Signal, SignalEvent};

use crate::bars::PyBars;
use crate::errors::{to_python, without_lock};

type Array<'py, T> = Bound<'py, PyArray1<T>>;

/// Signals as columns: row, direction (+1 buy, −1 sell), confidence.
type SignalColumns<'py> = (Array<'py, i64>, Array<'py, i8>, Array<'py, f64>);

/// Direction, confidence, trigger.
type StepSignal = (i8, f64, &'static str);

/// The parameters in a dictionary, as the core takes them.
pub fn parameters_from(parameters: &Bound<'_, PyDict>) -> PyResult<Vec<(String, ParameterValue)>> {
    parameters
        .iter()
        .map(|(name, value)| {
            let name: String = name.extract()?;
            let value = parameter_value(&name, &value)?;
            Ok((name, value))
        })
        .collect()
}

pub fn parameter_value(name: &str, value: &Bound<'_, PyAny>) -> PyResult<ParameterValue> {
    // True is an int to Python, so switches come first.
    if let Ok(switch) = value.cast::<PyBool>() {
        Ok(ParameterValue::Bool(switch.is_true()))
    } else if let Ok(whole) = value.extract::<i64>() {
        Ok(ParameterValue::Integer(whole))
    } else if let Ok(number) = value.extract::<f64>() {
        Ok(ParameterValue::Number(number))
    } else if let Ok(text) = value.extract::<String>() {
        Ok(ParameterValue::Text(text))
    } else {
        let requirement = "a number, a switch or a word";
        Err(to_python(&Error::parameter(
            name,
            value.repr()?,
            requirement,
        )))
    }
}

fn to_object<'py>(py: Python<'py>, value: &ParameterValue) -> PyResult<Bound<'py, PyAny>> {
    Ok(match value {
        ParameterValue::Integer(whole) => whole.into_pyobject(py)?.into_any(),
        ParameterValue::Number(number) => number.into_pyobject(py)?.into_any(),
        ParameterValue::Bool(switch) => switch.into_pyobject(py)?.to_owned().into_any(),
        ParameterValue::Text(text) => text.into_pyobject(py)?.into_any(),
    })
}

/// An indicator with its parameters, checked; immutable.
#[pyclass(name = "Indicator", module = "spark_stacker._core", frozen)]
pub struct PyIndicator {
    spec: IndicatorSpec,
}

#[pymethods]
impl PyIndicator {
    #[new]
    fn new(kind: &str, parameters: &Bound<'_, PyDict>) -> PyResult<Self> {
        let spec = IndicatorSpec::from_parameters(kind, &parameters_from(parameters)?);
        Ok(Self {
            spec: spec.map_err(|error| to_python(&error))?,
        })
    }

    #[getter]
    fn kind(&self) -> &'static str {
        self.spec.kind()
    }

    #[getter]
    fn parameters<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let resolved = PyDict::new(py);
        for (name, value) in self.spec.parameters() {
            resolved.set_item(name, to_object(py, value)?)?;
        }
        Ok(resolved)
    }

    #[getter]
    fn columns(&self) -> Vec<&'static str> {
        self.spec.columns()
    }

    #[getter]
    fn warm_up(&self) -> usize {
        self.spec.warm_up()
    }

    /// Every column over the candles.
    fn compute<'py>(&self, py: Python<'py>, bars: &PyBars) -> PyResult<Bound<'py, PyDict>> {
        let columns = without_lock(py, || Ok(self.spec.compute(bars.view())))?;
        let arrays = PyDict::new(py);
        for Column { name, values } in columns {
            arrays.set_item(name, values.into_pyarray(py))?;
        }
        Ok(arrays)
    }

    /// Every signal over the candles.
    fn signals<'py>(&self, py: Python<'py>, bars: &PyBars) -> PyResult<SignalColumns<'py>> {
        let events = without_lock(py, || Ok(self.spec.signals(bars.view())))?;
        Ok(signal_columns(py, &events))
    }

    /// The signal that given values set off at their last row.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "the shape of a Python argument"
    )]
    fn last_signal<'py>(
        &self,
        py: Python<'py>,
        close: PyReadonlyArray1<'py, f64>,
        columns: Vec<PyReadonlyArray1<'py, f64>>,
    ) -> PyResult<Option<StepSignal>> {
        let close = close.as_slice()?;
        let columns = columns
            .iter()
            .map(PyReadonlyArray1::as_slice)
            .collect::<Result<Vec<_>, _>>()?;
        let signal = without_lock(py, || self.spec.last_signal(close, &columns))?;
        Ok(signal.map(step_signal))
    }

    /// The same indicator, fed a candle at a time.
    fn stream(&self) -> PyIndicatorStream {
        PyIndicatorStream {
            stream: self.spec.stream(),
            rows: 0,
        }
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        Ok(format!(
            "Indicator({:?}, {})",
            self.kind(),
            self.parameters(py)?
        ))
    }
}

/// An indicator that is fed a candle at a time.
#[pyclass(name = "IndicatorStream", module = "spark_stacker._core")]
pub struct PyIndicatorStream {
    stream: IndicatorStream,
    rows: usize,
}

#[pymethods]
impl PyIndicatorStream {
    /// Takes the next closed candle; its values and its signal.
    #[expect(
        clippy::too_many_arguments,
        reason = "one argument a column, as a candle has"
    )]
    fn update<'py>(
        &mut self,
        py: Python<'py>,
        open_time_ns: i64,
        open: f64,
        high: f64,
        low: f64,
        close: f64,
        volume: f64,
    ) -> PyResult<(Bound<'py, PyTuple>, Option<StepSignal>)> {
        let bar = Bar {
            open_time_ns,
            open,
            high,
            low,
            close,
            volume,
        };
        let Self { stream, rows } = self;
        let step = without_lock(py, || {
            bar.check(*rows)?;
            *rows += 1;
            Ok(stream.update(&bar))
        })?;
        let values = PyTuple::new(py, step.values)?;
        let signal = step.signal.map(step_signal);
        Ok((values, signal))
    }
}

fn signal_columns<'py>(py: Python<'py>, events: &[SignalEvent]) -> SignalColumns<'py> {
    let rows = events.iter().map(|event| event.row.cast_signed() as i64);
    let directions = events
        .iter()
        .map(|event| direction_code(event.signal.direction));
    let confidences = events.iter().map(|event| event.signal.confidence);
    (
        PyArray1::from_iter(py, rows),
        PyArray1::from_iter(py, directions),
        PyArray1::from_iter(py, confidences),
    )
}

fn step_signal(signal: Signal) -> StepSignal {
    let Signal {
        direction,
        confidence,
        trigger,
    } = signal;
    (direction_code(direction), confidence, trigger.name())
}

const fn direction_code(direction: Direction) -> i8 {
    match direction {
        Direction::Buy => 1,
        Direction::Sell => -1,
    }
}

/// The catalogue of indicator types, one dictionary each.
#[pyfunction]
pub fn indicator_catalog(py: Python<'_>) -> PyResult<Bound<'_, PyList>> {
    let entries = catalog().iter().map(|info| catalog_entry(py, info));
    PyList::new(py, entries.collect::<PyResult<Vec<_>>>()?)
}

fn catalog_entry<'py>(py: Python<'py>, info: &IndicatorInfo) -> PyResult<Bound<'py, PyDict>> {
    let parameters = info.parameters.iter().map(|p| parameter_entry(py, p));
    let flags: Vec<_> = info.flags.iter().map(|flag| flag.name).collect();
    let entry = PyDict::new(py);
    entry.set_item("type", info.kind)?;
    entry.set_item("description", info.description)?;
    entry.set_item("parameters", parameters.collect::<PyResult<Vec<_>>>()?)?;
    entry.set_item("columns", info.columns)?;
    entry.set_item("flags", flags)?;
    Ok(entry)
}

fn parameter_entry<'py>(py: Python<'py>, info: &ParameterInfo) -> PyResult<Bound<'py, PyDict>> {
    let entry = PyDict::new(py);
    entry.set_item("name", info.name)?;
    entry.set_item("aliases", info.aliases)?;
    entry.set_item("default", to_object(py, &info.domain.default_value())?)?;
    entry.set_item("requirement", info.domain.requirement())?;
    Ok(entry)
}
