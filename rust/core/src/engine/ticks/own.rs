//! What a strategy knows of its own orders and its position: what it was told, and no sooner.

use crate::venue::{Answer, AnswerKind, OrderId, Side};

/// Where an order stands, as far as its strategy knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Sent and not yet answered.
    Sent,
    /// Accepted, and nothing asked of it.
    Working,
    /// A cancel or a replacement is on its way.
    Asked,
}

/// An order that has not ended, as far as its strategy knows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OwnOrder {
    /// Its id at the venue.
    pub id: OrderId,
    /// Buy or sell.
    pub side: Side,
    /// Its limit in ticks; zero for a market order.
    pub tick: i32,
    /// Base units not yet filled.
    pub leaves: f64,
    /// Where it stands.
    pub standing: Standing,
}

/// Own orders that have not ended, in the order in which they were sent, and the position that answers have added up to.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct OwnOrders {
    orders: Vec<OwnOrder>,
    position: f64,
}

impl OwnOrders {
    /// Signed base units.
    #[must_use]
    pub const fn position(&self) -> f64 {
        self.position
    }

    /// Orders that have not ended.
    #[must_use]
    pub fn orders(&self) -> &[OwnOrder] {
        &self.orders
    }

    pub(super) fn sent(&mut self, order: OwnOrder) {
        self.orders.push(order);
    }

    /// Notes that something has been asked of an order. `false` when it has ended.
    pub(super) fn asked(&mut self, id: OrderId) -> bool {
        self.set(id, Standing::Asked)
    }

    fn set(&mut self, id: OrderId, standing: Standing) -> bool {
        let order = self.orders.iter_mut().find(|order| order.id == id);
        let known = order.is_some();
        if let Some(order) = order {
            order.standing = standing;
        }
        known
    }

    /// Learns from an answer; `side` is that of its order.
    pub(super) fn learn(&mut self, answer: &Answer, side: Side) {
        let id = answer.order;
        match answer.kind {
            AnswerKind::Accepted { .. } | AnswerKind::Replaced { .. } | AnswerKind::Refused(_) => {
                self.set(id, Standing::Working);
            }
            AnswerKind::Rejected(_) | AnswerKind::Ended(..) => {
                self.orders.retain(|order| order.id != id);
            }
            AnswerKind::Filled {
                quantity, whole, ..
            } => {
                self.position += side.sign() * quantity;
                if whole {
                    self.orders.retain(|order| order.id != id);
                } else if let Some(order) = self.orders.iter_mut().find(|order| order.id == id) {
                    order.leaves -= quantity;
                }
            }
        }
    }
}
