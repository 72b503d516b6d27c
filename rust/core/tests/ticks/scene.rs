//! A market at ticks of 1 with rules and events that a test names.

use spark_stacker_core::market::{AT_EXCHANGE, AT_LOCAL, Event, EventKind, LAST};
use spark_stacker_core::venue::{
    Answer, Fill, MarketId, OrderId, OrderKind, OrderRequest, Quantity, Side, TickRules, Venue,
    VenueRules,
};

pub const MARKET: MarketId = MarketId(0);

pub struct Scene {
    pub venue: Venue,
    pub now: i64,
}

impl Scene {
    pub fn new(rules: TickRules) -> Self {
        Self::with(VenueRules::default(), rules)
    }

    pub fn with(venue: VenueRules, rules: TickRules) -> Self {
        let mut venue = Venue::new(venue, vec![None], &[1e9]).unwrap();
        venue.use_ticks(MARKET, rules, 1.0).unwrap();
        Self { venue, now: 0 }
    }

    /// Bids 99 and 98, asks 101 and 103, ten units each.
    pub fn with_book(rules: TickRules) -> Self {
        let mut scene = Self::new(rules);
        scene.fill_book();
        scene
    }

    pub fn fill_book(&mut self) {
        for (side, tick) in [(1, 99), (1, 98), (-1, 101), (-1, 103)] {
            self.event(EventKind::Depth, side, tick, 10.0);
        }
    }

    /// Moves one nanosecond on and plays an event, after the messages that arrived before it.
    pub fn event(&mut self, kind: EventKind, side: i8, tick: i32, size: f64) {
        self.now += 1;
        self.deliver(self.now - 1);
        self.venue.on_event(
            MARKET,
            &Event {
                exchange_ns: self.now,
                local_ns: self.now,
                size,
                tick,
                kind,
                side,
                flags: AT_EXCHANGE | AT_LOCAL | LAST,
            },
        );
        self.deliver(self.now);
    }

    pub fn depth(&mut self, side: Side, tick: i32, size: f64) {
        self.event(EventKind::Depth, sign(side), tick, size);
    }

    pub fn trade(&mut self, taker: Side, tick: i32, size: f64) {
        self.event(EventKind::Trade, sign(taker), tick, size);
    }

    /// Plays the messages that arrive up to a time.
    pub fn deliver(&mut self, until: i64) {
        while self.venue.next_arrival(MARKET) <= until {
            self.venue.arrive(MARKET);
        }
    }

    pub fn send(&mut self, request: OrderRequest) -> OrderId {
        let id = self.venue.submit(request, self.now);
        self.deliver(self.now);
        id
    }

    pub fn market(&mut self, side: Side, units: f64) -> OrderId {
        self.send(OrderRequest::market(MARKET, side, Quantity::Base(units)))
    }

    pub fn limit(&mut self, side: Side, tick: i32, units: f64) -> OrderId {
        self.send(limit(side, tick, units))
    }

    /// Price and quantity of every fill of an order.
    pub fn fills(&self, order: OrderId) -> Vec<(f64, f64)> {
        let of = |fill: &&Fill| fill.order == order;
        let fills = self.venue.fills().iter().filter(of);
        fills.map(|fill| (fill.price, fill.quantity)).collect()
    }

    pub fn answers(&mut self) -> Vec<Answer> {
        std::iter::from_fn(|| self.venue.take_answer(MARKET)).collect()
    }
}

pub fn limit(side: Side, tick: i32, units: f64) -> OrderRequest {
    OrderRequest {
        kind: OrderKind::Limit {
            price: f64::from(tick),
        },
        ..OrderRequest::market(MARKET, side, Quantity::Base(units))
    }
}

const fn sign(side: Side) -> i8 {
    match side {
        Side::Buy => 1,
        Side::Sell => -1,
    }
}
