//! The levels that protect a main position, as its bracket sets them.

use super::leg::Leg;
use super::terms::{ABSENT, Levels};
use crate::venue::{Purpose, Side};

/// Levels that stand now; [`ABSENT`] where there is none.
#[derive(Debug, Clone, Copy)]
pub(super) struct Guard {
    pub stop: f64,
    pub target: f64,
    pub trail: f64,
    pub net: f64,
    /// Price at which the stop will move to the entry.
    pub break_even: f64,
}

impl Default for Guard {
    fn default() -> Self {
        Self {
            stop: ABSENT,
            target: ABSENT,
            trail: ABSENT,
            net: ABSENT,
            break_even: ABSENT,
        }
    }
}

/// A level that the price has met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Met {
    Stop(Purpose),
    Target,
}

impl Met {
    pub const fn purpose(self) -> Purpose {
        match self {
            Self::Stop(purpose) => purpose,
            Self::Target => Purpose::TakeProfit,
        }
    }
}

impl Guard {
    /// The levels of a position of `side`; `net` stays as it is until the next entry.
    #[inline]
    pub fn set(&mut self, levels: &Levels, side: Side, leg: &Leg) {
        let sign = side.sign();
        let entry = leg.entry_price;
        let losing = |from: f64, fraction: f64| from * (1.0 - sign * fraction);
        let winning = |fraction: f64| entry * (1.0 + sign * fraction);
        let best = match side {
            Side::Buy => leg.highest,
            Side::Sell => leg.lowest,
        };
        let trigger = winning(levels.break_even);
        let is_even = sign * (best - trigger) >= 0.0;
        self.break_even = if is_even { ABSENT } else { trigger };
        self.stop = positive(if is_even {
            entry
        } else {
            losing(entry, levels.stop)
        });
        self.target = positive(winning(levels.target));
        self.trail = positive(losing(best, levels.trail));
    }

    /// The stop of a position that has just begun.
    pub fn initial_stop(&self) -> Option<f64> {
        let mut stops = [self.stop, self.trail].into_iter();
        stops.find(|stop| !stop.is_nan())
    }

    /// The stop at the entry price is that of a position whose break-even has been reached.
    fn stop_purpose(&self, levels: &Levels) -> Purpose {
        if !levels.break_even.is_nan() && self.break_even.is_nan() {
            Purpose::BreakEven
        } else {
            Purpose::StopLoss
        }
    }

    /// Stops in the order in which they act.
    #[inline]
    fn stops(&self, levels: &Levels) -> [(f64, Purpose); 3] {
        [
            (self.stop, self.stop_purpose(levels)),
            (self.trail, Purpose::TrailingStop),
            (self.net, Purpose::NetStop),
        ]
    }

    /// What a price that is simply there meets: at the open.
    #[inline]
    pub fn met_at_open(
        &self,
        levels: &Levels,
        side: Side,
        open: f64,
        on_touch: bool,
    ) -> Option<Met> {
        let [stop, trail, net] = self.stops(levels);
        let stopped = |(level, purpose): (f64, Purpose)| {
            reaches(side, open, level).then_some(Met::Stop(purpose))
        };
        let target = || {
            self.takes_profit(side, open, on_touch)
                .then_some(Met::Target)
        };
        stopped(stop)
            .or_else(target)
            .or_else(|| stopped(trail))
            .or_else(|| stopped(net))
    }

    /// The stop that the way from `open` to the adverse `extreme` meets first, and where.
    #[inline]
    pub fn first_stop(
        &self,
        levels: &Levels,
        side: Side,
        open: f64,
        extreme: f64,
    ) -> Option<(f64, Purpose)> {
        let mut first: Option<(f64, Purpose)> = None;
        for (level, purpose) in self.stops(levels) {
            let nearer = |(price, _): (f64, Purpose)| (open - level).abs() < (open - price).abs();
            if reaches(side, extreme, level) && first.is_none_or(nearer) {
                first = Some((level, purpose));
            }
        }
        first
    }

    /// The stop that a close lies beyond.
    #[inline]
    pub fn stop_beyond(&self, levels: &Levels, side: Side, close: f64) -> Option<Purpose> {
        let stops = self.stops(levels);
        let beyond = |(level, _): &&(f64, Purpose)| reaches(side, close, *level);
        stops.iter().find(beyond).map(|(_, purpose)| *purpose)
    }

    /// Whether a price takes profit: a trade through the target, or at it where touching is enough.
    #[inline]
    pub fn takes_profit(&self, side: Side, price: f64, on_touch: bool) -> bool {
        (on_touch && price == self.target)
            || match side {
                Side::Buy => price > self.target,
                Side::Sell => price < self.target,
            }
    }
}

/// A price of a level, which has to be positive to be there.
pub(super) fn positive(price: f64) -> f64 {
    if price > 0.0 { price } else { ABSENT }
}

/// Whether a price has moved against `side` as far as a level.
#[inline]
fn reaches(side: Side, price: f64, level: f64) -> bool {
    match side {
        Side::Buy => price <= level,
        Side::Sell => price >= level,
    }
}
