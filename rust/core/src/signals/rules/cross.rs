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

    /// Whether the line stays strictly on the side where it was: then these bars hold no crossing and need not be fed.
    pub(super) fn stays(self, line: &[f64], other: &[f64]) -> bool {
        let pairs = line.iter().zip(other);
        // Folds without a way out early, so that they compile to wide comparisons.
        match self.previous {
            Some(Ordering::Greater) => pairs.map(|(a, b)| a > b).fold(true, |all, is| all & is),
            Some(Ordering::Less) => pairs.map(|(a, b)| a < b).fold(true, |all, is| all & is),
            _ => false,
        }
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
