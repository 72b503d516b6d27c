//! What happens at a bar's open: orders decided on the previous close fill, then whatever the open has already passed acts there.

use super::execute::Point;
use super::live_order::LiveOrder;
use super::pricing::Pricing;
use super::{Liquidity, MarketId, OrderKind, OrderState, Reason, Side, TimeInForce, Venue};
use crate::market::Bar;

impl Venue {
    /// Opens the bar's books and ends the orders whose date has come.
    pub(super) fn begin_bar(&mut self, market: MarketId, bar: &Bar, with_mark: bool) {
        let state = &mut self.markets[usize::from(market.0)];
        state.bar_volume = bar.volume;
        state.has_mark |= with_mark;
        let now = bar.open_time_ns;
        let due = |order: &LiveOrder| matches!(order.request.time_in_force, TimeInForce::GoodTilDate(date) if date <= now);
        while let Some(order) = state.take_where(due) {
            let state = OrderState::Expired;
            self.log.set(order.id, state, Reason::TimeInForce, now);
        }
    }

    /// Everything that waits and has been passed by the open acts there, then what the open liquidates.
    pub(super) fn act_at_open(&mut self, market: MarketId, bar: &Bar, mark: Option<&Bar>) {
        let point = Point::open(market, bar);
        for account in self.account_ids() {
            for role in 0..4 {
                let child = self.protection(account, market).children[role];
                let passed = child.is_some_and(|child| {
                    passes(
                        child.limit,
                        child.falls,
                        point.price,
                        child.level,
                        self.rules.fill_on_touch,
                    )
                });
                if passed && let Some(order) = self.take_child(account, market, role) {
                    self.act(order, point);
                }
            }
        }
        if !self.state(market).resting.is_empty() {
            self.act_on_passed(point);
            self.end_immediate(point);
        }
        for account in self.account_ids() {
            let judged = mark.map_or(bar.open, |mark| mark.open);
            self.liquidate_at(account, point, judged);
            self.ledger.position_mut(account, market).saw(bar.open);
        }
    }

    /// No order rests in the market and no account holds anything in it.
    pub(super) fn nothing_waits(&self, market: MarketId) -> bool {
        self.state(market).resting.is_empty()
            && self
                .account_ids()
                .all(|account| !self.position(account, market).is_open())
    }

    /// Fills the orders decided on the previous close.
    pub(super) fn fill_pending(&mut self, market: MarketId, bar: &Bar) {
        self.ledger.set_mark(market, bar.open);
        let point = Point::open(market, bar);
        let time = Some(point.time_ns);
        loop {
            let pending = &mut self.state_mut(point.market).pending;
            let Some(next) = pending.iter().position(|order| order.tried_ns != time) else {
                return;
            };
            let order = pending.remove(next);
            self.execute_or_wait(order, point, Pricing::Slipped);
        }
    }

    /// Resting orders that the open has passed, the oldest first.
    fn act_on_passed(&mut self, point: Point) {
        let on_touch = self.rules.fill_on_touch;
        let time = Some(point.time_ns);
        loop {
            let resting = &mut self.state_mut(point.market).resting;
            let next = resting.iter_mut().position(|order| {
                if order.is_trailing() && order.best == 0.0 {
                    order.best = point.price;
                }
                let touch = on_touch || order.liquidity == Liquidity::Taker;
                let (limit, falls, level) = (order.is_limit(), order.acts_on_fall(), order.level());
                order.tried_ns != time && passes(limit, falls, point.price, level, touch)
            });
            let Some(next) = next else { return };
            let mut order = resting.remove(next);
            order.tried_ns = time;
            self.act(order, point);
        }
    }

    /// Does what an order does once its level is met at `point`.
    pub(super) fn act(&mut self, mut order: Box<LiveOrder>, point: Point) {
        match order.request.kind {
            OrderKind::Limit { .. } | OrderKind::TakeProfit { .. } => {
                self.execute_or_wait(order, point, Pricing::Limit);
            }
            OrderKind::Market | OrderKind::Stop { .. } | OrderKind::TrailingStop { .. } => {
                self.execute_or_wait(order, point, Pricing::Slipped);
            }
            OrderKind::StopLimit { price, .. } => {
                let marketable = match order.request.side {
                    Side::Buy => point.price <= price,
                    Side::Sell => point.price >= price,
                };
                order.request.kind = OrderKind::Limit { price };
                if self.state(point.market).ticks.is_some() {
                    self.place(order, point.time_ns);
                    return;
                }
                if marketable && order.request.post_only {
                    let _ = self.refuse(&order, Reason::WouldTake, point);
                } else if marketable {
                    order.liquidity = Liquidity::Taker;
                    self.execute_or_wait(order, point, Pricing::Limit);
                } else if let Some(reason) = immediate(order.request.time_in_force) {
                    let _ = self.refuse(&order, reason, point);
                } else {
                    order.liquidity = Liquidity::Maker;
                    let resting = &mut self.state_mut(point.market).resting;
                    let place = resting.partition_point(|other| other.id < order.id);
                    resting.insert(place, order);
                }
            }
        }
    }

    /// Ends the limits that had this open as their one opportunity.
    fn end_immediate(&mut self, point: Point) {
        let state = &mut self.markets[usize::from(point.market.0)];
        while let Some(order) = state.take_where(|order| {
            order.is_limit() && immediate(order.request.time_in_force).is_some()
        }) {
            let reason = immediate(order.request.time_in_force).unwrap_or(Reason::None);
            self.log.refuse(order.id, reason, point.time_ns);
        }
    }
}

/// The reason with which an order ends that may not wait.
fn immediate(time_in_force: TimeInForce) -> Option<Reason> {
    match time_in_force {
        TimeInForce::ImmediateOrCancel => Some(Reason::NotImmediatelyFillable),
        TimeInForce::FillOrKill => Some(Reason::NotWhollyFillable),
        TimeInForce::GoodTilCancelled | TimeInForce::GoodTilDate(_) => None,
    }
}

/// Whether a price has come to a level: stops act on touch, limits on a trade through unless touching is enough.
pub(super) fn passes(limit: bool, falls: bool, price: f64, level: f64, touch: bool) -> bool {
    let equal_is_enough = !limit || touch;
    if equal_is_enough && price == level {
        return true;
    }
    if falls { price < level } else { price > level }
}
