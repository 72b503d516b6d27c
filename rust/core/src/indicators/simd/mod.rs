//! Runs a loop compiled for AVX2 and FMA where the processor has them, offers vectors of four, compares columns and fetches ahead; the only
//! unsafe code of the core.
//!
//! Both paths give the same bits: the lanes an algorithm uses are fixed in its own file, and `mul_add` rounds once
//! with the instruction and without it.

mod vector;
#[cfg(target_arch = "x86_64")]
mod wide;

use std::ops::Range;

pub use vector::{BLOCK, Rows, Vector};
#[cfg(target_arch = "x86_64")]
pub use wide::{HasAvx2, Wide};

/// A piece of work that gains from wide instructions. Mark `run` as `#[inline(always)]`, and whatever it calls in
/// its loops, so that all of it is compiled for the wider processor.
pub trait Work {
    /// What the work gives.
    type Output;

    /// Does the work.
    fn run(self) -> Self::Output;
}

/// Does the work with the widest instructions that this processor and every x86-64 wheel agree on.
#[inline]
pub fn dispatch<W: Work>(work: W) -> W::Output {
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
        #[expect(
            unsafe_code,
            reason = "the features that `wide` is compiled for were just detected"
        )]
        // SAFETY: `wide` is safe code; calling it needs AVX2 and FMA only, which this processor has.
        return unsafe { wide(work) };
    }
    work.run()
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn wide<W: Work>(work: W) -> W::Output {
    work.run()
}

/// Has the cache fetch the value at `row`, if there is one, while other work goes on. It changes nothing but time.
#[inline]
pub fn fetch_ahead<T>(values: &[T], row: usize) {
    #[cfg(target_arch = "x86_64")]
    if let Some(value) = values.get(row) {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        #[expect(unsafe_code, reason = "an instruction without a safe name")]
        // SAFETY: a prefetch is a hint that reads nothing into the program; every x86-64 processor has it.
        unsafe {
            _mm_prefetch::<_MM_HINT_T0>(std::ptr::from_ref(value).cast());
        }
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = (values, row);
}

/// Numbers in a line of the cache.
const LINE: usize = 8;

/// Rows to the next page of memory, up to which the processor does not look ahead by itself.
const PAGE: usize = 512;

/// Has the cache fetch the rows a page behind these, as far as there are such, and no more than a page of them.
#[inline]
pub fn fetch_page_ahead(values: &[f64], rows: Range<usize>) {
    for row in rows.take(PAGE).step_by(LINE) {
        fetch_ahead(values, row + PAGE);
    }
}

/// Rows of a word of bits.
const WORD: usize = 64;

/// Writes a bit for every row: whether `a` is above `b` there. Bits behind the last row are zero.
///
/// # Panics
/// When the columns differ in length or `words` has not one word for every 64 rows begun.
pub fn write_above(a: &[f64], b: &[f64], words: &mut [u64]) {
    assert_eq!(a.len(), b.len());
    assert_eq!(a.len().div_ceil(WORD), words.len());
    #[cfg(target_arch = "x86_64")]
    {
        #[expect(unsafe_code, reason = "called where the processor has what it needs")]
        if is_x86_feature_detected!("avx512f") {
            // SAFETY: it is safe code that needs AVX-512.
            return unsafe { write_above_by_eight(a, b, words) };
        }
        #[expect(unsafe_code, reason = "called where the processor has what it needs")]
        if is_x86_feature_detected!("avx2") {
            // SAFETY: it is safe code that needs AVX2.
            return unsafe { write_above_by_four(a, b, words) };
        }
    }
    write_words(a, b, words, |a: &[f64; 1], b| u64::from(a[0] > b[0]));
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f")]
fn write_above_by_eight(a: &[f64], b: &[f64], words: &mut [u64]) {
    use std::arch::x86_64::{_CMP_GT_OQ, _mm512_cmp_pd_mask, _mm512_loadu_pd};
    write_words(a, b, words, |a: &[f64; 8], b| {
        #[expect(unsafe_code, reason = "loads have no safe name")]
        // SAFETY: both are arrays of as many numbers as are loaded; alignment does not matter.
        let (a, b) = unsafe { (_mm512_loadu_pd(a.as_ptr()), _mm512_loadu_pd(b.as_ptr())) };
        u64::from(_mm512_cmp_pd_mask::<_CMP_GT_OQ>(a, b))
    });
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn write_above_by_four(a: &[f64], b: &[f64], words: &mut [u64]) {
    use std::arch::x86_64::{_CMP_GT_OQ, _mm256_cmp_pd, _mm256_loadu_pd, _mm256_movemask_pd};
    write_words(a, b, words, |a: &[f64; 4], b| {
        #[expect(unsafe_code, reason = "loads have no safe name")]
        // SAFETY: both are arrays of as many numbers as are loaded; alignment does not matter.
        let (a, b) = unsafe { (_mm256_loadu_pd(a.as_ptr()), _mm256_loadu_pd(b.as_ptr())) };
        u64::from(_mm256_movemask_pd(_mm256_cmp_pd::<_CMP_GT_OQ>(a, b)).cast_unsigned())
    });
}

/// Writes words of bits; `bits` gives those of a few rows.
#[inline(always)]
fn write_words<const LANES: usize>(
    a: &[f64],
    b: &[f64],
    words: &mut [u64],
    bits: impl Fn(&[f64; LANES], &[f64; LANES]) -> u64,
) {
    let (a_words, a_rest) = a.as_chunks::<WORD>();
    let (b_words, b_rest) = b.as_chunks::<WORD>();
    for (word, (a, b)) in words.iter_mut().zip(a_words.iter().zip(b_words)) {
        let lanes = a.as_chunks().0.iter().zip(b.as_chunks().0).enumerate();
        *word = 0;
        for (place, (a, b)) in lanes {
            *word |= bits(a, b) << (LANES * place);
        }
    }
    if let (Some(word), false) = (words.get_mut(a_words.len()), a_rest.is_empty()) {
        *word = above(a_rest, b_rest);
    }
}

/// Bit `i` tells whether `a` is above `b` in row `i`.
fn above(a: &[f64], b: &[f64]) -> u64 {
    let rows = a.iter().zip(b).enumerate();
    rows.fold(0, |word, (i, (a, b))| word | u64::from(a > b) << i)
}

#[cfg(test)]
mod tests {
    use super::*;

    type Write = fn(&[f64], &[f64], &mut [u64]);

    #[test]
    #[expect(unsafe_code, reason = "called where the processor has what it needs")]
    fn every_processor_writes_the_same_bits() {
        for rows in [0, 1, 63, 64, 65, 200] {
            let column = |step: usize| -> Vec<f64> {
                let value = |row: usize| match (row * step) % 13 {
                    0 => f64::NAN,
                    rest => (rest as f64) - 6.0,
                };
                (0..rows).map(value).collect()
            };
            let (a, b) = (column(5), column(7));
            let mut expected = vec![0; rows.div_ceil(WORD)];
            for row in (0..rows).filter(|row| a[*row] > b[*row]) {
                expected[row / WORD] |= 1 << (row % WORD);
            }
            let mut ways: Vec<Write> = vec![write_above, |a, b, words| {
                write_words(a, b, words, |a: &[f64; 1], b| u64::from(a[0] > b[0]));
            }];
            #[cfg(target_arch = "x86_64")]
            {
                if is_x86_feature_detected!("avx2") {
                    ways.push(|a, b, words| {
                        // SAFETY: it needs AVX2.
                        unsafe { write_above_by_four(a, b, words) }
                    });
                }
                if is_x86_feature_detected!("avx512f") {
                    ways.push(|a, b, words| {
                        // SAFETY: it needs AVX-512.
                        unsafe { write_above_by_eight(a, b, words) }
                    });
                }
            }
            for write in ways {
                let mut words = vec![u64::MAX; rows.div_ceil(WORD)];
                write(&a, &b, &mut words);
                assert_eq!(words, expected);
            }
        }
    }
}
