//! The book of one market by price level: what stands, how it changes, what a taker would pay.

use super::event::{Event, EventKind};
use super::ladder::Ladder;
use crate::venue::Side;

/// Sizes shown at each price of both sides, in ticks and base units.
///
/// ```
/// use spark_stacker_core::market::Book;
/// use spark_stacker_core::venue::Side;
///
/// let mut book = Book::default();
/// book.set(Side::Buy, 99, 2.0);
/// book.set(Side::Sell, 101, 1.0);
/// book.set(Side::Sell, 103, 4.0);
/// let walk = book.walk(Side::Buy, 3.0, None);
/// assert_eq!((walk.filled, walk.worst_tick, walk.levels), (3.0, 103, 2));
/// assert_eq!(walk.average_tick(), Some((101.0 + 2.0 * 103.0) / 3.0));
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Book {
    bids: Ladder,
    asks: Ladder,
}

/// What a taker of a given size gets from a book.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Walk {
    /// Base units that the book can fill.
    pub filled: f64,
    /// Σ size · tick over what is filled.
    pub cost_ticks: f64,
    /// The last level reached; zero when nothing fills.
    pub worst_tick: i32,
    /// Levels taken from.
    pub levels: usize,
}

impl Walk {
    /// Average price of what fills, in ticks.
    #[must_use]
    pub fn average_tick(&self) -> Option<f64> {
        (self.filled > 0.0).then(|| self.cost_ticks / self.filled)
    }
}

impl Book {
    /// Highest bid in ticks.
    #[must_use]
    #[inline]
    pub const fn best_bid(&self) -> Option<i32> {
        self.bids.best()
    }

    /// Lowest ask in ticks.
    #[must_use]
    #[inline]
    pub fn best_ask(&self) -> Option<i32> {
        self.asks.best().map(|key| -key)
    }

    /// The best level of a side, in ticks.
    #[must_use]
    #[inline]
    pub fn best(&self, side: Side) -> Option<i32> {
        match side {
            Side::Buy => self.best_bid(),
            Side::Sell => self.best_ask(),
        }
    }

    /// Middle of the best bid and ask, in ticks.
    #[must_use]
    #[inline]
    pub fn mid_tick(&self) -> Option<f64> {
        let (bid, ask) = (self.best_bid()?, self.best_ask()?);
        Some(f64::from(bid).midpoint(f64::from(ask)))
    }

    /// Base units shown at a level.
    #[must_use]
    #[inline]
    pub fn size(&self, side: Side, tick: i32) -> f64 {
        match side {
            Side::Buy => self.bids.size(tick),
            Side::Sell => self.asks.size(-tick),
        }
    }

    /// Sets the size of a level, zero to delete it, and returns what was shown there before.
    ///
    /// A level that meets the other side's removes what it meets: both cannot stand, and the newer is right.
    #[inline]
    pub fn set(&mut self, side: Side, tick: i32, size: f64) -> f64 {
        match side {
            Side::Buy => {
                if size > 0.0 && self.best_ask().is_some_and(|ask| ask <= tick) {
                    self.asks.clear_from(-tick);
                }
                self.bids.set(tick, size)
            }
            Side::Sell => {
                if size > 0.0 && self.best_bid().is_some_and(|bid| bid >= tick) {
                    self.bids.clear_from(tick);
                }
                self.asks.set(-tick, size)
            }
        }
    }

    /// The best level of a side is this one: whatever was better is gone.
    pub fn set_best(&mut self, side: Side, tick: i32, size: f64) -> f64 {
        match side {
            Side::Buy => self.bids.clear_from(tick.saturating_add(1)),
            Side::Sell => self.asks.clear_from((-tick).saturating_add(1)),
        }
        self.set(side, tick, size)
    }

    /// Empties one side, or both.
    pub fn clear(&mut self, side: Option<Side>) {
        if side != Some(Side::Sell) {
            self.bids.clear();
        }
        if side != Some(Side::Buy) {
            self.asks.clear();
        }
    }

    /// Drops what stands beyond the best `levels` of each side: what a feed of that depth no longer keeps up to date.
    pub fn truncate(&mut self, levels: usize) {
        for side in [Side::Buy, Side::Sell] {
            let beyond: Vec<i32> = self
                .levels(side)
                .skip(levels)
                .map(|(tick, _)| tick)
                .collect();
            for tick in beyond {
                self.set(side, tick, 0.0);
            }
        }
    }

    /// Applies what an event says of the book, and returns what was shown at its level before. A gap empties the book.
    #[inline]
    pub fn apply(&mut self, event: &Event) -> f64 {
        match (event.kind, event.book_side()) {
            (EventKind::Depth | EventKind::Snapshot, Some(side)) => {
                self.set(side, event.tick, event.size)
            }
            (EventKind::Quote, Some(side)) => self.set_best(side, event.tick, event.size),
            (EventKind::Clear, side) => {
                self.clear(side);
                0.0
            }
            (EventKind::Gap, _) => {
                self.clear(None);
                0.0
            }
            _ => 0.0,
        }
    }

    /// Ticks and sizes of a side, from the best on.
    #[must_use]
    pub fn levels(&self, side: Side) -> Box<dyn Iterator<Item = (i32, f64)> + '_> {
        match side {
            Side::Buy => Box::new(self.bids.levels()),
            Side::Sell => Box::new(self.asks.levels().map(|(key, size)| (-key, size))),
        }
    }

    /// What a taker on `side` who wants `quantity` base units would get, at `limit_tick` or better if one is given.
    #[must_use]
    pub fn walk(&self, side: Side, quantity: f64, limit_tick: Option<i32>) -> Walk {
        let mut walk = Walk::default();
        for (tick, size) in self.levels(side.opposite()) {
            let beyond = limit_tick.is_some_and(|limit| match side {
                Side::Buy => tick > limit,
                Side::Sell => tick < limit,
            });
            let wanted = quantity - walk.filled;
            if beyond || wanted <= 0.0 {
                break;
            }
            let taken = size.min(wanted);
            // The last part makes the sum exact.
            walk.filled = if size < wanted {
                walk.filled + taken
            } else {
                quantity
            };
            walk.cost_ticks += taken * f64::from(tick);
            walk.worst_tick = tick;
            walk.levels += 1;
        }
        walk
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_newer_level_removes_what_it_meets() {
        let mut book = Book::default();
        book.set(Side::Buy, 100, 1.0);
        book.set(Side::Sell, 101, 1.0);
        book.set(Side::Sell, 102, 1.0);
        book.set(Side::Buy, 101, 3.0);
        assert_eq!((book.best_bid(), book.best_ask()), (Some(101), Some(102)));
        assert_eq!(book.size(Side::Sell, 101), 0.0);
    }

    #[test]
    fn a_quote_removes_what_was_better() {
        let mut book = Book::default();
        book.set(Side::Sell, 101, 1.0);
        book.set(Side::Sell, 103, 2.0);
        book.set_best(Side::Sell, 102, 5.0);
        let asks: Vec<(i32, f64)> = book.levels(Side::Sell).collect();
        assert_eq!(asks, [(102, 5.0), (103, 2.0)]);
    }

    #[test]
    fn a_truncated_book_keeps_its_best_levels() {
        let mut book = Book::default();
        for tick in 1..=4 {
            book.set(Side::Sell, 100 + tick, 1.0);
            book.set(Side::Buy, 100 - tick, 1.0);
        }
        book.truncate(2);
        let asks: Vec<(i32, f64)> = book.levels(Side::Sell).collect();
        let bids: Vec<(i32, f64)> = book.levels(Side::Buy).collect();
        assert_eq!(asks, [(101, 1.0), (102, 1.0)]);
        assert_eq!(bids, [(99, 1.0), (98, 1.0)]);
    }

    #[test]
    fn a_walk_stops_at_its_limit_and_at_the_end_of_the_book() {
        let mut book = Book::default();
        book.set(Side::Buy, 100, 1.0);
        book.set(Side::Buy, 98, 2.0);
        let all = book.walk(Side::Sell, 10.0, None);
        assert_eq!((all.filled, all.worst_tick, all.levels), (3.0, 98, 2));
        let limited = book.walk(Side::Sell, 10.0, Some(99));
        assert_eq!((limited.filled, limited.worst_tick), (1.0, 100));
        assert_eq!(book.walk(Side::Buy, 1.0, None).average_tick(), None);
    }
}
