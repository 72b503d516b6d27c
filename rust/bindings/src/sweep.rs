//! Many parameter sets over the same history.

use numpy::{
    IntoPyArray, PyArray1, PyArray2, PyArray3, PyArrayMethods, PyReadonlyArray1, PyReadonlyArray2,
    PyUntypedArrayMethods,
};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};
use spark_stacker_core::Error;
use spark_stacker_core::stats::Metrics;
use spark_stacker_core::sweep::{
    Axis, AxisValue, MarketHistory, OutsideColumns, SUMS, Span, Sweep, Target,
};

use crate::bars::PyBars;
use crate::errors::{to_python, without_lock};
use crate::indicator::parameter_value;
use crate::portfolio::{PyPortfolio, sizing};
use crate::run::{PyFunding, PyOutside, payments, same_length};

/// A portfolio, its data and the settings to vary; immutable.
#[pyclass(name = "Sweep", module = "spark_stacker._core", frozen)]
pub struct PySweep {
    sweep: Sweep,
}

/// Values row by row, the status of each row, and the reasons that it points to.
type PyRows<'py> = (
    Bound<'py, PyArray2<f64>>,
    Bound<'py, PyArray1<u16>>,
    Vec<String>,
);

/// Open times and equity.
type PyCurve<'py> = (Bound<'py, PyArray1<i64>>, Bound<'py, PyArray1<f64>>);

#[pymethods]
impl PySweep {
    #[new]
    #[pyo3(signature = (portfolio, bars, *, start, signals, funding, mark, axes))]
    #[expect(
        clippy::too_many_arguments,
        reason = "the data of a backtest and the axes, each by name"
    )]
    fn new(
        py: Python<'_>,
        portfolio: PyRef<'_, PyPortfolio>,
        bars: Vec<PyRef<'_, PyBars>>,
        start: Vec<usize>,
        signals: Vec<PyOutside<'_>>,
        funding: Vec<Option<PyFunding<'_>>>,
        mark: Vec<Option<PyRef<'_, PyBars>>>,
        axes: Vec<(TargetDict, Bound<'_, PyList>)>,
    ) -> PyResult<Self> {
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
                candles: bars.candles.clone(),
                start: start[index],
                mark: mark[index].as_ref().map(|mark| mark.candles.clone()),
                funding: payments(funding[index].as_ref())?,
            });
        }
        let mut outside = Vec::with_capacity(signals.len());
        for (strategy, indicator, direction, confidence) in &signals {
            outside.push(OutsideColumns {
                strategy: *strategy,
                indicator: *indicator,
                direction: direction.as_slice()?.to_vec(),
                confidence: confidence.as_slice()?.to_vec(),
            });
        }
        let axes = axes
            .into_iter()
            .map(|(target, values)| target.axis(&values))
            .collect::<PyResult<Vec<_>>>()?;
        let spec = portfolio.spec.clone();
        let sweep = without_lock(py, || Sweep::new(spec, markets, &outside, &axes))?;
        Ok(Self { sweep })
    }

    /// Number of values of each axis.
    #[getter]
    fn lengths(&self) -> Vec<usize> {
        self.sweep.lengths().to_vec()
    }

    /// Metrics of sets over a span.
    #[pyo3(signature = (digits, metrics, *, start_ns, end_ns, threads))]
    fn evaluate<'py>(
        &self,
        py: Python<'py>,
        digits: PyReadonlyArray2<'py, u32>,
        metrics: Vec<String>,
        start_ns: Option<i64>,
        end_ns: Option<i64>,
        threads: usize,
    ) -> PyResult<PyRows<'py>> {
        let places = metrics
            .iter()
            .map(|name| Metrics::place(name))
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| to_python(&error))?;
        let sets = self.sets(&digits)?;
        let span = Span { start_ns, end_ns };
        let rows = without_lock(py, || self.sweep.evaluate(sets, &places, span, threads))?;
        let shape = [digits.shape()[0], places.len()];
        Ok((
            rows.values.into_pyarray(py).reshape(shape)?,
            rows.status.into_pyarray(py),
            rows.reasons,
        ))
    }

    /// Count, sum and sum of squares of the returns of each set in each block of time.
    #[pyo3(signature = (digits, blocks, *, start_ns, end_ns, threads))]
    fn block_sums<'py>(
        &self,
        py: Python<'py>,
        digits: PyReadonlyArray2<'py, u32>,
        blocks: usize,
        start_ns: Option<i64>,
        end_ns: Option<i64>,
        threads: usize,
    ) -> PyResult<Bound<'py, PyArray3<f64>>> {
        let sets = self.sets(&digits)?;
        let span = Span { start_ns, end_ns };
        let sums = without_lock(py, || self.sweep.block_sums(sets, blocks, span, threads))?;
        let shape = [digits.shape()[0], blocks, SUMS];
        sums.into_pyarray(py).reshape(shape)
    }

    /// Mean of the correlations of the returns of all pairs of sets.
    #[pyo3(signature = (digits, *, start_ns, end_ns, threads))]
    fn mean_correlation(
        &self,
        py: Python<'_>,
        digits: PyReadonlyArray2<'_, u32>,
        start_ns: Option<i64>,
        end_ns: Option<i64>,
        threads: usize,
    ) -> PyResult<Option<f64>> {
        let sets = self.sets(&digits)?;
        let span = Span { start_ns, end_ns };
        without_lock(py, || self.sweep.mean_correlation(sets, span, threads))
    }

    /// Open times of the bars and equity at their closes of one set.
    #[pyo3(signature = (digits, *, start_ns, end_ns))]
    fn equity<'py>(
        &self,
        py: Python<'py>,
        digits: PyReadonlyArray1<'py, u32>,
        start_ns: Option<i64>,
        end_ns: Option<i64>,
    ) -> PyResult<PyCurve<'py>> {
        let set = digits.as_slice()?;
        let span = Span { start_ns, end_ns };
        let (times, equity) = without_lock(py, || self.sweep.equity(set, span))?;
        Ok((times.into_pyarray(py), equity.into_pyarray(py)))
    }

    /// The same over bars in random order.
    fn permuted(&self, py: Python<'_>, seed: u64) -> PyResult<Self> {
        let sweep = without_lock(py, || self.sweep.permuted(seed))?;
        Ok(Self { sweep })
    }
}

impl PySweep {
    /// The digits of whole sets, row after row.
    fn sets<'a>(&self, digits: &'a PyReadonlyArray2<'_, u32>) -> PyResult<&'a [u32]> {
        let wrong = |value: String, requirement: String| {
            to_python(&Error::parameter("digits", value, requirement))
        };
        let width = self.sweep.lengths().len();
        if digits.shape()[1] != width {
            let shape = format!("of shape {:?}", digits.shape());
            return Err(wrong(
                shape,
                format!("of shape (sets, {width}), one digit an axis"),
            ));
        }
        if !digits.is_c_contiguous() {
            return Err(wrong("strided".to_owned(), "C-contiguous".to_owned()));
        }
        Ok(digits.as_slice()?)
    }
}

/// What an axis varies: a parameter or a setting of an indicator, a setting of a strategy, or one of the account.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
struct TargetDict {
    strategy: Option<usize>,
    indicator: Option<usize>,
    parameter: Option<String>,
    setting: Option<String>,
}

impl TargetDict {
    fn axis(self, values: &Bound<'_, PyList>) -> PyResult<Axis> {
        let (name, target) = match self {
            Self {
                strategy: Some(strategy),
                indicator: Some(indicator),
                parameter: Some(name),
                setting: None,
            } => (
                name.clone(),
                Target::Parameter {
                    strategy,
                    indicator,
                    name,
                },
            ),
            Self {
                strategy: Some(strategy),
                indicator: Some(indicator),
                parameter: None,
                setting: Some(setting),
            } => (
                setting.clone(),
                Target::Indicator {
                    strategy,
                    indicator,
                    setting,
                },
            ),
            Self {
                strategy: Some(strategy),
                indicator: None,
                parameter: None,
                setting: Some(setting),
            } => (setting.clone(), Target::Strategy { strategy, setting }),
            Self {
                strategy: None,
                indicator: None,
                parameter: None,
                setting: Some(setting),
            } => (setting.clone(), Target::Account { setting }),
            _ => {
                return Err(to_python(&Error::parameter(
                    "target of an axis",
                    "another combination of keys",
                    "a setting of the account, of a strategy or of its indicator, or a parameter of the latter",
                )));
            }
        };
        let values = values
            .iter()
            .map(|value| axis_value(&name, &value))
            .collect::<PyResult<_>>()?;
        Ok(Axis { target, values })
    }
}

fn axis_value(name: &str, value: &Bound<'_, PyAny>) -> PyResult<AxisValue> {
    if value.is_none() {
        Ok(AxisValue::Off)
    } else if let Ok(dict) = value.cast::<PyDict>() {
        Ok(AxisValue::Sizing(sizing(dict)?))
    } else {
        Ok(AxisValue::Plain(parameter_value(name, value)?))
    }
}
