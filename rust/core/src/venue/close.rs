//! What happens at a bar's close: the day's extremes move trailing and break-even stops, the close may be beyond them, everything is marked.

use super::execute::Point;
use super::open::passes;
use super::pricing::Pricing;
use super::{AccountId, MarketId, Side, Venue};
use crate::market::Bar;

impl Venue {
    pub(super) fn end_bar(&mut self, market: MarketId, bar: &Bar, mark: Option<&Bar>) {
        self.ledger.set_mark(market, bar.close);
        if !self.nothing_waits(market) {
            self.see_extremes(market, bar);
            self.refresh_moving(market, bar.open_time_ns);
            if bar.volume > 0.0 {
                let point = Point {
                    market,
                    price: bar.close,
                    time_ns: bar.open_time_ns,
                    inside: true,
                };
                let judged = mark.map_or(bar.close, |mark| mark.close);
                for account in self.account_ids() {
                    self.exit_at_close(account, point);
                    self.liquidate_at(account, point, judged);
                }
                self.trail_at_close(point);
            }
            for account in self.account_ids() {
                self.protection_mut(account, market).entered_inside = false;
            }
        }
        let state = self.state_mut(market);
        state.last_close = Some(bar.close);
        state.bar_volume = 0.0;
        state.volume_taken = 0.0;
        state.volatility.push(bar.close);
    }

    /// Extremes that positions and trailing orders lived through. Of the bar inside which a position was entered, the side against it counts, and the close.
    fn see_extremes(&mut self, market: MarketId, bar: &Bar) {
        for account in self.account_ids() {
            let inside = self.protection(account, market).entered_inside;
            let position = self.ledger.position_mut(account, market);
            let Some(side) = position.side() else {
                continue;
            };
            position.saw(bar.close);
            if !inside || side == Side::Buy {
                position.saw(bar.low);
            }
            if !inside || side == Side::Sell {
                position.saw(bar.high);
            }
        }
        for order in self.state_mut(market).resting.unchanged_mut() {
            if order.is_trailing() {
                order.best = match order.request.side {
                    Side::Sell => order.best.max(bar.high),
                    Side::Buy => order.best.min(bar.low),
                };
            }
        }
    }

    fn refresh_moving(&mut self, market: MarketId, now_ns: i64) {
        for account in self.account_ids() {
            if self.protection(account, market).moves() {
                self.refresh(account, market, now_ns);
            }
        }
    }

    /// Closes at the close a position whose stop, as this bar's own extreme sets it, lies beyond the close.
    fn exit_at_close(&mut self, account: AccountId, point: Point) {
        if !self.protection(account, point.market).moves() {
            return;
        }
        for role in 0..4 {
            let child = self.protection(account, point.market).children[role];
            let passed = child.is_some_and(|child| {
                !child.limit && passes(false, child.falls, point.price, child.level, true)
            });
            if passed && let Some(order) = self.take_child(account, point.market, role) {
                self.act(order, point);
            }
        }
    }

    fn trail_at_close(&mut self, point: Point) {
        while let Some(order) = self.state_mut(point.market).take_where(|order| {
            order.is_trailing()
                && passes(
                    false,
                    order.acts_on_fall(),
                    point.price,
                    order.level(),
                    true,
                )
        }) {
            self.execute_or_wait(order, point, Pricing::Slipped);
        }
    }
}
