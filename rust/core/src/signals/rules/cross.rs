//! The crossing of two lines.

use std::cmp::Ordering;

use crate::indicators::simd::write_above;
use crate::signals::Direction;

/// Rows whose comparisons are taken together, and those of one word of them.
const STRETCH: usize = 512;
const WORD: usize = 64;

/// Notices when a line crosses another: at or below it on one bar, above it on the next (Buy), or the mirror of that (Sell).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cross {
    previous: Option<Ordering>,
}

impl Cross {
    /// Takes both lines at the next bar. NaN in either is no place to cross from or to.
    pub fn update(&mut self, line: f64, other: f64) -> Option<Direction> {
        let place = line.partial_cmp(&other);
        let previous = std::mem::replace(&mut self.previous, place)?;
        match place? {
            Ordering::Greater if previous != Ordering::Greater => Some(Direction::Buy),
            Ordering::Less if previous != Ordering::Less => Some(Direction::Sell),
            _ => None,
        }
    }

    /// Feeds many bars and calls `found` for every crossing, with its place among them.
    ///
    /// Comparisons go into masks of 64 bits; only the bits that are set, the crossings, are looked at one by one.
    #[inline(always)]
    pub(super) fn scan(
        &mut self,
        line: &[f64],
        other: &[f64],
        mut found: impl FnMut(usize, Direction),
    ) {
        for first in (0..line.len()).step_by(STRETCH) {
            let last = (first + STRETCH).min(line.len());
            let (line, other) = (&line[first..last], &other[first..last]);
            let (mut above, mut below) = ([0; STRETCH / WORD], [0; STRETCH / WORD]);
            let words = line.len().div_ceil(WORD);
            write_above(line, other, &mut above[..words]);
            write_above(other, line, &mut below[..words]);
            for (word, (line, other)) in line.chunks(WORD).zip(other.chunks(WORD)).enumerate() {
                let row = first + WORD * word;
                self.scan_word([line, other], above[word], below[word], row, &mut found);
            }
        }
    }

    /// The crossings of up to 64 rows whose comparisons are known.
    #[inline(always)]
    fn scan_word(
        &mut self,
        [line, other]: [&[f64]; 2],
        above: u64,
        below: u64,
        first: usize,
        found: &mut impl FnMut(usize, Direction),
    ) {
        // Lines seldom meet exactly, and are undefined in warm-up only.
        let (not_above, not_below) = if above | below == u64::MAX {
            (below, above)
        } else {
            let rows = line.iter().zip(other).enumerate();
            let equal = rows.fold(0, |word, (i, (a, b))| word | u64::from(a == b) << i);
            (below | equal, above | equal)
        };
        let was_above = self.previous == Some(Ordering::Greater);
        let was_below = self.previous == Some(Ordering::Less);
        let is_known = self.previous.is_some();
        let up = above & (not_above << 1 | u64::from(is_known && !was_above));
        let down = below & (not_below << 1 | u64::from(is_known && !was_below));
        let mut crossings = up | down;
        while crossings != 0 {
            let place = crossings.trailing_zeros();
            let direction = if up >> place & 1 == 1 {
                Direction::Buy
            } else {
                Direction::Sell
            };
            found(first + place as usize, direction);
            crossings &= crossings - 1;
        }
        let last = line.len() - 1;
        self.previous = line[last].partial_cmp(&other[last]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_bar_that_reaches_the_other_side_is_a_crossing() {
        let line = [1.0, 2.0, 3.0, 3.0, 2.0, 2.0, 1.0, f64::NAN, 3.0, 1.0];
        let expected = [
            None,
            None,
            Some(Direction::Buy),
            None,
            None,
            None,
            Some(Direction::Sell),
            None,
            None,
            Some(Direction::Sell),
        ];
        let mut cross = Cross::default();
        assert_eq!(line.map(|value| cross.update(value, 2.0)), expected);
    }
}
