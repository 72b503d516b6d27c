//! The rules of a run on ticks, from dictionaries made by `spark_stacker.backtesting.ticks`.

use std::sync::Arc;

use numpy::PyReadonlyArray1;
use pyo3::prelude::*;
use pyo3::types::{PyAnyMethods, PyDict};
use spark_stacker_core::Error;
use spark_stacker_core::engine::ticks::TickSetup;
use spark_stacker_core::venue::{FillRule, Latency, QueueModel, RecordedLatency, TickRules};

use crate::errors::to_python;
use crate::portfolio::{InstrumentDict, VenueDict};

/// Fees, queue, latencies and balance of a run on ticks.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub struct SetupDict<'py> {
    venue: VenueDict<'py>,
    rules: RulesDict<'py>,
    instrument: Option<InstrumentDict>,
    initial_balance: f64,
    leverage: f64,
    feed_latency_ns: Option<i64>,
    start_ns: Option<i64>,
    record_interval_ns: i64,
}

impl SetupDict<'_> {
    pub fn into_setup(self) -> PyResult<TickSetup> {
        Ok(TickSetup {
            venue: self.venue.into_rules()?,
            ticks: self.rules.into_rules()?,
            instrument: self
                .instrument
                .map(InstrumentDict::into_instrument)
                .transpose()?,
            initial_balance: self.initial_balance,
            leverage: self.leverage,
            feed_latency_ns: self.feed_latency_ns,
            start_ns: self.start_ns,
            record_interval_ns: self.record_interval_ns,
        })
    }
}

/// How a market trades tick by tick.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub struct RulesDict<'py> {
    queue: String,
    queue_power: f64,
    fills: String,
    consume_depth: bool,
    order_latency: Bound<'py, PyDict>,
    answer_latency: Bound<'py, PyDict>,
    seed: u64,
}

impl RulesDict<'_> {
    pub fn into_rules(self) -> PyResult<TickRules> {
        let queue = match self.queue.as_str() {
            "conservative" => QueueModel::Conservative,
            "proportional" => QueueModel::Proportional {
                power: self.queue_power,
            },
            "log" => QueueModel::Log,
            "fifo" => QueueModel::Fifo,
            "optimistic" => QueueModel::Optimistic,
            other => {
                let known = ["conservative", "proportional", "log", "fifo", "optimistic"];
                return Err(to_python(&Error::unknown("queue model", other, known)));
            }
        };
        let fills = match self.fills.as_str() {
            "partial" => FillRule::Partial,
            "whole" => FillRule::Whole,
            other => {
                let known = ["partial", "whole"];
                return Err(to_python(&Error::unknown("fill rule", other, known)));
            }
        };
        let rules = TickRules {
            queue,
            fills,
            consume_depth: self.consume_depth,
            order_latency: latency(&self.order_latency)?,
            answer_latency: latency(&self.answer_latency)?,
            seed: self.seed,
        };
        rules.check().map_err(|error| to_python(&error))?;
        Ok(rules)
    }
}

/// A latency model: its kind and the numbers of that kind.
fn latency(given: &Bound<'_, PyDict>) -> PyResult<Latency> {
    let kind: String = given.as_any().get_item("kind")?.extract()?;
    let item = |name: &str| given.as_any().get_item(name);
    Ok(match kind.as_str() {
        "constant" => Latency::Constant {
            ns: item("ns")?.extract()?,
        },
        "feed" => Latency::Feed {
            factor: item("factor")?.extract()?,
            offset_ns: item("offset_ns")?.extract()?,
        },
        "recorded" => {
            let sent: PyReadonlyArray1<'_, i64> = item("sent_ns")?.extract()?;
            let latency: PyReadonlyArray1<'_, i64> = item("latency_ns")?.extract()?;
            let recorded =
                RecordedLatency::new(sent.as_slice()?.to_vec(), latency.as_slice()?.to_vec());
            Latency::Recorded(Arc::new(recorded.map_err(|error| to_python(&error))?))
        }
        "log_normal" => Latency::LogNormal {
            median_ns: item("median_ns")?.extract()?,
            sigma: item("sigma")?.extract()?,
            floor_ns: item("floor_ns")?.extract()?,
        },
        other => {
            let known = ["constant", "feed", "recorded", "log_normal"];
            return Err(to_python(&Error::unknown("latency", other, known)));
        }
    })
}
