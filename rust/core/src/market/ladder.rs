//! One side of a book: sizes by price, dense around the touch, sparse far from it.

use std::collections::BTreeMap;

/// Levels of the dense window.
const WINDOW: usize = 1 << 13;
/// The same, as a distance between keys.
const SPAN: i64 = 1 << 13;
/// Levels kept free above the best when the window is placed.
const HEADROOM: i64 = SPAN / 4;
/// The best may fall this deep into the window before it is moved after it.
const LOWEST_BEST: i64 = SPAN / 4;

/// Sizes by key; the best level is the one with the highest key. A bid's key is its tick, an ask's the tick negated.
///
/// The best level always lies in the dense window.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Ladder {
    sizes: Vec<f64>,
    /// One bit a level of the window: whether anything stands there.
    taken: Vec<u64>,
    /// Key of the window's first level.
    base: i64,
    best: Option<i32>,
    far: BTreeMap<i32, f64>,
}

impl Default for Ladder {
    fn default() -> Self {
        Self {
            sizes: vec![0.0; WINDOW],
            taken: vec![0; WINDOW / 64],
            base: 0,
            best: None,
            far: BTreeMap::new(),
        }
    }
}

impl Ladder {
    #[inline]
    pub(super) const fn best(&self) -> Option<i32> {
        self.best
    }

    #[inline]
    pub(super) fn size(&self, key: i32) -> f64 {
        match self.place(key) {
            Some(place) => self.sizes[place],
            None => self.far.get(&key).copied().unwrap_or(0.0),
        }
    }

    /// Sets the size of a level, zero or less to delete it, and returns what stood there.
    #[inline]
    pub(super) fn set(&mut self, key: i32, size: f64) -> f64 {
        let Some(place) = self.place(key) else {
            return self.set_outside(key, size);
        };
        let bit = 1_u64 << (place % 64);
        let before = self.sizes[place];
        if size > 0.0 {
            if self.best.is_none_or(|best| key > best) {
                if self.best.is_none() {
                    return self.set_outside(key, size);
                }
                self.best = Some(key);
            }
            self.sizes[place] = size;
            self.taken[place / 64] |= bit;
        } else {
            self.sizes[place] = 0.0;
            self.taken[place / 64] &= !bit;
            if self.best == Some(key) {
                self.find_best(place);
            }
        }
        before
    }

    /// Empties every level at `key` and better.
    pub(super) fn clear_from(&mut self, key: i32) {
        while let Some(best) = self.best.filter(|best| *best >= key) {
            self.set(best, 0.0);
        }
    }

    pub(super) fn clear(&mut self) {
        if self.best.take().is_some() {
            self.sizes.fill(0.0);
            self.taken.fill(0);
            self.far.clear();
        }
    }

    /// Keys and sizes from the best on.
    pub(super) fn levels(&self) -> impl Iterator<Item = (i32, f64)> {
        let near = std::iter::successors(self.best, move |key| {
            let place = self.place(*key)?;
            self.below(place).map(|place| self.key(place))
        });
        let near = near.map(move |key| (key, self.size(key)));
        near.chain(self.far.iter().rev().map(|(key, size)| (*key, *size)))
    }

    #[inline]
    fn place(&self, key: i32) -> Option<usize> {
        let place = usize::try_from(i64::from(key) - self.base).ok()?;
        (place < WINDOW).then_some(place)
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_possible_wrap,
        reason = "a level of the window was set by a key of 32 bits"
    )]
    fn key(&self, place: usize) -> i32 {
        (self.base + place as i64) as i32
    }

    /// The next taken level of the window below a place.
    #[inline]
    fn below(&self, place: usize) -> Option<usize> {
        let mut word = place / 64;
        let mut bits = self.taken[word] & ((1_u64 << (place % 64)) - 1);
        while bits == 0 {
            word = word.checked_sub(1)?;
            bits = self.taken[word];
        }
        Some(word * 64 + 63 - bits.leading_zeros() as usize)
    }

    /// The best level has gone from `place`: the next takes its part.
    fn find_best(&mut self, place: usize) {
        if let Some(next) = self.below(place) {
            let best = self.key(next);
            self.best = Some(best);
            if i64::from(best) < self.base + LOWEST_BEST && !self.far.is_empty() {
                self.move_window(best);
            }
        } else {
            self.best = self.far.last_key_value().map(|(key, _)| *key);
            if let Some(best) = self.best {
                self.move_window(best);
            }
        }
    }

    #[cold]
    fn set_outside(&mut self, key: i32, size: f64) -> f64 {
        if size <= 0.0 {
            return self.far.remove(&key).unwrap_or(0.0);
        }
        if self.best.is_none_or(|best| key > best) {
            self.move_window(key);
            self.best = Some(key);
            let place = self.place(key);
            let place = place.expect("the window has just been moved to this key");
            self.sizes[place] = size;
            self.taken[place / 64] |= 1 << (place % 64);
            return 0.0;
        }
        self.far.insert(key, size).unwrap_or(0.0)
    }

    /// Places the window so that `best` has room above it, and most of the levels below.
    fn move_window(&mut self, best: i32) {
        let base = i64::from(best) + 1 + HEADROOM - SPAN;
        for place in 0..WINDOW {
            if self.sizes[place] > 0.0 {
                self.far.insert(self.key(place), self.sizes[place]);
            }
        }
        self.sizes.fill(0.0);
        self.taken.fill(0);
        self.base = base;
        let first = i32::try_from(base).unwrap_or(i32::MIN);
        for (key, size) in self.far.split_off(&first) {
            let place = self.place(key);
            let place = place.expect("no level stands above the room over the best");
            self.sizes[place] = size;
            self.taken[place / 64] |= 1 << (place % 64);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(400))]

        #[test]
        fn a_ladder_is_an_ordered_map(
            steps in prop::collection::vec((prop_oneof![-40..40_i32, -30_000..30_000_i32, any::<i32>()], 0..4_u8), 1..120),
        ) {
            let mut ladder = Ladder::default();
            let mut map = BTreeMap::new();
            for (key, size) in steps {
                let size = f64::from(size);
                let before = ladder.set(key, size);
                let expected = if size > 0.0 { map.insert(key, size) } else { map.remove(&key) };
                prop_assert_eq!(before, expected.unwrap_or(0.0));
                prop_assert_eq!(ladder.best(), map.last_key_value().map(|(key, _)| *key));
            }
            let levels: Vec<(i32, f64)> = ladder.levels().collect();
            let expected: Vec<(i32, f64)> = map.iter().rev().map(|(k, s)| (*k, *s)).collect();
            prop_assert_eq!(levels, expected);
        }
    }

    #[test]
    fn clearing_from_a_key_leaves_what_is_worse() {
        let mut ladder = Ladder::default();
        for key in [5, 7, 9, -20_000] {
            ladder.set(key, 1.0);
        }
        ladder.clear_from(7);
        assert_eq!(
            ladder.levels().collect::<Vec<_>>(),
            [(5, 1.0), (-20_000, 1.0)]
        );
        ladder.clear();
        assert_eq!(ladder.best(), None);
        assert_eq!(ladder.size(-20_000), 0.0);
    }
}
