//! Orders that take from the book: level by level, one fill a level.

use super::market::{Knowledge, reaches};
use crate::venue::execute::{Point, Progress};
use crate::venue::live_order::LiveOrder;
use crate::venue::pricing::Pricing;
use crate::venue::{MarketId, OrderKind, Quantity, Reason, Side, TimeInForce, Venue};

/// What a taker meets next.
enum Meeting {
    Level { tick: i32, size: f64 },
    Own,
    Nothing,
}

impl Venue {
    /// Fills an order from the book, at `limit` or better if it has one. What is left rests if it may, else it ends.
    pub(in crate::venue) fn take_from_book(
        &mut self,
        mut order: Box<LiveOrder>,
        limit: Option<i32>,
        now_ns: i64,
    ) {
        let market = order.request.market;
        let mut point = Point {
            market,
            price: 0.0,
            time_ns: now_ns,
            inside: false,
        };
        let ticks = self.ticks(market);
        match (ticks.knowledge, ticks.last_trade) {
            (Knowledge::None, Some(price)) => {
                // The data have no book: the last trade, moved by the slippage model, is all there is.
                let progress = self.execute(&mut order, Point { price, ..point }, Pricing::Slipped);
                debug_assert_eq!(
                    progress,
                    Progress::Ended,
                    "no volume bounds a taker without bars"
                );
                self.places.free(order);
                return;
            }
            (Knowledge::None, None) => return self.refuse_at(order, Reason::NoLiquidity, now_ns),
            (Knowledge::Lost, _) => return self.refuse_at(order, Reason::NoBook, now_ns),
            (Knowledge::Whole, _) => {}
        }
        let whole = ticks.is_whole();
        if !whole
            && order.request.time_in_force == TimeInForce::FillOrKill
            && !self.fills_wholly(&order, limit)
        {
            return self.refuse_at(order, Reason::NotWhollyFillable, now_ns);
        }
        let mut passed = 0;
        loop {
            let (tick, size) = match self.next_meeting(&order, limit, passed) {
                Meeting::Level { tick, size } => (tick, size),
                Meeting::Own => return self.refuse_at(order, Reason::SelfTrade, now_ns),
                Meeting::Nothing => break,
            };
            let available = if whole { f64::INFINITY } else { size };
            point.price = self.ticks(market).price(tick);
            let before = self.fills.len();
            let progress = self.execute(&mut order, point, Pricing::Shown { available });
            let taken = self.filled_since(before, &order);
            if !(self.consume(market, order.request.side.opposite(), tick, taken)) {
                passed += 1;
            }
            if progress == Progress::Ended {
                self.places.free(order);
                return;
            }
        }
        match order.request.kind {
            OrderKind::Limit { .. } | OrderKind::TakeProfit { .. } => self.rest(order, now_ns),
            _ => self.refuse_at(order, Reason::NoLiquidity, now_ns),
        }
    }

    fn next_meeting(&self, order: &LiveOrder, limit: Option<i32>, passed: usize) -> Meeting {
        let side = order.request.side;
        let ticks = self.ticks(order.request.market);
        let book = &ticks.book;
        let level = if passed == 0 {
            let best = book.best(side.opposite());
            best.map(|tick| (tick, book.size(side.opposite(), tick)))
        } else {
            book.levels(side.opposite()).nth(passed)
        };
        match level {
            Some((tick, size)) if limit.is_none_or(|limit| reaches(side, limit, tick)) => {
                if !ticks.is_whole() && self.meets_own(order, tick) {
                    Meeting::Own
                } else {
                    Meeting::Level { tick, size }
                }
            }
            _ => Meeting::Nothing,
        }
    }

    /// Whether the book can fill all of an order at once, before it meets an own one.
    fn fills_wholly(&self, order: &LiveOrder, limit: Option<i32>) -> bool {
        let request = &order.request;
        let ticks = self.ticks(request.market);
        let Some(best) = ticks.book.best(request.side.opposite()) else {
            return false;
        };
        let wanted = match request.quantity {
            Quantity::Base(units) => units,
            Quantity::Quote(value) => value / ticks.price(best),
            Quantity::Position => self
                .position(request.account, request.market)
                .quantity
                .abs(),
        };
        let free: f64 = ticks
            .book
            .levels(request.side.opposite())
            .take_while(|(tick, _)| {
                limit.is_none_or(|limit| reaches(request.side, limit, *tick))
                    && !self.meets_own(order, *tick)
            })
            .map(|(_, size)| size)
            .sum();
        free >= wanted
    }

    /// Base units of an order filled since there were `before` fills.
    pub(super) fn filled_since(&self, before: usize, order: &LiveOrder) -> f64 {
        self.fills[before..]
            .iter()
            .filter(|fill| fill.order == order.id)
            .map(|fill| fill.quantity)
            .sum()
    }

    /// Takes what has filled off a level of the book. Returns whether the level has gone or shrunk to what is left of it.
    pub(super) fn consume(&mut self, market: MarketId, side: Side, tick: i32, taken: f64) -> bool {
        let ticks = self.ticks_mut(market);
        if !ticks.rules.consume_depth || taken <= 0.0 {
            return false;
        }
        let left = ticks.book.size(side, tick) - taken;
        // What rounding leaves of a level is nothing.
        let gone = left <= taken * 1e-9;
        ticks.book.set(side, tick, if gone { 0.0 } else { left });
        gone
    }
}
