//! Runs a loop compiled for AVX2 and FMA where the processor has them, offers vectors of four, compares columns and fetches ahead; the only
//! unsafe code of the core.
//!
//! Both paths give the same bits: the lanes an algorithm uses are fixed in its own file, and `mul_add` rounds once
//! with the instruction and without it.

mod compare;
mod vector;
#[cfg(target_arch = "x86_64")]
mod wide;

use std::ops::Range;

pub use compare::{write_above, write_above_if_sure};
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
