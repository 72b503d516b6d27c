//! Turns an order that meets its price into fills: size, closing before opening, margin, and what follows from a fill.

use super::live_order::LiveOrder;
use super::pricing::{Pricing, Quote};
use super::rounding::to_lot;
use super::{
    Fill, Liquidity, MarketId, OrderKind, OrderRequest, OrderState, Quantity, Reason, Side,
};
use super::{TimeInForce, Venue, margin};
use crate::ledger::Opening;
use crate::market::{Bar, MarketType};

/// Rounding slack of sums of floats: sizes and margins within this of a bound count as on it.
const SLACK: f64 = 1e-9;

/// A value is cut to what is free, but not to less than this fraction of what was asked: other orders have taken the funds then, not a gap.
const LEAST_CUT: f64 = 1e-3;

/// Where on its path the market is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Point {
    pub market: MarketId,
    pub price: f64,
    pub time_ns: i64,
    /// Past the open: what enters here may not take profit in the same bar.
    pub inside: bool,
}

impl Point {
    /// The open of a bar.
    pub(super) const fn open(market: MarketId, bar: &Bar) -> Self {
        Self {
            market,
            price: bar.open,
            time_ns: bar.open_time_ns,
            inside: false,
        }
    }
}

/// Whether anything of the order is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub(super) enum Progress {
    Ended,
    /// The bar had no volume for the rest, which waits as a market order; or the book had nothing more.
    Waits,
}

impl Venue {
    /// Executes what of `order` can be executed at `point`, and ends it or leaves the rest in it.
    ///
    /// The part of a market order beyond the bar's share of volume waits for the next bar, unless its time in force forbids.
    pub(super) fn execute(
        &mut self,
        order: &mut LiveOrder,
        point: Point,
        pricing: Pricing,
    ) -> Progress {
        let request = &order.request;
        let held = self.position(request.account, request.market).quantity;
        let reducible = if held * request.side.sign() < 0.0 {
            held.abs()
        } else {
            0.0
        };
        let closes_only = request.reduce_only || request.quantity == Quantity::Position;
        let time_in_force = request.time_in_force;
        if closes_only && reducible == 0.0 {
            return self.refuse(order, Reason::NothingToReduce, point);
        }
        let (quote, mut units) = self.price(order, point, pricing, reducible);
        if closes_only {
            units = units.min(reducible);
        }
        let wanted = units;
        if pricing == Pricing::Slipped {
            units = units.min(self.volume_left(point.market));
        }
        let piece = pricing.available();
        if let Some(available) = piece {
            units = units.min(available);
        }
        let cut = match piece {
            Some(_) => units < wanted * (1.0 - SLACK),
            None => units < wanted,
        };
        if cut && piece.is_none() && time_in_force == TimeInForce::FillOrKill {
            return self.refuse(order, Reason::NotWhollyFillable, point);
        }
        let before = self.fills.len();
        let refused = self.close_then_open(order, point, quote, (units, reducible));
        match refused {
            Some(reason) if !cut => return self.refuse(order, reason, point),
            Some(reason) if reason != Reason::BelowLot => return self.refuse(order, reason, point),
            _ => {}
        }
        if !cut {
            let time = point.time_ns;
            self.log
                .set(order.id, OrderState::Filled, Reason::Filled, time);
            return Progress::Ended;
        }
        let filled: f64 = self.fills[before..]
            .iter()
            .filter(|fill| fill.order == order.id)
            .map(|fill| fill.quantity)
            .sum();
        if piece.is_none() && time_in_force == TimeInForce::ImmediateOrCancel {
            let reason = if filled > 0.0 {
                Reason::NotImmediatelyFillable
            } else {
                Reason::NoVolume
            };
            return self.refuse(order, reason, point);
        }
        if order.request.quantity != Quantity::Position {
            order.request.quantity = Quantity::Base(wanted - filled);
        }
        if piece.is_none() {
            order.request.kind = OrderKind::Market;
        }
        if filled > 0.0 {
            let time = point.time_ns;
            self.log
                .set(order.id, OrderState::PartiallyFilled, Reason::None, time);
        }
        Progress::Waits
    }

    /// Closes what the order meets, then opens the rest. A reversal thus is two fills with two fees. Returns why the rest was refused.
    fn close_then_open(
        &mut self,
        order: &LiveOrder,
        point: Point,
        quote: Quote,
        (units, reducible): (f64, f64),
    ) -> Option<Reason> {
        let instrument = &self.state(point.market).instrument;
        let spot = instrument.market_type == MarketType::Spot;
        let mut closing = units.min(reducible);
        if closing >= reducible * (1.0 - SLACK) {
            closing = reducible;
        } else {
            closing = to_lot(instrument, closing);
        }
        let mut opening = units - closing;
        if reducible > 0.0 && (closing < reducible || opening <= reducible * SLACK) {
            opening = 0.0;
        }
        if opening > 0.0 && spot && order.request.side == Side::Sell {
            return Some(Reason::ShortOnSpot);
        }
        if closing > 0.0 {
            self.close_part(order, closing, point, quote);
        } else if reducible > 0.0 {
            return Some(Reason::BelowLot);
        }
        if opening > 0.0 {
            match self.carriable(order, opening, quote) {
                Ok(carried) => self.open_part(order, carried, point, quote),
                Err(reason) => return Some(reason),
            }
        }
        None
    }

    fn close_part(&mut self, order: &LiveOrder, quantity: f64, point: Point, quote: Quote) {
        let flat = self.book_fill(order, quantity, point, quote, None);
        if flat {
            self.on_flat(order, point);
        } else {
            self.refresh_market(point.market, point.time_ns);
        }
    }

    fn open_part(&mut self, order: &LiveOrder, quantity: f64, point: Point, quote: Quote) {
        let request = &order.request;
        let fresh = !self.position(request.account, request.market).is_open();
        let stop = request
            .bracket
            .and_then(|bracket| self.initial_stop(&bracket, request.side, point, quote.price));
        let first_part = self.log.get(order.id).filled_quantity == 0.0;
        self.book_fill(order, quantity, point, quote, stop);
        let protection = self.protection_mut(request.account, request.market);
        if fresh {
            protection.entered_inside = point.inside;
        }
        if fresh || first_part {
            protection.take_bracket(request.bracket);
        }
        if let Some(leg) = &request.hedge {
            self.open_hedge(order, leg, quantity * quote.price, point);
        }
        self.refresh_market(point.market, point.time_ns);
    }

    /// Writes one fill to the list, the ledger and the order's record, and ends the rest of its group. Returns whether the position is flat now.
    fn book_fill(
        &mut self,
        order: &LiveOrder,
        quantity: f64,
        point: Point,
        quote: Quote,
        initial_stop: Option<f64>,
    ) -> bool {
        let request = &order.request;
        let fee_in_base = self.pays_in_base(request);
        let fill = Fill {
            order: order.id,
            account: request.account,
            market: request.market,
            side: request.side,
            quantity,
            price: quote.price,
            fee: quantity * quote.price * quote.fee_rate,
            fee_in_base,
            liquidity: quote.liquidity,
            time_ns: point.time_ns,
            purpose: request.purpose,
            strategy: request.strategy,
        };
        self.fills.push(fill);
        self.stirred += 1;
        self.log.filled(order.id, quantity, quote.price);
        if let Some(group) = request.group {
            self.end_group(group, point.time_ns);
        }
        if quote.liquidity == Liquidity::Taker {
            let state = self.state_mut(point.market);
            state.volume_taken += quantity;
            state.fills_taken += 1;
        }
        let opening = Opening {
            leverage: request.leverage,
            initial_stop,
        };
        let flat = self.ledger.apply_fill(&fill, opening);
        self.settle_liquidation_level(request.account, request.market);
        flat
    }

    /// The units that the account can open, or why it can open none.
    fn carriable(&self, order: &LiveOrder, wanted: f64, quote: Quote) -> Result<f64, Reason> {
        let request = &order.request;
        let instrument = &self.state(request.market).instrument;
        let price = quote.price;
        let free = self.ledger.free_margin(request.account);
        let mut units = to_lot(instrument, wanted);
        let cost = self.cost_per_notional(request, quote.fee_rate);
        let bearable = free * (1.0 + SLACK);
        if units * price * cost > bearable {
            if self.ledger.account_equity(request.account) <= 0.0
                && self.ledger.is_liquidated(request.account)
            {
                return Err(Reason::AccountLiquidated);
            }
            let affordable = free / (price * cost);
            if !order.cut_to_free || affordable < wanted * LEAST_CUT {
                return Err(self.lacking(request.market));
            }
            units = to_lot(instrument, affordable);
        }
        if units <= 0.0 {
            return Err(Reason::BelowLot);
        }
        if !quote.is_piece && instrument.min_quantity.is_some_and(|least| units < least) {
            return Err(Reason::BelowMinQuantity);
        }
        if !quote.is_piece
            && instrument
                .min_notional
                .is_some_and(|least| units * price < least)
        {
            return Err(Reason::BelowMinNotional);
        }
        let held = self
            .position(request.account, request.market)
            .notional(price);
        let tier = margin::tier(&instrument.margin_tiers, held + units * price);
        if tier.is_some_and(|tier| request.leverage > tier.max_leverage) {
            return Err(Reason::BadLeverage);
        }
        Ok(units)
    }

    /// What one unit of notional binds: margin and fee, or on spot price and fee.
    pub(super) fn cost_per_notional(&self, request: &OrderRequest, fee_rate: f64) -> f64 {
        if self.pays_in_base(request) {
            1.0
        } else {
            1.0 / request.leverage + fee_rate
        }
    }

    pub(super) fn pays_in_base(&self, request: &OrderRequest) -> bool {
        self.rules.fee_in_base && request.side == Side::Buy && self.ledger.is_spot(request.market)
    }

    pub(super) fn lacking(&self, market: MarketId) -> Reason {
        if self.ledger.is_spot(market) {
            Reason::InsufficientBalance
        } else {
            Reason::InsufficientMargin
        }
    }

    /// Ends an order that cannot go on.
    pub(super) fn refuse(&mut self, order: &LiveOrder, reason: Reason, point: Point) -> Progress {
        self.log.refuse(order.id, reason, point.time_ns);
        Progress::Ended
    }

    /// Cancels every order of a group after one of them has filled. The order that filled is in no list then.
    fn end_group(&mut self, group: u32, now_ns: i64) {
        for market in &mut self.markets {
            while let Some(other) = market.take_where(|order| order.request.group == Some(group)) {
                let state = OrderState::Cancelled;
                self.log.set(other.id, state, Reason::GroupFilled, now_ns);
            }
        }
    }
}
