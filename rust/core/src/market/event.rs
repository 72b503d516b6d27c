//! What a feed says of one market: trades, changes of its book, quotes, funding, mark prices, gaps.

use crate::venue::Side;

/// What kind of event a row is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum EventKind {
    /// A trade; the side is the taker's, if known.
    Trade = 1,
    /// The new size of one level of the book; zero deletes it.
    Depth = 2,
    /// One level of a whole snapshot.
    Snapshot = 3,
    /// One side of the book is emptied, or both.
    Clear = 4,
    /// The best level of one side: whatever was better is gone.
    Quote = 5,
    /// A funding payment; the relative rate stands in `size`.
    Funding = 6,
    /// A mark price, in `size`.
    Mark = 7,
    /// Events are missing before this one.
    Gap = 8,
}

impl EventKind {
    /// Every kind with its name, by rising code.
    pub const NAMES: [(&'static str, Self); 8] = [
        ("trade", Self::Trade),
        ("depth", Self::Depth),
        ("snapshot", Self::Snapshot),
        ("clear", Self::Clear),
        ("quote", Self::Quote),
        ("funding", Self::Funding),
        ("mark", Self::Mark),
        ("gap", Self::Gap),
    ];

    /// The kind of a code, if there is one.
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        let index = usize::from(code).checked_sub(1)?;
        Self::NAMES.get(index).map(|(_, kind)| *kind)
    }

    /// Whether the event says something of the book.
    #[must_use]
    pub const fn is_book(self) -> bool {
        matches!(
            self,
            Self::Depth | Self::Snapshot | Self::Clear | Self::Quote | Self::Gap
        )
    }

    /// Whether its price must lie on the tick grid.
    #[must_use]
    pub const fn has_tick(self) -> bool {
        matches!(
            self,
            Self::Trade | Self::Depth | Self::Snapshot | Self::Quote
        )
    }
}

/// The event happens at the exchange at this place of the tape.
pub const AT_EXCHANGE: u8 = 1;
/// The event reaches the strategy at this place of the tape.
pub const AT_LOCAL: u8 = 2;
/// The last event of its message: the book is whole after it.
pub const LAST: u8 = 4;

/// One event of one market, small enough that two fill a cache line.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Event {
    /// When it happened at the exchange, UTC nanoseconds.
    pub exchange_ns: i64,
    /// When it was received, UTC nanoseconds.
    pub local_ns: i64,
    /// Base units; the rate of a funding payment; the price of a mark.
    pub size: f64,
    /// Price in ticks; zero where the kind has no price.
    pub tick: i32,
    /// What it is.
    pub kind: EventKind,
    /// +1 bid or buying taker, −1 ask or selling taker, 0 neither or both.
    pub side: i8,
    /// [`AT_EXCHANGE`], [`AT_LOCAL`] and [`LAST`].
    pub flags: u8,
}

impl Event {
    /// Whether the event happens at the exchange at its place of the tape.
    #[must_use]
    #[inline]
    pub const fn is_at_exchange(&self) -> bool {
        self.flags & AT_EXCHANGE != 0
    }

    /// Whether the event reaches the strategy at its place of the tape.
    #[must_use]
    #[inline]
    pub const fn is_at_local(&self) -> bool {
        self.flags & AT_LOCAL != 0
    }

    /// Whether it ends its message.
    #[must_use]
    #[inline]
    pub const fn is_last(&self) -> bool {
        self.flags & LAST != 0
    }

    /// Bid for +1, ask for −1; `None` where the event has no side.
    #[must_use]
    #[inline]
    pub const fn book_side(&self) -> Option<Side> {
        match self.side {
            1 => Some(Side::Buy),
            -1 => Some(Side::Sell),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_fills_half_a_cache_line() {
        assert_eq!(size_of::<Event>(), 32);
    }

    #[test]
    fn codes_and_kinds_match() {
        for (_, kind) in EventKind::NAMES {
            assert_eq!(EventKind::from_code(kind as u8), Some(kind));
        }
        assert_eq!(EventKind::from_code(0), None);
        assert_eq!(EventKind::from_code(9), None);
    }
}
