//! Liquidation: isolated positions by their own margin, cross accounts as a whole, the largest loss first.

use super::execute::Point;
use super::margin::{Margined, maintenance_margin};
use super::pricing::Pricing;
use super::{AccountId, MarginMode, MarketId, OrderRequest, Purpose, Quantity, Side, Venue};

impl Venue {
    /// Price of a market beyond which an account's position in it is liquidated, everything else being as it is; `None` when no price does that.
    #[must_use]
    pub fn liquidation_level(&self, account: AccountId, market: MarketId) -> Option<f64> {
        if self.rules.margin_mode == MarginMode::Isolated {
            return self.protection(account, market).isolated_level;
        }
        self.level_with(account, market, self.cross_margin(account, market))
    }

    /// Notes the liquidation price of an isolated position after its quantity, cost or margin has changed.
    pub(super) fn settle_liquidation_level(&mut self, account: AccountId, market: MarketId) {
        if self.rules.margin_mode == MarginMode::Isolated {
            let margin = self.position(account, market).margin;
            let level = self.level_with(account, market, margin);
            self.protection_mut(account, market).isolated_level = level;
        }
    }

    fn level_with(&self, account: AccountId, market: MarketId, margin: f64) -> Option<f64> {
        let position = self.position(account, market);
        let side = position.side()?;
        if self.ledger.is_spot(market) {
            return None;
        }
        Margined {
            side,
            quantity: position.quantity.abs(),
            entry_price: position.entry_price,
            margin,
        }
        .liquidation_price(&self.instrument(market).margin_tiers)
    }

    /// What a cross account has behind its position in one market: its equity without that position, less what the others must maintain.
    fn cross_margin(&self, account: AccountId, market: MarketId) -> f64 {
        let mut margin = self.ledger.cash(account);
        for (of, at, position) in self.ledger.open_positions() {
            if of == account && at != market && !self.ledger.is_spot(at) {
                let mark = self.ledger.mark(at);
                margin += position.unrealised(mark);
                margin -= self.maintenance(at, position.notional(mark));
            }
        }
        margin
    }

    fn maintenance(&self, market: MarketId, notional: f64) -> f64 {
        maintenance_margin(&self.instrument(market).margin_tiers, notional)
    }

    /// Liquidates at `point` if the price `judged` (last or mark) has passed the level.
    pub(super) fn liquidate_at(&mut self, account: AccountId, point: Point, judged: f64) {
        let Some(side) = self.position(account, point.market).side() else {
            return;
        };
        let passed =
            self.liquidation_level(account, point.market)
                .is_some_and(|level| match side {
                    Side::Buy => judged < level,
                    Side::Sell => judged > level,
                });
        if passed {
            self.liquidate(account, point);
        }
    }

    /// Liquidates the position in the point's market, or in cross mode the largest losses of the account until the rest is carried.
    pub(super) fn liquidate(&mut self, account: AccountId, point: Point) {
        if self.rules.margin_mode == MarginMode::Isolated {
            self.close_by_venue(account, point);
            return;
        }
        self.ledger.set_mark(point.market, point.price);
        while let Some(worst) = self.largest_loss(account) {
            let price = self.ledger.mark(worst);
            self.close_by_venue(
                account,
                Point {
                    market: worst,
                    price,
                    ..point
                },
            );
            if self.is_carried(account) {
                return;
            }
        }
    }

    fn close_by_venue(&mut self, account: AccountId, point: Point) {
        let position = self.position(account, point.market);
        let Some(side) = position.side() else { return };
        let order = self.own_order(
            &OrderRequest {
                account,
                strategy: position.strategy,
                purpose: Purpose::Liquidation,
                ..OrderRequest::market(point.market, side.opposite(), Quantity::Position)
            },
            point,
        );
        self.execute_or_wait(order, point, Pricing::Liquidation);
        self.ledger.note_liquidation(account);
    }

    fn largest_loss(&self, account: AccountId) -> Option<MarketId> {
        let mut worst: Option<(f64, MarketId)> = None;
        for (of, market, position) in self.ledger.open_positions() {
            if of == account && !self.ledger.is_spot(market) {
                let profit = position.unrealised(self.ledger.mark(market));
                if worst.is_none_or(|(least, _)| profit < least) {
                    worst = Some((profit, market));
                }
            }
        }
        worst.map(|(_, market)| market)
    }

    fn is_carried(&self, account: AccountId) -> bool {
        let mut equity = self.ledger.cash(account);
        let mut demanded = 0.0;
        for (of, market, position) in self.ledger.open_positions() {
            if of == account && !self.ledger.is_spot(market) {
                let mark = self.ledger.mark(market);
                equity += position.unrealised(mark);
                demanded += self.maintenance(market, position.notional(mark));
            }
        }
        equity >= demanded
    }
}
