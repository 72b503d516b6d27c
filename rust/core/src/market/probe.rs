//! What a recorded book would have cost at given times: spread, cost of sizes, depth by distance, in one pass over the events.

use super::received::ReceivedBook;
use super::tape::EventTape;
use crate::error::{Error, Result};
use crate::venue::Side;

/// Follows a book through consecutive tapes and notes at each time what it shows. Memory does not grow with the events.
#[derive(Debug, Clone, PartialEq)]
pub struct BookProbe {
    times_ns: Vec<i64>,
    sizes: Vec<f64>,
    distances: Vec<f64>,
    received: ReceivedBook,
    probed: Probed,
}

/// What a probe found, one row a time. Not a number where the book was not known, or too thin to say.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Probed {
    /// Best bid, quote currency.
    pub bid: Vec<f64>,
    /// Best ask, quote currency.
    pub ask: Vec<f64>,
    /// Base units traded since the time before.
    pub traded: Vec<f64>,
    /// Cost of taking, a fraction of the mid price: in each row the sizes bought, then the sizes sold.
    pub cost: Vec<f64>,
    /// Base units within each distance of the mid price: in each row those of the bids, then those of the asks.
    pub depth: Vec<f64>,
}

impl BookProbe {
    /// A probe at `times_ns` (of receipt, ascending) of `sizes` in base units and of `distances` as fractions of the mid price.
    ///
    /// # Errors
    /// When times go back, or a size or a distance is not positive, or distances do not rise.
    pub fn new(times_ns: Vec<i64>, sizes: Vec<f64>, distances: Vec<f64>) -> Result<Self> {
        if let Some(row) = times_ns.windows(2).position(|pair| pair[1] <= pair[0]) {
            let time_ns = times_ns[row + 1];
            return Err(Error::data("times_ns", row + 1, time_ns, "must rise"));
        }
        for (name, values) in [("sizes", &sizes), ("distances", &distances)] {
            for (row, &value) in values.iter().enumerate() {
                if !(value > 0.0 && value.is_finite()) {
                    return Err(Error::data(name, row, value, "must be positive and finite"));
                }
            }
        }
        if let Some(row) = distances.windows(2).position(|pair| pair[1] <= pair[0]) {
            let distance = distances[row + 1];
            return Err(Error::data("distances", row + 1, distance, "must rise"));
        }
        Ok(Self {
            times_ns,
            sizes,
            distances,
            received: ReceivedBook::default(),
            probed: Probed::default(),
        })
    }

    /// Goes on through the events of a tape, in the order of their receipt.
    ///
    /// # Errors
    /// When the tape has another tick size than the one before, or begins before that ended.
    pub fn feed(&mut self, tape: &EventTape) -> Result<()> {
        self.received.join(tape)?;
        for event in tape.received() {
            while self
                .next_ns()
                .is_some_and(|time_ns| time_ns < event.local_ns)
            {
                self.look();
            }
            self.received.take(event);
        }
        // What was received at the very time of a look may go on in the next tape: such a time waits.
        Ok(())
    }

    /// What was found. Times after the last event know no book.
    #[must_use]
    pub fn finish(mut self) -> Probed {
        while let Some(time_ns) = self.next_ns() {
            self.received.is_known &= time_ns <= self.received.last_ns;
            self.look();
        }
        self.probed
    }

    fn next_ns(&self) -> Option<i64> {
        self.times_ns.get(self.probed.bid.len()).copied()
    }

    fn look(&mut self) {
        let (bid, ask) = self.received.ends();
        let tick_size = self.received.tick_size;
        self.probed.bid.push(bid * tick_size);
        self.probed.ask.push(ask * tick_size);
        let traded = std::mem::take(&mut self.received.traded);
        self.probed.traded.push(traded);
        let mid = bid.midpoint(ask);
        for side in [Side::Buy, Side::Sell] {
            for &size in &self.sizes {
                let walk = self.received.book.walk(side, size, None);
                let average = walk.average_tick().filter(|_| walk.filled >= size);
                let cost = average.map_or(f64::NAN, |tick| side.sign() * (tick / mid - 1.0));
                self.probed.cost.push(cost);
            }
        }
        for side in [Side::Buy, Side::Sell] {
            self.look_deep(side, mid);
        }
    }

    /// Depth within each distance. A side that ends before a distance says nothing of it: its levels may not all be recorded.
    fn look_deep(&mut self, side: Side, mid: f64) {
        let (mut within, mut next) = (0.0, 0);
        for (tick, size) in self.received.book.levels(side) {
            let distance = (f64::from(tick) / mid - 1.0).abs();
            while self
                .distances
                .get(next)
                .is_some_and(|reach| *reach < distance)
            {
                self.probed.depth.push(within);
                next += 1;
            }
            if next == self.distances.len() || distance.is_nan() {
                break;
            }
            within += size;
        }
        let silent = self.distances.len() - next;
        self.probed
            .depth
            .extend(std::iter::repeat_n(f64::NAN, silent));
    }
}

#[cfg(test)]
mod tests {
    use super::super::event::EventKind;
    use super::super::tape::EventColumns;
    use super::*;

    /// Rows of time, kind, side, price, size on a tick of a half.
    fn tape(rows: &[(i64, EventKind, i8, f64, f64)]) -> EventTape {
        let times: Vec<i64> = rows.iter().map(|row| row.0).collect();
        let columns = EventColumns {
            exchange_ns: &times,
            local_ns: &times,
            kind: &rows.iter().map(|row| row.1 as u8).collect::<Vec<_>>(),
            side: &rows.iter().map(|row| row.2).collect::<Vec<_>>(),
            price: &rows.iter().map(|row| row.3).collect::<Vec<_>>(),
            size: &rows.iter().map(|row| row.4).collect::<Vec<_>>(),
            last: &vec![true; rows.len()],
        };
        EventTape::new(&columns, 0.5).expect("valid events")
    }

    fn book() -> EventTape {
        tape(&[
            (10, EventKind::Clear, 0, 0.0, 0.0),
            (10, EventKind::Snapshot, 1, 99.0, 2.0),
            (10, EventKind::Snapshot, 1, 98.0, 5.0),
            (10, EventKind::Snapshot, -1, 101.0, 1.0),
            (10, EventKind::Snapshot, -1, 102.0, 3.0),
            (12, EventKind::Trade, 1, 101.0, 0.5),
        ])
    }

    #[test]
    fn a_probe_prices_sizes_and_measures_depth() {
        let mut probe =
            BookProbe::new(vec![5, 12], vec![2.0, 5.0], vec![0.011, 0.015, 0.05]).expect("valid");
        probe.feed(&book()).expect("in order");
        let found = probe.finish();
        assert!(found.bid[0].is_nan() && found.cost[0].is_nan() && found.depth[0].is_nan());
        assert_eq!(
            (found.bid[1], found.ask[1], found.traded[1]),
            (99.0, 101.0, 0.5)
        );
        // 1 at 101 and 1 at 102 over a mid of 100; 5 are not there. Sold: 2 at 99; 2 at 99 and 3 at 98.
        let expected = [0.015, f64::NAN, 0.01, 0.016];
        for (got, wanted) in found.cost[4..].iter().zip(expected) {
            assert!(
                (got - wanted).abs() < 1e-12 || (got.is_nan() && wanted.is_nan()),
                "{:?}",
                found.cost
            );
        }
        // Beyond its last level, 2 % away, a side says nothing.
        assert_eq!(found.depth[6..8], [2.0, 2.0]);
        assert_eq!(found.depth[9..11], [1.0, 1.0]);
        assert!(found.depth[8].is_nan() && found.depth[11].is_nan());
    }

    #[test]
    fn after_a_gap_nothing_is_known_until_a_snapshot() {
        let mut probe = BookProbe::new(vec![13, 15, 17], vec![1.0], vec![]).expect("valid");
        probe.feed(&book()).expect("in order");
        let more = tape(&[
            (14, EventKind::Gap, 0, 0.0, 0.0),
            (15, EventKind::Depth, 1, 99.0, 2.0),
            (15, EventKind::Depth, -1, 101.0, 2.0),
            (16, EventKind::Clear, 0, 0.0, 0.0),
            (16, EventKind::Snapshot, 1, 99.5, 2.0),
            (16, EventKind::Snapshot, -1, 101.0, 2.0),
            (17, EventKind::Funding, 0, 0.0, 1e-4),
        ]);
        probe.feed(&more).expect("in order");
        let found = probe.finish();
        assert_eq!(found.bid[0], 99.0);
        assert!(found.bid[1].is_nan());
        assert_eq!(found.bid[2], 99.5);
    }

    #[test]
    fn times_after_the_events_know_no_book_and_tapes_follow_one_another() {
        let mut probe = BookProbe::new(vec![11, 13], vec![1.0], vec![]).expect("valid");
        probe.feed(&book()).expect("in order");
        let error = probe.feed(&book()).expect_err("the same again");
        assert!(error.to_string().contains("local_ns"), "{error}");
        let found = probe.finish();
        assert_eq!(found.bid[0], 99.0);
        assert!(found.bid[1].is_nan());
        assert!(BookProbe::new(vec![2, 2], vec![], vec![]).is_err());
        assert!(BookProbe::new(vec![], vec![f64::NAN], vec![]).is_err());
        assert!(BookProbe::new(vec![], vec![], vec![0.2, 0.1]).is_err());
    }
}
