//! Bars of a higher timeframe from those of a lower one, a bar at a time.

use pyo3::prelude::*;
use spark_stacker_core::market::{Bar, Interval};
use spark_stacker_core::signals::Aggregator;

use crate::errors::to_python;

/// Open time, open, high, low, close, volume.
type PyBar = (i64, f64, f64, f64, f64, f64);

/// Builds higher bars by the rule of the engine.
#[pyclass(name = "Aggregator", module = "spark_stacker._core")]
pub struct PyAggregator {
    aggregator: Aggregator,
}

#[pymethods]
impl PyAggregator {
    #[new]
    #[pyo3(signature = (*, interval_ns, timeframe_ns))]
    fn new(interval_ns: i64, timeframe_ns: i64) -> PyResult<Self> {
        let aggregator = Interval::from_ns(interval_ns)
            .and_then(|lower| Aggregator::new(lower, Interval::from_ns(timeframe_ns)?))
            .map_err(|error| to_python(&error))?;
        Ok(Self { aggregator })
    }

    /// Takes the next closed lower bar; returns the higher bars that it closed, oldest first.
    fn push(&mut self, bar: PyBar) -> Vec<PyBar> {
        let (open_time_ns, open, high, low, close, volume) = bar;
        let closed = self.aggregator.push(&Bar {
            open_time_ns,
            open,
            high,
            low,
            close,
            volume,
        });
        closed
            .iter()
            .map(|bar| {
                (
                    bar.open_time_ns,
                    bar.open,
                    bar.high,
                    bar.low,
                    bar.close,
                    bar.volume,
                )
            })
            .collect()
    }
}
