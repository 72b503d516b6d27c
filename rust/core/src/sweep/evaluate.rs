//! One set: from its digits to its run, or to the reason why it cannot run.

use std::sync::Arc;

use super::bank::Bank;
use super::voices::Source;
use super::{Span, Sweep};
use crate::engine::{Engine, Feed, History, SignalTape};
use crate::error::Result;
use crate::indicators::{IndicatorSpec, crossings};
use crate::market::Bars;
use crate::plan::{PortfolioSpec, SignalSource, StrategySpec};
use crate::stats::Metrics;

/// The histories of a sweep, cut to a span.
#[derive(Debug)]
pub(super) struct Stage<'a> {
    pub sweep: &'a Sweep,
    pub histories: Vec<History<'a>>,
    traded: Vec<Bars<'a>>,
}

/// A set with the elements that it shares with others.
#[derive(Debug, Clone, Copy)]
pub(super) struct SharedSet<'a> {
    pub digits: &'a [u32],
    /// One a part.
    pub elements: &'a [u32],
    pub bank: &'a Bank,
}

/// Runs sets one after another; holds the portfolio of the set at work.
#[derive(Debug)]
pub(super) struct Evaluator<'a> {
    stage: &'a Stage<'a>,
    portfolio: PortfolioSpec,
}

/// A set that has run.
#[derive(Debug)]
pub(super) struct SetRun<'a> {
    stage: &'a Stage<'a>,
    portfolio: &'a PortfolioSpec,
    engine: Engine,
}

impl<'a> Stage<'a> {
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
        })
    }

    /// Number of bars that a run records: open times that any market has.
    pub fn bars(&self) -> usize {
        let mut times: Vec<i64> = Vec::new();
        for bars in &self.traded {
            times.extend_from_slice(bars.open_time_ns);
        }
        times.sort_unstable();
        times.dedup();
        times.len()
    }

    /// The tape of an indicator of a strategy.
    pub fn record(
        &self,
        strategy: &StrategySpec,
        indicator: usize,
        signals: impl FnOnce(Bars<'_>) -> Result<SignalTape>,
    ) -> Result<SignalTape> {
        let history = &self.histories[strategy.market];
        let timeframe = strategy.indicators[indicator].timeframe;
        let Some(higher) = self.sweep.timeframes.find(strategy.market, timeframe) else {
            return signals(history.bars);
        };
        let mut tape = signals(higher.before(history.bars.len()))?;
        tape.known_at = Some(Arc::clone(&higher.known_at));
        Ok(tape)
    }
}

impl<'a> Evaluator<'a> {
    pub fn new(stage: &'a Stage<'a>) -> Self {
        Self {
            stage,
            portfolio: stage.sweep.portfolio.clone(),
        }
    }

    /// Runs a set from what its block shares; `None` when it cannot run.
    pub fn run_shared(&mut self, set: SharedSet<'_>) -> Option<SetRun<'_>> {
        self.take(set.digits).ok()?;
        let voices = &self.stage.sweep.voices;
        let feeds = self.feeds(|_, _, source| match *source {
            Source::Standing(ref tape) => Some(Arc::clone(tape)),
            Source::Tape(part) => set.bank.tape(set.elements[part]).cloned(),
            Source::Averages { fast, slow } => {
                if voices.period(fast, set.digits) >= voices.period(slow, set.digits) {
                    return None;
                }
                let line = |part: usize| set.bank.average(set.elements[part]);
                let events = crossings(line(fast), line(slow));
                let known_at = None;
                Some(Arc::new(SignalTape { events, known_at }))
            }
        })?;
        self.run(&feeds).ok()
    }

    /// Runs a set for itself.
    pub fn run_alone(&mut self, digits: &[u32]) -> Result<SetRun<'_>> {
        self.take(digits)?;
        let mut reason = Ok(());
        let feeds = self.feeds(|strategy, indicator, source| {
            if let Source::Standing(tape) = source {
                return Some(Arc::clone(tape));
            }
            let spec = &self.portfolio.strategies[strategy];
            let tape = self.stage.sweep.indicator(strategy, indicator, digits);
            let tape = tape.and_then(|varied| {
                self.stage.record(spec, indicator, |bars| {
                    let (events, known_at) = (varied.signals(bars), None);
                    Ok(SignalTape { events, known_at })
                })
            });
            tape.map(Arc::new).map_err(|error| reason = Err(error)).ok()
        });
        reason?;
        self.run(&feeds.expect("no reason against it"))
    }

    /// Takes on the settings of a set.
    fn take(&mut self, digits: &[u32]) -> Result<()> {
        self.stage.sweep.axes.apply(digits, &mut self.portfolio);
        self.portfolio.check()
    }

    fn feeds(
        &self,
        mut tape: impl FnMut(usize, usize, &Source) -> Option<Arc<SignalTape>>,
    ) -> Option<Vec<Feed>> {
        let sweep = self.stage.sweep;
        let strategies = self.portfolio.strategies.iter().zip(&sweep.voices.sources);
        let mut feeds = Vec::with_capacity(self.portfolio.strategies.len());
        for (strategy, (spec, sources)) in strategies.enumerate() {
            let tapes = sources.iter().enumerate();
            let higher = sweep.timeframes.find(spec.market, spec.timeframe);
            feeds.push(Feed {
                tapes: tapes
                    .map(|(indicator, source)| tape(strategy, indicator, source))
                    .collect::<Option<_>>()?,
                closes: higher.map(|higher| Arc::clone(&higher.known_at)),
            });
        }
        Some(feeds)
    }

    fn run(&self, feeds: &[Feed]) -> Result<SetRun<'_>> {
        Ok(SetRun {
            stage: self.stage,
            portfolio: &self.portfolio,
            engine: Engine::run_taped(&self.portfolio, &self.stage.histories, feeds)?,
        })
    }
}

impl SetRun<'_> {
    pub fn metrics(&self) -> Result<Metrics> {
        self.engine.simulation().metrics(
            self.portfolio.initial_balance,
            self.portfolio.interval(),
            &self.stage.traded,
        )
    }

    /// Open times of the bars, UTC nanoseconds.
    pub fn open_time_ns(&self) -> &[i64] {
        self.engine.simulation().open_time_ns(&self.stage.traded)
    }

    /// Equity at each bar's close.
    pub fn equity(&self) -> &[f64] {
        &self.engine.simulation().record().equity
    }

    /// Equity before the first bar.
    pub const fn initial_balance(&self) -> f64 {
        self.portfolio.initial_balance
    }
}

impl Sweep {
    /// An indicator with the parameters of a set.
    pub(super) fn indicator(
        &self,
        strategy: usize,
        indicator: usize,
        digits: &[u32],
    ) -> Result<IndicatorSpec> {
        let usage = &self.portfolio.strategies[strategy].indicators[indicator];
        let SignalSource::BuiltIn(base) = &usage.source else {
            panic!("axes vary only indicators that are computed here");
        };
        let axes = self.axes.parameters().iter();
        let own = axes.filter(|axis| (axis.strategy, axis.indicator) == (strategy, indicator));
        base.with(own.map(|axis| (axis.place, &axis.values[digits[axis.axis] as usize])))
    }
}
