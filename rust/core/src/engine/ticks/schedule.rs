//! Executes a large order in slices over a stretch of time: evenly (TWAP), or in proportion to a curve of expected volume (VWAP).
//!
//! A slice is quoted as a post-only limit near the touch; what of it has not filled at its end is taken from the book.

use super::desk::{TickDesk, TickStrategy};
use super::own::Standing;
use crate::error::{Error, Result};
use crate::venue::{Answer, Side, TimeInForce};

/// Settings of an execution schedule.
#[derive(Debug, Clone, PartialEq)]
pub struct ScheduleSpec {
    /// Buy or sell.
    pub side: Side,
    /// Base units in all.
    pub size: f64,
    /// From the first event to the first slice, nanoseconds.
    pub delay_ns: i64,
    /// From the first slice to the end, nanoseconds.
    pub duration_ns: i64,
    /// Weight of each slice; equal weights make a TWAP, expected volumes a VWAP.
    pub weights: Vec<f64>,
    /// Ticks behind the touch at which a slice is quoted; `None` takes each slice at once.
    pub limit_ticks: Option<i32>,
    /// What has not filled at the end of a slice is taken from the book; otherwise it joins the next slice.
    pub sweep: bool,
}

impl ScheduleSpec {
    /// Checks every setting.
    ///
    /// # Errors
    /// [`Error::Parameter`] naming the setting.
    pub fn check(&self) -> Result<()> {
        if !(self.size.is_finite() && self.size > 0.0) {
            return Err(Error::parameter("size", self.size, "finite and positive"));
        }
        if self.delay_ns < 0 {
            return Err(Error::parameter("delay_ns", self.delay_ns, "not negative"));
        }
        let slices = i64::try_from(self.weights.len()).unwrap_or(i64::MAX);
        if slices == 0 {
            return Err(Error::parameter("weights", "none", "at least one slice"));
        }
        if self.duration_ns < slices {
            let requirement = "at least a nanosecond a slice";
            return Err(Error::parameter(
                "duration_ns",
                self.duration_ns,
                requirement,
            ));
        }
        let is_weight = |weight: &f64| weight.is_finite() && *weight >= 0.0;
        if let Some(place) = self.weights.iter().position(|weight| !is_weight(weight)) {
            let name = format!("weights[{place}]");
            return Err(Error::parameter(
                name,
                self.weights[place],
                "finite and not negative",
            ));
        }
        if self.weights.iter().sum::<f64>() <= 0.0 {
            return Err(Error::parameter("weights", "all zero", "positive in sum"));
        }
        if let Some(ticks) = self.limit_ticks.filter(|ticks| *ticks < 0) {
            return Err(Error::parameter("limit_ticks", ticks, "not negative"));
        }
        Ok(())
    }
}

/// The schedule at work.
#[derive(Debug, Clone)]
pub struct Schedule {
    spec: ScheduleSpec,
    first_ns: i64,
    /// The slice that begins when the timer rings next.
    slice: usize,
    /// Base units that should have filled by the end of each slice.
    targets: Vec<f64>,
    /// A slice has ended, and the next begins once its orders have ended too.
    turning: bool,
}

impl Schedule {
    /// A schedule of checked settings.
    ///
    /// # Errors
    /// As [`ScheduleSpec::check`].
    pub fn new(spec: ScheduleSpec) -> Result<Self> {
        spec.check()?;
        let total: f64 = spec.weights.iter().sum();
        let mut sum = 0.0;
        let mut targets: Vec<f64> = Vec::with_capacity(spec.weights.len());
        for weight in &spec.weights {
            sum += weight;
            targets.push(spec.size * (sum / total));
        }
        Ok(Self {
            spec,
            first_ns: i64::MAX,
            slice: 0,
            targets,
            turning: false,
        })
    }

    /// When a slice begins; one past the last, when the schedule ends.
    fn begins_ns(&self, slice: usize) -> i64 {
        let share = slice as f64 / self.targets.len() as f64;
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a share of a duration is no longer than the duration"
        )]
        let after = (self.spec.duration_ns as f64 * share) as i64;
        self.first_ns.saturating_add(after)
    }

    fn filled(&self, desk: &TickDesk<'_>) -> f64 {
        desk.own().position() * self.spec.side.sign()
    }

    /// Ends the slice before: takes what it has left, if it may, and begins the next. Nothing of the schedule is on its way.
    fn turn(&mut self, desk: &mut TickDesk<'_>) {
        self.turning = false;
        let begun = self.slice - 1;
        let due = begun
            .checked_sub(1)
            .map_or(0.0, |ended| self.targets[ended]);
        let missing = due - self.filled(desk);
        let mut underway = 0.0;
        if missing > self.spec.size * 1e-9 && (self.spec.sweep || begun == self.targets.len()) {
            desk.market(self.spec.side, missing);
            underway = missing;
        }
        if let Some(target) = self.targets.get(begun).copied() {
            self.begin_slice(target - underway, desk);
        }
    }

    /// Quotes a slice near the touch, or takes it where it is not to be quoted.
    fn begin_slice(&mut self, target: f64, desk: &mut TickDesk<'_>) {
        let missing = target - self.filled(desk);
        if missing <= self.spec.size * 1e-9 {
            return;
        }
        let side = self.spec.side;
        match (self.spec.limit_ticks, desk.book.best(side)) {
            (Some(behind), Some(best)) => {
                let tick = match side {
                    Side::Buy => best.saturating_sub(behind).max(1),
                    Side::Sell => best.saturating_add(behind),
                };
                desk.limit(side, tick, missing, TimeInForce::GoodTilCancelled, true);
            }
            _ => {
                desk.market(side, missing);
            }
        }
    }
}

impl TickStrategy for Schedule {
    fn start(&mut self, first_ns: i64) {
        self.first_ns = first_ns.saturating_add(self.spec.delay_ns);
    }

    fn next_timer_ns(&self) -> i64 {
        if self.slice > self.targets.len() || self.first_ns == i64::MAX {
            i64::MAX
        } else {
            self.begins_ns(self.slice)
        }
    }

    fn on_timer(&mut self, desk: &mut TickDesk<'_>) {
        self.slice += 1;
        let standing: Vec<_> = desk.own().orders().to_vec();
        for order in standing
            .iter()
            .filter(|order| order.standing == Standing::Working)
        {
            desk.cancel(order.id);
        }
        self.turning = !standing.is_empty();
        if !self.turning {
            self.turn(desk);
        }
    }

    fn on_answer(&mut self, _answer: &Answer, desk: &mut TickDesk<'_>) {
        if self.turning && desk.own().orders().is_empty() {
            self.turn(desk);
        } else if self.turning {
            // An order that was only on its way when the slice ended has been accepted since.
            let late: Vec<_> = desk.own().orders().to_vec();
            for order in late
                .iter()
                .filter(|order| order.standing == Standing::Working)
            {
                desk.cancel(order.id);
            }
        }
    }
}
