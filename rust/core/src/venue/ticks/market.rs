//! What the venue keeps of a market that trades tick by tick: its book, what is on its way, which events concern own orders.

use std::collections::VecDeque;

use super::super::live_order::{LiveOrder, Waiting};
use super::calm::Calm;
use super::{Answer, FillRule, TickRules};
use crate::market::Book;
use crate::venue::{OrderId, OrderKind, Quantity, Side, TimeInForce};

/// What is on its way to the exchange.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::venue) enum Message {
    New(Box<LiveOrder>),
    Cancel(OrderId),
    Replace(OrderId, OrderKind, Option<Quantity>),
}

/// A message with the exchange's time at which it arrives.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::venue) struct Flight {
    pub arrives_ns: i64,
    pub message: Message,
}

/// What is known of the book.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::venue) enum Knowledge {
    /// The data have said nothing of it yet.
    None,
    Whole,
    /// Events are missing: until the next snapshot nothing is known.
    Lost,
}

/// A market that trades tick by tick.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::venue) struct TickMarket {
    pub rules: TickRules,
    pub tick_size: f64,
    pub book: Book,
    pub knowledge: Knowledge,
    pub last_trade: Option<f64>,
    pub mark: Option<f64>,
    /// How long the last event of the feed took.
    pub feed_ns: i64,
    /// Orders that have come to rest.
    pub rested: u64,
    pub flights: VecDeque<Flight>,
    pub messages_sent: u64,
    pub answers: VecDeque<Answer>,
    pub answers_sent: u64,
    pub interest: Interest,
    /// Where own limits stand.
    pub stands: Vec<Stand>,
    pub calm: Calm,
}

/// A limit order that rests: what has to be known to find it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::venue) struct Stand {
    pub side: Side,
    pub tick: i32,
    /// Its place among the resting orders.
    pub place: usize,
}

impl TickMarket {
    pub fn new(rules: TickRules, tick_size: f64) -> Self {
        Self {
            rules,
            tick_size,
            book: Book::default(),
            knowledge: Knowledge::None,
            last_trade: None,
            mark: None,
            feed_ns: 0,
            rested: 0,
            flights: VecDeque::new(),
            messages_sent: 0,
            answers: VecDeque::new(),
            answers_sent: 0,
            interest: Interest::default(),
            stands: Vec::new(),
            calm: Calm::NONE,
        }
    }

    /// Takes in where orders rest from now on.
    pub fn settle(&mut self, resting: &Waiting) {
        self.interest = Interest::of(resting);
        let limits = resting.iter().enumerate();
        let limits = limits.filter(|(_, order)| order.is_limit());
        self.stands.clear();
        self.stands.extend(limits.map(|(place, order)| Stand {
            side: order.request.side,
            tick: order.tick,
            place,
        }));
    }

    #[inline]
    pub fn price(&self, tick: i32) -> f64 {
        f64::from(tick) * self.tick_size
    }

    /// The tick of an order's limit: a buy's at it or below, a sell's at it or above.
    pub fn tick_of(&self, side: Side, price: f64) -> i32 {
        let ticks = price / self.tick_size;
        let whole = match side {
            Side::Buy => (ticks + 1e-6).floor(),
            Side::Sell => (ticks - 1e-6).ceil(),
        };
        #[expect(
            clippy::cast_possible_truncation,
            reason = "saturates far from any market"
        )]
        let tick = whole as i32;
        tick
    }

    pub fn is_whole(&self) -> bool {
        self.rules.fills == FillRule::Whole
    }

    /// Sends a message; none overtakes another.
    pub fn send(&mut self, message: Message, now_ns: i64) {
        let number = self.messages_sent;
        let latency = &self.rules.order_latency;
        let latency = latency.of(number, now_ns, self.feed_ns, self.rules.seed);
        let before = self.flights.back().map_or(i64::MIN, |last| last.arrives_ns);
        self.messages_sent += 1;
        self.flights.push_back(Flight {
            arrives_ns: now_ns.saturating_add(latency).max(before),
            message,
        });
    }

    /// New orders on their way.
    pub fn new_orders(&self) -> impl Iterator<Item = &Box<LiveOrder>> {
        self.flights
            .iter()
            .filter_map(|flight| match &flight.message {
                Message::New(order) => Some(order),
                Message::Cancel(_) | Message::Replace(..) => None,
            })
    }

    /// Whether the last price that orders can meet has any level on the side that `taker` takes from.
    pub fn meets(&self, taker: Side, limit: i32) -> bool {
        self.book
            .best(taker.opposite())
            .is_some_and(|best| reaches(taker, limit, best))
    }
}

/// Whether an order of `side` at `tick` is at the price of `other` or beyond it.
#[inline]
pub(in crate::venue) const fn reaches(side: Side, tick: i32, other: i32) -> bool {
    match side {
        Side::Buy => tick >= other,
        Side::Sell => tick <= other,
    }
}

/// Which events can concern own orders, so that all others are passed over.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::venue) struct Interest {
    bids: Range,
    asks: Range,
    /// Stops and trailing stops that watch the price.
    pub stops: bool,
    /// When the next order ends by its date.
    pub expiry_ns: i64,
}

/// The ticks at which own limits of a side stand.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Range {
    low: i32,
    high: i32,
    /// Which of the 64 ticks from `low` on have one; beyond them any may.
    near: u64,
}

impl Range {
    const NONE: Self = Self {
        low: i32::MAX,
        high: i32::MIN,
        near: 0,
    };

    fn extend(&mut self, tick: i32) {
        self.low = self.low.min(tick);
        self.high = self.high.max(tick);
    }

    fn mark(&mut self, tick: i32) {
        self.near |= 1_u64.checked_shl(tick.abs_diff(self.low)).unwrap_or(0);
    }

    #[inline]
    const fn has(&self, tick: i32) -> bool {
        if tick < self.low || tick > self.high {
            return false;
        }
        let place = tick.abs_diff(self.low);
        place >= u64::BITS || self.near >> place & 1 == 1
    }
}

impl Default for Interest {
    fn default() -> Self {
        Self {
            bids: Range::NONE,
            asks: Range::NONE,
            stops: false,
            expiry_ns: i64::MAX,
        }
    }
}

impl Interest {
    pub fn of(resting: &Waiting) -> Self {
        let mut interest = Self::default();
        for order in resting {
            if order.is_limit() {
                interest.range_mut(order.request.side).extend(order.tick);
            } else {
                interest.stops = true;
            }
            if let TimeInForce::GoodTilDate(date) = order.request.time_in_force {
                interest.expiry_ns = interest.expiry_ns.min(date);
            }
        }
        for order in resting.iter().filter(|order| order.is_limit()) {
            interest.range_mut(order.request.side).mark(order.tick);
        }
        interest
    }

    const fn range_mut(&mut self, side: Side) -> &mut Range {
        match side {
            Side::Buy => &mut self.bids,
            Side::Sell => &mut self.asks,
        }
    }

    /// Whether a price on the taker's or the shown `side` can reach an own order of the other side.
    #[inline]
    pub const fn is_met(&self, side: Side, tick: i32) -> bool {
        match side {
            Side::Buy => tick >= self.asks.low,
            Side::Sell => tick <= self.bids.high,
        }
    }

    /// Whether an own order may stand at a level.
    #[inline]
    pub const fn has(&self, side: Side, tick: i32) -> bool {
        match side {
            Side::Buy => self.bids.has(tick),
            Side::Sell => self.asks.has(tick),
        }
    }
}
