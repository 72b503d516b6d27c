//! Hedge legs: opened at the point where the main order fills, on an account of their own, and closed with the main leg.

use super::execute::{Point, Pricing, Progress};
use super::live_order::LiveOrder;
use super::protection::HedgeLink;
use super::{AccountId, HedgeLeg, OrderRequest, Purpose, Quantity, Venue};

impl Venue {
    /// Opens the leg that `main` carries, scaled by the notional that filled.
    ///
    /// A leg whose margin is free but not its fee on top is cut by the fee; one whose margin is not free is rejected and recorded so.
    pub(super) fn open_hedge(
        &mut self,
        main: &LiveOrder,
        leg: &HedgeLeg,
        main_notional: f64,
        point: Point,
    ) {
        let request = &main.request;
        let notional = main_notional * leg.notional_fraction;
        // Stated so that units = notional / price: what `Quantity::Quote` takes off for the fee is put on before.
        let value = notional * (1.0 + leg.leverage * self.rules.taker_fee_rate);
        let mut order = self.own_order(
            &OrderRequest {
                account: leg.account,
                leverage: leg.leverage,
                strategy: request.strategy,
                purpose: Purpose::HedgeEntry,
                ..OrderRequest::market(
                    point.market,
                    request.side.opposite(),
                    Quantity::Quote(value),
                )
            },
            point,
        );
        order.cut_to_free = notional / leg.leverage <= self.free_margin(leg.account) * (1.0 + 1e-9);
        self.protection_mut(main.request.account, point.market)
            .hedge = Some(HedgeLink {
            account: leg.account,
            close_with_main: leg.close_with_main,
        });
        self.execute_or_wait(order, point, Pricing::Slipped);
    }

    /// Closes a hedge leg where its main leg closed.
    pub(super) fn close_hedge(&mut self, account: AccountId, point: Point) {
        let position = self.position(account, point.market);
        let Some(side) = position.side() else { return };
        let order = self.own_order(
            &OrderRequest {
                account,
                strategy: position.strategy,
                purpose: Purpose::HedgeExit,
                ..OrderRequest::market(point.market, side.opposite(), Quantity::Position)
            },
            point,
        );
        self.execute_or_wait(order, point, Pricing::Slipped);
    }

    /// An order that the venue itself sends at `point`.
    pub(super) fn own_order(&mut self, request: &OrderRequest, point: Point) -> Box<LiveOrder> {
        let id = self.log.open(request, point.time_ns);
        self.places.place(id, request)
    }

    /// Executes an order; what the bar has no volume for waits for the next open.
    pub(super) fn execute_or_wait(
        &mut self,
        mut order: Box<LiveOrder>,
        point: Point,
        pricing: Pricing,
    ) {
        if self.execute(&mut order, point, pricing) == Progress::Waits {
            order.tried_ns = Some(point.time_ns);
            self.state_mut(point.market).pending.push(order);
        } else {
            self.places.free(order);
        }
    }
}
