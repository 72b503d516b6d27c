//! The door: checks of a new order, cancelling, changing what protects a position.

use super::live_order::{LiveOrder, check_numbers};
use super::rounding::{to_lot, to_tick};
use super::ticks::{Message, TickMarket};
use super::{AccountId, Bracket, Liquidity, MarketId, OrderId, OrderKind, OrderRequest};
use super::{OrderState, Quantity, Reason, Side, TimeInForce, Venue};

impl Venue {
    /// Takes an order decided at the last close. It acts from the next bar's open on, or is rejected at once; its record tells.
    #[inline(always)]
    #[expect(
        clippy::inline_always,
        reason = "written field by field into its record and its place: a copy of a fresh order would wait for each of its fields"
    )]
    pub fn submit(&mut self, request: OrderRequest, now_ns: i64) -> OrderId {
        let id = self.log.open(&request, now_ns);
        let mut order = self.places.place(id, &request);
        if self.tick_market(request.market).is_none() {
            self.take_in(order, now_ns);
            return id;
        }
        self.note_affordable(&mut order);
        self.ticks_mut(request.market)
            .send(Message::New(order), now_ns);
        id
    }

    /// Lets a new order wait in its market, or ends it.
    fn take_in(&mut self, mut order: Box<LiveOrder>, now_ns: i64) {
        let id = order.id;
        match self.admit(&mut order, now_ns) {
            Ok(()) => {
                let kind = order.request.kind;
                self.log.get_mut(id).kind = kind;
                let state = self.state_mut(order.request.market);
                if kind == OrderKind::Market {
                    state.pending.push(order);
                } else {
                    state.resting.push(order);
                }
                return;
            }
            Err(Reason::TimeInForce) => {
                self.log
                    .set(id, OrderState::Expired, Reason::TimeInForce, now_ns);
            }
            Err(reason) => self.log.refuse(id, reason, now_ns),
        }
        self.places.free(order);
    }

    /// Checks an order and puts its size and prices on the market's steps.
    pub(super) fn admit(&self, order: &mut LiveOrder, now: i64) -> Result<(), Reason> {
        let request = &mut order.request;
        let known = |account: AccountId| usize::from(account.0) < self.ledger.accounts();
        let legs_known = request
            .hedge
            .is_none_or(|leg| known(leg.account) && leg.account != request.account);
        if usize::from(request.market.0) >= self.markets.len()
            || !known(request.account)
            || !legs_known
        {
            return Err(Reason::UnknownMarket);
        }
        check_numbers(request)?;
        if matches!(request.time_in_force, TimeInForce::GoodTilDate(date) if date <= now) {
            return Err(Reason::TimeInForce);
        }
        let state = self.state(request.market);
        let instrument = &state.instrument;
        let highest = instrument
            .margin_tiers
            .first()
            .map(|tier| tier.max_leverage);
        if highest.is_some_and(|highest| request.leverage > highest)
            || (self.ledger.is_spot(request.market) && request.leverage != 1.0)
        {
            return Err(Reason::BadLeverage);
        }
        request.reduce_only |= request.quantity == Quantity::Position;
        if let Quantity::Base(units) = &mut request.quantity
            && !request.reduce_only
        {
            *units = to_lot(instrument, *units);
            if *units <= 0.0 {
                return Err(Reason::BelowLot);
            }
            if instrument.min_quantity.is_some_and(|least| *units < least) {
                return Err(Reason::BelowMinQuantity);
            }
        }
        let side = request.side;
        let on_tick = |price: f64| to_tick(instrument, side, price);
        request.kind = match request.kind {
            OrderKind::Limit { price } => OrderKind::Limit {
                price: on_tick(price),
            },
            OrderKind::TakeProfit { price } => OrderKind::TakeProfit {
                price: on_tick(price),
            },
            OrderKind::Stop { trigger } => OrderKind::Stop {
                trigger: on_tick(trigger),
            },
            OrderKind::StopLimit { trigger, price } => OrderKind::StopLimit {
                trigger: on_tick(trigger),
                price: on_tick(price),
            },
            other => other,
        };
        order.best = state.last_close.unwrap_or(0.0);
        let marketable = self.marketable(order);
        let takes = matches!(
            order.request.kind,
            OrderKind::Market | OrderKind::Stop { .. } | OrderKind::TrailingStop { .. }
        );
        if order.request.post_only && (marketable || takes) {
            return Err(Reason::WouldTake);
        }
        if order.is_limit() && !marketable {
            order.liquidity = Liquidity::Maker;
        }
        self.check_funds(order)
    }

    /// Whether a limit would have filled against the close on which it was decided.
    fn marketable(&self, order: &LiveOrder) -> bool {
        let state = self.state(order.request.market);
        if state.ticks.is_some() {
            // Judged by the book when it has been checked.
            return false;
        }
        let last_close = state.last_close;
        let (true, Some(close)) = (order.is_limit(), last_close) else {
            return false;
        };
        match order.request.side {
            Side::Buy => close <= order.level(),
            Side::Sell => close >= order.level(),
        }
    }

    /// Refuses a waiting order that the account could not carry even now; notes whether a value could be carried, so that a gap only cuts it.
    ///
    /// The price of a market order is not known yet: it is checked when it fills.
    fn check_funds(&self, order: &mut LiveOrder) -> Result<(), Reason> {
        let request = &order.request;
        if request.reduce_only {
            return Ok(());
        }
        let (account, market) = (request.account, request.market);
        if self.ledger.is_liquidated(account) && self.account_equity(account) <= 0.0 {
            return Err(Reason::AccountLiquidated);
        }
        let free = self.expected_free(account) * (1.0 + 1e-9);
        self.note_affordable(order);
        let request = &order.request;
        let held = self.position(account, market).quantity;
        let opens = held * request.side.sign() >= 0.0;
        if !opens
            || matches!(
                request.kind,
                OrderKind::Market | OrderKind::TrailingStop { .. }
            )
        {
            return Ok(());
        }
        let price = match request.kind {
            OrderKind::StopLimit { price, .. } => price,
            _ => order.level(),
        };
        let instrument = &self.state(market).instrument;
        let notional = match request.quantity {
            Quantity::Base(units) => units * price,
            Quantity::Quote(value) => value,
            Quantity::Position => return Ok(()),
        };
        if instrument
            .min_notional
            .is_some_and(|least| notional < least)
        {
            return Err(Reason::BelowMinNotional);
        }
        let fee_rate = match request.quantity {
            Quantity::Quote(_) => 0.0,
            _ => self.rules.fee_rate(order.liquidity),
        };
        let cost = self.cost_per_notional(request, fee_rate);
        if request.side == Side::Sell && self.ledger.is_spot(market) {
            return Ok(());
        }
        if notional * cost > free {
            return Err(self.lacking(market));
        }
        Ok(())
    }

    /// Notes whether the account can carry a value now, if that is known: then a gap only cuts it.
    fn note_affordable(&self, order: &mut LiveOrder) {
        let request = &order.request;
        if let Quantity::Quote(value) = request.quantity
            && usize::from(request.account.0) < self.ledger.accounts()
        {
            let free = self.expected_free(request.account) * (1.0 + 1e-9);
            order.cut_to_free |= value / request.leverage <= free;
        }
    }

    /// Free margin once the pending closes have filled at the last price.
    fn expected_free(&self, account: AccountId) -> f64 {
        let mut free = self.free_margin(account);
        for state in &self.markets {
            let flights = state.ticks.iter().flat_map(|ticks| ticks.new_orders());
            for order in state.pending.iter().chain(flights) {
                let request = &order.request;
                if request.account != account || request.quantity != Quantity::Position {
                    continue;
                }
                let position = self.position(account, request.market);
                if position.quantity * request.side.sign() >= 0.0 {
                    continue;
                }
                let mark = self.ledger.mark(request.market);
                free += if self.ledger.is_spot(request.market) {
                    position.notional(mark)
                } else {
                    match self.rules.margin_mode {
                        super::MarginMode::Isolated => position.margin + position.unrealised(mark),
                        super::MarginMode::Cross => position.margin,
                    }
                };
            }
        }
        free
    }

    #[inline]
    fn tick_market(&mut self, market: MarketId) -> Option<&mut TickMarket> {
        let state = self.markets.get_mut(usize::from(market.0))?;
        state.ticks.as_deref_mut()
    }

    /// Asks for another price or size of an order in a market that trades tick by tick; whether it still stands is seen when the message
    /// arrives. `false` when there never was such an order, or its market does not trade so.
    pub fn replace(
        &mut self,
        id: OrderId,
        kind: OrderKind,
        quantity: Option<Quantity>,
        now_ns: i64,
    ) -> bool {
        self.send_about(id, Message::Replace(id, kind, quantity), now_ns)
    }

    /// Sends a message about an order to a market that trades tick by tick.
    fn send_about(&mut self, id: OrderId, message: Message, now_ns: i64) -> bool {
        let record = self.log.records().get(id.0 as usize);
        let Some(ticks) = record
            .map(|record| record.market)
            .and_then(|market| self.tick_market(market))
        else {
            return false;
        };
        ticks.send(message, now_ns);
        true
    }

    /// Cancels a waiting order, or where ticks are traded asks for it. `false` when it does not wait any more, or protects a position: those end with it, or by [`Venue::set_bracket`].
    pub fn cancel(&mut self, id: OrderId, now_ns: i64) -> bool {
        let Some(record) = self.log.records().get(id.0 as usize) else {
            return false;
        };
        let market = record.market;
        if self.tick_market(market).is_some() {
            return self.send_about(id, Message::Cancel(id), now_ns);
        }
        let Some(state) = self.markets.get_mut(usize::from(market.0)) else {
            return false;
        };
        let waits = |order: &LiveOrder| order.id == id && !order.protective;
        let found = state.take_where(waits).is_some();
        if found {
            let state = OrderState::Cancelled;
            self.log.set(id, state, Reason::Requested, now_ns);
        }
        found
    }

    /// Replaces the bracket of an open position. Protective orders move, come and go with it. `false` when the position is flat or a fraction is unusable.
    pub fn set_bracket(
        &mut self,
        account: AccountId,
        market: MarketId,
        bracket: Bracket,
        now_ns: i64,
    ) -> bool {
        self.stirred += 1;
        let request = OrderRequest {
            bracket: Some(bracket),
            ..OrderRequest::market(market, Side::Buy, Quantity::Position)
        };
        if check_numbers(&request).is_err() || !self.position(account, market).is_open() {
            return false;
        }
        self.protection_mut(account, market).bracket = Some(bracket);
        self.refresh_market(market, now_ns);
        true
    }

    /// Moves a resting order to another trigger or limit, kept at its place. `false` when it does not rest, or the kind differs or is unusable.
    pub fn modify(&mut self, id: OrderId, kind: OrderKind, now_ns: i64) -> bool {
        let Some(record) = self.log.records().get(id.0 as usize).copied() else {
            return false;
        };
        let Some(state) = self.markets.get(usize::from(record.market.0)) else {
            return false;
        };
        if state.ticks.is_some() {
            return self.replace(id, kind, None, now_ns);
        }
        let Some(place) = state.resting.iter().position(|order| order.id == id) else {
            return false;
        };
        let old = *state.resting[place];
        if std::mem::discriminant(&old.request.kind) != std::mem::discriminant(&kind) {
            return false;
        }
        let request = OrderRequest {
            kind,
            ..old.request
        };
        let mut order = LiveOrder::new(id, &request);
        if self.admit(&mut order, now_ns).is_err() {
            return false;
        }
        if order.is_trailing() {
            order.best = old.best;
        }
        self.log.get_mut(id).kind = order.request.kind;
        *self.state_mut(record.market).resting[place] = order;
        true
    }
}
