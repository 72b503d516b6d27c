//! Long columns in halves side by side, to the bits of one run.
//!
//! What an average remembers fades. So a half can begin with a rule that has seen only the last stretch before it, and when the half before is
//! done, one looks whether its rule has come to the same state. Nearly always it has; where it has not, the half is run once more from that
//! state. So nothing depends on the number of threads but the time.

use std::ops::Range;

use super::rule::{CHUNK, Rule, Start, feed, prepare, run_rows};
use crate::error::Result;
use crate::threads::{Lent, lend};

/// Rows that are worth a thread of their own.
const LEAST_ROWS: usize = 1 << 17;

/// Before a half its rule looks at so many times its warm-up, and at least so many rows: of what lies before, rounding leaves nothing then.
const WARM_UPS: usize = 64;
const LEAST_LEAD: usize = 1 << 12;

/// [`super::fill`] on up to `threads` threads, where the columns are long enough for them; the same bits.
///
/// # Errors
/// As [`super::fill`].
///
/// ```
/// use spark_stacker_core::indicators::{Ema, fill, fill_on};
/// let values: Vec<f64> = (0..400_000).map(|row| f64::from(row % 977)).collect();
/// let (mut alone, mut together) = (vec![0.0; 400_000], vec![0.0; 400_000]);
/// fill(Ema::new(20)?, [&values], [&mut alone])?;
/// fill_on(2, Ema::new(20)?, [&values], [&mut together])?;
/// assert_eq!(alone[19..], together[19..]);
/// # Ok::<(), spark_stacker_core::Error>(())
/// ```
pub fn fill_on<const I: usize, const O: usize, R>(
    threads: usize,
    mut rule: R,
    columns: [&[f64]; I],
    mut lines: [&mut [f64]; O],
) -> Result<()>
where
    R: Rule<I, O> + Clone + Send + Sync,
{
    let fresh = rule.clone();
    let start = prepare(&mut rule, columns, &mut lines)?;
    let halves = Halves {
        fresh: &fresh,
        columns,
        start,
    };
    let rows = start.steady..columns[0].len();
    let lines = lines.map(|line| &mut line[start.steady..]);
    let threads = threads.min(rows.len() / LEAST_ROWS);
    if threads > 1
        && halves.middle(&rows).is_some()
        && let Ok(helpers) = lend(threads - 1)
    {
        return halves
            .share(&helpers, threads, rule, lines, rows)
            .map(|_| ());
    }
    // Also where the system gives no more threads.
    run_rows(&mut rule, columns, lines, rows)
}

/// What all halves share.
struct Halves<'a, R, const I: usize> {
    /// A rule that has seen nothing.
    fresh: &'a R,
    columns: [&'a [f64]; I],
    start: Start,
}

impl<R: Clone + Send + Sync, const I: usize> Halves<'_, R, I> {
    /// Runs a rule that has seen all rows before over some; gives its state behind them.
    fn share<const O: usize>(
        &self,
        helpers: &Lent,
        threads: usize,
        mut rule: R,
        lines: [&mut [f64]; O],
        rows: Range<usize>,
    ) -> Result<R>
    where
        R: Rule<I, O>,
    {
        let Some(middle) = self.middle(&rows).filter(|_| threads > 1) else {
            run_rows(&mut rule, self.columns, lines, rows)?;
            return Ok(rule);
        };
        let (near, mut far) = split(lines, middle - rows.start);
        let mut helped = None;
        let help = {
            let (lines, helped) = (far.each_mut().map(|line| &mut **line), &mut helped);
            let end = rows.end;
            move || {
                let begun = self.led_to(middle);
                let ended = self.share(helpers, threads / 2, begun.clone(), lines, middle..end);
                *helped = Some((begun, ended));
            }
        };
        let near = helpers.beside([help], || {
            let left = threads - threads / 2;
            self.share(helpers, left, rule, near, rows.start..middle)
        });
        let mut reached = near?;
        if let Some((begun, ended)) = helped
            && reached.agrees(&begun)
        {
            return ended;
        }
        run_rows(&mut reached, self.columns, far, middle..rows.end)?;
        Ok(reached)
    }

    /// Where to cut some rows in two; `None` when they are too few, or what the rule would have to see before is too much.
    fn middle<const O: usize>(&self, rows: &Range<usize>) -> Option<usize>
    where
        R: Rule<I, O>,
    {
        let stride = self.fresh.stride();
        let lead = self.lead();
        // The thread that is there begins sooner than the one that helps.
        let half = (rows.len() / 32 * 17).next_multiple_of(stride);
        let is_worth_it = rows.len() >= 2 * LEAST_ROWS && lead <= half / 4;
        (is_worth_it && half < rows.len()).then_some(rows.start + half)
    }

    /// Rows that a fresh rule has to see before a half, whole strides of them.
    fn lead<const O: usize>(&self) -> usize
    where
        R: Rule<I, O>,
    {
        let stride = self.fresh.stride();
        let fades = WARM_UPS.saturating_mul(self.fresh.warm_up());
        // What a stride begins with has to have been replaced.
        LEAST_LEAD
            .max(fades)
            .max(2 * stride)
            .next_multiple_of(stride)
    }

    /// A rule as it comes to row `middle`, if it has seen the rows shortly before.
    fn led_to<const O: usize>(&self, middle: usize) -> R
    where
        R: Rule<I, O>,
    {
        let Start { first, steady } = self.start;
        let mut rule = self.fresh.clone();
        let begins = middle - self.lead() - (steady - first);
        let mut nowhere = [[f64::NAN; CHUNK]; O];
        for start in (begins..middle).step_by(CHUNK) {
            let end = middle.min(start + CHUNK);
            let lines = nowhere.each_mut().map(|line| &mut line[..end - start]);
            feed(
                &mut rule,
                self.columns.map(|column| &column[start..end]),
                lines,
            );
        }
        rule
    }
}

/// Lines cut in two.
fn split<const O: usize>(lines: [&mut [f64]; O], row: usize) -> ([&mut [f64]; O], [&mut [f64]; O]) {
    let (mut near, mut far) = ([(); O].map(|()| &mut [][..]), [(); O].map(|()| &mut [][..]));
    for (n, line) in lines.into_iter().enumerate() {
        (near[n], far[n]) = line.split_at_mut(row);
    }
    (near, far)
}

#[cfg(test)]
mod tests {
    use super::super::{
        Atr, Bollinger, Ema, Hull, LinearRegression, Macd, MacdPeriods, RegressionLine,
        RegressionPart, Rma, Rsi, Sma, Supertrend, T3, Tema, Vwma, Wma, fill,
    };
    use super::*;
    use crate::random::Draw;

    const ROWS: usize = 5 * LEAST_ROWS;

    /// High, low, close and volume of a walk that now and then stands still for a while.
    fn walk() -> [Vec<f64>; 4] {
        let mut price = 100.0;
        let mut columns = [const { Vec::new() }; 4];
        for row in 0..ROWS {
            let mut draw = Draw::numbered(1, row as u64);
            let is_still = row / 64 % 11 == 0;
            if !is_still {
                price *= 1.0 + 0.01 * (draw.uniform() - 0.5);
            }
            let bar = [
                price * 1.001,
                price * 0.999,
                price,
                if is_still { 0.0 } else { draw.uniform() },
            ];
            for (column, value) in columns.iter_mut().zip(bar) {
                column.push(value);
            }
        }
        columns
    }

    fn bits<const O: usize>(lines: &[Vec<f64>; O]) -> [Vec<u64>; O] {
        let of = |line: &Vec<f64>| line.iter().map(|value| value.to_bits()).collect();
        lines.each_ref().map(of)
    }

    /// On several threads the bits are those of one; `agrees`: the second half need not be run again.
    fn check<const I: usize, const O: usize, R>(rule: &R, columns: [&[f64]; I], agrees: bool)
    where
        R: Rule<I, O> + Clone + Send + Sync,
    {
        let mut alone = [(); O].map(|()| vec![0.0; ROWS]);
        let lines = alone.each_mut().map(Vec::as_mut_slice);
        fill(rule.clone(), columns, lines).unwrap();
        for threads in [2, 3, 4] {
            let mut together = [(); O].map(|()| vec![0.0; ROWS]);
            let lines = together.each_mut().map(Vec::as_mut_slice);
            fill_on(threads, rule.clone(), columns, lines).unwrap();
            assert!(bits(&alone) == bits(&together), "{threads} threads");
        }
        let mut lines = alone.each_mut().map(Vec::as_mut_slice);
        let mut reached = rule.clone();
        let start = prepare(&mut reached, columns, &mut lines).unwrap();
        let halves = Halves {
            fresh: rule,
            columns,
            start,
        };
        let middle = halves.middle(&(start.steady..ROWS)).expect("long enough");
        let lines = lines.map(|line| &mut line[start.steady..middle]);
        run_rows(&mut reached, columns, lines, start.steady..middle).unwrap();
        assert_eq!(reached.agrees(&halves.led_to(middle)), agrees);
    }

    #[test]
    fn every_rule_gives_the_same_bits_on_several_threads() {
        let columns = walk();
        let [high, low, close, volume] = columns.each_ref().map(Vec::as_slice);
        for n in [5, 50] {
            check(&Sma::new(n).unwrap(), [close], true);
            check(&Ema::new(n).unwrap(), [close], true);
            check(&Wma::new(n).unwrap(), [close], true);
            check(&Hull::new(n).unwrap(), [close], true);
            check(&Vwma::new(n).unwrap(), [close, volume], true);
            check(&Rma::new(n).unwrap(), [close], true);
            check(&Tema::new(n).unwrap(), [close], true);
            check(&T3::new(n, 0.7).unwrap(), [close], true);
            check(&Rsi::new(n).unwrap(), [close], true);
            check(&Bollinger::new(n, 2.0).unwrap(), [close], true);
            check(&LinearRegression::new(n).unwrap(), [close], true);
            let slope = RegressionLine::new(n, RegressionPart::Slope).unwrap();
            check(&slope, [close], true);
            check(&Atr::new(n).unwrap(), [high, low, close], true);
            let trend = Supertrend::new(n, 2.0).unwrap();
            check(&trend, [high, low, close], true);
        }
        let (fast, slow, signal) = (12, 26, 9);
        let periods = MacdPeriods { fast, slow, signal };
        check(&Macd::new(periods).unwrap(), [close], true);
    }

    #[test]
    fn a_half_that_began_in_another_state_is_run_again() {
        let columns = walk();
        let [high, low, close, _] = columns.each_ref().map(Vec::as_slice);
        // So far from the price that a band remembers all there was.
        let trend = Supertrend::new(10, 1e4).unwrap();
        check(&trend, [high, low, close], false);
    }

    #[test]
    fn the_first_value_that_is_not_finite_is_named() {
        let [_, _, close, _] = walk();
        let message = |rows: [usize; 2]| {
            let mut close = close.clone();
            for row in rows {
                close[row] = f64::NAN;
            }
            let mut line = vec![0.0; ROWS];
            let error = fill_on(2, Ema::new(9).unwrap(), [&close], [&mut line]);
            error.unwrap_err().to_string()
        };
        let late = ROWS - 5;
        assert!(message([late, late]).starts_with(&format!("column values, row {late}:")));
        assert!(message([1000, late]).starts_with("column values, row 1000:"));
    }
}
