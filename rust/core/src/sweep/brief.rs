//! Rows of the few metrics that can be had without an equity curve, of sets that share columns.

use super::evaluate::{Evaluator, SharedSet, hear};
use super::lean::{
    Averages, BRIEF_METRICS, Brief, Crossing, Growth, Pair, Terms, Traded, brief, follow,
};
use super::rows::write_row;
use super::run::Row;
use crate::stats::Metrics;

/// The metrics of rows that need no equity curve.
#[derive(Debug)]
pub(super) struct BriefColumns<'a> {
    /// By their places among all metrics.
    metrics: &'a [usize],
    /// By their places in [`BRIEF_METRICS`].
    places: Vec<usize>,
}

impl<'a> BriefColumns<'a> {
    /// `None` when one of them needs the curve.
    pub fn new(metrics: &'a [usize]) -> Option<Self> {
        let entries = Metrics::default().entries();
        let place = |metric: &usize| {
            let name = entries[*metric].0;
            BRIEF_METRICS.iter().position(|known| *known == name)
        };
        let places = metrics.iter().map(place).collect::<Option<_>>()?;
        Some(Self { metrics, places })
    }

    fn write(&self, row: &mut Row<'_>, found: &Brief) {
        for (value, place) in row.values.iter_mut().zip(&self.places) {
            *value = found[*place];
        }
    }
}

impl Evaluator<'_> {
    /// Writes the rows of sets.
    pub fn write_brief(
        &mut self,
        sets: &[SharedSet<'_>],
        rows: &mut [Row<'_>],
        columns: &BriefColumns<'_>,
    ) {
        let mut left: Vec<usize> = (0..sets.len()).collect();
        if let Some(traded) = &self.stage.lean {
            left = self.write_crossings(traded, sets, rows, columns);
        }
        for place in left {
            let row = &mut rows[place];
            row.failed = self.write_one(sets[place], row, columns).is_none();
        }
    }

    /// Writes the rows of the sets that hold the market from one crossing of averages to the next; returns the places of the others.
    fn write_crossings(
        &mut self,
        traded: &Traded<'_>,
        sets: &[SharedSet<'_>],
        rows: &mut [Row<'_>],
        columns: &BriefColumns<'_>,
    ) -> Vec<usize> {
        let mut left = Vec::new();
        let mut pairs = Vec::with_capacity(sets.len());
        let mut places = Vec::with_capacity(sets.len());
        for (place, set) in sets.iter().enumerate() {
            match self.pair(traded, *set) {
                Some(pair) => {
                    pairs.push(pair);
                    places.push(place);
                }
                None => left.push(place),
            }
        }
        if pairs.is_empty() {
            return left;
        }
        let growth = self.stage.growth(traded);
        follow(&mut pairs, growth, traded);
        for (pair, place) in pairs.iter().zip(places) {
            match pair.crossing.metrics(growth, traded) {
                Some(found) => columns.write(&mut rows[place], &found),
                None => left.push(place),
            }
        }
        left
    }

    fn pair<'s>(&mut self, traded: &Traded<'_>, set: SharedSet<'s>) -> Option<Pair<'s>> {
        self.take(set.digits).ok()?;
        let terms = self.holding_terms(traded)?;
        let voices = &self.stage.sweep.voices;
        let (fast, slow) = voices.pair()?;
        let strategy = terms.strategy();
        let every_bar = strategy.timeframe == self.portfolio.interval();
        let slow_period = voices.period(slow, set.digits);
        if !every_bar || !Crossing::fits(&terms) || voices.period(fast, set.digits) >= slow_period {
            return None;
        }
        Some(Pair {
            crossing: Crossing::new(traded, &terms, slow_period - 1),
            averages: Averages {
                fast: set.bank.average_and_rounded(set.elements[fast]),
                slow: set.bank.average_and_rounded(set.elements[slow]),
            },
        })
    }

    /// The terms of the set that has been taken, if it is all in or all out at the costs of the base portfolio.
    fn holding_terms(&self, traded: &Traded<'_>) -> Option<Terms<'_>> {
        let terms = Terms::of(&self.portfolio)?;
        let fits = Growth::fits(traded, &terms) && self.stage.growth(traded).has_costs_of(&terms);
        fits.then_some(terms)
    }

    /// Writes the row of one set; `None` when it cannot run.
    fn write_one(
        &mut self,
        set: SharedSet<'_>,
        row: &mut Row<'_>,
        columns: &BriefColumns<'_>,
    ) -> Option<()> {
        self.take(set.digits).ok()?;
        if let Some(traded) = &self.stage.lean
            && let Some(terms) = self.holding_terms(traded)
        {
            let feeds = self.shared_feeds(set)?;
            let mut verdicts = Vec::new();
            hear(&feeds, traded, &terms, &mut verdicts);
            if let Some(found) = brief(self.stage.growth(traded), traded, &terms, &verdicts) {
                columns.write(row, &found);
                return Some(());
            }
        }
        let found = self.run_shared(set)?.metrics().ok()?;
        write_row(row.values, &found, columns.metrics);
        Some(())
    }
}
