//! A book as its receiver knows it, followed through tapes one after another.

use super::book::Book;
use super::event::{Event, EventKind};
use super::tape::EventTape;
use crate::error::{Error, Result};

/// A book with what is known of it: whether it is whole, when something was last received.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ReceivedBook {
    pub book: Book,
    /// A snapshot or a quote has been seen since the last gap.
    pub is_known: bool,
    /// Base units traded since somebody last took note.
    pub traded: f64,
    pub last_ns: i64,
    /// That of the tapes; not a number before the first.
    pub tick_size: f64,
}

impl Default for ReceivedBook {
    fn default() -> Self {
        Self {
            book: Book::default(),
            is_known: false,
            traded: 0.0,
            last_ns: i64::MIN,
            tick_size: f64::NAN,
        }
    }
}

impl ReceivedBook {
    /// Checks that a tape follows on those before.
    ///
    /// # Errors
    /// When it has another tick size than the one before, or begins before that ended.
    pub(super) fn join(&mut self, tape: &EventTape) -> Result<()> {
        let tick_size = tape.tick_size();
        if self.tick_size != tick_size && !self.tick_size.is_nan() {
            let requirement = format!("{}, as before", self.tick_size);
            return Err(Error::parameter("tick_size", tick_size, requirement));
        }
        self.tick_size = tick_size;
        if let Some(first) = tape.received().next()
            && first.local_ns < self.last_ns
        {
            let requirement = format!("at least {}, where the events before ended", self.last_ns);
            return Err(Error::data("local_ns", 0, first.local_ns, requirement));
        }
        Ok(())
    }

    pub(super) fn take(&mut self, event: &Event) {
        self.last_ns = event.local_ns;
        match event.kind {
            EventKind::Gap => self.is_known = false,
            EventKind::Clear | EventKind::Snapshot | EventKind::Quote => self.is_known = true,
            EventKind::Trade => self.traded += event.size,
            EventKind::Depth | EventKind::Funding | EventKind::Mark => {}
        }
        self.book.apply(event);
    }

    /// Best bid and ask in ticks; not numbers while the book is not known or lacks a side.
    pub(super) fn ends(&self) -> (f64, f64) {
        let ends = self.book.best_bid().zip(self.book.best_ask());
        ends.filter(|_| self.is_known)
            .map_or((f64::NAN, f64::NAN), |ends| {
                (f64::from(ends.0), f64::from(ends.1))
            })
    }
}
