//! Four numbers in a register of AVX.
//!
//! Every instruction here needs AVX2 or FMA. A vector comes of [`Vector::load`], which wants a [`HasAvx2`], or of another vector: where there is
//! one, the processor has them. That is the reason for the safety of each call.

#![expect(
    unsafe_code,
    reason = "instructions have no safe name outside functions compiled for them"
)]

use std::arch::x86_64::{
    __m256d, _CMP_EQ_OQ, _mm256_add_pd, _mm256_andnot_pd, _mm256_blendv_pd, _mm256_cmp_pd,
    _mm256_div_pd, _mm256_fmadd_pd, _mm256_loadu_pd, _mm256_max_pd, _mm256_min_pd, _mm256_mul_pd,
    _mm256_permute2f128_pd, _mm256_set1_pd, _mm256_sqrt_pd, _mm256_storeu_pd, _mm256_sub_pd,
    _mm256_unpackhi_pd, _mm256_unpacklo_pd,
};
use std::ops::{Add, Mul, Sub};

use super::vector::{BLOCK, Rows, Vector};

/// Lanes of a vector, and blocks abreast.
const LANES: usize = 4;

/// Where the parts of a chunk lie: the first halves of all blocks, then the second ones, so that each four are turned by themselves.
const PLACES: [usize; BLOCK] = [0, 2, 4, 6, 1, 3, 5, 7];

/// This processor has AVX2 and FMA.
#[derive(Debug, Clone, Copy)]
pub struct HasAvx2(());

impl HasAvx2 {
    /// Where it has.
    #[inline]
    #[must_use]
    pub fn detect() -> Option<Self> {
        let has = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma");
        has.then_some(Self(()))
    }
}

/// Four numbers side by side.
#[derive(Debug, Clone, Copy)]
pub struct Wide(__m256d);

/// An operation of two vectors by its instruction.
macro_rules! operator {
    ($operator:ident, $name:ident, $instruction:ident) => {
        impl $operator for Wide {
            type Output = Self;

            #[inline(always)]
            fn $name(self, other: Self) -> Self {
                // SAFETY: see the module.
                Self(unsafe { $instruction(self.0, other.0) })
            }
        }
    };
}

operator!(Add, add, _mm256_add_pd);
operator!(Sub, sub, _mm256_sub_pd);
operator!(Mul, mul, _mm256_mul_pd);

impl Wide {
    /// Not for others: there is no proof.
    #[inline(always)]
    fn of(lanes: &[f64; LANES]) -> Self {
        // SAFETY: see the module; the array has as many numbers as are loaded.
        Self(unsafe { _mm256_loadu_pd(lanes.as_ptr()) })
    }
}

impl Vector for Wide {
    type Proof = HasAvx2;
    type Chunk = [f64; LANES * BLOCK];

    #[inline(always)]
    fn chunks(rows: &[f64]) -> &[Self::Chunk] {
        rows.as_chunks().0
    }

    #[inline(always)]
    fn chunks_mut(rows: &mut [f64]) -> &mut [Self::Chunk] {
        rows.as_chunks_mut().0
    }

    /// In the order of [`PLACES`].
    #[inline(always)]
    fn load(_: HasAvx2, chunk: &Self::Chunk) -> Rows<Self> {
        let parts = chunk.as_chunks::<LANES>().0;
        let mut rows = [Self::of(&parts[0]); BLOCK];
        for (row, place) in rows.iter_mut().zip(PLACES) {
            *row = Self::of(&parts[place]);
        }
        rows
    }

    #[inline(always)]
    fn store(rows: Rows<Self>, chunk: &mut Self::Chunk) {
        let parts = chunk.as_chunks_mut::<LANES>().0;
        for (row, place) in rows.into_iter().zip(PLACES) {
            // SAFETY: see the module; the part has as many numbers as are stored.
            unsafe { _mm256_storeu_pd(parts[place].as_mut_ptr(), row.0) };
        }
    }

    #[inline(always)]
    fn turned(rows: Rows<Self>) -> Rows<Self> {
        let halves = rows.as_chunks::<LANES>().0;
        let mut turned = rows;
        for (turned, half) in turned.as_chunks_mut().0.iter_mut().zip(halves) {
            *turned = transposed(*half);
        }
        turned
    }

    #[inline(always)]
    fn all(self, number: f64) -> Self {
        // SAFETY: see the module.
        Self(unsafe { _mm256_set1_pd(number) })
    }

    #[inline(always)]
    fn mul_add(self, by: Self, plus: Self) -> Self {
        // SAFETY: see the module.
        Self(unsafe { _mm256_fmadd_pd(self.0, by.0, plus.0) })
    }

    #[inline(always)]
    fn over(self, divisor: Self) -> Self {
        // SAFETY: see the module.
        Self(unsafe { _mm256_div_pd(self.0, divisor.0) })
    }

    #[inline(always)]
    fn sqrt(self) -> Self {
        // SAFETY: see the module.
        Self(unsafe { _mm256_sqrt_pd(self.0) })
    }

    #[inline(always)]
    fn abs(self) -> Self {
        // SAFETY: see the module.
        Self(unsafe { _mm256_andnot_pd(_mm256_set1_pd(-0.0), self.0) })
    }

    #[inline(always)]
    fn larger(self, other: Self) -> Self {
        // SAFETY: see the module. The instruction gives its second operand where neither is above.
        Self(unsafe { _mm256_max_pd(self.0, other.0) })
    }

    #[inline(always)]
    fn smaller(self, other: Self) -> Self {
        // SAFETY: see the module. The instruction gives its second operand where neither is below.
        Self(unsafe { _mm256_min_pd(self.0, other.0) })
    }

    #[inline(always)]
    fn where_zero(self, then: Self, otherwise: Self) -> Self {
        // SAFETY: see the module.
        Self(unsafe {
            let zero = _mm256_cmp_pd::<_CMP_EQ_OQ>(self.0, _mm256_set1_pd(0.0));
            _mm256_blendv_pd(otherwise.0, then.0, zero)
        })
    }

    #[inline(always)]
    fn chained(self, factor: f64, value: &mut f64) -> Self {
        let mut terms = [0.0; LANES];
        // SAFETY: see the module; there is room for as many numbers as are stored.
        unsafe { _mm256_storeu_pd(terms.as_mut_ptr(), self.0) };
        for term in &mut terms {
            *term = term.chained(factor, value);
        }
        Self::of(&terms)
    }
}

/// Four vectors by their lanes.
#[inline(always)]
fn transposed([a, b, c, d]: [Wide; LANES]) -> [Wide; LANES] {
    // SAFETY: see the module.
    unsafe {
        let (ab, ab_odd) = (_mm256_unpacklo_pd(a.0, b.0), _mm256_unpackhi_pd(a.0, b.0));
        let (cd, cd_odd) = (_mm256_unpacklo_pd(c.0, d.0), _mm256_unpackhi_pd(c.0, d.0));
        [
            Wide(_mm256_permute2f128_pd::<0x20>(ab, cd)),
            Wide(_mm256_permute2f128_pd::<0x20>(ab_odd, cd_odd)),
            Wide(_mm256_permute2f128_pd::<0x31>(ab, cd)),
            Wide(_mm256_permute2f128_pd::<0x31>(ab_odd, cd_odd)),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers() -> [f64; LANES * BLOCK] {
        let mut numbers = [0.0; LANES * BLOCK];
        for (row, number) in numbers.iter_mut().enumerate() {
            *number = (row as f64 * 1.7).sin() * 10f64.powi(i32::try_from(row).unwrap() - 16);
        }
        numbers[5] = 0.0;
        numbers[9] = -0.0;
        numbers
    }

    #[test]
    fn turning_puts_the_same_row_of_every_block_into_one_vector_and_turning_again_undoes_it() {
        let Some(proof) = HasAvx2::detect() else {
            return;
        };
        let mut rows = [0.0; LANES * BLOCK];
        for (row, number) in rows.iter_mut().enumerate() {
            *number = row as f64;
        }
        let turned = Wide::turned(Wide::load(proof, &rows));
        for (row, vector) in turned.into_iter().enumerate() {
            let mut lanes = [0.0; LANES];
            unsafe { _mm256_storeu_pd(lanes.as_mut_ptr(), vector.0) };
            assert_eq!(
                lanes,
                [0.0, 8.0, 16.0, 24.0].map(|first| first + row as f64)
            );
        }
        let mut back = [0.0; LANES * BLOCK];
        Wide::store(Wide::turned(turned), &mut back);
        assert_eq!(back, rows);
    }

    /// Every operation by vectors and by numbers.
    fn worked<V: Vector>(proof: V::Proof, a: &[f64], b: &[f64]) -> Vec<u64> {
        let mut bits = Vec::new();
        let mut sum = 0.5;
        for (a, b) in V::chunks(a).iter().zip(V::chunks(b)) {
            let (a, b) = (V::load(proof, a), V::load(proof, b));
            let results: [fn(V, V) -> V; 10] = [
                |a, b| a + b,
                |a, b| a - b,
                |a, b| a * b,
                |a, b| a.mul_add(b, a.all(1.25)),
                V::over,
                |a, b| (a * a).mul_add(b * b, b.all(0.0)).sqrt(),
                |a, _| a.abs(),
                V::larger,
                V::smaller,
                |a, b| a.where_zero(b, a),
            ];
            let mut all = results.map(|result| {
                let mut rows = a;
                for (row, b) in rows.iter_mut().zip(b) {
                    *row = result(*row, b);
                }
                rows
            });
            let turned = V::turned(a);
            let mut chain = turned;
            chain[0] = turned[7].chained(0.875, &mut sum);
            all[0] = V::turned(chain);
            for rows in all {
                let mut room = vec![0.0; size_of::<V::Chunk>() / 8];
                V::store(rows, &mut V::chunks_mut(&mut room)[0]);
                bits.extend(room.into_iter().map(f64::to_bits));
            }
        }
        bits
    }

    #[test]
    fn vectors_give_each_lane_the_bits_that_numbers_give() {
        let Some(proof) = HasAvx2::detect() else {
            return;
        };
        let (a, mut b) = (numbers(), numbers());
        b.reverse();
        let by_vectors = worked::<Wide>(proof, &a, &b);
        let by_numbers = worked::<f64>((), &a, &b);
        // By numbers a block comes after the other, by vectors an operation after the other.
        let mut ordered = Vec::new();
        for operation in 0..10 {
            for block in 0..LANES {
                let first = (block * 10 + operation) * BLOCK;
                ordered.extend_from_slice(&by_numbers[first..first + BLOCK]);
            }
        }
        assert_eq!(by_vectors, ordered);
    }
}
