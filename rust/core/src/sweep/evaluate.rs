//! One set: from its digits to the metrics of its run, or to the reason why it cannot run.

use std::sync::Arc;

use super::{Span, Sweep};
use crate::engine::{Engine, Feed, History, SignalTape, decision_rows};
use crate::error::Result;
use crate::market::Bars;
use crate::plan::{IndicatorUse, PortfolioSpec, SignalSource};
use crate::stats::Metrics;

/// Evaluates sets over one span; holds the portfolio of the set at work.
pub(super) struct Evaluator<'a> {
    sweep: &'a Sweep,
    histories: Vec<History<'a>>,
    traded: Vec<Bars<'a>>,
    portfolio: PortfolioSpec,
}

impl<'a> Evaluator<'a> {
    pub fn new(sweep: &'a Sweep, span: Span) -> Result<Self> {
        let histories = sweep.histories(span)?;
        let traded = histories
            .iter()
            .map(|history| history.bars.slice(history.start, history.bars.len()))
            .collect();
        Ok(Self {
            sweep,
            histories,
            traded,
            portfolio: sweep.portfolio.clone(),
        })
    }

    /// The metrics of a set.
    pub fn metrics(&mut self, digits: &[u32]) -> Result<Metrics> {
        let engine = self.run(digits)?;
        engine.simulation().metrics(
            self.portfolio.initial_balance,
            self.portfolio.interval(),
            &self.traded,
        )
    }

    /// The run of a set in the general engine.
    pub fn run(&mut self, digits: &[u32]) -> Result<Engine> {
        self.sweep.axes.apply(digits, &mut self.portfolio);
        self.portfolio.check()?;
        let feeds = self.feeds(digits)?;
        Engine::run_taped(&self.portfolio, &self.histories, &feeds)
    }

    fn feeds(&self, digits: &[u32]) -> Result<Vec<Feed>> {
        let strategies = self.portfolio.strategies.iter().enumerate();
        strategies
            .map(|(strategy, spec)| {
                let bars = self.histories[spec.market].bars;
                let standing = &self.sweep.standing[strategy];
                let indicators = spec.indicators.iter().zip(&standing.tapes).enumerate();
                let tapes = indicators.map(|(indicator, (usage, tape))| match tape {
                    Some(tape) => Ok(Arc::clone(tape)),
                    None => self.record(digits, (strategy, indicator), usage, bars),
                });
                Ok(Feed {
                    tapes: tapes.collect::<Result<_>>()?,
                    closes: match &standing.closes {
                        Some(closes) => closes.clone(),
                        None => decision_rows(spec, bars)?,
                    },
                })
            })
            .collect()
    }

    fn record(
        &self,
        digits: &[u32],
        place: (usize, usize),
        usage: &IndicatorUse,
        bars: Bars<'_>,
    ) -> Result<Arc<SignalTape>> {
        let SignalSource::BuiltIn(base) = &usage.source else {
            panic!("axes vary only indicators that are computed here");
        };
        let parameters = self.sweep.axes.parameters();
        let changes = parameters
            .iter()
            .filter(|axis| (axis.strategy, axis.indicator) == place)
            .map(|axis| (axis.place, &axis.values[digits[axis.axis] as usize]));
        let varied = IndicatorUse {
            source: SignalSource::BuiltIn(base.with(changes)?),
            ..usage.clone()
        };
        SignalTape::record(&varied, bars, None).map(Arc::new)
    }
}
