//! Bars of a higher timeframe from those of a lower one. A higher bar exists only once it has closed.

use crate::error::{Error, Result};
use crate::market::{Bar, BarColumns, Bars, Interval, RawColumns};

/// The bars, none to two of them, that a lower bar has closed, oldest first.
///
/// Two come when a gap swallowed the end of one bucket and the lower bar is the last of the next.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct ClosedBars {
    bars: [Option<Bar>; 2],
}

impl ClosedBars {
    const fn one(bar: Bar) -> Self {
        Self {
            bars: [Some(bar), None],
        }
    }

    /// The closed bars, oldest first.
    pub fn iter(&self) -> impl Iterator<Item = &Bar> {
        self.bars.iter().flatten()
    }
}

/// Builds higher bars a lower bar at a time.
///
/// A bucket that the data enter in its middle is left out; one whose end is missing closes when the next bucket's first bar arrives.
#[derive(Debug, Clone)]
pub struct Aggregator {
    lower: Interval,
    timeframe: Interval,
    forming: Option<Bar>,
    started: bool,
}

impl Aggregator {
    /// From bars of `lower` to bars of `timeframe`.
    ///
    /// # Errors
    /// When `timeframe` is not a whole multiple of `lower`.
    pub fn new(lower: Interval, timeframe: Interval) -> Result<Self> {
        if !timeframe.is_multiple_of(lower) {
            return Err(Error::parameter(
                "timeframe",
                timeframe,
                format!("a whole multiple of the bars' interval {lower}"),
            ));
        }
        Ok(Self {
            lower,
            timeframe,
            forming: None,
            started: false,
        })
    }

    /// Takes the next closed lower bar.
    pub fn push(&mut self, bar: &Bar) -> ClosedBars {
        if self.timeframe == self.lower {
            return ClosedBars::one(*bar);
        }
        let bucket_ns = self.timeframe.bucket_start_ns(bar.open_time_ns);
        let mut closed = ClosedBars::default();
        match &mut self.forming {
            Some(forming) if forming.open_time_ns == bucket_ns => {
                forming.high = forming.high.max(bar.high);
                forming.low = forming.low.min(bar.low);
                forming.close = bar.close;
                forming.volume += bar.volume;
            }
            forming => {
                closed.bars[0] = forming.take();
                // After a gap a bucket opens with what the data have; at the very start it is left out.
                if self.started || bar.open_time_ns == bucket_ns {
                    self.started = true;
                    *forming = Some(Bar {
                        open_time_ns: bucket_ns,
                        ..*bar
                    });
                }
            }
        }
        if bar.open_time_ns + self.lower.ns() == bucket_ns + self.timeframe.ns()
            && let Some(whole) = self.forming.take()
        {
            let slot = usize::from(closed.bars[0].is_some());
            closed.bars[slot] = Some(whole);
        }
        closed
    }
}

/// All higher bars of `bars`, each with the row of the lower bar at whose close it was known.
///
/// # Errors
/// As [`Aggregator::new`].
pub fn aggregate(bars: Bars<'_>, timeframe: Interval) -> Result<(BarColumns, Vec<usize>)> {
    let mut aggregator = Aggregator::new(bars.interval, timeframe)?;
    let mut raw = RawColumns::default();
    let mut known_at = Vec::new();
    for row in 0..bars.len() {
        for bar in aggregator.push(&bars.bar(row)).iter() {
            raw.push(bar);
            known_at.push(row);
        }
    }
    Ok((BarColumns::new(raw, timeframe)?, known_at))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE_NS: i64 = 60_000_000_000;

    fn minutes(opens: &[i64]) -> BarColumns {
        let price: Vec<f64> = opens.iter().map(|minute| 100.0 + *minute as f64).collect();
        BarColumns::new(
            RawColumns {
                open_time_ns: opens.iter().map(|minute| minute * MINUTE_NS).collect(),
                open: price.clone(),
                high: price.iter().map(|p| p + 0.5).collect(),
                low: price.iter().map(|p| p - 0.5).collect(),
                close: price.iter().map(|p| p + 0.25).collect(),
                volume: vec![1.0; opens.len()],
            },
            "1m".parse().unwrap(),
        )
        .unwrap()
    }

    /// Open minute, open, high, low, close, volume.
    type Row = (i64, f64, f64, f64, f64, f64);

    fn five(opens: &[i64]) -> (Vec<Row>, Vec<usize>) {
        let (columns, known_at) = aggregate(minutes(opens).view(), "5m".parse().unwrap()).unwrap();
        let bars = columns.view();
        let rows = (0..bars.len())
            .map(|row| bars.bar(row))
            .map(|b| {
                (
                    b.open_time_ns / MINUTE_NS,
                    b.open,
                    b.high,
                    b.low,
                    b.close,
                    b.volume,
                )
            })
            .collect();
        (rows, known_at)
    }

    #[test]
    fn a_bucket_closes_with_its_last_bar() {
        let (bars, known_at) = five(&[0, 1, 2, 3, 4, 5]);
        assert_eq!(bars, [(0, 100.0, 104.5, 99.5, 104.25, 5.0)]);
        assert_eq!(known_at, [4]);
    }

    #[test]
    fn a_bucket_entered_in_its_middle_is_left_out() {
        let (bars, known_at) = five(&[3, 4, 5, 6, 7, 8, 9]);
        assert_eq!(bars.len(), 1);
        assert_eq!((bars[0].0, known_at[0]), (5, 6));
    }

    #[test]
    fn a_bucket_whose_end_is_missing_closes_when_the_next_begins() {
        let (bars, known_at) = five(&[0, 1, 2, 7, 8, 9]);
        assert_eq!(bars[0], (0, 100.0, 102.5, 99.5, 102.25, 3.0));
        assert_eq!(bars[1], (5, 107.0, 109.5, 106.5, 109.25, 3.0));
        assert_eq!(known_at, [3, 5]);
    }

    #[test]
    fn a_bucket_whose_start_is_missing_opens_with_what_there_is() {
        let (bars, _) = five(&[0, 1, 2, 3, 4, 7, 8, 9]);
        assert_eq!(bars[1], (5, 107.0, 109.5, 106.5, 109.25, 3.0));
    }

    #[test]
    fn one_bar_may_close_two_buckets() {
        let (bars, known_at) = five(&[0, 1, 2, 9]);
        assert_eq!(bars.len(), 2);
        assert_eq!(known_at, [3, 3]);
    }

    #[test]
    fn a_timeframe_must_be_a_multiple() {
        let message = Aggregator::new("2m".parse().unwrap(), "5m".parse().unwrap())
            .unwrap_err()
            .to_string();
        assert_eq!(
            message,
            "timeframe must be a whole multiple of the bars' interval 2m, was 5m"
        );
    }
}
