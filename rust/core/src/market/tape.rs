//! Events of one market in the order in which they are played.

use super::event::{AT_EXCHANGE, AT_LOCAL, Event, EventKind, LAST};
use crate::error::{Error, Result};

/// How far a price may be off the tick grid, in ticks: what a decimal price loses as a float.
const TICK_TOLERANCE: f64 = 1e-3;

/// Events as columns of equal length, in order of arrival.
#[derive(Debug, Clone, Copy)]
pub struct EventColumns<'a> {
    /// When it happened at the exchange, UTC nanoseconds.
    pub exchange_ns: &'a [i64],
    /// When it was received, UTC nanoseconds.
    pub local_ns: &'a [i64],
    /// Codes of [`EventKind`].
    pub kind: &'a [u8],
    /// +1 bid or buying taker, −1 ask or selling taker, 0 neither or both.
    pub side: &'a [i8],
    /// Quote currency per base unit.
    pub price: &'a [f64],
    /// Base units; the rate of a funding payment.
    pub size: &'a [f64],
    /// Whether the row ends its message.
    pub last: &'a [bool],
}

/// Events of one market, checked and ordered by both clocks.
///
/// What happens at the exchange stands in the order of the exchange's clock, what reaches the strategy in the order of the local one.
/// A row whose two places differ stands twice, once for each. Levels of a book beyond 2³¹ ticks, which no order meets, are left out.
#[derive(Debug, Clone, PartialEq)]
pub struct EventTape {
    events: Vec<Event>,
    tick_size: f64,
    left_out: usize,
}

impl EventTape {
    /// Checks rows and puts them into order.
    ///
    /// # Errors
    /// [`Error::Length`] for columns of different lengths; [`Error::Data`] naming column and row for a value that cannot be; [`Error::Parameter`] for the tick size.
    pub fn new(columns: &EventColumns<'_>, tick_size: f64) -> Result<Self> {
        if !(tick_size.is_finite() && tick_size > 0.0) {
            return Err(Error::parameter(
                "tick_size",
                tick_size,
                "finite and positive",
            ));
        }
        check_lengths(columns)?;
        let rows = columns.exchange_ns.len();
        let mut events = Vec::with_capacity(rows);
        let ticks_per_unit = 1.0 / tick_size;
        for row in 0..rows {
            if is_far(columns, row, ticks_per_unit) {
                continue;
            }
            events.push(event(columns, row, ticks_per_unit)?);
        }
        let left_out = rows - events.len();
        let ordered = |key: fn(&Event) -> i64| events.is_sorted_by_key(key);
        if !(ordered(|event| event.exchange_ns) && ordered(|event| event.local_ns)) {
            events = in_both_orders(&events);
        }
        Ok(Self {
            events,
            tick_size,
            left_out,
        })
    }

    /// The events as they are played.
    #[must_use]
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// Those that reach the receiver, in the order of receipt.
    pub(super) fn received(&self) -> impl Iterator<Item = &Event> {
        self.events.iter().filter(|event| event.is_at_local())
    }

    /// Levels of the book that are left out, beyond 2³¹ ticks.
    #[must_use]
    pub const fn left_out(&self) -> usize {
        self.left_out
    }

    /// Quote currency a tick.
    #[must_use]
    pub const fn tick_size(&self) -> f64 {
        self.tick_size
    }
}

fn check_lengths(columns: &EventColumns<'_>) -> Result<()> {
    let expected = columns.exchange_ns.len();
    for (column, length) in [
        ("local_ns", columns.local_ns.len()),
        ("kind", columns.kind.len()),
        ("side", columns.side.len()),
        ("price", columns.price.len()),
        ("size", columns.size.len()),
        ("last", columns.last.len()),
    ] {
        if length != expected {
            let column = column.to_owned();
            return Err(Error::Length {
                column,
                length,
                expected,
            });
        }
    }
    Ok(())
}

/// Whether a row is a level of the book too far away for a tick of 32 bits.
#[inline]
fn is_far(columns: &EventColumns<'_>, row: usize, ticks_per_unit: f64) -> bool {
    let price = columns.price[row];
    let is_level = matches!(
        EventKind::from_code(columns.kind[row]),
        Some(EventKind::Depth | EventKind::Snapshot)
    );
    is_level && price.is_finite() && price * ticks_per_unit >= f64::from(i32::MAX)
}

#[inline]
fn event(columns: &EventColumns<'_>, row: usize, ticks_per_unit: f64) -> Result<Event> {
    let (price, size, side) = (columns.price[row], columns.size[row], columns.side[row]);
    let Some(kind) = EventKind::from_code(columns.kind[row]) else {
        let requirement = "a kind of event is a code from 1 to 8";
        return Err(Error::data("kind", row, columns.kind[row], requirement));
    };
    let needs_side = matches!(
        kind,
        EventKind::Depth | EventKind::Snapshot | EventKind::Quote
    );
    if !(-1..=1).contains(&side) || (needs_side && side == 0) {
        let requirement = "a side is 1 or -1, and 0 only where there is none";
        return Err(Error::data("side", row, side, requirement));
    }
    let (exchange_ns, local_ns) = (columns.exchange_ns[row], columns.local_ns[row]);
    if local_ns < exchange_ns {
        let requirement = "an event is received no sooner than it happens; correct_clock moves the receiver's clock on";
        return Err(Error::data("local_ns", row, local_ns, requirement));
    }
    let mut tick = 0;
    if kind.has_tick() {
        let ticks = price * ticks_per_unit;
        let nearest = ticks.round();
        let on_grid = (ticks - nearest).abs() <= TICK_TOLERANCE;
        if !(nearest >= 1.0 && nearest < f64::from(i32::MAX) && on_grid) {
            let requirement = "a price must be positive and on the tick grid, below 2^31 ticks";
            return Err(Error::data("price", row, price, requirement));
        }
        #[expect(clippy::cast_possible_truncation, reason = "just checked")]
        let whole = nearest as i32;
        tick = whole;
    }
    let value = if kind == EventKind::Mark { price } else { size };
    let is_sound = match kind {
        EventKind::Trade | EventKind::Snapshot | EventKind::Mark => {
            value.is_finite() && value > 0.0
        }
        EventKind::Funding => value.is_finite(),
        EventKind::Depth | EventKind::Quote => value.is_finite() && value >= 0.0,
        EventKind::Clear | EventKind::Gap => true,
    };
    if !is_sound {
        let (column, requirement) = match kind {
            EventKind::Mark => ("price", "a mark price must be positive and finite"),
            EventKind::Funding => ("size", "a funding rate must be finite"),
            EventKind::Depth | EventKind::Quote => {
                ("size", "a size must be finite and not negative")
            }
            _ => ("size", "a size must be finite and positive"),
        };
        return Err(Error::data(column, row, value, requirement));
    }
    Ok(Event {
        exchange_ns,
        local_ns,
        size: value,
        tick,
        kind,
        side,
        flags: AT_EXCHANGE | AT_LOCAL | if columns.last[row] { LAST } else { 0 },
    })
}

/// Both orders in one: rows go where they stand in both, or twice where they cannot.
fn in_both_orders(events: &[Event]) -> Vec<Event> {
    let mut by_exchange: Vec<u32> = Vec::new();
    let mut by_local: Vec<u32> = Vec::new();
    let rows = u32::try_from(events.len()).unwrap_or(u32::MAX);
    by_exchange.extend(0..rows);
    by_local.extend(0..rows);
    by_exchange.sort_by_key(|row| events[*row as usize].exchange_ns);
    by_local.sort_by_key(|row| events[*row as usize].local_ns);
    let mut exchange_place = vec![0_u32; events.len()];
    for (place, row) in (0_u32..).zip(&by_exchange) {
        exchange_place[*row as usize] = place;
    }
    let mut merged = Vec::with_capacity(events.len() + events.len() / 8);
    // Rows of the exchange's order up to `played` have been placed.
    let mut played = 0;
    for row in by_local {
        let event = events[row as usize];
        let place = exchange_place[row as usize] as usize;
        if place < played {
            merged.push(Event {
                flags: event.flags & !AT_EXCHANGE,
                ..event
            });
            continue;
        }
        for earlier in &by_exchange[played..place] {
            let earlier = events[*earlier as usize];
            merged.push(Event {
                flags: earlier.flags & !AT_LOCAL,
                ..earlier
            });
        }
        merged.push(event);
        played = place + 1;
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tape(rows: &[(i64, i64)]) -> Result<EventTape> {
        let exchange: Vec<i64> = rows.iter().map(|row| row.0).collect();
        let local: Vec<i64> = rows.iter().map(|row| row.1).collect();
        let count = rows.len();
        let prices: Vec<f64> = (0..count).map(|row| 0.1 * (row + 1) as f64).collect();
        EventTape::new(
            &EventColumns {
                exchange_ns: &exchange,
                local_ns: &local,
                kind: &vec![EventKind::Trade as u8; count],
                side: &vec![1; count],
                price: &prices,
                size: &vec![1.0; count],
                last: &vec![true; count],
            },
            0.1,
        )
    }

    #[test]
    fn rows_in_the_order_of_both_clocks_stand_once() {
        let tape = tape(&[(1, 5), (2, 5), (2, 6)]).unwrap();
        let ticks: Vec<i32> = tape.events().iter().map(|event| event.tick).collect();
        assert_eq!(ticks, [1, 2, 3]);
        assert!(
            tape.events()
                .iter()
                .all(|e| e.is_at_exchange() && e.is_at_local())
        );
    }

    #[test]
    fn a_row_that_was_overtaken_stands_once_for_each_clock() {
        let tape = tape(&[(3, 5), (1, 6), (4, 7)]).unwrap();
        let places: Vec<(i32, bool, bool)> = tape
            .events()
            .iter()
            .map(|event| (event.tick, event.is_at_exchange(), event.is_at_local()))
            .collect();
        assert_eq!(
            places,
            [
                (2, true, false),
                (1, true, true),
                (2, false, true),
                (3, true, true)
            ]
        );
    }

    #[test]
    fn what_cannot_be_is_named_with_column_and_row() {
        let columns = EventColumns {
            exchange_ns: &[1, 2],
            local_ns: &[1, 2],
            kind: &[1, 2],
            side: &[0, 1],
            price: &[100.0, 100.05],
            size: &[1.0, 1.0],
            last: &[true, true],
        };
        let refused =
            |columns: EventColumns<'_>| EventTape::new(&columns, 0.1).unwrap_err().to_string();
        assert!(refused(columns).starts_with("column price, row 1:"));
        let kind = &[1, 9];
        assert!(refused(EventColumns { kind, ..columns }).starts_with("column kind, row 1:"));
        let side = &[0, 0];
        assert!(refused(EventColumns { side, ..columns }).starts_with("column side, row 1:"));
        let size = &[0.0, 1.0];
        assert!(refused(EventColumns { size, ..columns }).starts_with("column size, row 0:"));
        let last = &[true];
        assert!(refused(EventColumns { last, ..columns }).starts_with("column last has 1 rows"));
    }
}
