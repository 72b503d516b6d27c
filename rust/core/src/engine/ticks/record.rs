//! What is kept of a run on ticks beside the venue's own orders and fills.

use std::collections::VecDeque;

use crate::venue::{Answer, AnswerKind, MarketId};
use crate::venue::{Fill, OrderId, Venue};

/// How long after a fill the middle of the book is looked at again: 1, 5 and 30 seconds.
pub const MARKOUT_HORIZONS_NS: [i64; 3] = [1_000_000_000, 5_000_000_000, 30_000_000_000];

/// The circumstances of an order. Prices are in ticks; NaN where there was no book.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OrderContext {
    /// The order.
    pub order: OrderId,
    /// When it was decided, UTC nanoseconds.
    pub decided_ns: i64,
    /// Middle of the book that the strategy saw then.
    pub decision_mid: f64,
    /// When it reached the exchange; `None` if it never did.
    pub arrived_ns: Option<i64>,
    /// Middle of the exchange's book then.
    pub arrival_mid: f64,
    /// Base units before it in the queue when it was accepted; NaN if it did not rest.
    pub queue_ahead: f64,
    /// When its first answer was received.
    pub answered_ns: Option<i64>,
}

/// The middle of the exchange's book at a fill and after it, in ticks; NaN where there is none, or the data end before.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Markout {
    /// At the fill, before it.
    pub mid: f64,
    /// After each of [`MARKOUT_HORIZONS_NS`].
    pub later: [f64; 3],
}

/// A look at the book that is due.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Due {
    time_ns: i64,
    fill: usize,
}

/// What a run leaves.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TickRecord {
    /// When the equity was recorded, UTC nanoseconds.
    pub time_ns: Vec<i64>,
    /// Equity of all accounts then, marked at the middle of the book.
    pub equity: Vec<f64>,
    /// Signed base units held then.
    pub position: Vec<f64>,
    /// Middle of the exchange's book then, in ticks.
    pub mid: Vec<f64>,
    /// The circumstances of the orders sent, as they were sent.
    pub contexts: Vec<OrderContext>,
    /// One entry a fill of the venue.
    pub markouts: Vec<Markout>,
    /// Events that happened at the exchange.
    pub events: u64,
    /// Gaps among them.
    pub gaps: u64,
    due: [VecDeque<Due>; 3],
}

impl TickRecord {
    /// The next time at which the middle of the book must be looked at.
    pub(super) fn next_due_ns(&self) -> i64 {
        let fronts = self.due.iter().filter_map(VecDeque::front);
        fronts.map(|due| due.time_ns).min().unwrap_or(i64::MAX)
    }

    /// Notes the middle of the book for the fills whose horizon has come.
    pub(super) fn note_due(&mut self, now_ns: i64, mid: f64) {
        for (horizon, due) in self.due.iter_mut().enumerate() {
            while let Some(front) = due.front().filter(|front| front.time_ns <= now_ns) {
                self.markouts[front.fill].later[horizon] = mid;
                due.pop_front();
            }
        }
    }

    /// Notes the fills that have come since the last call; `mid` is what the book's middle was before them.
    pub(super) fn note_fills(&mut self, fills: &[Fill], mid: f64) {
        while let Some(fill) = fills.get(self.markouts.len()) {
            let index = self.markouts.len();
            for (due, horizon) in self.due.iter_mut().zip(MARKOUT_HORIZONS_NS) {
                due.push_back(Due {
                    time_ns: fill.time_ns.saturating_add(horizon),
                    fill: index,
                });
            }
            self.markouts.push(Markout {
                mid,
                later: [f64::NAN; 3],
            });
        }
    }

    pub(super) fn note_equity(&mut self, now_ns: i64, venue: &mut Venue, market: MarketId) {
        venue.mark_to_book(market);
        self.time_ns.push(now_ns);
        self.equity.push(venue.equity());
        let held = venue.position(crate::venue::MAIN, market).quantity;
        self.position.push(held);
        self.mid
            .push(venue.book(market).mid_tick().unwrap_or(f64::NAN));
    }

    fn context_mut(&mut self, order: OrderId) -> Option<&mut OrderContext> {
        let place = self
            .contexts
            .binary_search_by_key(&order, |context| context.order)
            .ok()?;
        self.contexts.get_mut(place)
    }

    pub(super) fn note_arrival(&mut self, order: OrderId, now_ns: i64, mid: f64) {
        if let Some(context) = self.context_mut(order) {
            context.arrived_ns = Some(now_ns);
            context.arrival_mid = mid;
        }
    }

    pub(super) fn note_answer(&mut self, answer: &Answer) {
        if let Some(context) = self.context_mut(answer.order) {
            context.answered_ns.get_or_insert(answer.time_ns);
            if let AnswerKind::Accepted { queue_ahead } = answer.kind {
                context.queue_ahead = queue_ahead;
            }
        }
    }
}
