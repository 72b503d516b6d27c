//! An exponential average of an exponential average, and so on: what TEMA and T3 are made of.

use super::blocks::{Blocks, Kernel, both};
use super::decay::{Decay, all_agree, rows};
use super::ema::{Opening, ema_weight, moved_back};
use super::rule::checked_period;
use super::simd::{Rows, Vector};
use crate::error::Result;

/// `N` exponential averages of one period, each of the one before, added up with weights.
///
/// An average moves by its weight times the value's distance from it, and that distance is what the average keeps: so
/// what moves one average is what the one before keeps, but for a factor, and the factors are left to the weights.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Cascade<const N: usize> {
    opening: [Opening; N],
    /// By what the sums that decay are over those of [`Opening`].
    scales: [f64; N],
    cascading: Cascading<N>,
    blocks: Option<Blocks<Cascading<N>, 1>>,
}

impl<const N: usize> Cascade<N> {
    /// Averages that have seen nothing, and their weights, which add up to 1.
    pub(super) fn new(period: usize, weights: [f64; N]) -> Result<Self> {
        let period = checked_period("period", period, 1)?;
        let average = Opening::new(period, ema_weight(period));
        let weight = 1.0 - average.retained;
        let mut scales = [1.0; N];
        for n in 1..N {
            scales[n] = scales[n - 1] / weight;
        }
        // Each average is the value and the distances of the averages up to it, each from the one before.
        let mut of_decayed = [0.0; N];
        let mut of_distance = 0.0;
        for n in (0..N).rev() {
            of_distance += weights[n];
            of_decayed[n] = of_distance * average.retained / scales[n];
        }
        Ok(Self {
            cascading: Cascading {
                weights: of_decayed,
                decays: [average.decay(1.0); N],
            },
            opening: std::array::from_fn(|_| average.clone()),
            scales,
            blocks: None,
        })
    }

    /// Rows still to come before the last average.
    pub(super) fn warm_up(&self) -> usize {
        self.opening.iter().map(Opening::warm_up).sum()
    }

    /// Whether it goes on as another that has seen the same values last.
    pub(super) fn agrees(&self, other: &Self) -> bool {
        both(self.blocks.as_ref(), other.blocks.as_ref(), Blocks::agrees)
    }

    /// Takes the next values and writes the weighted sums, where there are all averages.
    #[inline(always)]
    pub(super) fn run(&mut self, values: &[f64], line: &mut [f64]) {
        let mut row = 0;
        while self.blocks.is_none() && row < values.len() {
            if self.open(values[row]) {
                line[row] = self.cascading.sum(values[row]);
                self.blocks = Some(Blocks::new(self.cascading, [values[row]]));
            }
            row += 1;
        }
        if let Some(blocks) = &mut self.blocks {
            blocks.run([&values[row..]], [&mut line[row..]]);
        }
    }

    /// Takes a value while an average is being seeded; whether the last one is.
    fn open(&mut self, mut value: f64) -> bool {
        for average in &mut self.opening {
            let Some(distance) = average.take(value) else {
                return false;
            };
            value += distance;
        }
        for n in 0..N {
            self.cascading.decays[n] = self.opening[n].decay(self.scales[n]);
        }
        true
    }
}

/// The averages once they are seeded.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Cascading<const N: usize> {
    /// Weights of what decays.
    weights: [f64; N],
    decays: [Decay; N],
}

impl<const N: usize> Cascading<N> {
    /// The weighted sum at the newest value.
    fn sum(&self, value: f64) -> f64 {
        let distances = self.weights.iter().zip(&self.decays);
        distances.fold(value, |sum, (weight, decay)| {
            weight.mul_add(decay.value(), sum)
        })
    }
}

impl<const N: usize> Cascading<N> {
    /// The weighted sum with average `n`.
    #[inline(always)]
    fn plus<V: Vector>(&self, n: usize, decayed: Rows<V>, sum: Rows<V>) -> Rows<V> {
        let weight = sum[0].all(self.weights[n]);
        rows!(|j| weight.mul_add(decayed[j], sum[j]))
    }
}

impl<const N: usize> Kernel<1, 1> for Cascading<N> {
    const STAGGERED: bool = true;
    type Begun<V: Vector> = [Rows<V>; 2];
    type Summed<V: Vector> = [Rows<V>; 2];

    #[inline(always)]
    fn begin<V: Vector>(&self, [values]: [Rows<V>; 1], [before]: [Rows<V>; 1]) -> [Rows<V>; 2] {
        let moved_back = V::turned(moved_back(values, before));
        [V::turned(values), self.decays[0].partials(moved_back)]
    }

    /// The first half of the averages.
    #[inline(always)]
    fn sum<V: Vector>(&mut self, [values, partials]: [Rows<V>; 2]) -> [Rows<V>; 2] {
        let mut decayed = self.decays[0].follow(partials);
        let mut sum = self.plus(0, decayed, values);
        for n in 1..N / 2 {
            decayed = self.decays[n].run(decayed);
            sum = self.plus(n, decayed, sum);
        }
        [sum, decayed]
    }

    /// The others.
    #[inline(always)]
    fn end<V: Vector>(
        &mut self,
        _: [Rows<V>; 1],
        [mut sum, mut decayed]: [Rows<V>; 2],
    ) -> [Rows<V>; 1] {
        for n in (N / 2).max(1)..N {
            decayed = self.decays[n].run(decayed);
            sum = self.plus(n, decayed, sum);
        }
        [V::turned(sum)]
    }

    fn agrees(&self, other: &Self) -> bool {
        all_agree(&self.decays, &other.decays)
    }
}
