//! Which shared elements each set of a pass needs, and the order in which few of them serve many sets.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::ops::Range;

use super::voices::{Key, Part, Work};
use crate::error::Result;
use crate::signals::SignalEvent;

/// Keys up to this many are looked up in a table, others in a map.
const LARGEST_TABLE: u128 = 1 << 16;

/// Bytes of columns that stay in the second-level cache while the sets that share them are run.
const CACHED_BYTES: usize = 1 << 19;

/// Sets of a tile, as a power of two: as many as a thread takes at once.
const TILE_BITS: usize = 6;

/// Most sets of a block: their rows are kept until it ends.
const MOST_SETS: usize = 1 << 13;

const UNSEEN: u32 = u32::MAX;

/// The elements of a pass, numbered part by part in the order in which the sets first need them.
#[derive(Debug)]
pub(super) struct Elements {
    width: usize,
    parts: usize,
    /// Element of each part, set after set.
    of_sets: Vec<u32>,
    /// First element of each part.
    firsts: Vec<u32>,
    /// Part of each element, and the first set that needs it.
    origins: Vec<(u32, u32)>,
    /// Bytes of an element of each part, at most.
    bytes: Vec<usize>,
}

enum Numbers {
    Table(Vec<u32>),
    Map(HashMap<u128, u32>),
}

impl Numbers {
    fn new(key: &Key) -> Self {
        match usize::try_from(key.size) {
            Ok(size) if key.size <= LARGEST_TABLE => Self::Table(vec![UNSEEN; size]),
            _ => Self::Map(HashMap::new()),
        }
    }

    fn of(&mut self, key: u128) -> &mut u32 {
        match self {
            Self::Table(table) => {
                let index = usize::try_from(key).expect("a key of a table is below its length");
                &mut table[index]
            }
            Self::Map(map) => map.entry(key).or_insert(UNSEEN),
        }
    }
}

impl Elements {
    /// The elements of all sets of `digits`, `width` of them a set. A row of an average takes `average_bytes`; `rows` gives the bars that a part is
    /// computed over.
    pub fn new(
        parts: &[Part],
        digits: &[u32],
        width: usize,
        average_bytes: usize,
        rows: impl Fn(&Part) -> usize,
    ) -> Self {
        let mut numbers: Vec<_> = parts.iter().map(|part| Numbers::new(&part.key)).collect();
        let mut of_sets = Vec::with_capacity(digits.len() / width * parts.len());
        let mut samples: Vec<Vec<u32>> = vec![Vec::new(); parts.len()];
        for (set, digits) in (0..).zip(digits.chunks_exact(width)) {
            let parts = parts.iter().zip(&mut numbers).zip(&mut samples);
            for ((part, numbers), samples) in parts {
                let number = numbers.of(part.key.of(digits));
                if *number == UNSEEN {
                    *number = narrow(samples.len());
                    samples.push(set);
                }
                of_sets.push(*number);
            }
        }
        // Counted part by part until here; each part's elements now follow those of the one before.
        let mut firsts = Vec::with_capacity(parts.len());
        let mut origins = Vec::new();
        for (part, samples) in (0..).zip(samples) {
            firsts.push(narrow(origins.len()));
            origins.extend(samples.into_iter().map(|set| (part, set)));
        }
        if !parts.is_empty() {
            for of_set in of_sets.chunks_exact_mut(parts.len()) {
                for (element, first) in of_set.iter_mut().zip(&firsts) {
                    *element += first;
                }
            }
        }
        let bytes = parts.iter().map(|part| {
            let row = match part.work {
                Work::Average(_) => average_bytes,
                Work::Tape { .. } => size_of::<SignalEvent>(),
            };
            row * rows(part)
        });
        Self {
            width,
            parts: parts.len(),
            of_sets,
            firsts,
            origins,
            bytes: bytes.collect(),
        }
    }

    /// Number of elements.
    pub const fn len(&self) -> usize {
        self.origins.len()
    }

    /// The elements that a set needs, one a part.
    #[inline]
    pub fn of_set(&self, set: u32) -> &[u32] {
        let first = set as usize * self.parts;
        &self.of_sets[first..first + self.parts]
    }

    /// Part of an element.
    pub fn part(&self, element: u32) -> usize {
        self.origins[element as usize].0 as usize
    }

    /// Digits of a set that needs the element.
    pub fn sample<'a>(&self, element: u32, digits: &'a [u32]) -> &'a [u32] {
        let first = self.origins[element as usize].1 as usize * self.width;
        &digits[first..first + self.width]
    }

    /// The sets in the order in which they are run: tiles whose elements about fit the budget, within them tiles of sets that a thread takes together.
    pub fn order(&self, sets: usize, budget_bytes: usize) -> Vec<u32> {
        let mut order: Vec<u32> = (0..narrow(sets)).collect();
        let one_of_each: usize = self.bytes.iter().sum();
        if self.parts < 2 || self.len() * self.largest() <= CACHED_BYTES {
            order.sort_by_key(|set| self.of_set(*set).first().copied());
            return order;
        }
        // A tile of two like parts may need half as much again: the next block finds what it shares with the last at hand.
        let shift = |bytes: usize| (bytes * 3 / 2 / one_of_each.max(1)).max(1).ilog2();
        let tile = u32::try_from(TILE_BITS / self.parts).expect("a few bits");
        let shifts = [shift(budget_bytes), tile.max(1), 0];
        let bits = self.len().ilog2() + 1;
        if self.parts * bits as usize <= u64::BITS as usize {
            // One number a set orders as the comparisons below do, in a fraction of their time.
            let key = |set: u32| (self.tiled(self.of_set(set), shifts, bits), set);
            let mut keys: Vec<_> = order.into_iter().map(key).collect();
            keys.sort_unstable();
            return keys.into_iter().map(|(_, set)| set).collect();
        }
        order.sort_unstable_by(|a, b| self.compare(*a, *b, shifts));
        order
    }

    /// Orders sets by all tiles of 2^shift elements, one shift after the other.
    fn compare(&self, a: u32, b: u32, shifts: [u32; 3]) -> Ordering {
        let (of_a, of_b) = (self.of_set(a), self.of_set(b));
        let by_tile = |shift: &u32| {
            let (a, b) = (self.places(of_a), self.places(of_b));
            a.map(|place| place >> shift)
                .cmp(b.map(|place| place >> shift))
        };
        let decided = shifts.iter().map(by_tile).find(|order| order.is_ne());
        decided.unwrap_or_else(|| a.cmp(&b))
    }

    /// The bits of the places of a set's elements, those of all tiles of 2^shift before those within them.
    fn tiled(&self, of_set: &[u32], shifts: [u32; 3], bits: u32) -> u64 {
        let (mut key, mut above) = (0, bits);
        for shift in shifts.into_iter().filter(|shift| *shift < bits) {
            let width = above.saturating_sub(shift);
            let within = (1_u64 << width) - 1;
            for place in self.places(of_set) {
                key = key << width | (u64::from(place) >> shift & within);
            }
            above = above.min(shift);
        }
        key
    }

    /// The place of each element among those of its part.
    fn places(&self, of_set: &[u32]) -> impl Iterator<Item = u32> {
        let elements = of_set.iter().zip(&self.firsts);
        elements.map(|(element, first)| element - first)
    }

    fn largest(&self) -> usize {
        self.bytes.iter().copied().max().unwrap_or(0)
    }

    /// Cuts `order` into blocks whose elements fit the budget; calls `run` with the sets of each and the elements that they need, until it fails.
    pub fn blocks(
        &self,
        order: &[u32],
        budget_bytes: usize,
        mut run: impl FnMut(Range<usize>, &[u32]) -> Result<()>,
    ) -> Result<()> {
        let mut block_of = vec![0_u32; self.len()];
        let mut block = 1;
        let mut needed = Vec::new();
        let (mut first, mut bytes) = (0, 0);
        for (place, set) in order.iter().enumerate() {
            let elements = self.of_set(*set);
            let missing = |block_of: &[u32], block| {
                let new = elements.iter().filter(|e| block_of[**e as usize] != block);
                new.map(|e| self.bytes[self.part(*e)]).sum::<usize>()
            };
            let more = missing(&block_of, block);
            if place > first && (bytes + more > budget_bytes || place - first == MOST_SETS) {
                run(first..place, &needed)?;
                needed.clear();
                (first, bytes, block) = (place, 0, block + 1);
            }
            bytes += missing(&block_of, block);
            for element in elements {
                if block_of[*element as usize] != block {
                    block_of[*element as usize] = block;
                    needed.push(*element);
                }
            }
        }
        if first < order.len() {
            run(first..order.len(), &needed)?;
        }
        Ok(())
    }
}

/// The number of a set or element of a pass.
pub(super) fn narrow(index: usize) -> u32 {
    u32::try_from(index).expect("a pass is short")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    const SIDE: u32 = 40;
    const ROWS: usize = 100_000;
    const TAPE: usize = size_of::<SignalEvent>() * ROWS;

    /// Two parts of a grid, each keyed by one axis; the sets in rows.
    fn grid() -> (Vec<u32>, Elements) {
        let lengths = [SIDE as usize; 2];
        let part = |axis: usize| Part {
            strategy: 0,
            indicator: axis,
            key: Key::new(&[axis], &lengths).unwrap(),
            work: Work::Tape {
                values: Key::new(&[axis], &lengths).unwrap(),
            },
        };
        let digits: Vec<u32> = (0..SIDE * SIDE)
            .flat_map(|set| [set / SIDE, set % SIDE])
            .collect();
        let elements = Elements::new(&[part(0), part(1)], &digits, 2, 8, |_| ROWS);
        (digits, elements)
    }

    #[test]
    fn each_set_finds_the_elements_of_its_digits() {
        let (digits, elements) = grid();
        assert_eq!(elements.len(), 2 * SIDE as usize);
        for (set, own) in (0..).zip(digits.chunks_exact(2)) {
            for (part, element) in elements.of_set(set).iter().enumerate() {
                assert_eq!(elements.part(*element), part);
                assert_eq!(elements.sample(*element, &digits)[part], own[part]);
            }
        }
    }

    #[test]
    fn one_number_a_set_orders_as_tile_by_tile() {
        let (_, elements) = grid();
        let bits = elements.len().ilog2() + 1;
        for shifts in [[4, 3, 0], [2, 3, 0], [9, 1, 0], [0, 3, 0], [30, 6, 0]] {
            let key = |set: u32| (elements.tiled(elements.of_set(set), shifts, bits), set);
            let mut by_number: Vec<u32> = (0..SIDE * SIDE).collect();
            by_number.sort_unstable_by_key(|set| key(*set));
            let mut by_tile: Vec<u32> = (0..SIDE * SIDE).collect();
            by_tile.sort_unstable_by(|a, b| elements.compare(*a, *b, shifts));
            assert_eq!(by_number, by_tile);
        }
    }

    #[test]
    fn a_tile_may_need_a_little_more_than_the_budget() {
        let (_, elements) = grid();
        let budget = 12 * TAPE;
        let order = elements.order((SIDE * SIDE) as usize, budget);
        let mut computed = HashSet::new();
        let mut count = 0;
        let run = |_, needed: &[u32]| {
            let now: HashSet<u32> = needed.iter().copied().collect();
            count += now.difference(&computed).count();
            computed = now;
            Ok(())
        };
        elements.blocks(&order, budget, run).unwrap();
        // Each of 25 tiles of 8 by 8 sets needs 16 elements, once; tiles of 4 by 4 would ask for more.
        assert!(count <= 25 * 16, "{count} elements");
    }

    #[test]
    fn blocks_hold_every_set_once_within_the_budget_and_few_elements_serve_many_sets() {
        let (_, elements) = grid();
        let budget = 16 * TAPE;
        let order = elements.order((SIDE * SIDE) as usize, budget);
        let mut sets = Vec::new();
        let mut computed = 0;
        elements
            .blocks(&order, budget, |places, needed| {
                assert!(needed.len() * TAPE <= budget);
                for set in &order[places.clone()] {
                    assert!(
                        elements
                            .of_set(*set)
                            .iter()
                            .all(|element| needed.contains(element))
                    );
                }
                sets.extend_from_slice(&order[places]);
                computed += needed.len();
                Ok(())
            })
            .unwrap();
        sets.sort_unstable();
        assert_eq!(sets, (0..SIDE * SIDE).collect::<Vec<_>>());
        // Tiles of 8 by 8 sets need 16 elements each; row after row would need one a set.
        assert!(
            computed <= 25 * 16,
            "{computed} elements for {} sets",
            SIDE * SIDE
        );
    }

    #[test]
    fn a_set_that_exceeds_the_budget_alone_still_gets_its_block() {
        let (_, elements) = grid();
        let order = elements.order(4, TAPE);
        let mut blocks = 0;
        elements
            .blocks(&order, TAPE, |places, needed| {
                assert_eq!((places.len(), needed.len()), (1, 2));
                blocks += 1;
                Ok(())
            })
            .unwrap();
        assert_eq!(blocks, 4);
    }
}
