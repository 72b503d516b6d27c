//! What a recorded book costs at regular times, by size in quote currency and side: the samples that models are calibrated on.

use super::received::ReceivedBook;
use super::tape::EventTape;
use crate::error::{Error, Result};
use crate::venue::Side;

/// When a book is looked at, and for what sizes.
#[derive(Debug, Clone, PartialEq)]
pub struct Sampling {
    /// Looks are at whole multiples of it, UTC nanoseconds of receipt.
    pub interval_ns: i64,
    /// A feed silent for longer is not looked at until it speaks again.
    pub max_silence_ns: i64,
    /// Sizes in quote currency, rising.
    pub notional: Vec<f64>,
}

/// Looks at a book, one row a look. Not a number where the book is not known, lacks a side, or ends before a size is filled.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DepthSamples {
    /// Of the look, UTC nanoseconds of receipt.
    pub time_ns: Vec<i64>,
    /// Best bid, quote currency.
    pub bid: Vec<f64>,
    /// Best ask, quote currency.
    pub ask: Vec<f64>,
    /// Base units traded since the look before.
    pub traded: Vec<f64>,
    /// Cost of taking, basis points of the middle price: in each row the sizes bought, then the sizes sold.
    pub cost_bps: Vec<f64>,
    /// Looks left out because the feed was silent.
    pub silent: u64,
}

/// Follows a book through consecutive tapes and looks at it at regular times. Between tapes it keeps the book and the samples alone.
#[derive(Debug, Clone, PartialEq)]
pub struct DepthSampler {
    sampling: Sampling,
    received: ReceivedBook,
    /// The next look, once the first event has come.
    next_ns: Option<i64>,
    samples: DepthSamples,
}

impl DepthSampler {
    /// A sampler before its first event.
    ///
    /// # Errors
    /// When the interval or the silence is not positive, or sizes are missing, not positive or do not rise.
    pub fn new(sampling: Sampling) -> Result<Self> {
        for (name, ns) in [
            ("interval_ns", sampling.interval_ns),
            ("max_silence_ns", sampling.max_silence_ns),
        ] {
            if ns <= 0 {
                return Err(Error::parameter(name, ns, "positive"));
            }
        }
        if sampling.notional.is_empty() {
            return Err(Error::parameter(
                "notional",
                "empty",
                "of at least one size",
            ));
        }
        let mut before = 0.0;
        for (row, &notional) in sampling.notional.iter().enumerate() {
            if !(notional > before && notional.is_finite()) {
                let requirement = "must be positive, finite and rising";
                return Err(Error::data("notional", row, notional, requirement));
            }
            before = notional;
        }
        Ok(Self {
            sampling,
            received: ReceivedBook::default(),
            next_ns: None,
            samples: DepthSamples::default(),
        })
    }

    /// Goes on through the events of a tape, in the order of their receipt. A look sees all that was received by its time.
    ///
    /// # Errors
    /// When the tape has another tick size than the one before, or begins before that ended.
    pub fn feed(&mut self, tape: &EventTape) -> Result<()> {
        self.received.join(tape)?;
        for event in tape.received() {
            self.look_before(event.local_ns);
            self.received.take(event);
        }
        Ok(())
    }

    /// The samples, those up to the last event.
    #[must_use]
    pub fn finish(mut self) -> DepthSamples {
        self.look_before(self.received.last_ns.saturating_add(1));
        self.samples
    }

    /// Makes the looks that are due before an event.
    #[inline]
    fn look_before(&mut self, time_ns: i64) {
        let interval_ns = self.sampling.interval_ns;
        let next_multiple = |ns: i64| {
            let past = ns.rem_euclid(interval_ns);
            if past == 0 {
                ns
            } else {
                ns - past + interval_ns
            }
        };
        let mut next_ns = match self.next_ns {
            Some(next_ns) if next_ns >= time_ns => return,
            Some(next_ns) => next_ns,
            None => next_multiple(time_ns),
        };
        while next_ns < time_ns {
            if next_ns - self.received.last_ns > self.sampling.max_silence_ns {
                let heard_ns = next_multiple(time_ns);
                self.samples.silent += ((heard_ns - next_ns) / interval_ns).unsigned_abs();
                next_ns = heard_ns;
                break;
            }
            self.look(next_ns);
            next_ns += interval_ns;
        }
        self.next_ns = Some(next_ns);
    }

    fn look(&mut self, time_ns: i64) {
        let (bid, ask) = self.received.ends();
        let tick_size = self.received.tick_size;
        self.samples.time_ns.push(time_ns);
        self.samples.bid.push(bid * tick_size);
        self.samples.ask.push(ask * tick_size);
        let traded = std::mem::take(&mut self.received.traded);
        self.samples.traded.push(traded);
        let mid_tick = bid.midpoint(ask);
        for side in [Side::Buy, Side::Sell] {
            self.walk(side, mid_tick);
        }
    }

    /// Costs of all sizes on one side, in one walk down the levels.
    fn walk(&mut self, side: Side, mid_tick: f64) {
        let mut sizes = self.sampling.notional.iter();
        let costs = &mut self.samples.cost_bps;
        let expected = costs.len() + sizes.len();
        if !mid_tick.is_nan() {
            let per_quote = 1.0 / (mid_tick * self.received.tick_size);
            let mut wanted = sizes.next().map(|notional| notional * per_quote);
            let (mut filled, mut paid) = (0.0, 0.0);
            for (tick, size) in self.received.book.levels(side.opposite()) {
                // How far the level is from the middle, so that no sum of prices loses what is small beside them.
                let distance = side.sign() * (f64::from(tick) - mid_tick);
                while let Some(units) = wanted.filter(|units| *units <= filled + size) {
                    let average = (paid + (units - filled) * distance) / units;
                    costs.push(average / mid_tick * 1e4);
                    wanted = sizes.next().map(|notional| notional * per_quote);
                }
                if wanted.is_none() {
                    break;
                }
                filled += size;
                paid += size * distance;
            }
        }
        costs.resize(expected, f64::NAN);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::event::EventKind;
    use super::super::tape::EventColumns;
    use super::*;

    type Row = (i64, EventKind, i8, f64, f64);

    fn tape(rows: &[Row]) -> EventTape {
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

    fn sampler(notional: &[f64]) -> DepthSampler {
        DepthSampler::new(Sampling {
            interval_ns: 10,
            max_silence_ns: 30,
            notional: notional.to_vec(),
        })
        .expect("valid")
    }

    const BOOK: [Row; 5] = [
        (11, EventKind::Clear, 0, 0.0, 0.0),
        (11, EventKind::Snapshot, 1, 99.0, 2.0),
        (11, EventKind::Snapshot, 1, 98.0, 5.0),
        (11, EventKind::Snapshot, -1, 101.0, 1.0),
        (11, EventKind::Snapshot, -1, 102.0, 3.0),
    ];

    #[test]
    fn a_look_prices_every_size_on_both_sides() {
        let mut sampler = sampler(&[100.0, 200.0, 500.0]);
        sampler.feed(&tape(&BOOK)).expect("in order");
        let later = [(25, EventKind::Trade, 1, 101.0, 0.5)];
        sampler.feed(&tape(&later)).expect("in order");
        let found = sampler.finish();
        assert_eq!(
            (found.time_ns.as_slice(), found.traded.as_slice()),
            (&[20][..], &[0.0][..])
        );
        assert_eq!((found.bid[0], found.ask[0]), (99.0, 101.0));
        // Over a mid of 100 the sizes are 1, 2 and 5 units. Bought: 1 at 101; 1 at 101 and 1 at 102; 5 are not there.
        // Sold: 2 at 99; 2 at 99 and 3 at 98.
        let expected = [100.0, 150.0, f64::NAN, 100.0, 100.0, 160.0];
        for (got, wanted) in found.cost_bps.iter().zip(expected) {
            assert!(
                (got - wanted).abs() < 1e-9 || (got.is_nan() && wanted.is_nan()),
                "{got} {wanted}"
            );
        }
        assert_eq!(found.cost_bps.len(), 6);
    }

    #[test]
    fn a_silent_feed_is_not_looked_at() {
        let mut sampler = sampler(&[100.0]);
        sampler.feed(&tape(&BOOK)).expect("in order");
        let later = [
            (1005, EventKind::Depth, 1, 99.0, 3.0),
            (1020, EventKind::Depth, 1, 99.0, 4.0),
        ];
        sampler.feed(&tape(&later)).expect("in order");
        let found = sampler.finish();
        // 50 to 1000 come more than 30 after the last event.
        assert_eq!(found.time_ns, [20, 30, 40, 1010, 1020]);
        assert_eq!(found.silent, 96);
    }

    #[test]
    fn after_a_gap_and_without_a_side_nothing_is_known() {
        let mut sampler = sampler(&[100.0]);
        sampler.feed(&tape(&BOOK)).expect("in order");
        let later = [
            (22, EventKind::Depth, 1, 99.0, 0.0),
            (22, EventKind::Depth, 1, 98.0, 0.0),
            (32, EventKind::Depth, 1, 98.0, 1.0),
            (42, EventKind::Gap, 0, 0.0, 0.0),
            (52, EventKind::Depth, 1, 98.0, 1.0),
            (61, EventKind::Funding, 0, 0.0, 1e-4),
        ];
        sampler.feed(&tape(&later)).expect("in order");
        let known: Vec<bool> = sampler
            .finish()
            .bid
            .iter()
            .map(|bid| !bid.is_nan())
            .collect();
        assert_eq!(known, [true, false, true, false, false]);
    }

    #[test]
    fn what_cannot_be_sampled_is_refused() {
        let made = |interval_ns, max_silence_ns, notional: &[f64]| {
            let notional = notional.to_vec();
            DepthSampler::new(Sampling {
                interval_ns,
                max_silence_ns,
                notional,
            })
        };
        assert!(made(0, 1, &[1.0]).is_err());
        assert!(made(1, 0, &[1.0]).is_err());
        assert!(made(1, 1, &[]).is_err());
        for notional in [&[0.0][..], &[f64::NAN], &[2.0, 2.0], &[1.0, f64::INFINITY]] {
            assert!(made(1, 1, notional).is_err());
        }
        let mut twice = sampler(&[1.0]);
        twice
            .feed(&tape(&[(20, EventKind::Depth, 1, 99.0, 1.0)]))
            .expect("first");
        let error = twice.feed(&tape(&BOOK)).expect_err("goes back").to_string();
        assert!(error.contains("local_ns"), "{error}");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]

        #[test]
        fn every_size_costs_what_a_walk_of_its_own_costs(
            levels in prop::collection::vec((1..400_i32, 0.01..50.0_f64), 1..40),
            steps in prop::collection::vec(1.0..5e4_f64, 1..10),
        ) {
            let mut rows: Vec<Row> = vec![(1, EventKind::Clear, 0, 0.0, 0.0)];
            for (tick, size) in levels {
                let away = f64::from(tick) * 0.5;
                rows.push((1, EventKind::Snapshot, 1, 1_000.0 - away, size));
                rows.push((1, EventKind::Snapshot, -1, 1_000.0 + away, size * 0.5));
            }
            let notional: Vec<f64> = steps.iter().scan(0.0, |sum, step| { *sum += step; Some(*sum) }).collect();
            let mut sampler = sampler(&notional);
            sampler.feed(&tape(&rows)).expect("in order");
            sampler.feed(&tape(&[(10, EventKind::Depth, 1, 1.0, 0.0)])).expect("in order");
            let book = sampler.received.book.clone();
            let found = sampler.finish();
            let mid = found.bid[0].midpoint(found.ask[0]);
            let sides = [Side::Buy, Side::Sell].into_iter().flat_map(|side| notional.iter().map(move |n| (side, n)));
            for ((side, notional), cost) in sides.zip(&found.cost_bps) {
                let units = notional / mid;
                let walk = book.walk(side, units, None);
                match walk.average_tick().filter(|_| walk.filled >= units) {
                    Some(tick) => {
                        let expected = side.sign() * (tick * 0.5 / mid - 1.0) * 1e4;
                        prop_assert!((cost - expected).abs() < 1e-7, "{cost}, expected {expected}");
                    }
                    None => prop_assert!(cost.is_nan()),
                }
            }
            for side in found.cost_bps.chunks(notional.len()) {
                let filled = side.iter().take_while(|cost| !cost.is_nan());
                prop_assert!(filled.is_sorted_by(|one, other| **one <= **other + 1e-9));
            }
        }
    }
}
