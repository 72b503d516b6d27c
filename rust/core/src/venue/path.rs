//! The path inside a bar: towards the adverse extreme first, nearest level first, then to the other extreme.
//!
//! Without finer data the order of high and low is unknown, so the worse one is taken: a stop before liquidation when it is nearer, both before the
//! target. A position entered inside the bar may be stopped out in it, but does not take profit in it.

use super::execute::Point;
use super::open::passes;
use super::{AccountId, MarketId, OrderId, Side, Venue};
use crate::market::Bar;

/// One stretch of the path.
#[derive(Debug, Clone, Copy)]
struct Leg {
    falls: bool,
    /// Where it starts, then where it is.
    at: f64,
    /// Where it ends.
    extreme: f64,
    /// End of the same stretch on the mark candle.
    mark_extreme: f64,
    /// The way back after an entry on the last leg: only what protects that position acts.
    late: bool,
}

impl Leg {
    fn new(falls: bool, at: f64, bar: &Bar, mark: &Bar) -> Self {
        let (extreme, mark_extreme) = if falls {
            (bar.low, mark.low)
        } else {
            (bar.high, mark.high)
        };
        Self {
            falls,
            at,
            extreme,
            mark_extreme,
            late: false,
        }
    }

    /// The price at which a level acts: itself, or where the path already is beyond it.
    fn price(&self, level: f64) -> f64 {
        if self.falls {
            level.min(self.at)
        } else {
            level.max(self.at)
        }
    }

    fn nearer(&self, price: f64, than: Option<Event>) -> bool {
        than.is_none_or(|event| (self.at - price).abs() < (self.at - event.price).abs())
    }
}

#[derive(Debug, Clone, Copy)]
enum Actor {
    Child(usize),
    Resting(OrderId),
    Liquidation,
}

#[derive(Debug, Clone, Copy)]
struct Event {
    price: f64,
    actor: Actor,
}

impl Venue {
    pub(super) fn trade_path(&mut self, market: MarketId, bar: &Bar, mark: Option<&Bar>) {
        if self.nothing_waits(market) {
            return;
        }
        let mark = mark.unwrap_or(bar);
        for account in self.account_ids() {
            self.walk(account, market, bar, mark);
        }
    }

    fn walk(&mut self, account: AccountId, market: MarketId, bar: &Bar, mark: &Bar) {
        let leg = |falls: bool, at: f64| Leg::new(falls, at, bar, mark);
        let falls_first = if let Some(side) = self.position(account, market).side() {
            side == Side::Buy
        } else {
            let down = self.next_event(account, market, &leg(true, bar.open));
            let up = self.next_event(account, market, &leg(false, bar.open));
            match (down, up) {
                (None, None) => return,
                (Some(down), Some(up)) => bar.open - down.price <= up.price - bar.open,
                (down, _) => down.is_some(),
            }
        };
        let first = leg(falls_first, bar.open);
        self.follow(account, market, first, bar);
        if !self.protection(account, market).entered_inside {
            self.ledger.position_mut(account, market).saw(first.extreme);
        }
        let second = leg(!falls_first, first.extreme);
        self.follow(account, market, second, bar);
        if self.protection(account, market).entered_inside
            && let Some(side) = self.position(account, market).side()
        {
            let mut last = leg(side == Side::Buy, second.extreme);
            last.late = true;
            self.follow(account, market, last, bar);
        }
    }

    /// Lets everything act that lies on a leg, in the order in which the price meets it.
    fn follow(&mut self, account: AccountId, market: MarketId, mut leg: Leg, bar: &Bar) {
        while let Some(event) = self.next_event(account, market, &leg) {
            leg.at = event.price;
            let point = Point {
                market,
                price: event.price,
                time_ns: bar.open_time_ns,
                inside: true,
            };
            match event.actor {
                Actor::Child(role) => {
                    if let Some(order) = self.take_child(account, market, role) {
                        self.act(order, point);
                    }
                }
                Actor::Resting(id) => {
                    if let Some(order) = self.state_mut(market).take(id) {
                        self.act(order, point);
                    }
                }
                Actor::Liquidation => {
                    // On mark candles the level may lie where nothing traded.
                    let price = event.price.clamp(bar.low, bar.high);
                    self.liquidate(account, Point { price, ..point });
                }
            }
        }
    }

    /// What an account's orders and positions do next on a leg.
    fn next_event(&self, account: AccountId, market: MarketId, leg: &Leg) -> Option<Event> {
        let on_touch = self.rules.fill_on_touch;
        let reached = |limit: bool, falls: bool, level: f64| {
            falls == leg.falls && passes(limit, falls, leg.extreme, level, on_touch)
        };
        let protection = self.protection(account, market);
        let entered_inside = protection.entered_inside;
        let mut next: Option<Event> = None;
        for (role, child) in protection.children.iter().enumerate() {
            let Some(child) = child else { continue };
            let barred = child.limit && entered_inside;
            if !barred && reached(child.limit, child.falls, child.level) {
                let price = leg.price(child.level);
                if leg.nearer(price, next) {
                    let actor = Actor::Child(role);
                    next = Some(Event { price, actor });
                }
            }
        }
        let position = self.position(account, market);
        for order in self.state(market).resting.iter() {
            if order.request.account != account {
                continue;
            }
            let (limit, falls, level) = (order.is_limit(), order.acts_on_fall(), order.level());
            if !reached(limit, falls, level) {
                continue;
            }
            let reduces = position.quantity * order.request.side.sign() < 0.0;
            let barred = (limit && reduces && entered_inside) || (leg.late && (limit || !reduces));
            let price = leg.price(level);
            if !barred && leg.nearer(price, next) {
                let actor = Actor::Resting(order.id);
                next = Some(Event { price, actor });
            }
        }
        if position.is_open()
            && position.quantity.is_sign_positive() == leg.falls
            && let Some(level) = self.liquidation_level(account, market)
            && passes(true, leg.falls, leg.mark_extreme, level, false)
        {
            let price = leg.price(level);
            if leg.nearer(price, next) {
                let actor = Actor::Liquidation;
                next = Some(Event { price, actor });
            }
        }
        next
    }
}
