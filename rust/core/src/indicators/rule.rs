//! One update rule, offered twice: over whole columns and a value at a time.

use std::ops::Range;

use super::simd::{BLOCK, Work, dispatch};
use crate::error::{Error, Result};

/// Longest period accepted; beyond it a typing error is likelier than a wish.
const MAX_PERIOD: usize = 10_000_000;

/// Rows worked on at once: what an indicator reads, keeps and writes stays in the first-level cache.
pub(super) const CHUNK: usize = 1024;

/// The update rule of an indicator with `I` input columns and `O` output lines.
///
/// Feeding the same rows in pieces of any length gives the same bits.
pub trait Rule<const I: usize, const O: usize> {
    /// Names of the input columns, for errors.
    const COLUMNS: [&'static str; I];

    /// Rows still to come before every line has a value.
    fn warm_up(&self) -> usize;

    /// Takes the next rows, all finite, and writes the lines from where they have values. In warm-up `lines` come
    /// filled with NaN.
    fn run(&mut self, columns: [&[f64]; I], lines: [&mut [f64]; O]);

    /// A rule that begins so many rows later, or a multiple of it, lays its blocks and fresh sums in the same rows.
    fn stride(&self) -> usize {
        BLOCK
    }

    /// Whether it goes on to the same bits as another with the same settings that has seen the same rows last, both past warm-up.
    fn agrees(&self, other: &Self) -> bool;
}

/// Runs `rule` over whole columns into `lines`, which are overwritten. A leading run of NaN is warm-up.
///
/// # Errors
/// Columns or lines of different length; a NaN after the first number, or an infinity, in a column.
///
/// ```
/// use spark_stacker_core::indicators::{Sma, fill};
/// let mut average = [0.0; 3];
/// fill(Sma::new(2)?, [&[1.0, 2.0, 6.0]], [&mut average])?;
/// assert!(average[0].is_nan());
/// assert_eq!(average[1..], [1.5, 4.0]);
/// # Ok::<(), spark_stacker_core::Error>(())
/// ```
pub fn fill<const I: usize, const O: usize, R: Rule<I, O>>(
    mut rule: R,
    columns: [&[f64]; I],
    mut lines: [&mut [f64]; O],
) -> Result<()> {
    let Start { steady, .. } = prepare(&mut rule, columns, &mut lines)?;
    let lines = lines.map(|line| &mut line[steady..]);
    run_rows(&mut rule, columns, lines, steady..columns[0].len())
}

/// Where a rule begins in its columns.
#[derive(Debug, Clone, Copy)]
pub(super) struct Start {
    /// The first row with values.
    pub first: usize,
    /// The first row behind warm-up and the first row of the lines: from here on blocks are laid.
    pub steady: usize,
}

/// Checks the columns and runs the rule up to where it is steady.
pub(super) fn prepare<const I: usize, const O: usize, R: Rule<I, O>>(
    rule: &mut R,
    columns: [&[f64]; I],
    lines: &mut [&mut [f64]; O],
) -> Result<Start> {
    let rows = columns[0].len();
    let lengths = columns.iter().map(|column| column.len());
    for (name, length) in R::COLUMNS.into_iter().zip(lengths) {
        check_length(name, length, rows)?;
    }
    for line in &*lines {
        check_length("output", line.len(), rows)?;
    }
    let starts = columns.map(|column| column.iter().take_while(|x| x.is_nan()).count());
    let first = starts.into_iter().max().unwrap_or(0);
    for ((name, column), start) in R::COLUMNS.into_iter().zip(columns).zip(starts) {
        check_finite(name, &column[start..first], start)?;
    }
    let warm = rows.min(first.saturating_add(rule.warm_up()));
    for line in &mut *lines {
        line[..warm].fill(f64::NAN);
    }
    let steady = rows.min(warm + 1);
    run_chunk(
        rule,
        columns,
        lines.each_mut().map(|line| &mut line[first..steady]),
        first..steady,
    )?;
    Ok(Start { first, steady })
}

/// Runs the rule over some rows, into lines of just these. Where they begin with a block, all chunks are whole blocks.
pub(super) fn run_rows<const I: usize, const O: usize>(
    rule: &mut impl Rule<I, O>,
    columns: [&[f64]; I],
    mut lines: [&mut [f64]; O],
    rows: Range<usize>,
) -> Result<()> {
    for start in rows.clone().step_by(CHUNK) {
        let end = rows.end.min(start + CHUNK);
        let places = start - rows.start..end - rows.start;
        let lines = lines.each_mut().map(|line| &mut line[places.clone()]);
        run_chunk(rule, columns, lines, start..end)?;
    }
    Ok(())
}

fn run_chunk<const I: usize, const O: usize, R: Rule<I, O>>(
    rule: &mut R,
    columns: [&[f64]; I],
    lines: [&mut [f64]; O],
    rows: Range<usize>,
) -> Result<()> {
    let chunk = columns.map(|column| &column[rows.clone()]);
    if !feed(rule, chunk, lines) {
        for (name, column) in R::COLUMNS.into_iter().zip(chunk) {
            check_finite(name, column, rows.start)?;
        }
    }
    Ok(())
}

/// Feeds rows; whether all were finite.
pub(super) fn feed<const I: usize, const O: usize>(
    rule: &mut impl Rule<I, O>,
    columns: [&[f64]; I],
    lines: [&mut [f64]; O],
) -> bool {
    dispatch(Feed {
        rule,
        columns,
        lines,
    })
}

/// [`fill`] into new lines.
pub(super) fn batch<const I: usize, const O: usize>(
    rule: impl Rule<I, O>,
    columns: [&[f64]; I],
) -> Result<[Vec<f64>; O]> {
    let mut lines = [(); O].map(|()| vec![0.0; columns[0].len()]);
    fill(rule, columns, lines.each_mut().map(Vec::as_mut_slice))?;
    Ok(lines)
}

/// Feeds one row; NaN where a line has no value yet. The values must be finite.
pub(super) fn step<const I: usize, const O: usize>(
    rule: &mut impl Rule<I, O>,
    row: [f64; I],
) -> [f64; O] {
    let mut values = [f64::NAN; O];
    feed(
        rule,
        row.each_ref().map(std::slice::from_ref),
        values.each_mut().map(std::slice::from_mut),
    );
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
        // The rule comes first: its sums wait for each other, and meanwhile the columns arrive from memory. Looked at beforehand, they
        // would arrive with nothing to do. What it makes of a value that is not finite, nobody sees.
        self.rule.run(self.columns, self.lines);
        let mut finite = true;
        for column in self.columns {
            finite &= all_finite(column);
        }
        finite
    }
}

/// Without a branch per value: 0 times a number is 0, and NaN times anything else.
#[inline(always)]
fn all_finite(values: &[f64]) -> bool {
    const LANES: usize = 16;
    let (blocks, rest) = values.as_chunks::<LANES>();
    let mut zeros = [0.0; LANES];
    for block in blocks {
        for j in 0..LANES {
            zeros[j] = block[j].mul_add(0.0, zeros[j]);
        }
    }
    zeros == [0.0; LANES] && rest.iter().all(|x| x.is_finite())
}

fn check_length(name: &str, length: usize, expected: usize) -> Result<()> {
    if length == expected {
        return Ok(());
    }
    Err(Error::Length {
        column: name.to_owned(),
        length,
        expected,
    })
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
