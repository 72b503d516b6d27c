//! Seeded chance: xoshiro256++ (Blackman and Vigna 2021). The same seed gives the same draws on every machine and for any number of threads.

use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{Rng, SeedableRng};

/// A source of draws.
#[derive(Debug, Clone)]
pub(crate) struct Draw(Xoshiro256PlusPlus);

impl Draw {
    pub fn new(seed: u64) -> Self {
        Self(Xoshiro256PlusPlus::seed_from_u64(seed))
    }

    /// One of many independent sources: source `number` is the same whoever makes it, and in which order.
    pub fn numbered(seed: u64, number: u64) -> Self {
        // The golden ratio spreads neighbouring numbers; `seed_from_u64` then runs SplitMix64 over the sum.
        Self::new(seed.wrapping_add(number.wrapping_mul(0x9E37_79B9_7F4A_7C15)))
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

    /// A number in [0, 1): 53 random bits, evenly spaced.
    pub fn uniform(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 * (1.0 / (1_u64 << 53) as f64)
    }

    /// Whether something of this probability happens.
    pub fn happens(&mut self, probability: f64) -> bool {
        self.uniform() < probability
    }

    /// Puts values in random order (Fisher and Yates, in Durstenfeld's form).
    pub fn shuffle<T>(&mut self, values: &mut [T]) {
        for last in (1..values.len()).rev() {
            values.swap(last, self.below(last + 1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draw_depends_on_seed_and_number_only() {
        let draw = |seed, number| Draw::numbered(seed, number).below(usize::MAX);
        assert_eq!(draw(1, 5), draw(1, 5));
        assert_ne!(draw(1, 5), draw(1, 6));
        assert_ne!(draw(1, 5), draw(2, 5));
    }

    #[test]
    fn every_order_is_about_as_likely() {
        let mut counts = std::collections::BTreeMap::new();
        let mut draw = Draw::new(7);
        for _ in 0..24_000 {
            let mut order = [0, 1, 2, 3];
            draw.shuffle(&mut order);
            *counts.entry(order).or_insert(0) += 1;
        }
        assert_eq!(counts.len(), 24);
        // 1,000 expected, 31 the deviation: five of them.
        assert!(
            counts.values().all(|count| (845..1155).contains(count)),
            "{counts:?}"
        );
    }

    #[test]
    fn uniform_numbers_fill_their_range() {
        let mut draw = Draw::new(3);
        let draws: Vec<f64> = (0..10_000).map(|_| draw.uniform()).collect();
        assert!(draws.iter().all(|draw| (0.0..1.0).contains(draw)));
        let mean = draws.iter().sum::<f64>() / 10_000.0;
        assert!((mean - 0.5).abs() < 0.015, "{mean}");
        assert!((0..1_000).all(|_| draw.below(3) < 3));
    }
}
