//! Many sets at once: each row is written to its own place, whoever computes it and whenever.

use std::collections::HashMap;

use rayon::prelude::*;

use super::evaluate::Evaluator;
use super::{Span, Sweep};
use crate::error::{Error, Result};
use crate::stats::{MetricValue, Metrics};

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
    /// Metrics (by their places in [`Metrics::entries`]) of sets, given as their digits one after another.
    ///
    /// # Errors
    /// Digits out of range or not of whole sets, a span without bars, no threads. A set that cannot run is no error: its row says why.
    pub fn evaluate(
        &self,
        digits: &[u32],
        metrics: &[usize],
        span: Span,
        threads: usize,
    ) -> Result<Rows> {
        let sets = self.sets(digits)?;
        Evaluator::new(self, span)?;
        let mut values = vec![f64::NAN; sets.len() * metrics.len()];
        let mut status = vec![0; sets.len()];
        self.workers.install(threads, || {
            let rows = values.par_chunks_mut(metrics.len().max(1));
            rows.zip(&mut status).zip(sets.par_iter()).for_each_init(
                || Evaluator::new(self, span).expect("made before"),
                |evaluator, ((row, status), set)| match evaluator.metrics(set) {
                    Ok(found) => write_row(row, &found, metrics),
                    Err(_) => *status = 1,
                },
            );
        })?;
        let reasons = self.reasons(&sets, &mut status, span)?;
        Ok(Rows {
            values,
            status,
            reasons,
        })
    }

    /// The sets, each of one digit an axis.
    fn sets<'a>(&self, digits: &'a [u32]) -> Result<Vec<&'a [u32]>> {
        let width = self.axes.width();
        if digits.len() % width != 0 {
            return Err(Error::parameter(
                "digits",
                digits.len(),
                format!("a whole number of sets of {width}, one digit an axis"),
            ));
        }
        for (row, set) in digits.chunks_exact(width).enumerate() {
            for (axis, (digit, length)) in set.iter().zip(self.axes.lengths()).enumerate() {
                if *digit as usize >= *length {
                    return Err(Error::data(
                        format!("digits[{axis}]"),
                        row,
                        digit,
                        format!("a digit must be below the {length} values of its axis"),
                    ));
                }
            }
        }
        Ok(digits.chunks_exact(width).collect())
    }

    /// Finds the reasons of failed rows in their order, so that they are the same for any number of threads.
    fn reasons(&self, sets: &[&[u32]], status: &mut [u16], span: Span) -> Result<Vec<String>> {
        let mut evaluator = Evaluator::new(self, span)?;
        let mut known: HashMap<String, u16> = HashMap::new();
        let mut reasons = Vec::new();
        for (set, status) in sets.iter().zip(status).filter(|(_, status)| **status != 0) {
            let reason = match evaluator.metrics(set) {
                Err(error) => error.to_string(),
                Ok(_) => panic!("a set that failed once fails again"),
            };
            *status = *known.entry(reason).or_insert_with_key(|reason| {
                reasons.push(reason.clone());
                reasons.len() as u16
            });
        }
        Ok(reasons)
    }
}

/// The metrics asked for, NaN where undefined.
fn write_row(row: &mut [f64], found: &Metrics, metrics: &[usize]) {
    let entries = found.entries();
    for (value, metric) in row.iter_mut().zip(metrics) {
        *value = match entries[*metric].1 {
            MetricValue::Count(count) => count as f64,
            MetricValue::Number(number) => number.unwrap_or(f64::NAN),
        };
    }
}
