//! What all samplers by generations share: sets never proposed before, crossing and mutation.

use std::collections::HashSet;

use crate::error::{Error, Result};
use crate::random::Draw;

/// Random proposals before the sets are gone through one by one.
const BLIND_TRIES: usize = 32;

/// Mutations of a child that has been proposed before, until a random set takes its place.
const MUTATIONS: usize = 8;

/// How a generation comes from the one before.
#[derive(Debug, Clone, PartialEq)]
pub struct BreedingRules {
    /// Sets of a generation.
    pub population_size: usize,
    /// Generations at most.
    pub generations: usize,
    /// Sets of which the best becomes a parent.
    pub tournament_size: usize,
    /// Probability that a child comes from two parents, each digit from either.
    pub crossover_rate: f64,
    /// Probability that a digit changes; `None` is one digit of a set on average.
    pub mutation_rate: Option<f64>,
    /// Seed of every draw.
    pub seed: u64,
}

/// Makes sets that have not been proposed before.
#[derive(Debug)]
pub(super) struct Breeding {
    lengths: Vec<u32>,
    crossover_rate: f64,
    mutation_rate: f64,
    pub draw: Draw,
    seen: HashSet<Box<[u32]>>,
    /// Number of all sets, or the largest number that fits.
    size: u128,
}

impl BreedingRules {
    fn check(&self) -> Result<()> {
        for (name, value, least) in [
            ("population_size", self.population_size, 2),
            ("generations", self.generations, 1),
            ("tournament_size", self.tournament_size, 1),
        ] {
            if value < least {
                return Err(Error::parameter(name, value, format!("at least {least}")));
            }
        }
        for (name, rate) in [
            ("crossover_rate", Some(self.crossover_rate)),
            ("mutation_rate", self.mutation_rate),
        ] {
            if let Some(rate) = rate.filter(|rate| !(0.0..=1.0).contains(rate)) {
                return Err(Error::parameter(name, rate, "between 0 and 1"));
            }
        }
        Ok(())
    }
}

impl Breeding {
    /// Over axes of these lengths.
    pub fn new(lengths: &[usize], rules: &BreedingRules) -> Result<Self> {
        rules.check()?;
        if lengths.is_empty() {
            return Err(Error::parameter("lengths", "none", "one an axis"));
        }
        let length = |(axis, &length): (usize, &usize)| match u32::try_from(length) {
            Ok(length) if length > 0 => Ok(length),
            _ => Err(Error::parameter(
                format!("lengths[{axis}]"),
                length,
                "at least 1 and below 2^32",
            )),
        };
        let size = lengths
            .iter()
            .fold(1_u128, |size, length| size.saturating_mul(*length as u128));
        Ok(Self {
            lengths: lengths
                .iter()
                .enumerate()
                .map(length)
                .collect::<Result<_>>()?,
            crossover_rate: rules.crossover_rate,
            mutation_rate: rules.mutation_rate.unwrap_or(1.0 / lengths.len() as f64),
            draw: Draw::new(rules.seed),
            seen: HashSet::new(),
            size,
        })
    }

    /// Digits of a set.
    pub const fn width(&self) -> usize {
        self.lengths.len()
    }

    /// Up to `count` sets, less when all have been proposed.
    pub fn random_sets(&mut self, count: usize) -> Vec<Box<[u32]>> {
        (0..count).map_while(|_| self.random()).collect()
    }

    /// A child of two parents that has not been proposed before; a random set where chance gives none, `None` when all have been proposed.
    pub fn child(&mut self, one: &[u32], other: &[u32]) -> Option<Box<[u32]>> {
        let mut child: Box<[u32]> = one.into();
        if self.draw.happens(self.crossover_rate) {
            for (digit, other) in child.iter_mut().zip(other) {
                if self.draw.happens(0.5) {
                    *digit = *other;
                }
            }
        }
        for _ in 0..MUTATIONS {
            for (digit, length) in child.iter_mut().zip(&self.lengths) {
                if self.draw.happens(self.mutation_rate) {
                    *digit = self.draw.digit(*length);
                }
            }
            if self.seen.insert(child.clone()) {
                return Some(child);
            }
        }
        self.random()
    }

    /// A set that has not been proposed before.
    fn random(&mut self) -> Option<Box<[u32]>> {
        if self.seen.len() as u128 >= self.size {
            return None;
        }
        let mut set: Box<[u32]> = Box::default();
        for _ in 0..BLIND_TRIES {
            set = self
                .lengths
                .iter()
                .map(|length| self.draw.digit(*length))
                .collect();
            if self.seen.insert(set.clone()) {
                return Some(set);
            }
        }
        // Few are left: the next one after the last draw, with the first digit counting fastest.
        while !self.seen.insert(set.clone()) {
            for (digit, length) in set.iter_mut().zip(&self.lengths) {
                *digit = (*digit + 1) % length;
                if *digit != 0 {
                    break;
                }
            }
        }
        Some(set)
    }
}

/// Sets one after another.
pub(super) fn joined(sets: &[Box<[u32]>]) -> Vec<u32> {
    sets.iter().flat_map(|set| set.iter().copied()).collect()
}

/// Checks that as many scores are told as were asked for.
pub(super) fn check_told(told: usize, asked: usize) -> Result<()> {
    if told == asked {
        return Ok(());
    }
    Err(Error::Length {
        column: "scores".to_owned(),
        length: told,
        expected: asked,
    })
}

/// Checks that the scores of the last generation have been told.
pub(super) fn check_nothing_asked(asked: usize) -> Result<()> {
    if asked == 0 {
        return Ok(());
    }
    let requirement = "asked for after the scores of the last have been told";
    Err(Error::parameter("generation", "the next", requirement))
}
