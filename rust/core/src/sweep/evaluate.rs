//! One set: from its digits to its run, or to the reason why it cannot run. The lean simulation runs what it can, the general engine the rest.

use std::sync::{Arc, OnceLock};

use super::bank::Bank;
use super::lean::{
    Decisions, Growth, Scratch, Signals, Terms, Totals, Traded, Verdict, simulate, tally, whole,
};
use super::voices::Source;
use super::{Span, Sweep};
use crate::engine::{Engine, Feed, History, SignalTape};
use crate::error::Result;
use crate::indicators::{IndicatorSpec, crossings};
use crate::market::Bars;
use crate::plan::{PortfolioSpec, SignalSource, StrategySpec};
use crate::stats::{Backdrop, Metrics};

/// The histories of a sweep, cut to a span.
#[derive(Debug)]
pub(super) struct Stage<'a> {
    pub sweep: &'a Sweep,
    pub histories: Vec<History<'a>>,
    traded: Vec<Bars<'a>>,
    /// The only market, where the lean simulation can trade it.
    pub lean: Option<Traded<'a>>,
    span: Span,
    growth: OnceLock<Arc<Growth>>,
    backdrop: OnceLock<Arc<Backdrop>>,
}

/// A set with the elements that it shares with others.
#[derive(Debug, Clone, Copy)]
pub(super) struct SharedSet<'a> {
    pub digits: &'a [u32],
    /// One a part.
    pub elements: &'a [u32],
    pub bank: &'a Bank,
}

/// Runs sets one after another; holds the portfolio of the set at work, and what the last run has left.
#[derive(Debug)]
pub(super) struct Evaluator<'a> {
    pub(super) stage: &'a Stage<'a>,
    pub(super) portfolio: PortfolioSpec,
    pub(super) verdicts: Vec<Verdict>,
    scratch: Scratch,
}

/// A set that has run.
#[derive(Debug)]
pub(super) struct SetRun<'a> {
    stage: &'a Stage<'a>,
    portfolio: &'a PortfolioSpec,
    outcome: Outcome<'a>,
}

/// What ran it.
#[derive(Debug)]
enum Outcome<'a> {
    Lean {
        traded: &'a Traded<'a>,
        scratch: &'a Scratch,
        totals: Totals,
    },
    General(Box<Engine>),
}

impl<'a> Stage<'a> {
    pub fn new(sweep: &'a Sweep, span: Span) -> Result<Self> {
        let histories = sweep.histories(span)?;
        let traded = histories
            .iter()
            .map(|history| history.bars.slice(history.start, history.bars.len()))
            .collect();
        let lean = match &histories[..] {
            [only] if only.mark.is_none() => Traded::new(only.bars, only.start, only.funding),
            _ => None,
        };
        Ok(Self {
            sweep,
            histories,
            traded,
            lean,
            span,
            growth: OnceLock::new(),
            backdrop: OnceLock::new(),
        })
    }

    /// What holding the market does at the costs of the base portfolio.
    pub fn growth(&self, traded: &Traded<'_>) -> &Growth {
        self.growth.get_or_init(|| {
            let make = || Growth::new(traded, &self.sweep.portfolio.venue);
            self.sweep.kept.growth(self.span, make)
        })
    }

    /// What the metrics of all sets have in common.
    pub fn backdrop(&self, traded: &Traded<'_>) -> &Backdrop {
        self.backdrop.get_or_init(|| {
            // The lean simulation trades one market.
            self.sweep.markets[0].candles.backdrop(traded.rows())
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
            verdicts: Vec::new(),
            scratch: Scratch::default(),
        }
    }

    /// Runs a set from what its block shares; `None` when it cannot run.
    pub fn run_shared(&mut self, set: SharedSet<'_>) -> Option<SetRun<'_>> {
        self.take(set.digits).ok()?;
        let feeds = self.shared_feeds(set)?;
        self.run(&feeds).ok()
    }

    /// What a set that has been taken knows in advance, from what its block shares.
    pub fn shared_feeds(&self, set: SharedSet<'_>) -> Option<Vec<Feed>> {
        let voices = &self.stage.sweep.voices;
        self.feeds(|_, _, source| match *source {
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
        })
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
    pub(super) fn take(&mut self, digits: &[u32]) -> Result<()> {
        let axes = &self.stage.sweep.axes;
        if !axes.vary_settings() {
            // The base portfolio has been checked when the sweep was made.
            return Ok(());
        }
        axes.apply(digits, &mut self.portfolio);
        self.portfolio.check()?;
        self.portfolio.venue.check()
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

    fn run(&mut self, feeds: &[Feed]) -> Result<SetRun<'_>> {
        let lean = self.run_lean(feeds);
        let (stage, portfolio) = (self.stage, &self.portfolio);
        let outcome = if let Some((traded, totals)) = lean {
            Outcome::Lean {
                traded,
                scratch: &self.scratch,
                totals,
            }
        } else {
            let engine = Engine::run_taped(portfolio, &stage.histories, feeds)?;
            Outcome::General(Box::new(engine))
        };
        Ok(SetRun {
            stage,
            portfolio,
            outcome,
        })
    }

    /// Runs the set that has been taken by the lean simulation, if that can.
    fn run_lean(&mut self, feeds: &[Feed]) -> Option<(&'a Traded<'a>, Totals)> {
        let traded = self.stage.lean.as_ref()?;
        let terms = Terms::of(&self.portfolio)?;
        hear(feeds, traded, &terms, &mut self.verdicts);
        let totals = simulate(traded, &terms, &self.verdicts, &mut self.scratch)?;
        Some((traded, totals))
    }
}

/// Replaces `verdicts` by those of the only strategy.
pub(crate) fn hear(
    feeds: &[Feed],
    traded: &Traded<'_>,
    terms: &Terms<'_>,
    verdicts: &mut Vec<Verdict>,
) {
    let feed = &feeds[0];
    let heard = feed.tapes.iter().map(|tape| Signals {
        events: &tape.events,
        known_at: tape.known_at.as_deref(),
    });
    let signals: Vec<_> = heard.collect();
    let decisions = Decisions::of(traded, feed.closes.as_deref());
    tally(terms.strategy(), &signals, &decisions, verdicts);
}

impl SetRun<'_> {
    pub fn metrics(&self) -> Result<Metrics> {
        let balance = self.portfolio.initial_balance;
        match &self.outcome {
            Outcome::Lean {
                traded,
                scratch,
                totals,
            } => whole(
                traded,
                balance,
                totals,
                scratch,
                self.stage.backdrop(traded),
            ),
            Outcome::General(engine) => {
                engine
                    .simulation()
                    .metrics(balance, self.portfolio.interval(), &self.stage.traded)
            }
        }
    }

    /// Open times of the bars, UTC nanoseconds.
    pub fn open_time_ns(&self) -> &[i64] {
        match &self.outcome {
            Outcome::Lean { .. } => self.stage.traded[0].open_time_ns,
            Outcome::General(engine) => engine.simulation().open_time_ns(&self.stage.traded),
        }
    }

    /// Equity at each bar's close.
    pub fn equity(&self) -> &[f64] {
        match &self.outcome {
            Outcome::Lean { scratch, .. } => scratch.equity(),
            Outcome::General(engine) => &engine.simulation().record().equity,
        }
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
