//! What takers of many sizes would pay, from one look at the levels: cumulative depth with a table into it.

use super::book::{Book, Walk};
use crate::error::{Error, Result};
use crate::venue::Side;

/// Entries of the table for each level: most look-ups then end at the level where they start.
const ENTRIES_A_LEVEL: usize = 4;
/// Levels of a stretch that are compared at once, without a branch that a processor could not foresee.
const AT_ONCE: usize = 4;
/// The exact steps of [`Book::walk`] start at a depth smaller than the size by this much, so that no rounding skips a level.
const CAUTION: f64 = 1.0 - 8.0 * f64::EPSILON;

/// One side of a book, ready for many sizes.
///
/// Equal to [`Book::walk`] for each of them, to the last bit.
///
/// ```
/// use spark_stacker_core::market::Walker;
///
/// let asks = Walker::of_levels(&[100.0, 101.0, 103.0], &[1.0, 2.0, 5.0])?;
/// let taken = asks.walk(2.0);
/// assert_eq!((taken.filled, taken.cost, taken.worst), (2.0, 100.0 + 101.0, 101.0));
/// assert_eq!(asks.walk(100.0).filled, 8.0);
/// # Ok::<(), spark_stacker_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Walker {
    /// The levels from the best on, and one more that holds the totals.
    levels: Vec<Level>,
    /// Depth down to and with each level, and after the last [`AT_ONCE`] times infinity.
    depth: Vec<f64>,
    /// For each stretch of depth the first level that may end in it.
    table: Vec<u32>,
    /// Stretches a base unit.
    scale: f64,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Level {
    /// Base units of all better levels, and Σ size · price of them.
    depth_before: f64,
    cost_before: f64,
    size: f64,
    price: f64,
}

/// What a taker of one size gets. Prices are in the unit of the levels.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Taken {
    /// Base units that fill.
    pub filled: f64,
    /// Σ size · price over what fills.
    pub cost: f64,
    /// Price of the last level reached; zero when nothing fills.
    pub worst: f64,
    /// Levels taken from.
    pub levels: usize,
}

/// What takers of many sizes get, one row a size.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Walked {
    /// Base units that fill.
    pub filled: Vec<f64>,
    /// Average price; not a number where nothing fills.
    pub average: Vec<f64>,
    /// Price of the last level reached; zero where nothing fills.
    pub worst: Vec<f64>,
}

impl Taken {
    /// Average price of what fills; not a number when nothing does.
    #[must_use]
    #[inline]
    pub fn average(&self) -> f64 {
        self.cost / self.filled
    }
}

impl Walker {
    /// The levels that a taker on `side` meets, at `limit_tick` or better if one is given; prices in ticks.
    #[must_use]
    pub fn of_book(book: &Book, side: Side, limit_tick: Option<i32>) -> Self {
        let reachable = |tick: i32| {
            limit_tick.is_none_or(|limit| match side {
                Side::Buy => tick <= limit,
                Side::Sell => tick >= limit,
            })
        };
        let levels = book.levels(side.opposite());
        let levels = levels.take_while(|(tick, _)| reachable(*tick));
        Self::new(levels.map(|(tick, size)| (f64::from(tick), size)))
    }

    /// Levels given by price and size in base units, from the best on.
    ///
    /// # Errors
    /// When columns differ in length, a size is not positive, or prices do not go one way.
    pub fn of_levels(price: &[f64], size: &[f64]) -> Result<Self> {
        check_levels(price, size)?;
        Ok(Self::new(price.iter().copied().zip(size.iter().copied())))
    }

    fn new(sides: impl Iterator<Item = (f64, f64)>) -> Self {
        let (mut levels, mut depth) = (Vec::new(), Vec::new());
        let mut end = Level {
            depth_before: 0.0,
            cost_before: 0.0,
            size: 0.0,
            price: 0.0,
        };
        for (price, size) in sides {
            levels.push(Level { size, price, ..end });
            end.depth_before += size;
            end.cost_before += size * price;
            depth.push(end.depth_before);
        }
        levels.push(end);
        let count = depth.len();
        depth.extend([f64::INFINITY; AT_ONCE]);
        let entries = (ENTRIES_A_LEVEL * count).next_power_of_two();
        let scale = if count == 0 {
            0.0
        } else {
            entries as f64 / end.depth_before
        };
        let mut walker = Self {
            levels,
            depth,
            table: Vec::with_capacity(entries + 2),
            scale,
        };
        let mut level = 0;
        // The last entry serves all depths beyond the book, and bounds the one before.
        for entry in 0..entries + 2 {
            while level < count && walker.entry(walker.depth[level], entries) < entry {
                level += 1;
            }
            walker.table.push(u32::try_from(level).unwrap_or(u32::MAX));
        }
        walker
    }

    /// Base units of all levels.
    #[must_use]
    pub fn total(&self) -> f64 {
        self.levels.last().map_or(0.0, |end| end.depth_before)
    }

    /// What a taker of `quantity` base units gets.
    #[must_use]
    #[inline]
    pub fn walk(&self, quantity: f64) -> Taken {
        if quantity <= 0.0 {
            return Taken::default();
        }
        let first = self.first_reaching(quantity * CAUTION);
        let level = &self.levels[first];
        let wanted = quantity - level.depth_before;
        if wanted > 0.0 && level.size >= wanted {
            return Taken {
                filled: quantity,
                cost: level.cost_before + wanted * level.price,
                worst: level.price,
                levels: first + 1,
            };
        }
        self.walk_from(first, quantity)
    }

    /// Goes on level by level from one that is reached: where rounding decides, and where the book ends.
    #[cold]
    fn walk_from(&self, first: usize, quantity: f64) -> Taken {
        let start = &self.levels[first];
        let mut taken = Taken {
            filled: start.depth_before,
            cost: start.cost_before,
            worst: if first > 0 {
                self.levels[first - 1].price
            } else {
                0.0
            },
            levels: first,
        };
        for level in &self.levels[first..self.levels.len() - 1] {
            let wanted = quantity - taken.filled;
            if wanted <= 0.0 {
                break;
            }
            let ends = level.size >= wanted;
            taken.cost += level.size.min(wanted) * level.price;
            taken.filled = if ends {
                quantity
            } else {
                taken.filled + level.size
            };
            taken.worst = level.price;
            taken.levels += 1;
            if ends {
                break;
            }
        }
        taken
    }

    /// The same for many sizes: units filled, average price (not a number when nothing fills) and worst price, one row a size.
    ///
    /// # Errors
    /// When a quantity is negative or not a number.
    pub fn walk_many(&self, quantities: &[f64]) -> Result<Walked> {
        if let Some(row) = quantities
            .iter()
            .position(|quantity| quantity.is_nan() || *quantity < 0.0)
        {
            let requirement = "must be a number of at least 0";
            return Err(Error::data("quantity", row, quantities[row], requirement));
        }
        let rows = quantities.len();
        let mut walked = Walked {
            filled: vec![0.0; rows],
            average: vec![0.0; rows],
            worst: vec![0.0; rows],
        };
        let columns = walked.filled.iter_mut().zip(&mut walked.average);
        let columns = columns.zip(&mut walked.worst).zip(quantities);
        for (((filled, average), worst), quantity) in columns {
            let taken = self.walk(*quantity);
            *filled = taken.filled;
            *average = taken.average();
            *worst = taken.worst;
        }
        Ok(walked)
    }

    /// The first level down to which at least `depth` stands; the number of levels when the book is thinner.
    #[inline]
    fn first_reaching(&self, depth: f64) -> usize {
        let entry = self.entry(depth, self.table.len() - 2);
        let (first, end) = (self.table[entry] as usize, self.table[entry + 1] as usize);
        let thinner = |reached: &f64| *reached < depth;
        // Levels behind the stretch reach deeper than any depth that leads to it, so comparing some of them does no harm.
        first
            + if end - first <= AT_ONCE {
                let near = &self.depth[first..first + AT_ONCE];
                near.iter()
                    .map(|reached| usize::from(thinner(reached)))
                    .sum::<usize>()
            } else {
                self.depth[first..end].partition_point(thinner)
            }
    }

    /// The entry of the table for a depth: never a smaller one for a larger depth.
    #[inline]
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a depth is not negative, and the cast stops at its bounds"
    )]
    fn entry(&self, depth: f64, last: usize) -> usize {
        ((depth * self.scale) as usize).min(last)
    }
}

/// Checks levels of one side of a book.
///
/// # Errors
/// When columns differ in length, a size is not positive and finite, or prices are not positive or do not go one way.
pub fn check_levels(price: &[f64], size: &[f64]) -> Result<()> {
    if price.len() != size.len() {
        return Err(Error::Length {
            column: "size".to_owned(),
            length: size.len(),
            expected: price.len(),
        });
    }
    let rises = price.len() < 2 || price[1] > price[0];
    for (row, (&price_here, &size_here)) in price.iter().zip(size).enumerate() {
        if !(size_here > 0.0 && size_here.is_finite()) {
            return Err(Error::data(
                "size",
                row,
                size_here,
                "must be positive and finite",
            ));
        }
        if !(price_here > 0.0 && price_here.is_finite()) {
            return Err(Error::data(
                "price",
                row,
                price_here,
                "must be positive and finite",
            ));
        }
        if row > 0 && (price_here == price[row - 1] || (price_here > price[row - 1]) != rises) {
            let requirement = "levels must go from the best on";
            return Err(Error::data("price", row, price_here, requirement));
        }
    }
    Ok(())
}

impl From<Walk> for Taken {
    fn from(walk: Walk) -> Self {
        Self {
            filled: walk.filled,
            cost: walk.cost_ticks,
            worst: f64::from(walk.worst_tick),
            levels: walk.levels,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn book_of(levels: &[(i32, f64)]) -> Book {
        let mut book = Book::default();
        for &(tick, size) in levels {
            book.set(Side::Sell, tick, size);
            book.set(Side::Buy, -tick, size);
        }
        book
    }

    /// Sizes whose sums round: whole lots, tenths, tiny ones beside huge ones.
    fn size() -> impl Strategy<Value = f64> {
        prop_oneof![
            (1..1_000_i32).prop_map(f64::from),
            (1..1_000_i32).prop_map(|tenths| f64::from(tenths) / 10.0),
            1e-9..1e9_f64,
            Just(f64::MIN_POSITIVE),
            Just(1e15),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(600))]

        #[test]
        fn many_sizes_are_walked_as_one_by_one(
            levels in prop::collection::vec((1..30_000_i32, size()), 0..60),
            sizes in prop::collection::vec(size(), 1..30),
            limit in prop::option::of(1..30_000_i32),
        ) {
            let book = book_of(&levels);
            for side in [Side::Buy, Side::Sell] {
                let limit = limit.map(|tick| if side == Side::Buy { tick } else { -tick });
                let walker = Walker::of_book(&book, side, limit);
                // Sums of levels and their neighbours are where rounding decides.
                let edges = walker.depth.iter().filter(|depth| depth.is_finite()).flat_map(|d| [*d, d.next_up(), d.next_down(), d * 0.5]);
                for quantity in sizes.iter().copied().chain(edges).chain([0.0, -1.0, f64::INFINITY]) {
                    let expected = Taken::from(book.walk(side, quantity, limit));
                    let got = walker.walk(quantity);
                    prop_assert!(
                        got.filled.to_bits() == expected.filled.to_bits()
                            && got.cost.to_bits() == expected.cost.to_bits()
                            && (got.worst, got.levels) == (expected.worst, expected.levels),
                        "{quantity}: {got:?}, expected {expected:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn one_giant_level_behind_many_small_ones_is_found() {
        let mut levels: Vec<(i32, f64)> = (1..5_000).map(|tick| (tick, 1e-6)).collect();
        levels.push((6_000, 1e9));
        let book = book_of(&levels);
        let walker = Walker::of_book(&book, Side::Buy, None);
        for quantity in [1e-7, 2.5e-3, 4.9e-3, 1.0, 1e8] {
            let expected = Taken::from(book.walk(Side::Buy, quantity, None));
            assert_eq!(walker.walk(quantity), expected);
        }
    }

    #[test]
    fn levels_out_of_order_are_named() {
        let error = Walker::of_levels(&[100.0, 101.0, 100.5], &[1.0, 1.0, 1.0]);
        let text = error.expect_err("prices turn").to_string();
        assert_eq!(
            text,
            "column price, row 2: levels must go from the best on, was 100.5"
        );
        let error = Walker::of_levels(&[100.0], &[0.0]).expect_err("no size");
        assert_eq!(
            error.to_string(),
            "column size, row 0: must be positive and finite, was 0"
        );
        assert!(Walker::of_levels(&[100.0, 99.0], &[1.0, 2.0]).is_ok());
        assert!(Walker::of_levels(&[1.0], &[]).is_err());
    }
}
