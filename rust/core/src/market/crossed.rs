//! Where a book is crossed: levels taken as they are written, the newer not removing the older.

use std::collections::BTreeMap;

use super::event::{Event, EventKind};
use super::tape::EventTape;

/// Messages after which the best bid is not below the best ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Crossings {
    /// How many.
    pub messages: usize,
    /// Row of the first, in order of arrival.
    pub first_row: Option<usize>,
}

impl Crossings {
    /// Looks through a tape as it is received.
    #[must_use]
    pub fn of(tape: &EventTape) -> Self {
        let mut found = Self::default();
        let (mut bids, mut asks) = (BTreeMap::new(), BTreeMap::new());
        let received = tape.events().iter().filter(|event| event.is_at_local());
        for (row, event) in received.enumerate() {
            if !event.kind.is_book() {
                continue;
            }
            write(event, &mut bids, &mut asks);
            let best_bid = bids.last_key_value().map(|(tick, _)| *tick);
            let best_ask = asks.first_key_value().map(|(tick, _)| *tick);
            if event.is_last() && best_bid.zip(best_ask).is_some_and(|(bid, ask)| bid >= ask) {
                found.messages += 1;
                found.first_row.get_or_insert(row);
            }
        }
        found
    }
}

fn write(event: &Event, bids: &mut BTreeMap<i32, f64>, asks: &mut BTreeMap<i32, f64>) {
    match event.kind {
        EventKind::Clear | EventKind::Gap => {
            if event.side >= 0 {
                bids.clear();
            }
            if event.side <= 0 {
                asks.clear();
            }
            return;
        }
        EventKind::Quote if event.side > 0 => {
            bids.split_off(&event.tick);
        }
        EventKind::Quote => *asks = asks.split_off(&event.tick),
        _ => {}
    }
    let levels = if event.side > 0 { bids } else { asks };
    if event.size > 0.0 {
        levels.insert(event.tick, event.size);
    } else {
        levels.remove(&event.tick);
    }
}

#[cfg(test)]
mod tests {
    use super::super::tape::EventColumns;
    use super::*;

    #[test]
    fn a_book_is_crossed_where_a_message_leaves_it_so() {
        let columns = EventColumns {
            exchange_ns: &[1, 2, 3, 3, 4],
            local_ns: &[1, 2, 3, 3, 4],
            kind: &[2, 2, 2, 2, 2],
            side: &[1, -1, 1, -1, 1],
            price: &[99.0, 101.0, 101.0, 101.0, 103.0],
            size: &[1.0, 1.0, 1.0, 0.0, 1.0],
            last: &[true, true, false, true, true],
        };
        let tape = EventTape::new(&columns, 1.0).unwrap();
        assert_eq!(Crossings::of(&tape), Crossings::default());
        let columns = EventColumns {
            last: &[true; 5],
            ..columns
        };
        let tape = EventTape::new(&columns, 1.0).unwrap();
        let crossed = Crossings::of(&tape);
        assert_eq!((crossed.messages, crossed.first_row), (1, Some(2)));
    }
}
