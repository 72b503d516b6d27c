//! The crossing of two lines.

use std::cmp::Ordering;

use crate::signals::Direction;

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
        let (lines, line_rest) = line.as_chunks::<64>();
        let (others, other_rest) = other.as_chunks::<64>();
        for (block, (line, other)) in lines.iter().zip(others).enumerate() {
            let above = mask(line, other, |a, b| a > b);
            let below = mask(line, other, |a, b| a < b);
            // Lines seldom meet exactly, and are undefined in warm-up only.
            let (not_above, not_below) = if above | below == u64::MAX {
                (below, above)
            } else {
                let equal = mask(line, other, |a, b| a == b);
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
                found(64 * block + place as usize, direction);
                crossings &= crossings - 1;
            }
            self.previous = line[63].partial_cmp(&other[63]);
        }
        let first = line.len() - line_rest.len();
        for (i, (line, other)) in line_rest.iter().zip(other_rest).enumerate() {
            if let Some(direction) = self.update(*line, *other) {
                found(first + i, direction);
            }
        }
    }
}

/// Bit `i` tells whether the comparison holds in row `i`.
#[inline(always)]
fn mask(line: &[f64; 64], other: &[f64; 64], holds: impl Fn(f64, f64) -> bool) -> u64 {
    (0..64).fold(0, |mask, i| mask | u64::from(holds(line[i], other[i])) << i)
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
