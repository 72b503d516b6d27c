//! Runs a loop compiled for AVX2 and FMA where the processor has them, offers vectors of four, compares columns and fetches ahead; the only
//! unsafe code of the core.
//!
//! Both paths give the same bits: the lanes an algorithm uses are fixed in its own file, and `mul_add` rounds once
//! with the instruction and without it.

mod vector;
#[cfg(target_arch = "x86_64")]
mod wide;

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

/// Writes a bit for every row: whether `a` is above `b` there. Bits behind the last row are zero.
///
/// # Panics
/// When the columns differ in length or `words` has not one word for every 64 rows begun.
pub fn write_above(a: &[f64], b: &[f64], words: &mut [u64]) {
    assert_eq!(a.len(), b.len());
    assert_eq!(a.len().div_ceil(64), words.len());
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
        #[expect(
            unsafe_code,
            reason = "the features that `write_above_wide` is compiled for were just detected"
        )]
        // SAFETY: calling it needs AVX2 only, which this processor has.
        return unsafe { write_above_wide(a, b, words) };
    }
    for (word, (a, b)) in words.iter_mut().zip(a.chunks(64).zip(b.chunks(64))) {
        *word = above(a, b);
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn write_above_wide(a: &[f64], b: &[f64], words: &mut [u64]) {
    use std::arch::x86_64::{_CMP_GT_OQ, _mm256_cmp_pd, _mm256_loadu_pd, _mm256_movemask_pd};
    const LANES: usize = 4;
    let (a_words, a_rest) = a.as_chunks::<64>();
    let (b_words, b_rest) = b.as_chunks::<64>();
    for (word, (a, b)) in words.iter_mut().zip(a_words.iter().zip(b_words)) {
        *word = 0;
        let lanes = a
            .as_chunks::<LANES>()
            .0
            .iter()
            .zip(b.as_chunks::<LANES>().0);
        for (index, (a, b)) in lanes.enumerate() {
            #[expect(unsafe_code, reason = "loads have no safe name")]
            // SAFETY: both are arrays of four numbers, as many as are loaded; alignment does not matter.
            let (a, b) = unsafe { (_mm256_loadu_pd(a.as_ptr()), _mm256_loadu_pd(b.as_ptr())) };
            let bits = _mm256_movemask_pd(_mm256_cmp_pd::<_CMP_GT_OQ>(a, b));
            *word |= u64::from(bits.cast_unsigned()) << (LANES * index);
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
