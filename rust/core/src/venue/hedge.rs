//! Hedge legs: opened at the point where the main order fills, on an account of their own, and closed with the main leg.

use super::execute::{Point, Progress};
use super::live_order::LiveOrder;
use super::pricing::Pricing;
use super::protection::HedgeLink;
use super::{
    AccountId, HedgeLeg, OrderRequest, OrderState, Purpose, Quantity, Reason, Side, Venue,
};

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
        let hedge = &mut self.protection_mut(request.account, point.market).hedge;
        *hedge = Some(HedgeLink {
            account: leg.account,
            close_with_main: leg.close_with_main,
            realised: hedge.map_or(0.0, |before| before.realised),
        });
        self.execute_or_wait(order, point, Pricing::Slipped);
    }

    /// A position of `account` has been closed: a main leg that it hedged keeps its result for the net stop, which moves.
    pub(super) fn on_hedge_flat(&mut self, account: AccountId, point: Point) {
        let profit = self.trades().last().map_or(0.0, |trade| trade.gross_profit);
        let mut hedged = false;
        for main in self.account_ids() {
            let link = &mut self.protection_mut(main, point.market).hedge;
            if let Some(link) = link.as_mut().filter(|link| link.account == account) {
                link.realised += profit;
                hedged = true;
            }
        }
        if hedged {
            self.refresh_market(point.market, point.time_ns);
        }
    }

    /// The main leg has ended: whatever of the hedge still waits ends, and unless it is `kept`, what stands closes.
    pub(super) fn end_hedge(&mut self, account: AccountId, kept: bool, point: Point) {
        let waits = |order: &LiveOrder| {
            let request = &order.request;
            request.purpose == Purpose::HedgeEntry && request.account == account
        };
        while let Some(rest) = self.state_mut(point.market).take_where(waits) {
            let (state, reason) = (OrderState::Cancelled, Reason::PositionClosed);
            self.log.set(rest.id, state, reason, point.time_ns);
        }
        if !kept {
            self.close_hedge(account, point);
        }
    }

    /// Closes a hedge leg where its main leg closed, or liquidates it where the price has passed its liquidation on the way there.
    fn close_hedge(&mut self, account: AccountId, point: Point) {
        let position = self.position(account, point.market);
        let Some(side) = position.side() else { return };
        if let Some(price) = self.liquidated_before(account, side, point) {
            self.liquidate(account, Point { price, ..point });
            return;
        }
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

    /// Price of the liquidation that a leg meets no later than `point`; judged on trades only, for the mark there is not known.
    fn liquidated_before(&self, account: AccountId, side: Side, point: Point) -> Option<f64> {
        let level = self.liquidation_level(account, point.market)?;
        let passed = match side {
            Side::Buy => point.price < level,
            Side::Sell => point.price > level,
        };
        let price = if point.inside { level } else { point.price };
        (passed && !self.state(point.market).has_mark).then_some(price)
    }

    /// An order that the venue itself sends at `point`.
    pub(super) fn own_order(&mut self, request: &OrderRequest, point: Point) -> Box<LiveOrder> {
        let id = self.log.open(request, point.time_ns);
        self.places.place(id, request)
    }

    /// Executes an order, from the book where there is one; what the bar has no volume for waits for the next open.
    pub(super) fn execute_or_wait(
        &mut self,
        mut order: Box<LiveOrder>,
        point: Point,
        pricing: Pricing,
    ) {
        if pricing == Pricing::Slipped && self.state(point.market).ticks.is_some() {
            self.take_from_book(order, None, point.time_ns);
            return;
        }
        if self.execute(&mut order, point, pricing) == Progress::Waits {
            order.tried_ns = Some(point.time_ns);
            self.state_mut(point.market).pending.push(order);
        } else {
            self.places.free(order);
        }
    }
}
