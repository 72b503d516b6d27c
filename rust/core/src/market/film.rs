//! The depth of a book over time, in rows of prices: what a heat map of it shows.

use super::book::Book;
use super::event::{Event, EventKind};
use super::tape::EventTape;
use crate::error::{Error, Result};
use crate::venue::Side;

/// The prices that a film shows, in rows of as many ticks each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FilmRows {
    /// First tick of the first row.
    pub first_tick: i32,
    /// Ticks a row.
    pub row_ticks: u32,
    /// Number of rows.
    pub rows: usize,
}

/// Follows the exchange's book through consecutive tapes and notes at each time what it shows. Memory does not grow with the events.
#[derive(Debug, Clone, PartialEq)]
pub struct BookFilm {
    times_ns: Vec<i64>,
    rows: FilmRows,
    book: Book,
    /// The events have told of a book.
    is_told: bool,
    /// Events are missing, and no snapshot or quote has come since.
    is_lost: bool,
    last_ns: i64,
    filmed: usize,
    size: Vec<f64>,
}

impl BookFilm {
    /// A film at `times_ns` of the exchange, ascending.
    ///
    /// # Errors
    /// When times do not rise, or the rows hold no tick.
    pub fn new(times_ns: Vec<i64>, rows: FilmRows) -> Result<Self> {
        if let Some(row) = times_ns.windows(2).position(|pair| pair[1] <= pair[0]) {
            let time_ns = times_ns[row + 1];
            return Err(Error::data("times_ns", row + 1, time_ns, "must rise"));
        }
        if rows.row_ticks == 0 || rows.rows == 0 {
            let found = format!("{} of {}", rows.rows, rows.row_ticks);
            return Err(Error::parameter("rows", found, "at least one of one tick"));
        }
        Ok(Self {
            size: Vec::with_capacity(times_ns.len() * rows.rows),
            times_ns,
            rows,
            book: Book::default(),
            is_told: false,
            is_lost: false,
            last_ns: i64::MIN,
            filmed: 0,
        })
    }

    /// Goes on through the events of a tape, in the order in which they happened.
    pub fn feed(&mut self, tape: &EventTape) {
        for event in tape.events().iter().filter(|event| event.is_at_exchange()) {
            while self
                .next_ns()
                .is_some_and(|time_ns| time_ns < event.exchange_ns)
            {
                self.look();
            }
            self.take(event);
        }
    }

    /// Base units in each row of prices, one stretch of rows a time, both sides of the book together. Not a number where the book was not
    /// known, and after the last event.
    #[must_use]
    pub fn finish(mut self) -> Vec<f64> {
        while let Some(time_ns) = self.next_ns() {
            self.is_lost |= time_ns > self.last_ns;
            self.look();
        }
        self.size
    }

    fn next_ns(&self) -> Option<i64> {
        self.times_ns.get(self.filmed).copied()
    }

    fn take(&mut self, event: &Event) {
        self.last_ns = event.exchange_ns;
        match event.kind {
            EventKind::Gap => {
                self.book.clear(None);
                self.is_lost = self.is_told;
            }
            EventKind::Depth if self.is_lost => return,
            EventKind::Clear | EventKind::Snapshot | EventKind::Quote => {
                (self.is_told, self.is_lost) = (true, false);
            }
            EventKind::Depth => self.is_told = true,
            EventKind::Trade | EventKind::Funding | EventKind::Mark => {}
        }
        self.book.apply(event);
    }

    fn look(&mut self) {
        self.filmed += 1;
        let start = self.size.len();
        let is_known = self.is_told && !self.is_lost;
        let empty = if is_known { 0.0 } else { f64::NAN };
        self.size.extend(std::iter::repeat_n(empty, self.rows.rows));
        if !is_known {
            return;
        }
        for side in [Side::Buy, Side::Sell] {
            for (tick, size) in self.book.levels(side) {
                match self.row_of(tick) {
                    Ok(row) => self.size[start + row] += size,
                    // Levels go away from the touch: the rest lies outside as well.
                    Err(is_below) if is_below == (side == Side::Buy) => break,
                    Err(_) => {}
                }
            }
        }
    }

    /// The row of a price; whether it lies below all of them if it has none.
    fn row_of(&self, tick: i32) -> std::result::Result<usize, bool> {
        let above = i64::from(tick) - i64::from(self.rows.first_tick);
        let row = usize::try_from(above).map_err(|_| true)? / self.rows.row_ticks as usize;
        if row < self.rows.rows {
            Ok(row)
        } else {
            Err(false)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tape::EventColumns;
    use super::*;

    const ROWS: FilmRows = FilmRows {
        first_tick: 98,
        row_ticks: 2,
        rows: 3,
    };

    /// Rows of time, kind, side, price, size on a tick of one.
    fn tape(rows: &[(i64, EventKind, i8, f64, f64)]) -> EventTape {
        let times: Vec<i64> = rows.iter().map(|row| row.0).collect();
        let columns = EventColumns {
            exchange_ns: &times,
            local_ns: &times,
            kind: &rows.iter().map(|row| row.1 as u8).collect::<Vec<_>>(),
            side: &rows.iter().map(|row| row.2).collect::<Vec<_>>(),
            price: &rows.iter().map(|row| row.3).collect::<Vec<_>>(),
            size: &rows.iter().map(|row| row.4).collect::<Vec<_>>(),
            last: &vec![true; rows.len()],
        };
        EventTape::new(&columns, 1.0).expect("valid events")
    }

    fn assert_same(found: &[f64], expected: &[f64]) {
        assert_eq!(found.len(), expected.len(), "{found:?}");
        for (found, expected) in found.iter().zip(expected) {
            assert!(
                found == expected || (found.is_nan() && expected.is_nan()),
                "{found} for {expected}"
            );
        }
    }

    #[test]
    fn a_film_sums_levels_by_row_and_knows_nothing_in_a_gap_and_after_the_end() {
        let mut film = BookFilm::new(vec![5, 10, 15, 20, 30], ROWS).expect("valid");
        film.feed(&tape(&[
            (6, EventKind::Clear, 0, 0.0, 0.0),
            (6, EventKind::Snapshot, 1, 99.0, 2.0),
            (6, EventKind::Snapshot, 1, 98.0, 5.0),
            (6, EventKind::Snapshot, 1, 90.0, 9.0),
            (6, EventKind::Snapshot, -1, 101.0, 1.0),
            (6, EventKind::Snapshot, -1, 104.0, 3.0),
        ]));
        film.feed(&tape(&[
            (10, EventKind::Depth, -1, 102.0, 4.0),
            (12, EventKind::Gap, 0, 0.0, 0.0),
            (14, EventKind::Depth, 1, 98.0, 8.0),
            (16, EventKind::Snapshot, 1, 99.0, 1.0),
            (25, EventKind::Snapshot, -1, 101.0, 1.0),
        ]));
        let unknown = f64::NAN;
        // What happens at the very time of a look is seen.
        let expected = [
            [unknown; 3],
            [7.0, 1.0, 4.0],
            [unknown; 3],
            [1.0, 0.0, 0.0],
            [unknown; 3],
        ];
        assert_same(&film.finish(), expected.as_flattened());
    }

    #[test]
    fn times_that_do_not_rise_and_rows_without_ticks_are_refused() {
        assert!(BookFilm::new(vec![2, 2], ROWS).is_err());
        let none = FilmRows {
            row_ticks: 0,
            ..ROWS
        };
        assert!(BookFilm::new(vec![1], none).is_err());
    }
}
