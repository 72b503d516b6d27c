//! How far back in the queue of its price an order stands, and what shortens that queue.

use crate::error::{Error, Result};

/// Where a level shrank that no trade explains: ahead of an order, or behind it.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum QueueModel {
    /// Never ahead, unless less is shown than was thought to stand there.
    #[default]
    Conservative,
    /// Ahead by the odds aheadⁿ to behindⁿ.
    Proportional {
        /// The power n.
        power: f64,
    },
    /// Ahead by the odds ln(1 + ahead) to ln(1 + behind).
    Log,
    /// First in, first out by trades alone: whatever the book shows later changes nothing.
    Fifo,
    /// Always ahead.
    Optimistic,
}

impl QueueModel {
    /// Checks the power.
    ///
    /// # Errors
    /// [`Error::Parameter`] when it is not positive and finite.
    pub fn check(&self) -> Result<()> {
        match *self {
            Self::Proportional { power } if !(power.is_finite() && power > 0.0) => Err(
                Error::parameter("queue.power", power, "finite and positive"),
            ),
            _ => Ok(()),
        }
    }

    /// The share of what left the level without a trade that left it behind an order.
    fn behind_share(self, ahead: f64, behind: f64) -> f64 {
        let weigh = |size: f64| match self {
            Self::Proportional { power: 1.0 } => size,
            Self::Proportional { power: 2.0 } => size * size,
            Self::Proportional { power } => size.powf(power),
            _ => (1.0 + size).ln(),
        };
        match self {
            Self::Conservative | Self::Fifo => 1.0,
            Self::Optimistic => 0.0,
            Self::Proportional { .. } | Self::Log => {
                let share = weigh(behind) / (weigh(behind) + weigh(ahead));
                if share.is_infinite() { 1.0 } else { share }
            }
        }
    }
}

/// The place of an order in the queue of its price, in base units.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(in crate::venue) struct Queue {
    /// What stands before it.
    pub ahead: f64,
    /// What was last shown at its price.
    shown: f64,
    /// What has been traded at its price since.
    traded: f64,
}

impl Queue {
    /// Behind everything that is shown.
    pub const fn behind(shown: f64) -> Self {
        Self {
            ahead: shown,
            shown,
            traded: 0.0,
        }
    }

    /// Behind a queue of unknown length.
    pub const fn unknown() -> Self {
        Self::behind(f64::INFINITY)
    }

    /// A trade of `size` at its price, of which `reaching` was not for own orders before this one. What is ahead may become
    /// negative: by so much the trade has reached the order.
    pub fn trade(&mut self, size: f64, reaching: f64) {
        self.ahead -= reaching;
        self.traded += size;
    }

    /// The level now shows another size.
    pub fn show(&mut self, model: QueueModel, size: f64) {
        let gone = self.shown - size - self.traded;
        let before = self.shown;
        self.shown = size;
        self.traded = 0.0;
        match model {
            QueueModel::Fifo => {}
            QueueModel::Conservative => self.ahead = self.ahead.min(size),
            _ if gone < 0.0 => self.ahead = self.ahead.min(size),
            model => {
                let behind = before - self.ahead;
                let share = model.behind_share(self.ahead, behind);
                let left = self.ahead - (1.0 - share) * gone + (behind - share * gone).min(0.0);
                self.ahead = left.min(size);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 10 shown when the order arrives, 6 more behind it, 4 traded, then 9 shown: 3 left without a trade.
    fn after(model: QueueModel) -> f64 {
        let mut queue = Queue::behind(10.0);
        queue.show(model, 16.0);
        queue.trade(4.0, 4.0);
        queue.show(model, 9.0);
        queue.ahead
    }

    #[test]
    fn each_model_by_hand() {
        assert_eq!(after(QueueModel::Conservative), 6.0);
        assert_eq!(after(QueueModel::Fifo), 6.0);
        assert_eq!(after(QueueModel::Optimistic), 3.0);
        // 6 ahead, 16 − 6 = 10 behind: of 3 that left, 10/16 left behind.
        assert!(
            (after(QueueModel::Proportional { power: 1.0 }) - (6.0 - 3.0 * 0.375)).abs() < 1e-12
        );
        let share = 11_f64.ln() / (11_f64.ln() + 7_f64.ln());
        assert!((after(QueueModel::Log) - (6.0 - 3.0 * (1.0 - share))).abs() < 1e-12);
    }

    #[test]
    fn what_is_shown_bounds_what_is_ahead() {
        let mut queue = Queue::behind(10.0);
        queue.show(QueueModel::Conservative, 3.0);
        assert_eq!(queue.ahead, 3.0);
        let mut queue = Queue::behind(10.0);
        queue.show(QueueModel::Fifo, 3.0);
        assert_eq!(queue.ahead, 10.0);
    }

    #[test]
    fn a_power_must_be_positive() {
        let model = QueueModel::Proportional { power: 0.0 };
        let message = model.check().unwrap_err().to_string();
        assert_eq!(message, "queue.power must be finite and positive, was 0");
    }
}
