//! What a book shows does to resting orders: to their queues, and to those that it meets.

use super::Queue;
use super::market::reaches;
use crate::market::Event;
use crate::venue::{MarketId, Side, Venue};

impl Venue {
    /// What a new level crosses is not shown any more.
    pub(super) fn show_crossed(&mut self, market: MarketId, side: Side, event: &Event) {
        let ticks = self.ticks(market);
        if event.size > 0.0 && !ticks.is_whole() && ticks.interest.is_met(side, event.tick) {
            self.show(market, side.opposite(), |tick| {
                reaches(side, event.tick, tick)
            });
        }
    }

    /// Tells the resting orders of a side that stand at certain ticks what is shown there.
    pub(super) fn show(&mut self, market: MarketId, side: Side, at: impl Fn(i32) -> bool) {
        self.settle(market);
        let state = &mut self.markets[usize::from(market.0)];
        let Some(ticks) = state.ticks.as_deref() else {
            return;
        };
        let (model, whole) = (ticks.rules.queue, ticks.is_whole());
        let orders = state.resting.unchanged_mut();
        for stand in &ticks.stands {
            if stand.side == side && at(stand.tick) {
                let order = &mut orders[stand.place];
                let shown = ticks.book.size(side, stand.tick);
                if order.queue.ahead == f64::INFINITY {
                    order.queue = Queue::behind(shown);
                } else {
                    order.queue.show(model, shown);
                    if !whole {
                        order.queue.ahead = order.queue.ahead.max(0.0);
                    }
                }
            }
        }
    }

    /// A level is shown that meets own orders: what came in would have met them first.
    pub(super) fn fill_by_shown(&mut self, market: MarketId, side: Side, event: &Event) {
        let whole = self.ticks(market).is_whole();
        for id in self.reached(market, side, event.tick) {
            let shown = self.ticks(market).book.size(side, event.tick);
            if shown <= 0.0 {
                return;
            }
            if let Some(order) = self.state_mut(market).take_where(|order| order.id == id) {
                let available = if whole { f64::INFINITY } else { shown };
                let filled = self.fill_resting(order, available, event.exchange_ns);
                self.consume(market, side, event.tick, filled);
            }
        }
    }
}
