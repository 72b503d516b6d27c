//! One update rule, offered twice: over whole columns and a value at a time.

use std::array::from_fn;

use super::simd::{Work, dispatch};
use crate::error::{Error, Result};

/// Longest period accepted; beyond it a typing error is likelier than a wish.
const MAX_PERIOD: usize = 10_000_000;

/// Rows worked on at once: what an indicator reads, keeps and writes stays in the first-level cache.
const CHUNK: usize = 1024;

/// The update rule of an indicator with `I` input columns and `O` output lines.
///
/// Feeding the same rows in pieces of any length gives the same bits.
pub(super) trait Rule<const I: usize, const O: usize> {
    /// Takes the next rows. `lines` come filled with NaN and keep it where there is no value.
    fn run(&mut self, columns: [&[f64]; I], lines: [&mut [f64]; O]);
}

/// Runs `rule` over whole columns, named for errors. A leading run of NaN is warm-up.
pub(super) fn batch<const I: usize, const O: usize>(
    mut rule: impl Rule<I, O>,
    names: [&str; I],
    columns: [&[f64]; I],
) -> Result<[Vec<f64>; O]> {
    let rows = columns[0].len();
    for (name, column) in names.iter().zip(columns) {
        if column.len() != rows {
            return Err(Error::Length {
                column: (*name).to_owned(),
                length: column.len(),
                expected: rows,
            });
        }
    }
    let starts = columns.map(|column| column.iter().take_while(|x| x.is_nan()).count());
    let first = starts.into_iter().max().unwrap_or(0);
    for (i, column) in columns.iter().enumerate() {
        check_finite(names[i], &column[starts[i]..first], starts[i])?;
    }
    let mut lines: [Vec<f64>; O] = from_fn(|_| Vec::with_capacity(rows));
    for line in &mut lines {
        line.resize(first, f64::NAN);
    }
    for start in (first..rows).step_by(CHUNK) {
        let end = rows.min(start + CHUNK);
        for line in &mut lines {
            // Filling a chunk just before it is written costs no more than the cache does.
            line.resize(end, f64::NAN);
        }
        let chunk = columns.map(|column| &column[start..end]);
        let finite = dispatch(Feed {
            rule: &mut rule,
            columns: chunk,
            lines: lines.each_mut().map(|line| &mut line[start..end]),
        });
        if !finite {
            for (name, column) in names.iter().zip(chunk) {
                check_finite(name, column, start)?;
            }
        }
    }
    Ok(lines)
}

/// Feeds one row; NaN where a line has no value yet. The values must be finite.
pub(super) fn step<const I: usize, const O: usize>(
    rule: &mut impl Rule<I, O>,
    row: [f64; I],
) -> [f64; O] {
    let mut values = [f64::NAN; O];
    dispatch(Feed {
        rule,
        columns: row.each_ref().map(std::slice::from_ref),
        lines: values.each_mut().map(std::slice::from_mut),
    });
    values
}

/// A value that is there, or `None` in warm-up.
pub(super) fn defined(value: f64) -> Option<f64> {
    (!value.is_nan()).then_some(value)
}

/// A period, or the error that names it.
pub(super) fn checked_period(parameter: &str, period: usize, least: usize) -> Result<usize> {
    if (least..=MAX_PERIOD).contains(&period) {
        return Ok(period);
    }
    let requirement = if period < least {
        format!("at least {least}")
    } else {
        format!("at most {MAX_PERIOD}")
    };
    Err(Error::parameter(parameter, period, requirement))
}

/// A multiplier or factor: finite and not negative, or the error that names it.
pub(super) fn checked_factor(parameter: &str, factor: f64) -> Result<f64> {
    if factor.is_finite() && factor >= 0.0 {
        return Ok(factor);
    }
    Err(Error::parameter(
        parameter,
        factor,
        "finite and not negative",
    ))
}

struct Feed<'a, R, const I: usize, const O: usize> {
    rule: &'a mut R,
    columns: [&'a [f64]; I],
    lines: [&'a mut [f64]; O],
}

impl<R: Rule<I, O>, const I: usize, const O: usize> Work for Feed<'_, R, I, O> {
    /// Whether every value fed was finite.
    type Output = bool;

    #[inline(always)]
    fn run(self) -> bool {
        let finite = self
            .columns
            .iter()
            .all(|column| column.iter().fold(true, |all, x| all & x.is_finite()));
        if finite {
            self.rule.run(self.columns, self.lines);
        }
        finite
    }
}

fn check_finite(name: &str, values: &[f64], first_row: usize) -> Result<()> {
    match values.iter().position(|x| !x.is_finite()) {
        None => Ok(()),
        Some(i) => Err(Error::data(
            name,
            first_row + i,
            values[i],
            "values must be finite after the leading run of NaN",
        )),
    }
}
