//! What a strategy on ticks sees, and what it may ask for.

use super::own::{OwnOrder, OwnOrders, Standing};
use super::run::MARKET;
use crate::engine::execution::OrderContext;
use crate::market::{Book, Event};
use crate::venue::{
    Answer, OrderId, OrderKind, OrderRequest, Purpose, Quantity, Side, TimeInForce, Venue,
};

/// A strategy on market events. Times are of its own clock.
pub trait TickStrategy {
    /// Whether it wants to see every market event.
    const WATCHES_EVENTS: bool = false;

    /// When its timer rings next, UTC nanoseconds; `i64::MAX` for never. The first event's time is given once, before everything.
    fn start(&mut self, first_ns: i64);

    /// When its timer rings next; `i64::MAX` for never.
    fn next_timer_ns(&self) -> i64;

    /// Its timer rings.
    fn on_timer(&mut self, desk: &mut TickDesk<'_>);

    /// A market event has reached it; its book already shows it.
    fn on_event(&mut self, _event: &Event, _desk: &mut TickDesk<'_>) {}

    /// An answer has reached it; its orders and position already show it.
    fn on_answer(&mut self, _answer: &Answer, _desk: &mut TickDesk<'_>) {}
}

/// What a strategy sees and does at one moment.
#[derive(Debug)]
pub struct TickDesk<'a> {
    /// Its clock, UTC nanoseconds.
    pub now_ns: i64,
    /// The book as it has reached the strategy.
    pub book: &'a Book,
    /// Quote currency a tick.
    pub tick_size: f64,
    pub(super) own: &'a mut OwnOrders,
    pub(super) venue: &'a mut Venue,
    pub(super) contexts: &'a mut Vec<OrderContext>,
    pub(super) leverage: f64,
}

impl TickDesk<'_> {
    /// Own orders and position, as answered.
    #[must_use]
    pub fn own(&self) -> &OwnOrders {
        self.own
    }

    /// Leverage of the run's orders.
    #[must_use]
    pub const fn leverage(&self) -> f64 {
        self.leverage
    }

    /// The id that the next order gets.
    #[must_use]
    pub fn next_order(&self) -> u32 {
        u32::try_from(self.venue.orders().len()).unwrap_or(u32::MAX)
    }

    /// Side of an order that has been sent.
    #[must_use]
    pub fn side_of(&self, order: OrderId) -> Side {
        self.venue.orders()[order.0 as usize].side
    }

    /// Sends a limit order.
    pub fn limit(
        &mut self,
        side: Side,
        tick: i32,
        units: f64,
        time_in_force: TimeInForce,
        post_only: bool,
    ) -> OrderId {
        let price = f64::from(tick) * self.tick_size;
        self.send(OrderRequest {
            kind: OrderKind::Limit { price },
            time_in_force,
            post_only,
            ..self.request(side, Quantity::Base(units))
        })
    }

    /// Sends a market order.
    pub fn market(&mut self, side: Side, units: f64) -> OrderId {
        self.send(self.request(side, Quantity::Base(units)))
    }

    fn request(&self, side: Side, quantity: Quantity) -> OrderRequest {
        OrderRequest {
            purpose: Purpose::Manual,
            leverage: self.leverage,
            ..OrderRequest::market(MARKET, side, quantity)
        }
    }

    /// Sends any order of the run's market.
    pub fn send(&mut self, request: OrderRequest) -> OrderId {
        let id = self.venue.submit(request, self.now_ns);
        let (OrderKind::Limit { price } | OrderKind::TakeProfit { price }) = request.kind else {
            return self.note(id, request, 0);
        };
        #[expect(
            clippy::cast_possible_truncation,
            reason = "saturates where no market is"
        )]
        let tick = (price / self.tick_size).round() as i32;
        self.note(id, request, tick)
    }

    fn note(&mut self, id: OrderId, request: OrderRequest, tick: i32) -> OrderId {
        let leaves = match request.quantity {
            Quantity::Base(units) => units,
            Quantity::Quote(_) | Quantity::Position => f64::NAN,
        };
        self.own.sent(OwnOrder {
            id,
            side: request.side,
            tick,
            leaves,
            standing: Standing::Sent,
        });
        let mid = self.book.mid_tick().unwrap_or(f64::NAN);
        self.contexts
            .push(OrderContext::decided(id, self.now_ns, mid));
        id
    }

    /// Asks for the end of an order. `false` when the strategy has been told that it has ended.
    pub fn cancel(&mut self, id: OrderId) -> bool {
        self.own.asked(id) && self.venue.cancel(id, self.now_ns)
    }

    /// Asks for another price or size of a limit order. `false` when the strategy has been told that it has ended.
    pub fn replace(&mut self, id: OrderId, tick: i32, units: f64) -> bool {
        let price = f64::from(tick) * self.tick_size;
        let kind = OrderKind::Limit { price };
        let quantity = Some(Quantity::Base(units));
        self.own.asked(id) && self.venue.replace(id, kind, quantity, self.now_ns)
    }
}
