//! Columns and tapes that the sets of a block share, computed once and dropped when no set of the block needs them; few of them stay for the next call.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::evaluate::Stage;
use super::lean::{Average, rounded};
use super::parts::{Elements, narrow};
use super::voices::{AverageLine, Part, Work};
use super::workers::share;
use crate::engine::SignalTape;
use crate::error::Result;
use crate::indicators::{Ema, Sma, fill};

/// An element at hand.
#[derive(Debug)]
pub(super) enum Shared {
    Average(Line),
    /// Signals; `None` where the parameters cannot be together.
    Tape(Option<Arc<SignalTape>>),
}

/// A line of an `ma`.
#[derive(Debug)]
pub(super) struct Line {
    exact: Vec<f64>,
    /// The same rounded to half the width; empty where nobody has asked for it.
    rounded: Vec<f32>,
}

impl Shared {
    fn bytes(&self) -> usize {
        match self {
            Self::Average(line) => size_of_val(&line.exact[..]) + size_of_val(&line.rounded[..]),
            Self::Tape(tape) => tape
                .as_ref()
                .map_or(0, |tape| size_of_val(&tape.events[..])),
        }
    }
}

/// A part and the key of an element of it: the same in all passes and calls.
type Name = (usize, u128);

/// An element at hand.
#[derive(Debug)]
struct Entry {
    element: u32,
    name: Name,
    shared: Shared,
}

/// The elements of the block at work.
#[derive(Debug, Default)]
pub(super) struct Bank {
    /// Slot of each element of the pass; [`NOWHERE`] when it is not at hand.
    slots: Vec<u32>,
    shared: Vec<Option<Entry>>,
    /// Columns to write over.
    spare: Vec<Vec<f64>>,
    /// Elements of earlier calls, and the numbers of bars that they are computed over.
    kept: HashMap<Name, Shared>,
    bars: Vec<usize>,
}

const NOWHERE: u32 = u32::MAX;

/// Most bytes of elements kept for the next call: those of a search in many small steps, not those of a grid.
const KEPT_BYTES: usize = 6 << 20;

/// Most bytes of columns kept to be written over.
const SPARE_BYTES: usize = 12 << 20;

/// Rows of missing elements that are sooner computed than another thread is told of them.
const FEW_ROWS: usize = 1 << 16;

/// Bytes of a row of an average.
pub(super) const fn average_bytes(rounds: bool) -> usize {
    size_of::<f64>() + if rounds { size_of::<f32>() } else { 0 }
}

/// The sets that elements are computed for, over the histories of a span.
#[derive(Debug, Clone, Copy)]
pub(super) struct Order<'a> {
    pub stage: &'a Stage<'a>,
    pub elements: &'a Elements,
    /// Digits of the sets of the pass.
    pub digits: &'a [u32],
    /// Whether averages are wanted rounded too.
    pub rounds: bool,
}

/// Elements that are computed together: one average, or all tapes over the same values.
#[derive(Debug)]
struct Job {
    elements: Vec<(u32, Name)>,
    spare: Option<Vec<f64>>,
    made: Vec<Shared>,
}

impl Bank {
    /// Begins a call over histories of these numbers of bars.
    pub fn open(&mut self, bars: Vec<usize>) {
        if self.bars != bars {
            self.kept.clear();
            self.bars = bars;
        }
    }

    /// Ends a call; what is little stays for the next.
    pub fn close(&mut self) {
        for entry in self.shared.drain(..).flatten() {
            self.kept.insert(entry.name, entry.shared);
        }
        let bytes: usize = self.kept.values().map(Shared::bytes).sum();
        if bytes > KEPT_BYTES {
            for (_, shared) in self.kept.drain() {
                keep_column(&mut self.spare, shared);
            }
        }
        let mut bytes = 0;
        self.spare.retain(|column| {
            bytes += column.capacity() * size_of::<f64>();
            bytes <= SPARE_BYTES
        });
    }

    /// Forgets the elements of the last pass; their columns stay to be written over.
    pub fn begin(&mut self, elements: usize) {
        for entry in self.shared.iter_mut().filter_map(Option::take) {
            keep_column(&mut self.spare, entry.shared);
        }
        self.slots.clear();
        self.slots.resize(elements, NOWHERE);
    }

    /// Has exactly `wanted` at hand.
    pub fn stock(&mut self, threads: usize, order: Order<'_>, wanted: &[u32]) -> Result<()> {
        let is_wanted: HashSet<u32> = wanted.iter().copied().collect();
        for slot in &mut self.shared {
            if let Some(entry) = slot.take_if(|entry| !is_wanted.contains(&entry.element)) {
                self.slots[entry.element as usize] = NOWHERE;
                keep_column(&mut self.spare, entry.shared);
            }
        }
        let jobs = self.jobs(order, wanted);
        // Of several markets as if all were as long as the first: it decides nothing but the time.
        let rows = jobs.len() * order.stage.histories[0].bars.len();
        let threads = if rows < FEW_ROWS { 1 } else { threads };
        let jobs = share(threads, jobs, |job| {
            let spare = job.spare.take();
            job.made = order.make(&job.elements, spare);
        })?;
        self.spare.clear();
        for job in jobs {
            for ((element, name), shared) in job.elements.into_iter().zip(job.made) {
                self.place(Entry {
                    element,
                    name,
                    shared,
                });
            }
        }
        Ok(())
    }

    fn place(&mut self, entry: Entry) {
        self.slots[entry.element as usize] = narrow(self.shared.len());
        self.shared.push(Some(entry));
    }

    /// What is wanted and neither at hand nor kept.
    fn jobs(&mut self, order: Order<'_>, wanted: &[u32]) -> Vec<Job> {
        self.shared.retain(Option::is_some);
        for (slot, entry) in (0..).zip(self.shared.iter().flatten()) {
            self.slots[entry.element as usize] = slot;
        }
        let mut missing = Vec::new();
        for &element in wanted {
            if self.slots[element as usize] != NOWHERE {
                continue;
            }
            let name = order.name(element);
            if let Some(mut shared) = self.kept.remove(&name) {
                order.round(&mut shared);
                self.place(Entry {
                    element,
                    name,
                    shared,
                });
            } else {
                missing.push((name.0, order.values_key(element), element, name));
            }
        }
        missing.sort_unstable();
        missing
            .chunk_by(|a, b| (a.0, a.1) == (b.0, b.1))
            .map(|together| Job {
                elements: together.iter().map(|entry| (entry.2, entry.3)).collect(),
                spare: self.spare.pop(),
                made: Vec::new(),
            })
            .collect()
    }

    /// A line of an `ma` that the block has asked for.
    #[inline]
    pub fn average(&self, element: u32) -> &[f64] {
        &self.line(element).exact
    }

    /// The same with what it is when rounded, in a call that has ordered that.
    pub fn average_and_rounded(&self, element: u32) -> Average<'_> {
        let Line { exact, rounded } = self.line(element);
        Average { exact, rounded }
    }

    fn line(&self, element: u32) -> &Line {
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
        &entry.expect("the block has been stocked").shared
    }
}

fn keep_column(spare: &mut Vec<Vec<f64>>, shared: Shared) {
    if let Shared::Average(line) = shared {
        spare.push(line.exact);
    }
}

impl Order<'_> {
    fn part(&self, element: u32) -> &Part {
        &self.stage.sweep.voices.parts[self.elements.part(element)]
    }

    fn name(&self, element: u32) -> Name {
        let digits = self.elements.sample(element, self.digits);
        (
            self.elements.part(element),
            self.part(element).key.of(digits),
        )
    }

    /// What makes the tapes of elements readings of the same values.
    fn values_key(&self, element: u32) -> u128 {
        match &self.part(element).work {
            Work::Tape { values } => values.of(self.elements.sample(element, self.digits)),
            Work::Average(_) => u128::from(element),
        }
    }

    fn make(&self, together: &[(u32, Name)], spare: Option<Vec<f64>>) -> Vec<Shared> {
        let (first, _) = together[0];
        let part = self.part(first);
        match &part.work {
            Work::Average(line) => {
                let column = spare.unwrap_or_default();
                let exact = self.average(part, line, first, column);
                let rounded = Vec::new();
                let mut shared = Shared::Average(Line { exact, rounded });
                self.round(&mut shared);
                vec![shared]
            }
            Work::Tape { .. } => {
                let tapes = self.tapes(part, together);
                tapes.into_iter().map(Shared::Tape).collect()
            }
        }
    }

    fn round(&self, shared: &mut Shared) {
        if let (Shared::Average(line), true) = (shared, self.rounds)
            && line.rounded.is_empty()
        {
            line.rounded = rounded(&line.exact);
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

    fn tapes(&self, part: &Part, together: &[(u32, Name)]) -> Vec<Option<Arc<SignalTape>>> {
        let sweep = self.stage.sweep;
        let mut portfolio = sweep.portfolio.clone();
        let digits_of = |element: u32| self.elements.sample(element, self.digits);
        sweep.axes.apply(digits_of(together[0].0), &mut portfolio);
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
            .map(|(element, _)| read(*element).ok().map(Arc::new));
        tapes.collect()
    }
}
