//! The levels that protect a main position, as its bracket sets them.

use super::leg::Leg;
use super::terms::Levels;
use crate::venue::{Purpose, Side};

/// Levels that stand now.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Guard {
    pub stop: Option<f64>,
    pub target: Option<f64>,
    pub trail: Option<f64>,
    pub net: Option<f64>,
    /// Price at which the stop will move to the entry.
    pub break_even: Option<f64>,
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
        let positive = |price: f64| (price > 0.0).then_some(price);
        let best = match side {
            Side::Buy => leg.highest,
            Side::Sell => leg.lowest,
        };
        let trigger = levels.break_even.map(winning);
        let is_even = trigger.is_some_and(|trigger| sign * (best - trigger) >= 0.0);
        self.break_even = trigger.filter(|_| !is_even);
        self.stop = if is_even {
            positive(entry)
        } else {
            levels.stop.and_then(|f| positive(losing(entry, f)))
        };
        self.target = levels.target.and_then(|f| positive(winning(f)));
        self.trail = levels.trail.and_then(|f| positive(losing(best, f)));
    }

    /// The stop at the entry price is that of a position whose break-even has been reached.
    fn stop_purpose(&self, levels: &Levels) -> Purpose {
        if levels.break_even.is_some() && self.break_even.is_none() {
            Purpose::BreakEven
        } else {
            Purpose::StopLoss
        }
    }

    /// Stops in the order in which they act.
    #[inline]
    fn stops(&self, levels: &Levels) -> [(Option<f64>, Purpose); 3] {
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
        let stopped = |(level, purpose): (Option<f64>, Purpose)| {
            let is_met = level.is_some_and(|level| reaches(side, open, level));
            is_met.then_some(Met::Stop(purpose))
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
            let Some(level) = level.filter(|level| reaches(side, extreme, *level)) else {
                continue;
            };
            let nearer = |(price, _): (f64, Purpose)| (open - level).abs() < (open - price).abs();
            if first.is_none_or(nearer) {
                first = Some((level, purpose));
            }
        }
        first
    }

    /// The stop that a close lies beyond.
    #[inline]
    pub fn stop_beyond(&self, levels: &Levels, side: Side, close: f64) -> Option<Purpose> {
        let stops = self.stops(levels);
        let beyond = |(level, _): &&(Option<f64>, Purpose)| {
            level.is_some_and(|level| reaches(side, close, level))
        };
        stops.iter().find(beyond).map(|(_, purpose)| *purpose)
    }

    /// Whether a price takes profit: a trade through the target, or at it where touching is enough.
    #[inline]
    pub fn takes_profit(&self, side: Side, price: f64, on_touch: bool) -> bool {
        self.target.is_some_and(|target| {
            (on_touch && price == target)
                || match side {
                    Side::Buy => price > target,
                    Side::Sell => price < target,
                }
        })
    }
}

/// Whether a price has moved against `side` as far as a level.
#[inline]
fn reaches(side: Side, price: f64, level: f64) -> bool {
    match side {
        Side::Buy => price <= level,
        Side::Sell => price >= level,
    }
}
