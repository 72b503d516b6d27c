//! Calibrated costs of taking: samples of recorded books, models of a market, what models make orders pay.

use std::sync::Arc;

use numpy::{PyArray1, PyReadonlyArray1};
use pyo3::prelude::*;
use pyo3::types::PyDict;
use spark_stacker_core::Error;
use spark_stacker_core::market::{DepthSampler, ImpactCurve, ImpactLaw, ImpactModel, Sampling};
use spark_stacker_core::venue::{TakingColumns, slippage_bps as bps_of};

use crate::errors::{raise, to_python, without_lock};
use crate::portfolio::{item, slippage};
use crate::ticks::PyEventTape;

type PyColumn<'py> = Bound<'py, PyArray1<f64>>;

/// A calibrated model of one market.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub struct ImpactDict<'py> {
    all_hours: CurveDict<'py>,
    /// Hours of the day with their own curves.
    hours: Vec<(usize, CurveDict<'py>)>,
}

#[derive(FromPyObject)]
#[pyo3(from_item_all)]
struct CurveDict<'py> {
    half_spread_bps: f64,
    law: Bound<'py, PyDict>,
}

impl ImpactDict<'_> {
    pub fn into_model(self) -> PyResult<Arc<ImpactModel>> {
        let all_hours = self.all_hours.into_curve()?;
        let hours = self
            .hours
            .into_iter()
            .map(|(hour, curve)| Ok((hour, curve.into_curve()?)))
            .collect::<PyResult<Vec<_>>>()?;
        let model = ImpactModel::new(all_hours, hours).map_err(|error| to_python(&error))?;
        Ok(Arc::new(model))
    }
}

impl CurveDict<'_> {
    fn into_curve(self) -> PyResult<ImpactCurve> {
        let law = match item::<String>(&self.law, "kind")?.as_str() {
            "power" => ImpactLaw::Power {
                coefficient_bps: item(&self.law, "coefficient_bps")?,
                exponent: item(&self.law, "exponent")?,
            },
            "profile" => ImpactLaw::Profile {
                notional: item(&self.law, "notional")?,
                cost_bps: item(&self.law, "cost_bps")?,
            },
            other => {
                let error = Error::unknown("impact law", other, ["power", "profile"]);
                return Err(to_python(&error));
            }
        };
        ImpactCurve::new(self.half_spread_bps, law).map_err(|error| to_python(&error))
    }
}

/// Follows a recorded book through consecutive tapes and prices sizes at regular times.
#[pyclass(name = "DepthSampler", module = "spark_stacker._core")]
pub struct PyDepthSampler {
    /// None once it has been read.
    sampler: Option<DepthSampler>,
}

#[pymethods]
impl PyDepthSampler {
    /// Looks at multiples of `interval_ns`, while the feed is silent for `max_silence_ns` at most; `notional` in quote currency, rising.
    #[new]
    #[pyo3(signature = (notional, *, interval_ns, max_silence_ns))]
    fn new(notional: Vec<f64>, interval_ns: i64, max_silence_ns: i64) -> PyResult<Self> {
        let sampler = DepthSampler::new(Sampling {
            interval_ns,
            max_silence_ns,
            notional,
        });
        let sampler = sampler.map_err(|error| to_python(&error))?;
        Ok(Self {
            sampler: Some(sampler),
        })
    }

    /// Goes on through the events of a tape.
    fn feed(&mut self, py: Python<'_>, tape: Bound<'_, PyEventTape>) -> PyResult<()> {
        let sampler = self.sampler.as_mut().ok_or_else(has_been_read)?;
        let tape = &tape.get().tape;
        without_lock(py, || sampler.feed(tape))
    }

    /// The samples, as columns; the sampler ends.
    fn finish<'py>(&mut self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let sampler = self.sampler.take().ok_or_else(has_been_read)?;
        let found = without_lock(py, || Ok(sampler.finish()))?;
        let columns = PyDict::new(py);
        columns.set_item("time_ns", PyArray1::from_vec(py, found.time_ns))?;
        for (name, column) in [
            ("bid", found.bid),
            ("ask", found.ask),
            ("traded", found.traded),
            ("cost_bps", found.cost_bps),
        ] {
            columns.set_item(name, PyArray1::from_vec(py, column))?;
        }
        columns.set_item("silent", found.silent)?;
        Ok(columns)
    }
}

/// What a slippage model makes orders pay, basis points: as the venue moves their prices.
#[pyfunction]
#[pyo3(signature = (model, *, impact, quantity, price, time_ns, bar_volume, volatility, seed))]
#[expect(
    clippy::too_many_arguments,
    reason = "one argument a column, all by name"
)]
pub fn slippage_bps<'py>(
    py: Python<'py>,
    model: Bound<'py, PyDict>,
    impact: Option<ImpactDict<'py>>,
    quantity: PyReadonlyArray1<'_, f64>,
    price: PyReadonlyArray1<'_, f64>,
    time_ns: PyReadonlyArray1<'_, i64>,
    bar_volume: PyReadonlyArray1<'_, f64>,
    volatility: PyReadonlyArray1<'_, f64>,
    seed: u64,
) -> PyResult<PyColumn<'py>> {
    let model = slippage(&model)?;
    let impact = impact.map(ImpactDict::into_model).transpose()?;
    let orders = TakingColumns {
        quantity: quantity.as_slice()?,
        price: price.as_slice()?,
        time_ns: time_ns.as_slice()?,
        bar_volume: bar_volume.as_slice()?,
        volatility: volatility.as_slice()?,
    };
    let found = without_lock(py, || bps_of(&model, impact.as_deref(), &orders, seed))?;
    Ok(PyArray1::from_vec(py, found))
}

fn has_been_read() -> PyErr {
    raise(
        "ParameterError",
        "a sampler that has been read takes no more events".to_owned(),
    )
}
