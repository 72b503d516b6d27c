//! How orders on ticks were executed: the circumstances of each, and where the market went after each fill.

use std::collections::VecDeque;

use crate::venue::{Answer, AnswerKind, Fill, MarketId, OrderId, Venue};

/// How long after a fill the middle of the book is looked at again: 1, 5 and 30 seconds.
pub const MARKOUT_HORIZONS_NS: [i64; 3] = [1_000_000_000, 5_000_000_000, 30_000_000_000];

/// The circumstances of an order. Prices are in ticks; NaN where there was no book.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OrderContext {
    /// The order.
    pub order: OrderId,
    /// When it was decided, UTC nanoseconds.
    pub decided_ns: i64,
    /// Middle of the book that the strategy saw then; of a configured strategy, which sees bars, that of the exchange's book.
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

impl OrderContext {
    /// An order that has just been decided.
    #[must_use]
    pub const fn decided(order: OrderId, decided_ns: i64, decision_mid: f64) -> Self {
        Self {
            order,
            decided_ns,
            decision_mid,
            arrived_ns: None,
            arrival_mid: f64::NAN,
            queue_ahead: f64::NAN,
            answered_ns: None,
        }
    }
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

/// The executions of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Executions {
    /// The circumstances of the orders sent, as they were sent.
    pub contexts: Vec<OrderContext>,
    /// One entry a fill of the venue.
    pub markouts: Vec<Markout>,
    /// By market, by horizon.
    due: Vec<[VecDeque<Due>; 3]>,
}

impl Executions {
    /// None yet.
    pub(super) fn new(markets: usize) -> Self {
        Self {
            contexts: Vec::new(),
            markouts: Vec::new(),
            due: vec![Default::default(); markets],
        }
    }

    /// The next time at which the middle of a market's book must be looked at.
    #[inline]
    pub(super) fn next_due_ns(&self, market: MarketId) -> i64 {
        let due = &self.due[usize::from(market.0)];
        let fronts = due.iter().filter_map(VecDeque::front);
        fronts.map(|due| due.time_ns).min().unwrap_or(i64::MAX)
    }

    /// Notes the middle of a market's book for the fills whose horizon has come.
    pub(super) fn note_due(&mut self, market: MarketId, now_ns: i64, mid: f64) {
        let queues = &mut self.due[usize::from(market.0)];
        for (horizon, due) in queues.iter_mut().enumerate() {
            while let Some(front) = due.front().filter(|front| front.time_ns <= now_ns) {
                self.markouts[front.fill].later[horizon] = mid;
                due.pop_front();
            }
        }
    }

    /// Notes the fills that have come since the last call; `mid` is what the middle of the market's book was before them.
    pub(super) fn note_fills(&mut self, fills: &[Fill], mid: f64) {
        while let Some(fill) = fills.get(self.markouts.len()) {
            let index = self.markouts.len();
            let queues = &mut self.due[usize::from(fill.market.0)];
            for (due, horizon) in queues.iter_mut().zip(MARKOUT_HORIZONS_NS) {
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

    /// Notes the orders that the venue has taken since the last call; those made `at_exchange`, such as a bracket's stop, have arrived.
    pub(super) fn note_orders(&mut self, venue: &Venue, now_ns: i64, at_exchange: bool) {
        for id in self.contexts.len()..venue.orders().len() {
            let order = OrderId(u32::try_from(id).unwrap_or(u32::MAX));
            let mid = middle(venue, venue.orders()[id].market);
            let mut context = OrderContext::decided(order, now_ns, mid);
            if at_exchange {
                (context.arrived_ns, context.arrival_mid) = (Some(now_ns), mid);
            }
            self.contexts.push(context);
        }
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

/// Middle of the exchange's book in ticks; NaN where there is none.
#[inline]
pub(super) fn middle(venue: &Venue, market: MarketId) -> f64 {
    venue.book(market).mid_tick().unwrap_or(f64::NAN)
}
