//! What holding the market does to an equity that is all in it: sums of returns and extremes of closes, from which a holding is read in a few look-ups.

#![expect(
    clippy::inline_always,
    reason = "what runs inside the dispatch is compiled for the wider processor only when inlined into it"
)]

use super::terms::Terms;
use super::traded::Traded;
use crate::plan::{AllowedSide, LimitSpec, SizingMethod};
use crate::venue::{SlippageModel, VenueRules};

/// Rows of a block: few enough to read a holding within one row by row, enough that a long holding is few blocks.
pub(super) const BLOCK: usize = 16;

/// Rows of a step: stretches of whole steps have their extremes at hand.
const STEP: usize = 4;

/// What entering at the open of a row, or leaving there, adds to the sums of returns and does to the equity.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Turn {
    /// Σ r of the holding that begins (ends) there, less (plus) the running sum of the market.
    pub sum: f64,
    /// The same of Σ r².
    pub squares: f64,
    /// Entering: units that one unit of cash buys. Leaving: cash that one unit brings.
    pub factor: f64,
}

/// Lowest and highest close.
#[derive(Debug, Clone, Copy)]
pub(super) struct Range {
    pub low: f64,
    pub high: f64,
}

impl Range {
    const NONE: Self = Self {
        low: f64::INFINITY,
        high: f64::NEG_INFINITY,
    };

    #[inline(always)]
    pub const fn with(self, other: Self) -> Self {
        Self {
            low: if other.low < self.low {
                other.low
            } else {
                self.low
            },
            high: if other.high > self.high {
                other.high
            } else {
                self.high
            },
        }
    }

    pub const fn of(close: f64) -> Self {
        Self {
            low: close,
            high: close,
        }
    }
}

/// Extremes of the closes of a block up to a row and from it on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Extremes {
    pub until: Range,
    pub from: Range,
}

/// Costs of a turn that do not depend on its size.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Costs {
    fee_rate: f64,
    slippage_fraction: f64,
}

/// The market as an all-in holder sees it.
#[derive(Debug)]
pub struct Growth {
    costs: Costs,
    pub(super) enter: Vec<Turn>,
    pub(super) leave: Vec<Turn>,
    pub(super) extremes: Vec<Extremes>,
    pub(super) blocks: Vec<Range>,
    /// Extremes of 2^k steps from each step on, one k after the other.
    reach: Vec<Range>,
    steps: usize,
    /// Σ r and Σ r² of the market, from the first traded row through each.
    pub(super) sums: Vec<[f64; 2]>,
}

impl Growth {
    /// Whether `terms` put all the equity into a long position without leverage and hold it from one signal to the other, so that
    /// equity is proportional to the price inside a holding.
    #[must_use]
    pub fn fits(traded: &Traded<'_>, terms: &Terms<'_>) -> bool {
        let strategy = terms.strategy;
        let sizing = &strategy.sizing;
        matches!(
            sizing.method,
            SizingMethod::PercentEquity { equity_pct: 100.0 }
        ) && !sizing.scale_by_confidence
            && sizing.max_position_size.is_none()
            && sizing.max_notional.is_none()
            && sizing.min_notional.is_none()
            && strategy.side == AllowedSide::Long
            && strategy.leverage == 1.0
            && strategy.exit_on_opposite
            && strategy.max_holding_ns.is_none()
            && terms.levels.are_absent()
            && terms.hedge.is_none()
            && *terms.limits
                == LimitSpec {
                    max_parallel_trades: terms.limits.max_parallel_trades,
                    ..LimitSpec::default()
                }
            && !matches!(terms.rules.slippage, SlippageModel::Random { .. })
            && traded.funding.is_empty()
    }

    /// The tables of the traded rows at the costs of `rules`.
    #[must_use]
    pub fn new(traded: &Traded<'_>, rules: &VenueRules) -> Self {
        let costs = Costs::of(rules);
        let (open, close) = (traded.bars.open, traded.bars.close);
        let (start, end) = (traded.start, traded.end());
        let mut growth = Self {
            costs,
            enter: vec![Turn::default(); end],
            leave: vec![Turn::default(); end],
            extremes: Vec::with_capacity(end),
            blocks: Vec::with_capacity(end.div_ceil(BLOCK)),
            reach: reach(close),
            steps: end.div_ceil(STEP),
            sums: vec![[0.0; 2]; end],
        };
        let mut sums = [Compensated::default(); 2];
        for row in start..end {
            let units =
                1.0 / (open[row] * (1.0 + costs.slippage_fraction) * (1.0 + costs.fee_rate));
            let cash = open[row] * (1.0 - costs.slippage_fraction) * (1.0 - costs.fee_rate);
            if row > start {
                let [sum, squares] = growth.sums[row - 1];
                let last = cash / close[row - 1] - 1.0;
                growth.leave[row] = Turn {
                    sum: sum + last,
                    squares: squares + last * last,
                    factor: cash,
                };
                let change = close[row] / close[row - 1] - 1.0;
                sums[0].add(change);
                sums[1].add(change * change);
            }
            growth.sums[row] = sums.map(Compensated::value);
            let [sum, squares] = growth.sums[row];
            let first = close[row] * units - 1.0;
            growth.enter[row] = Turn {
                sum: first - sum,
                squares: first * first - squares,
                factor: units,
            };
        }
        for closes in close.chunks(BLOCK) {
            growth.add_block(closes);
        }
        growth
    }

    /// Whether the costs of `terms` are those of these tables.
    #[must_use]
    pub fn has_costs_of(&self, terms: &Terms<'_>) -> bool {
        self.costs == Costs::of(terms.rules)
    }

    /// Extremes of the rows `from..to`, and perhaps of a few more at either end.
    #[inline(always)]
    pub(super) fn around(&self, from: usize, to: usize) -> Range {
        let (first, last) = (from / STEP, (to - 1) / STEP);
        let doublings = (last - first + 1).ilog2() as usize;
        let level = doublings * self.steps;
        self.reach[level + first].with(self.reach[level + last + 1 - (1 << doublings)])
    }

    fn add_block(&mut self, closes: &[f64]) {
        let first = self.extremes.len();
        let mut range = Range::NONE;
        for close in closes {
            range = range.with(Range::of(*close));
            self.extremes.push(Extremes {
                until: range,
                from: Range::NONE,
            });
        }
        self.blocks.push(range);
        let mut range = Range::NONE;
        for (extremes, close) in self.extremes[first..].iter_mut().zip(closes).rev() {
            range = range.with(Range::of(*close));
            extremes.from = range;
        }
    }
}

/// Extremes of stretches that grow twofold; those that end behind the last step hold what is left of them.
fn reach(closes: &[f64]) -> Vec<Range> {
    let of = |closes: &[f64]| {
        let ranges = closes.iter().map(|close| Range::of(*close));
        ranges.fold(Range::NONE, Range::with)
    };
    let steps = closes.len().div_ceil(STEP);
    let doublings = steps.max(1).ilog2() as usize;
    let mut reach = Vec::with_capacity(steps * (doublings + 1));
    reach.extend(closes.chunks(STEP).map(of));
    for doubling in 0..doublings {
        let before = doubling * steps;
        for step in 0..steps {
            let second = (step + (1 << doubling)).min(steps - 1);
            reach.push(reach[before + step].with(reach[before + second]));
        }
    }
    reach
}

impl Costs {
    fn of(rules: &VenueRules) -> Self {
        Self {
            fee_rate: rules.taker_fee_rate,
            slippage_fraction: match rules.slippage {
                SlippageModel::Fixed { bps } => bps * 1e-4,
                _ => 0.0,
            },
        }
    }
}

/// A sum that keeps what rounding loses (Neumaier 1974).
#[derive(Debug, Clone, Copy, Default)]
struct Compensated {
    total: f64,
    lost: f64,
}

impl Compensated {
    fn add(&mut self, term: f64) {
        let total = self.total + term;
        self.lost += if self.total.abs() >= term.abs() {
            (self.total - total) + term
        } else {
            (term - total) + self.total
        };
        self.total = total;
    }

    fn value(self) -> f64 {
        self.total + self.lost
    }
}
