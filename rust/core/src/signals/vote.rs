//! Several indicators, one verdict: which signals stand, and what they say together.

use super::signal::{Direction, Signal};

/// How several indicators' signals become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SignalMode {
    /// A signal acts unless opposed; the surest of those that agree gives the confidence.
    #[default]
    Any,
    /// All indicators agree; their mean confidence.
    All,
    /// More than half of the indicators agree; the mean confidence of those.
    Majority,
    /// Σ w·(±confidence) / Σ w reaches the minimum; its size is the confidence.
    Weighted,
}

impl SignalMode {
    /// Every mode under its name in configurations.
    pub const NAMES: &[(&str, Self)] = &[
        ("any", Self::Any),
        ("all", Self::All),
        ("majority", Self::Majority),
        ("weighted", Self::Weighted),
    ];
}

/// What the indicators say together.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Vote {
    /// Which way.
    pub direction: Direction,
    /// How sure, in [0, 1].
    pub confidence: f64,
}

#[derive(Debug, Clone)]
struct Voter {
    weight: f64,
    signal_ttl: u32,
    standing: Option<Signal>,
    closes_left: u32,
}

/// The standing signals of one strategy's indicators.
#[derive(Debug, Clone)]
pub struct Ballot {
    mode: SignalMode,
    min_confidence: f64,
    voters: Vec<Voter>,
}

impl Ballot {
    /// A ballot without signals. `voters` gives each indicator's weight and the closed bars its signals stand for.
    pub fn new(
        mode: SignalMode,
        min_confidence: f64,
        voters: impl IntoIterator<Item = (f64, u32)>,
    ) -> Self {
        let voters = voters
            .into_iter()
            .map(|(weight, signal_ttl)| Voter {
                weight,
                signal_ttl,
                standing: None,
                closes_left: 0,
            })
            .collect();
        Self {
            mode,
            min_confidence,
            voters,
        }
    }

    /// A bar of an indicator's timeframe has closed with `signal`, or with none.
    pub fn close(&mut self, indicator: usize, signal: Option<Signal>) {
        let voter = &mut self.voters[indicator];
        voter.closes_left = voter.closes_left.saturating_sub(1);
        if signal.is_some() {
            voter.standing = signal;
            voter.closes_left = voter.signal_ttl;
        } else if voter.closes_left == 0 {
            voter.standing = None;
        }
    }

    /// Whether no signal stands, so that closes without a signal change nothing.
    #[must_use]
    pub fn is_silent(&self) -> bool {
        self.voters.iter().all(|voter| voter.standing.is_none())
    }

    /// Whether the next close without a signal leaves no signal standing.
    #[must_use]
    pub fn is_spent(&self) -> bool {
        self.voters
            .iter()
            .all(|voter| voter.standing.is_none() || voter.closes_left <= 1)
    }

    /// The verdict over all standing signals; indicators without one abstain.
    #[must_use]
    pub fn verdict(&self) -> Option<Vote> {
        if self.is_silent() {
            return None;
        }
        let vote = match self.mode {
            SignalMode::Weighted => self.weighted(),
            SignalMode::Any => self.unopposed(),
            SignalMode::All => self.agreed(|count, all| count == all),
            SignalMode::Majority => self.agreed(|count, all| 2 * count > all),
        }?;
        (vote.confidence >= self.min_confidence).then_some(vote)
    }

    fn standing(&self, direction: Direction) -> impl Iterator<Item = f64> {
        self.voters
            .iter()
            .filter_map(|voter| voter.standing)
            .filter(move |signal| signal.direction == direction)
            .map(|signal| signal.confidence)
    }

    fn unopposed(&self) -> Option<Vote> {
        let surest = |direction| {
            self.standing(direction).fold(None, |best: Option<f64>, c| {
                Some(best.map_or(c, |best| best.max(c)))
            })
        };
        match (surest(Direction::Buy), surest(Direction::Sell)) {
            (Some(confidence), None) => Some(Vote {
                direction: Direction::Buy,
                confidence,
            }),
            (None, Some(confidence)) => Some(Vote {
                direction: Direction::Sell,
                confidence,
            }),
            _ => None,
        }
    }

    fn agreed(&self, enough: impl Fn(usize, usize) -> bool) -> Option<Vote> {
        [Direction::Buy, Direction::Sell]
            .into_iter()
            .find_map(|direction| {
                let count = self.standing(direction).count();
                (count > 0 && enough(count, self.voters.len())).then(|| Vote {
                    direction,
                    confidence: self.standing(direction).sum::<f64>() / count as f64,
                })
            })
    }

    fn weighted(&self) -> Option<Vote> {
        let weights: f64 = self.voters.iter().map(|voter| voter.weight).sum();
        let sum: f64 = self
            .voters
            .iter()
            .filter_map(|voter| {
                let signal = voter.standing?;
                Some(voter.weight * signal.direction.sign() * signal.confidence)
            })
            .sum();
        let mean = sum / weights;
        let direction = if mean > 0.0 {
            Direction::Buy
        } else if mean < 0.0 {
            Direction::Sell
        } else {
            return None;
        };
        Some(Vote {
            direction,
            confidence: mean.abs(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::signal::Trigger;
    use super::*;

    const fn signal(direction: Direction, confidence: f64) -> Signal {
        Signal {
            direction,
            confidence,
            trigger: Trigger::External,
        }
    }

    fn buy(confidence: f64) -> Option<Signal> {
        Some(confidence).map(|confidence| signal(Direction::Buy, confidence))
    }

    fn sell(confidence: f64) -> Option<Signal> {
        Some(confidence).map(|confidence| signal(Direction::Sell, confidence))
    }

    fn verdict(mode: SignalMode, signals: &[Option<Signal>]) -> Option<(Direction, f64)> {
        let mut ballot = Ballot::new(mode, 0.0, signals.iter().map(|_| (1.0, 1)));
        for (indicator, signal) in signals.iter().enumerate() {
            ballot.close(indicator, *signal);
        }
        ballot
            .verdict()
            .map(|vote| (vote.direction, vote.confidence))
    }

    #[test]
    fn any_acts_unless_opposed() {
        let any = |signals: &[_]| verdict(SignalMode::Any, signals);
        assert_eq!(
            any(&[buy(0.5), None, buy(0.75)]),
            Some((Direction::Buy, 0.75))
        );
        assert_eq!(any(&[buy(0.5), sell(0.1)]), None);
        assert_eq!(any(&[None, None]), None);
    }

    #[test]
    fn all_needs_every_indicator() {
        let all = |signals: &[_]| verdict(SignalMode::All, signals);
        assert_eq!(all(&[sell(0.5), sell(1.0)]), Some((Direction::Sell, 0.75)));
        assert_eq!(all(&[sell(0.5), None]), None);
    }

    #[test]
    fn majority_is_more_than_half_of_all_indicators() {
        let majority = |signals: &[_]| verdict(SignalMode::Majority, signals);
        assert_eq!(
            majority(&[buy(0.5), buy(0.25), sell(1.0)]),
            Some((Direction::Buy, 0.375))
        );
        assert_eq!(majority(&[buy(0.5), None]), None);
    }

    #[test]
    fn weighted_mean_counts_abstentions_as_zero() {
        let mut ballot = Ballot::new(SignalMode::Weighted, 0.2, [(3.0, 1), (1.0, 1)]);
        ballot.close(0, buy(0.4));
        let vote = ballot.verdict().unwrap();
        assert_eq!(vote.direction, Direction::Buy);
        approx::assert_relative_eq!(vote.confidence, 0.3);
        ballot.close(1, sell(1.0));
        assert_eq!(ballot.verdict(), None, "0.05 is below the minimum of 0.2");
    }

    #[test]
    fn a_signal_stands_for_its_closed_bars() {
        let mut ballot = Ballot::new(SignalMode::Any, 0.0, [(1.0, 2)]);
        ballot.close(0, buy(0.5));
        assert!(ballot.verdict().is_some());
        ballot.close(0, None);
        assert!(ballot.verdict().is_some());
        assert!(ballot.is_spent());
        ballot.close(0, None);
        assert!(ballot.is_silent());
    }

    #[test]
    fn a_new_signal_replaces_the_standing_one() {
        let mut ballot = Ballot::new(SignalMode::Any, 0.0, [(1.0, 5)]);
        ballot.close(0, buy(0.5));
        ballot.close(0, sell(0.5));
        assert_eq!(ballot.verdict().unwrap().direction, Direction::Sell);
    }
}
