//! Seeded draws: the same seed gives the same numbers on every machine and for any number of threads.

pub(crate) use rand_xoshiro::Xoshiro256PlusPlus as Generator;
use rand_xoshiro::rand_core::{Rng, SeedableRng};

/// A generator for one of many independent draws: draw `number` is the same whoever makes it, and in which order.
pub(crate) fn generator(seed: u64, number: u64) -> Generator {
    // The golden ratio spreads neighbouring numbers; `seed_from_u64` then runs SplitMix64 over the sum.
    Generator::seed_from_u64(seed.wrapping_add(number.wrapping_mul(0x9E37_79B9_7F4A_7C15)))
}

/// Uniform in 0..`count`, by the high half of a product (Lemire 2019); the bias is below `count`/2⁶⁴.
#[expect(
    clippy::cast_possible_truncation,
    reason = "the high half of the product is below `count`"
)]
pub(crate) fn index(generator: &mut Generator, count: usize) -> usize {
    let product = u128::from(generator.next_u64()) * count as u128;
    (product >> 64) as usize
}

/// Uniform in [0, 1).
pub(crate) fn uniform(generator: &mut Generator) -> f64 {
    (generator.next_u64() >> 11) as f64 * (1.0 / (1_u64 << 53) as f64)
}

/// Every order equally likely (Fisher and Yates, in Durstenfeld's form).
pub(crate) fn shuffle<T>(generator: &mut Generator, values: &mut [T]) {
    for last in (1..values.len()).rev() {
        values.swap(last, index(generator, last + 1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draw_depends_on_seed_and_number_only() {
        let draw = |seed, number| generator(seed, number).next_u64();
        assert_eq!(draw(1, 5), draw(1, 5));
        assert_ne!(draw(1, 5), draw(1, 6));
        assert_ne!(draw(1, 5), draw(2, 5));
    }

    #[test]
    fn every_order_is_about_as_likely() {
        let mut counts = std::collections::BTreeMap::new();
        let mut generator = generator(7, 0);
        for _ in 0..24_000 {
            let mut order = [0, 1, 2, 3];
            shuffle(&mut generator, &mut order);
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
        let mut generator = generator(3, 0);
        let draws: Vec<f64> = (0..10_000).map(|_| uniform(&mut generator)).collect();
        assert!(draws.iter().all(|draw| (0.0..1.0).contains(draw)));
        let mean = draws.iter().sum::<f64>() / 10_000.0;
        assert!((mean - 0.5).abs() < 0.015, "{mean}");
        assert!((0..1_000).all(|_| index(&mut generator, 3) < 3));
    }
}
