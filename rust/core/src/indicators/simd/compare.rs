//! Compares two columns row by row: a bit for each row.

#[cfg(target_arch = "x86_64")]
use std::arch::x86_64::{
    _CMP_GT_OQ, _mm256_andnot_ps, _mm256_castps_si256, _mm256_cmp_pd, _mm256_cmp_ps,
    _mm256_cmpeq_epi32, _mm256_loadu_pd, _mm256_loadu_ps, _mm256_min_epu32, _mm256_movemask_pd,
    _mm256_movemask_ps, _mm256_set1_epi32, _mm256_set1_ps, _mm256_setzero_si256, _mm256_sub_ps,
    _mm256_testz_si256, _mm512_abs_ps, _mm512_castps_si512, _mm512_cmp_pd_mask, _mm512_cmp_ps_mask,
    _mm512_cmpeq_epi32_mask, _mm512_kunpackb, _mm512_kunpackd, _mm512_kunpackw, _mm512_loadu_pd,
    _mm512_loadu_ps, _mm512_min_epu32, _mm512_set1_epi32, _mm512_setzero_si512, _mm512_sub_ps,
};

/// Rows of a word of bits.
const WORD: usize = 64;

/// Writes a bit for every row: whether `a` is above `b` there. Bits behind the last row are zero.
///
/// # Panics
/// When the columns differ in length or `words` has not one word for every 64 rows begun.
pub fn write_above(a: &[f64], b: &[f64], words: &mut [u64]) {
    check_lengths(a, b, words);
    #[cfg(target_arch = "x86_64")]
    {
        #[expect(unsafe_code, reason = "called where the processor has what it needs")]
        if has_masks() {
            // SAFETY: it is safe code that needs AVX-512.
            return unsafe { above_by_eight(a, b, words) };
        }
        #[expect(unsafe_code, reason = "called where the processor has what it needs")]
        if is_x86_feature_detected!("avx2") {
            // SAFETY: it is safe code that needs AVX2.
            return unsafe { above_by_four(a, b, words) };
        }
    }
    write_words(a, b, words, |a, b| above(a, b));
}

/// The same for columns that have been rounded to half the width, which takes half the time: `false` when the numbers of some row have become
/// equal, so that only those before the rounding can tell, and where the processor cannot do it sooner; `words` mean nothing then. Rounding never
/// turns an order round.
///
/// # Panics
/// As [`write_above`].
#[must_use]
pub fn write_above_if_sure(a: &[f32], b: &[f32], words: &mut [u64]) -> bool {
    check_lengths(a, b, words);
    #[cfg(target_arch = "x86_64")]
    {
        #[expect(unsafe_code, reason = "called where the processor has what it needs")]
        if has_masks() {
            // SAFETY: it is safe code that needs AVX-512.
            return unsafe { sure_by_sixteen(a, b, words) };
        }
        #[expect(unsafe_code, reason = "called where the processor has what it needs")]
        if is_x86_feature_detected!("avx2") {
            // SAFETY: it is safe code that needs AVX2.
            return unsafe { sure_by_eight(a, b, words) };
        }
    }
    false
}

fn check_lengths<T>(a: &[T], b: &[T], words: &[u64]) {
    assert_eq!(a.len(), b.len());
    assert_eq!(a.len().div_ceil(WORD), words.len());
}

#[cfg(target_arch = "x86_64")]
fn has_masks() -> bool {
    is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512bw")
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512bw")]
fn above_by_eight(a: &[f64], b: &[f64], words: &mut [u64]) {
    write_words(a, b, words, |a, b| {
        let (a, b) = (a.as_chunks::<8>().0, b.as_chunks::<8>().0);
        let eight = |part: usize| {
            #[expect(unsafe_code, reason = "loads have no safe name")]
            // SAFETY: both are arrays of as many numbers as are loaded; alignment does not matter.
            let (a, b) = unsafe {
                let (a, b) = (a[part].as_ptr(), b[part].as_ptr());
                (_mm512_loadu_pd(a), _mm512_loadu_pd(b))
            };
            u16::from(_mm512_cmp_pd_mask::<_CMP_GT_OQ>(a, b))
        };
        let sixteen = |part: usize| {
            let joined = _mm512_kunpackb(eight(2 * part + 1), eight(2 * part));
            u32::from(joined)
        };
        joined([sixteen(0), sixteen(1), sixteen(2), sixteen(3)])
    });
}

/// A word from its quarters, joined in the registers of masks: what compilers make of shifts is twice as slow.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512bw")]
fn joined([first, second, third, last]: [u32; 4]) -> u64 {
    let low = _mm512_kunpackw(second, first);
    let high = _mm512_kunpackw(last, third);
    _mm512_kunpackd(u64::from(high), u64::from(low))
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn above_by_four(a: &[f64], b: &[f64], words: &mut [u64]) {
    write_words(a, b, words, |a, b| {
        let fours = a.as_chunks::<4>().0.iter().zip(b.as_chunks::<4>().0);
        fours.enumerate().fold(0, |word, (part, (a, b))| {
            #[expect(unsafe_code, reason = "loads have no safe name")]
            // SAFETY: as above.
            let (a, b) = unsafe { (_mm256_loadu_pd(a.as_ptr()), _mm256_loadu_pd(b.as_ptr())) };
            let above = _mm256_movemask_pd(_mm256_cmp_pd::<_CMP_GT_OQ>(a, b));
            word | u64::from(above.cast_unsigned()) << (4 * part)
        })
    });
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512bw")]
fn sure_by_sixteen(a: &[f32], b: &[f32], words: &mut [u64]) -> bool {
    // The least distance without its sign: as bits, in which nothing is below zero and NaN is above all.
    let mut least = _mm512_set1_epi32(-1);
    let sure = write_words(a, b, words, |a, b| {
        let (a, b) = (a.as_chunks::<16>().0, b.as_chunks::<16>().0);
        let mut sixteen = |part: usize| {
            #[expect(unsafe_code, reason = "loads have no safe name")]
            // SAFETY: as above.
            let (a, b) = unsafe {
                let (a, b) = (a[part].as_ptr(), b[part].as_ptr());
                (_mm512_loadu_ps(a), _mm512_loadu_ps(b))
            };
            let distance = _mm512_abs_ps(_mm512_sub_ps(a, b));
            least = _mm512_min_epu32(least, _mm512_castps_si512(distance));
            u32::from(_mm512_cmp_ps_mask::<_CMP_GT_OQ>(a, b))
        };
        joined([sixteen(0), sixteen(1), sixteen(2), sixteen(3)])
    });
    sure && _mm512_cmpeq_epi32_mask(least, _mm512_setzero_si512()) == 0
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn sure_by_eight(a: &[f32], b: &[f32], words: &mut [u64]) -> bool {
    let mut least = _mm256_set1_epi32(-1);
    let sign = _mm256_set1_ps(-0.0);
    let sure = write_words(a, b, words, |a, b| {
        let eights = a.as_chunks::<8>().0.iter().zip(b.as_chunks::<8>().0);
        eights.enumerate().fold(0, |word, (part, (a, b))| {
            #[expect(unsafe_code, reason = "loads have no safe name")]
            // SAFETY: as above.
            let (a, b) = unsafe { (_mm256_loadu_ps(a.as_ptr()), _mm256_loadu_ps(b.as_ptr())) };
            let distance = _mm256_andnot_ps(sign, _mm256_sub_ps(a, b));
            least = _mm256_min_epu32(least, _mm256_castps_si256(distance));
            let above = _mm256_movemask_ps(_mm256_cmp_ps::<_CMP_GT_OQ>(a, b));
            word | u64::from(above.cast_unsigned()) << (8 * part)
        })
    });
    let met = _mm256_cmpeq_epi32(least, _mm256_setzero_si256());
    sure && _mm256_testz_si256(met, met) == 1
}

/// Writes words of bits; `whole` gives a word whose rows are all there. Returns whether in the rows of the others no two are equal.
#[inline(always)]
fn write_words<T: PartialOrd>(
    a: &[T],
    b: &[T],
    words: &mut [u64],
    mut whole: impl FnMut(&[T; WORD], &[T; WORD]) -> u64,
) -> bool {
    let (a_words, a_rest) = a.as_chunks::<WORD>();
    let (b_words, b_rest) = b.as_chunks::<WORD>();
    for (word, (a, b)) in words.iter_mut().zip(a_words.iter().zip(b_words)) {
        *word = whole(a, b);
    }
    if let (Some(word), false) = (words.get_mut(a_words.len()), a_rest.is_empty()) {
        *word = above(a_rest, b_rest);
    }
    a_rest.iter().zip(b_rest).all(|(a, b)| a != b)
}

/// Bit `i` tells whether `a` is above `b` in row `i`.
fn above<T: PartialOrd>(a: &[T], b: &[T]) -> u64 {
    let rows = a.iter().zip(b).enumerate();
    rows.fold(0, |word, (i, (a, b))| word | u64::from(a > b) << i)
}

#[cfg(test)]
mod tests {
    use super::*;

    type Write = fn(&[f64], &[f64], &mut [u64]);
    #[cfg(target_arch = "x86_64")]
    type WriteIfSure = fn(&[f32], &[f32], &mut [u64]) -> bool;

    const ROWS: [usize; 7] = [0, 1, 63, 64, 65, 200, 640];

    /// Wandering values with NaN in between.
    fn column(step: usize, rows: usize) -> Vec<f64> {
        let value = |row: usize| match (row * step) % 13 {
            0 => f64::NAN,
            rest => (rest as f64) - 6.0,
        };
        (0..rows).map(value).collect()
    }

    fn expected(a: &[f64], b: &[f64]) -> Vec<u64> {
        let mut words = vec![0; a.len().div_ceil(WORD)];
        for row in (0..a.len()).filter(|row| a[*row] > b[*row]) {
            words[row / WORD] |= 1 << (row % WORD);
        }
        words
    }

    #[cfg(target_arch = "x86_64")]
    #[expect(clippy::cast_possible_truncation, reason = "it rounds")]
    fn rounded(column: &[f64]) -> Vec<f32> {
        column.iter().map(|value| *value as f32).collect()
    }

    #[test]
    #[expect(unsafe_code, reason = "called where the processor has what it needs")]
    fn every_processor_writes_the_same_bits() {
        let mut ways: Vec<Write> = vec![write_above, |a, b, words| {
            write_words(a, b, words, |a, b| above(a, b));
        }];
        #[cfg(target_arch = "x86_64")]
        if is_x86_feature_detected!("avx2") {
            // SAFETY: it needs AVX2.
            ways.push(|a, b, words| unsafe { above_by_four(a, b, words) });
        }
        for rows in ROWS {
            let (a, b) = (column(5, rows), column(7, rows));
            for write in &ways {
                let mut words = vec![u64::MAX; rows.div_ceil(WORD)];
                write(&a, &b, &mut words);
                assert_eq!(words, expected(&a, &b));
            }
        }
    }

    #[test]
    #[cfg(target_arch = "x86_64")]
    #[expect(unsafe_code, reason = "called where the processor has what it needs")]
    fn rounded_columns_tell_the_same_or_that_they_cannot() {
        let mut ways: Vec<WriteIfSure> = vec![write_above_if_sure];
        if is_x86_feature_detected!("avx2") {
            // SAFETY: it needs AVX2.
            ways.push(|a, b, words| unsafe { sure_by_eight(a, b, words) });
            for rows in ROWS {
                let a = column(5, rows);
                let b: Vec<f64> = column(7, rows).iter().map(|value| value + 0.5).collect();
                for write in &ways {
                    let mut words = vec![u64::MAX; rows.div_ceil(WORD)];
                    assert!(write(&rounded(&a), &rounded(&b), &mut words));
                    assert_eq!(words, expected(&a, &b));
                    for met in 0..rows {
                        let mut close = b.clone();
                        close[met] = 1.0 + 1e-12;
                        let mut a = a.clone();
                        a[met] = 1.0;
                        assert!(!write(&rounded(&a), &rounded(&close), &mut words));
                    }
                }
            }
        }
    }
}
