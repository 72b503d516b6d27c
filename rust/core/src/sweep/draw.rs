//! Seeded chance: xoshiro256++ (Blackman and Vigna 2021), and the draws made from it.

use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{Rng, SeedableRng};

/// A source of draws; equal seeds give equal draws on every machine.
#[derive(Debug, Clone)]
pub(super) struct Draw(Xoshiro256PlusPlus);

impl Draw {
    pub fn new(seed: u64) -> Self {
        Self(Xoshiro256PlusPlus::seed_from_u64(seed))
    }

    /// A whole number below `bound`, all equally likely (Lemire 2019).
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the halves of a product, the upper one below the bound"
    )]
    pub fn below(&mut self, bound: usize) -> usize {
        let bound = bound as u64;
        let threshold = bound.wrapping_neg() % bound;
        loop {
            let product = u128::from(self.0.next_u64()) * u128::from(bound);
            let (high, low) = ((product >> 64) as usize, product as u64);
            if low >= threshold {
                return high;
            }
        }
    }

    /// A digit of an axis of that length.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "below the length, which fits"
    )]
    pub fn digit(&mut self, length: u32) -> u32 {
        self.below(length as usize) as u32
    }

    /// Whether something of this probability happens.
    pub fn happens(&mut self, probability: f64) -> bool {
        // 53 random bits are a number in [0, 1), evenly spaced.
        let unit = (self.0.next_u64() >> 11) as f64 / (1_u64 << 53) as f64;
        unit < probability
    }

    /// Puts values in random order (Fisher and Yates).
    pub fn shuffle<T>(&mut self, values: &mut [T]) {
        for last in (1..values.len()).rev() {
            values.swap(last, self.below(last + 1));
        }
    }
}
