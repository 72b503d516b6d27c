//! Holds the position that precomputed signals ask for, each from a time on.

use super::desk::{TickDesk, TickStrategy};
use crate::error::{Error, Result};
use crate::venue::{Answer, AnswerKind, Side};

/// Positions to hold.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TargetsSpec {
    /// From when on, by the strategy's clock, UTC nanoseconds, ascending.
    pub time_ns: Vec<i64>,
    /// Signed base units.
    pub position: Vec<f64>,
}

impl TargetsSpec {
    /// Checks both columns.
    ///
    /// # Errors
    /// Naming column, row and value.
    pub fn check(&self) -> Result<()> {
        if self.time_ns.len() != self.position.len() {
            let requirement = format!("as many as times, {}", self.time_ns.len());
            let found = self.position.len();
            return Err(Error::parameter("position", found, requirement));
        }
        if let Some(row) = self.time_ns.windows(2).position(|pair| pair[1] <= pair[0]) {
            let time_ns = self.time_ns[row + 1];
            return Err(Error::data("time_ns", row + 1, time_ns, "must rise"));
        }
        let wrong = |position: &f64| !position.is_finite();
        if let Some(row) = self.position.iter().position(wrong) {
            let position = self.position[row];
            return Err(Error::data("position", row, position, "must be finite"));
        }
        Ok(())
    }
}

/// The signals at work.
#[derive(Debug, Clone)]
pub struct Targets {
    spec: TargetsSpec,
    /// Signals that have come.
    passed: usize,
    wanted: f64,
    /// What has been sent and not answered.
    underway: f64,
}

impl Targets {
    /// A strategy of checked signals.
    ///
    /// # Errors
    /// As [`TargetsSpec::check`].
    pub fn new(spec: TargetsSpec) -> Result<Self> {
        spec.check()?;
        Ok(Self {
            spec,
            passed: 0,
            wanted: 0.0,
            underway: 0.0,
        })
    }

    /// Sends what is missing, as a market order.
    fn go_on(&mut self, desk: &mut TickDesk<'_>) {
        let missing = self.wanted - desk.own().position() - self.underway;
        if missing == 0.0 {
            return;
        }
        let side = if missing > 0.0 { Side::Buy } else { Side::Sell };
        desk.market(side, missing.abs());
        self.underway += missing;
    }
}

impl TickStrategy for Targets {
    fn start(&mut self, _first_ns: i64) {}

    fn next_timer_ns(&self) -> i64 {
        self.spec
            .time_ns
            .get(self.passed)
            .copied()
            .unwrap_or(i64::MAX)
    }

    fn on_timer(&mut self, desk: &mut TickDesk<'_>) {
        while self.next_timer_ns() <= desk.now_ns {
            self.wanted = self.spec.position[self.passed];
            self.passed += 1;
        }
        self.go_on(desk);
    }

    /// What was refused or has not filled is tried again with the next signal, not at once.
    fn on_answer(&mut self, answer: &Answer, desk: &mut TickDesk<'_>) {
        if let AnswerKind::Filled { quantity, .. } = answer.kind {
            self.underway -= desk.side_of(answer.order).sign() * quantity;
        }
        if desk.own().orders().is_empty() {
            self.underway = 0.0;
        }
    }
}
