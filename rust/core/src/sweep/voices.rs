//! Where the signals of each indicator come from: the same in all sets, or from parts that sets with equal digits share.

use std::sync::Arc;

use super::axis::{Axes, TimeframeAxis};
use crate::engine::SignalTape;
use crate::error::{Error, Result};
use crate::indicators::{IndicatorSpec, ParameterValue};
use crate::plan::{PortfolioSpec, SignalSource};

/// Digits of some axes as one number.
#[derive(Debug)]
pub(super) struct Key {
    places: Vec<(usize, u128)>,
    /// Number of different keys.
    pub size: u128,
}

impl Key {
    pub fn new(axes: &[usize], lengths: &[usize]) -> Result<Self> {
        let mut size = 1_u128;
        let mut places = Vec::with_capacity(axes.len());
        for &axis in axes {
            places.push((axis, size));
            size = size.checked_mul(lengths[axis] as u128).ok_or_else(|| {
                let requirement = "such that there are fewer than 2^128 combinations";
                Error::parameter("axes of one indicator", axes.len(), requirement)
            })?;
        }
        Ok(Self { places, size })
    }

    /// The key of a set.
    #[inline]
    pub fn of(&self, digits: &[u32]) -> u128 {
        let terms = self.places.iter();
        terms
            .map(|(axis, stride)| u128::from(digits[*axis]) * stride)
            .sum()
    }
}

/// A value that an axis may vary.
#[derive(Debug)]
pub(super) struct Choice<T> {
    axis: Option<usize>,
    values: Vec<T>,
}

impl<T: Copy> Choice<T> {
    #[inline]
    pub fn of(&self, digits: &[u32]) -> T {
        self.values[self.axis.map_or(0, |axis| digits[axis] as usize)]
    }
}

/// A moving average of an `ma`.
#[derive(Debug)]
pub(super) struct AverageLine {
    pub period: Choice<usize>,
    pub exponential: Choice<bool>,
}

/// What a part computes.
#[derive(Debug)]
pub(super) enum Work {
    /// The tape of an indicator. Sets with this key equal have equal values and differ in the rule over them at most.
    Tape { values: Key },
    /// One line of an `ma` at the bars' interval.
    Average(AverageLine),
}

/// Something that is computed once for all sets of equal key.
#[derive(Debug)]
pub(super) struct Part {
    pub strategy: usize,
    pub indicator: usize,
    pub key: Key,
    pub work: Work,
}

/// Where an indicator's signals come from; numbers are those of parts.
#[derive(Debug)]
pub(super) enum Source {
    Standing(Arc<SignalTape>),
    Tape(usize),
    Averages { fast: usize, slow: usize },
}

/// The sources of all indicators, by strategy, and the parts that they need.
#[derive(Debug)]
pub(super) struct Voices {
    pub sources: Vec<Vec<Source>>,
    pub parts: Vec<Part>,
}

impl Voices {
    /// The parts of the two averages where there is nothing else.
    pub fn pair(&self) -> Option<(usize, usize)> {
        match &self.sources[..] {
            [only] => match only[..] {
                [Source::Averages { fast, slow }] => Some((fast, slow)),
                _ => None,
            },
            _ => None,
        }
    }

    /// `standing` gives the tape of an indicator that no axis varies.
    pub fn new(
        base: &PortfolioSpec,
        axes: &Axes,
        mut standing: impl FnMut(usize, usize) -> Result<SignalTape>,
    ) -> Result<Self> {
        let mut parts = Vec::new();
        let mut sources = Vec::with_capacity(base.strategies.len());
        for (strategy, spec) in base.strategies.iter().enumerate() {
            let interval = base.markets[spec.market].interval;
            let mut of_strategy = Vec::with_capacity(spec.indicators.len());
            for (indicator, usage) in spec.indicators.iter().enumerate() {
                let varied = axes.of_signals(strategy, indicator);
                let has_timeframe = |axis: &TimeframeAxis| {
                    (axis.strategy, axis.indicator) == (strategy, Some(indicator))
                };
                let own_bars =
                    usage.timeframe == interval && !axes.timeframes().iter().any(has_timeframe);
                of_strategy.push(match &usage.source {
                    SignalSource::BuiltIn(spec) if !varied.is_empty() => {
                        let at = At {
                            axes,
                            strategy,
                            indicator,
                            spec,
                        };
                        if spec.kind() == "ma" && own_bars {
                            parts.extend([at.average(0)?, at.average(1)?]);
                            let (fast, slow) = (parts.len() - 2, parts.len() - 1);
                            Source::Averages { fast, slow }
                        } else {
                            parts.push(at.tape(&varied)?);
                            Source::Tape(parts.len() - 1)
                        }
                    }
                    _ => Source::Standing(Arc::new(standing(strategy, indicator)?)),
                });
            }
            sources.push(of_strategy);
        }
        Ok(Self { sources, parts })
    }

    /// Period of a set's average.
    #[inline]
    pub fn period(&self, part: usize, digits: &[u32]) -> usize {
        match &self.parts[part].work {
            Work::Average(line) => line.period.of(digits),
            Work::Tape { .. } => panic!("a tape has no period"),
        }
    }
}

/// A varied indicator.
struct At<'a> {
    axes: &'a Axes,
    strategy: usize,
    indicator: usize,
    spec: &'a IndicatorSpec,
}

impl At<'_> {
    fn tape(&self, varied: &[usize]) -> Result<Part> {
        let of_rule = self.axes.parameters().iter().filter(|axis| {
            (axis.strategy, axis.indicator) == (self.strategy, self.indicator)
                && self.spec.is_of_rule(axis.place)
        });
        let of_rule: Vec<_> = of_rule.map(|axis| axis.axis).collect();
        let of_values: Vec<_> = varied
            .iter()
            .copied()
            .filter(|axis| !of_rule.contains(axis))
            .collect();
        let lengths = self.axes.lengths();
        let values = Key::new(&of_values, lengths)?;
        Ok(self.part(Key::new(varied, lengths)?, Work::Tape { values }))
    }

    /// The line of the period at a place of the catalogue's parameters of `ma`: 0 fast, 1 slow.
    fn average(&self, place: usize) -> Result<Part> {
        let period = self.choice(place, |value| match value {
            ParameterValue::Integer(period) => usize::try_from(*period).ok(),
            _ => None,
        });
        let exponential = self.choice(2, |value| match value {
            ParameterValue::Text(word) => Some(word == "ema"),
            _ => None,
        });
        let axes: Vec<_> = period.axis.into_iter().chain(exponential.axis).collect();
        let line = AverageLine {
            period,
            exponential,
        };
        let key = Key::new(&axes, self.axes.lengths())?;
        Ok(self.part(key, Work::Average(line)))
    }

    fn choice<T>(&self, place: usize, read: fn(&ParameterValue) -> Option<T>) -> Choice<T> {
        let expect = |value| read(value).expect("the catalogue has accepted the value");
        let axis = self.axes.parameters().iter().find(|axis| {
            (axis.strategy, axis.indicator, axis.place) == (self.strategy, self.indicator, place)
        });
        axis.map_or_else(
            || Choice {
                axis: None,
                values: vec![expect(&self.spec.parameters()[place].1)],
            },
            |axis| Choice {
                axis: Some(axis.axis),
                values: axis.values.iter().map(expect).collect(),
            },
        )
    }

    const fn part(&self, key: Key, work: Work) -> Part {
        Part {
            strategy: self.strategy,
            indicator: self.indicator,
            key,
            work,
        }
    }
}
