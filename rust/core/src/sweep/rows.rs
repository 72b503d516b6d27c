//! Metrics of many sets, and why some have none.

use std::collections::HashMap;

use super::brief::BriefColumns;
use super::evaluate::{Evaluator, Stage};
use super::run::Dealing;
use super::{Span, Sweep};
use crate::error::{Error, Result};
use crate::stats::{MetricValue, Metrics};

/// Most different reasons that a call tells apart.
const MOST_REASONS: u16 = u16::MAX - 1;

/// Stands for all reasons beyond those.
const UNTOLD: &str =
    "not told: more different reasons than one call tells apart; run the set alone";

/// Metrics of many sets, a row each.
#[derive(Debug, Clone, PartialEq)]
pub struct Rows {
    /// Row-major, one column a metric asked for; NaN where undefined and in rows that failed.
    pub values: Vec<f64>,
    /// 0 where the set ran, else 1 + the index of its reason.
    pub status: Vec<u16>,
    /// Why sets failed, in the order of their first rows.
    pub reasons: Vec<String>,
}

impl Sweep {
    /// Metrics (by [`Metrics::place`]) of sets, given as their digits one after another.
    ///
    /// They are the engine's to the last bit; where only [`super::lean::BRIEF_METRICS`] are asked for, to 1e-12, which is faster.
    ///
    /// # Errors
    /// Digits out of range or not of whole sets, no metric, a span without bars, no threads. A set that cannot run is no error: its row says why.
    pub fn evaluate(
        &self,
        digits: &[u32],
        metrics: &[usize],
        span: Span,
        threads: usize,
    ) -> Result<Rows> {
        if metrics.is_empty() {
            return Err(Error::parameter("metrics", "none", "at least one"));
        }
        let width = metrics.len();
        let table = if let Some(columns) = BriefColumns::new(metrics) {
            let dealing = Dealing::by_many(threads, self.voices.pair().is_some());
            self.fill(digits, width, span, dealing, |worker, sets, rows| {
                worker.write_brief(sets, rows, &columns);
            })?
        } else {
            self.measure(digits, width, span, threads, |run, row| {
                write_row(row, &run.metrics()?, metrics);
                Ok(())
            })?
        };
        let (status, reasons) = self.reasons(digits, &table.failed, span)?;
        Ok(Rows {
            values: table.values,
            status,
            reasons,
        })
    }

    /// Finds the reasons of failed rows in their order, so that they are the same for any number of threads.
    fn reasons(
        &self,
        digits: &[u32],
        failed: &[bool],
        span: Span,
    ) -> Result<(Vec<u16>, Vec<String>)> {
        let mut status = vec![0; failed.len()];
        if !failed.contains(&true) {
            return Ok((status, Vec::new()));
        }
        let stage = Stage::new(self, span)?;
        let mut evaluator = Evaluator::new(&stage);
        let mut known: HashMap<String, u16> = HashMap::new();
        let mut reasons = Vec::new();
        let sets = digits.chunks_exact(self.axes.width());
        for ((set, status), _) in sets
            .zip(&mut status)
            .zip(failed)
            .filter(|(_, failed)| **failed)
        {
            let metrics = evaluator.run_alone(set).and_then(|run| run.metrics());
            let mut reason = metrics
                .expect_err("a set that failed among others fails alone")
                .to_string();
            let told = u16::try_from(reasons.len()).expect("no more than are told apart");
            if told >= MOST_REASONS && !known.contains_key(&reason) {
                UNTOLD.clone_into(&mut reason);
            }
            *status = *known.entry(reason).or_insert_with_key(|reason| {
                reasons.push(reason.clone());
                told + 1
            });
        }
        Ok((status, reasons))
    }
}

/// The metrics asked for, NaN where undefined.
pub(super) fn write_row(row: &mut [f64], found: &Metrics, metrics: &[usize]) {
    let entries = found.entries();
    for (value, metric) in row.iter_mut().zip(metrics) {
        *value = match entries[*metric].1 {
            MetricValue::Count(count) => count as f64,
            MetricValue::Number(number) => number.unwrap_or(f64::NAN),
        };
    }
}
