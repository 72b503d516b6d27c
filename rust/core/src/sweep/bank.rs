//! Columns and tapes that the sets of a block share, computed once and dropped when no set of the block needs them.

use std::collections::HashSet;
use std::sync::Arc;

use rayon::prelude::*;

use super::evaluate::Stage;
use super::parts::{Elements, narrow};
use super::voices::{AverageLine, Part, Work};
use crate::engine::SignalTape;
use crate::indicators::{Ema, Sma, fill};

/// An element at hand.
#[derive(Debug)]
pub(super) enum Shared {
    /// A line of an `ma`.
    Average(Vec<f64>),
    /// Signals; `None` where the parameters cannot be together.
    Tape(Option<Arc<SignalTape>>),
}

/// The elements of the block at work.
#[derive(Debug)]
pub(super) struct Bank {
    /// Slot of each element of the pass; [`NOWHERE`] when it is not at hand.
    slots: Vec<u32>,
    shared: Vec<Option<(u32, Shared)>>,
    /// Columns to write over.
    spare: Vec<Vec<f64>>,
}

const NOWHERE: u32 = u32::MAX;

/// The sets that elements are computed for, over the histories of a span.
#[derive(Debug, Clone, Copy)]
pub(super) struct Order<'a> {
    pub stage: &'a Stage<'a>,
    pub elements: &'a Elements,
    /// Digits of the sets of the pass.
    pub digits: &'a [u32],
}

/// Elements that are computed together: one average, or all tapes over the same values.
#[derive(Debug)]
struct Job {
    elements: Vec<u32>,
    spare: Option<Vec<f64>>,
    made: Vec<Shared>,
}

impl Bank {
    pub const fn new() -> Self {
        Self {
            slots: Vec::new(),
            shared: Vec::new(),
            spare: Vec::new(),
        }
    }

    /// Forgets the elements of the last pass; their columns stay to be written over.
    pub fn begin(&mut self, elements: usize) {
        for (_, shared) in self.shared.iter_mut().filter_map(Option::take) {
            keep_column(&mut self.spare, shared);
        }
        self.slots.clear();
        self.slots.resize(elements, NOWHERE);
    }

    /// Has exactly `wanted` at hand. Runs on the threads of the pool that it is called in.
    pub fn stock(&mut self, order: Order<'_>, wanted: &[u32]) {
        let is_wanted: HashSet<u32> = wanted.iter().copied().collect();
        for entry in &mut self.shared {
            if let Some((element, shared)) =
                entry.take_if(|(element, _)| !is_wanted.contains(element))
            {
                self.slots[element as usize] = NOWHERE;
                keep_column(&mut self.spare, shared);
            }
        }
        let mut jobs = self.jobs(order, wanted);
        jobs.par_iter_mut().with_max_len(1).for_each(|job| {
            let spare = job.spare.take();
            job.made = order.make(&job.elements, spare);
        });
        self.spare.clear();
        let mut free = 0;
        for job in jobs {
            for (element, made) in job.elements.into_iter().zip(job.made) {
                while self.shared.get(free).is_some_and(Option::is_some) {
                    free += 1;
                }
                if free == self.shared.len() {
                    self.shared.push(None);
                }
                self.slots[element as usize] = narrow(free);
                self.shared[free] = Some((element, made));
            }
        }
    }

    fn jobs(&mut self, order: Order<'_>, wanted: &[u32]) -> Vec<Job> {
        let mut missing: Vec<_> = wanted
            .iter()
            .filter(|element| self.slots[**element as usize] == NOWHERE)
            .map(|&element| {
                (
                    order.elements.part(element),
                    order.values_key(element),
                    element,
                )
            })
            .collect();
        missing.sort_unstable();
        missing
            .chunk_by(|a, b| (a.0, a.1) == (b.0, b.1))
            .map(|together| Job {
                elements: together.iter().map(|(.., element)| *element).collect(),
                spare: self.spare.pop(),
                made: Vec::new(),
            })
            .collect()
    }

    /// A line of an `ma` that the block has asked for.
    #[inline]
    pub fn average(&self, element: u32) -> &[f64] {
        match self.at(element) {
            Shared::Average(line) => line,
            Shared::Tape(_) => panic!("an average is asked for where a tape stands"),
        }
    }

    /// A tape that the block has asked for; `None` where the parameters cannot be together.
    #[inline]
    pub fn tape(&self, element: u32) -> Option<&Arc<SignalTape>> {
        match self.at(element) {
            Shared::Tape(tape) => tape.as_ref(),
            Shared::Average(_) => panic!("a tape is asked for where an average stands"),
        }
    }

    fn at(&self, element: u32) -> &Shared {
        let entry = self.shared[self.slots[element as usize] as usize].as_ref();
        &entry.expect("the block has been stocked").1
    }
}

fn keep_column(spare: &mut Vec<Vec<f64>>, shared: Shared) {
    if let Shared::Average(column) = shared {
        spare.push(column);
    }
}

impl Order<'_> {
    fn part(&self, element: u32) -> &Part {
        &self.stage.sweep.voices.parts[self.elements.part(element)]
    }

    /// What makes the tapes of elements readings of the same values.
    fn values_key(&self, element: u32) -> u128 {
        match &self.part(element).work {
            Work::Tape { values } => values.of(self.elements.sample(element, self.digits)),
            Work::Average(_) => u128::from(element),
        }
    }

    fn make(&self, together: &[u32], spare: Option<Vec<f64>>) -> Vec<Shared> {
        let part = self.part(together[0]);
        match &part.work {
            Work::Average(line) => {
                let column = spare.unwrap_or_default();
                vec![Shared::Average(self.average(
                    part,
                    line,
                    together[0],
                    column,
                ))]
            }
            Work::Tape { .. } => {
                let tapes = self.tapes(part, together);
                tapes.into_iter().map(Shared::Tape).collect()
            }
        }
    }

    fn average(
        &self,
        part: &Part,
        line: &AverageLine,
        element: u32,
        mut column: Vec<f64>,
    ) -> Vec<f64> {
        let digits = self.elements.sample(element, self.digits);
        let market = self.stage.sweep.portfolio.strategies[part.strategy].market;
        let close = self.stage.histories[market].bars.close;
        column.resize(close.len(), f64::NAN);
        let period = line.period.of(digits);
        let filled = if line.exponential.of(digits) {
            Ema::new(period).and_then(|rule| fill(rule, [close], [&mut column]))
        } else {
            Sma::new(period).and_then(|rule| fill(rule, [close], [&mut column]))
        };
        filled.expect("periods and prices have been checked");
        column
    }

    fn tapes(&self, part: &Part, together: &[u32]) -> Vec<Option<Arc<SignalTape>>> {
        let sweep = self.stage.sweep;
        let mut portfolio = sweep.portfolio.clone();
        let digits_of = |element: u32| self.elements.sample(element, self.digits);
        sweep.axes.apply(digits_of(together[0]), &mut portfolio);
        let strategy = &portfolio.strategies[part.strategy];
        let mut values = None;
        let mut read = |element: u32| {
            let spec = sweep.indicator(part.strategy, part.indicator, digits_of(element))?;
            self.stage.record(strategy, part.indicator, |bars| {
                let events = if together.len() == 1 {
                    spec.signals(bars)
                } else {
                    let values = values.get_or_insert_with(|| spec.values(bars));
                    spec.read(bars.close, values)
                };
                let known_at = None;
                Ok(SignalTape { events, known_at })
            })
        };
        let tapes = together
            .iter()
            .map(|element| read(*element).ok().map(Arc::new));
        tapes.collect()
    }
}
