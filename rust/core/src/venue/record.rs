//! What became of every order ever sent, by order id.

use std::collections::VecDeque;

use super::{AccountId, MarketId, OrderId, OrderKind, OrderRequest, OrderState};
use super::{Purpose, Quantity, Reason, Side};

/// An order and where it stands. Its id is its index.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OrderRecord {
    /// How much was asked.
    pub quantity: Quantity,
    /// Price conditions, rounded to the tick; of a protective order those that stand now or stood last.
    pub kind: OrderKind,
    /// When it was sent, UTC nanoseconds.
    pub submitted_ns: i64,
    /// When `state` was last set; the end of the order once it is terminal.
    pub updated_ns: i64,
    /// Base units filled.
    pub filled_quantity: f64,
    /// Average fill price; zero before the first fill.
    pub average_price: f64,
    /// Market traded.
    pub market: MarketId,
    /// Strategy that sent it.
    pub strategy: u16,
    /// Account that trades.
    pub account: AccountId,
    /// Buy or sell.
    pub side: Side,
    /// Why it was sent.
    pub purpose: Purpose,
    /// Where it stands.
    pub state: OrderState,
    /// Why it ended.
    pub reason: Reason,
}

impl OrderRecord {
    /// Whether the order has ended.
    #[must_use]
    pub fn is_ended(&self) -> bool {
        !matches!(self.state, OrderState::Open | OrderState::PartiallyFilled)
    }

    /// When the order ended, UTC nanoseconds.
    #[must_use]
    pub fn ended_ns(&self) -> Option<i64> {
        self.is_ended().then_some(self.updated_ns)
    }
}

/// All orders in the order of their ids.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct OrderLog {
    records: Vec<OrderRecord>,
    /// Orders that have ended since they were last taken; kept only when watched.
    ended: VecDeque<OrderId>,
    watched: bool,
}

impl OrderLog {
    pub(super) fn records(&self) -> &[OrderRecord] {
        &self.records
    }

    pub(super) fn reserve(&mut self, orders: usize) {
        self.records.reserve(orders);
    }

    #[inline]
    pub(super) fn open(&mut self, request: &OrderRequest, now_ns: i64) -> OrderId {
        let id = u32::try_from(self.records.len()).expect("orders fit in u32");
        self.records.push(OrderRecord {
            quantity: request.quantity,
            kind: request.kind,
            submitted_ns: now_ns,
            updated_ns: now_ns,
            filled_quantity: 0.0,
            average_price: 0.0,
            market: request.market,
            strategy: request.strategy,
            account: request.account,
            side: request.side,
            purpose: request.purpose,
            state: OrderState::Open,
            reason: Reason::None,
        });
        OrderId(id)
    }

    pub(super) fn get(&self, id: OrderId) -> &OrderRecord {
        &self.records[id.0 as usize]
    }

    pub(super) fn get_mut(&mut self, id: OrderId) -> &mut OrderRecord {
        &mut self.records[id.0 as usize]
    }

    pub(super) fn filled(&mut self, id: OrderId, quantity: f64, price: f64) {
        let record = self.get_mut(id);
        let before = record.filled_quantity;
        record.filled_quantity += quantity;
        record.average_price = if before == 0.0 {
            price
        } else {
            (record.average_price * before + price * quantity) / record.filled_quantity
        };
    }

    pub(super) fn set(&mut self, id: OrderId, state: OrderState, reason: Reason, now_ns: i64) {
        let record = &mut self.records[id.0 as usize];
        record.state = state;
        record.reason = reason;
        record.updated_ns = now_ns;
        if self.watched && record.is_ended() {
            self.ended.push_back(id);
        }
    }

    /// Notes from now on which orders end.
    pub(super) fn watch(&mut self) {
        self.watched = true;
    }

    /// The next order that has ended, each once.
    pub(super) fn take_ended(&mut self) -> Option<OrderId> {
        self.ended.pop_front()
    }

    /// Ends an order that could not go on: rejected when nothing of it had filled, else cancelled.
    pub(super) fn refuse(&mut self, id: OrderId, reason: Reason, now_ns: i64) {
        let state = if self.get(id).filled_quantity > 0.0 {
            OrderState::Cancelled
        } else {
            OrderState::Rejected
        };
        self.set(id, state, reason, now_ns);
    }
}
