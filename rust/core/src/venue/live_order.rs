//! An order that has not ended yet.

use std::ops::{Deref, DerefMut};

use super::ticks::Queue;
use super::{Bracket, HedgeLeg, Liquidity, OrderId, OrderKind, OrderRequest, Reason};

/// An order that waits for the market.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct LiveOrder {
    pub id: OrderId,
    /// As sent, except: the price on the tick, `kind` a market order once a stop has triggered, `quantity` what is left once a part has filled.
    pub request: OrderRequest,
    /// What a fill of its limit is: a taker if it was marketable at the close on which it was decided.
    pub liquidity: Liquidity,
    /// A value that the account could carry when it was sent is cut to what is free, not refused, should the market gap.
    pub cut_to_free: bool,
    /// Best price since it was sent, for a trailing stop.
    pub best: f64,
    /// Bar at whose open it was last tried.
    pub tried_ns: Option<i64>,
    /// Part of a bracket, so that its fill ends the others as their group.
    pub protective: bool,
    /// Its limit in ticks, where the market trades tick by tick.
    pub tick: i32,
    /// Its place in the queue there.
    pub queue: Queue,
    /// Its number among the orders that have come to rest there: of own orders at one price the first fills first.
    pub rested: u64,
}

/// Orders that wait. They travel between lists by pointer, for an order is some hundred bytes.
pub(super) type Waiting = Vec<Box<LiveOrder>>;

/// Orders that rest in one market, by id, and whether they have changed since that was last asked.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Resting {
    orders: Waiting,
    changed: bool,
}

impl Resting {
    /// Whether orders came, went or may have been altered since the last call.
    #[inline]
    pub(super) fn take_changed(&mut self) -> bool {
        std::mem::take(&mut self.changed)
    }

    /// The orders, for alterations after which they stand where they stood.
    pub(super) fn unchanged_mut(&mut self) -> &mut [Box<LiveOrder>] {
        &mut self.orders
    }
}

impl Deref for Resting {
    type Target = Waiting;

    fn deref(&self) -> &Waiting {
        &self.orders
    }
}

impl DerefMut for Resting {
    fn deref_mut(&mut self) -> &mut Waiting {
        self.changed = true;
        &mut self.orders
    }
}

/// Places of orders that have ended, lent to new ones, so that a submission allocates nothing.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Places(Waiting);

impl Places {
    #[inline]
    pub(super) fn place(&mut self, id: OrderId, request: &OrderRequest) -> Box<LiveOrder> {
        match self.0.pop() {
            Some(mut place) => {
                *place = LiveOrder::new(id, request);
                place
            }
            None => Box::new(LiveOrder::new(id, request)),
        }
    }

    pub(super) fn free(&mut self, place: Box<LiveOrder>) {
        self.0.push(place);
    }
}

impl LiveOrder {
    #[inline]
    pub(super) fn new(id: OrderId, request: &OrderRequest) -> Self {
        Self {
            id,
            request: *request,
            liquidity: Liquidity::Taker,
            cut_to_free: false,
            best: 0.0,
            tried_ns: None,
            protective: false,
            tick: 0,
            queue: Queue::default(),
            rested: 0,
        }
    }

    pub(super) fn is_trailing(&self) -> bool {
        matches!(self.request.kind, OrderKind::TrailingStop { .. })
    }

    /// The level at which the order acts: its trigger or limit.
    pub(super) fn level(&self) -> f64 {
        match self.request.kind {
            OrderKind::Market => self.best,
            OrderKind::Limit { price } | OrderKind::TakeProfit { price } => price,
            OrderKind::Stop { trigger } | OrderKind::StopLimit { trigger, .. } => trigger,
            OrderKind::TrailingStop { distance_fraction } => {
                self.best * (1.0 + self.request.side.sign() * distance_fraction)
            }
        }
    }

    /// Whether it acts at its level or better (a limit), rather than at its level or worse (a stop).
    pub(super) fn is_limit(&self) -> bool {
        matches!(
            self.request.kind,
            OrderKind::Limit { .. } | OrderKind::TakeProfit { .. }
        )
    }

    /// Whether the price must fall to its level.
    pub(super) fn acts_on_fall(&self) -> bool {
        // A buy limit and a sell stop lie below the market, a sell limit and a buy stop above.
        self.is_limit() == (self.request.side.sign() > 0.0)
    }
}

/// Positive, finite and, where it is a distance below the price, below 1.
fn is_fraction(value: f64) -> bool {
    value.is_finite() && value > 0.0 && value < 1.0
}

fn is_positive(value: f64) -> bool {
    value.is_finite() && value > 0.0
}

/// What can be said of an order's numbers alone.
pub(super) fn check_numbers(request: &OrderRequest) -> Result<(), Reason> {
    let quantity = match request.quantity {
        super::Quantity::Base(value) | super::Quantity::Quote(value) => is_positive(value),
        super::Quantity::Position => true,
    };
    if !quantity {
        return Err(Reason::BadQuantity);
    }
    let prices = match request.kind {
        OrderKind::Market => true,
        OrderKind::Limit { price } | OrderKind::TakeProfit { price } => is_positive(price),
        OrderKind::Stop { trigger } => is_positive(trigger),
        OrderKind::StopLimit { trigger, price } => is_positive(trigger) && is_positive(price),
        OrderKind::TrailingStop { distance_fraction } => is_fraction(distance_fraction),
    };
    if !prices || !request.bracket.as_ref().is_none_or(bracket_is_sound) {
        return Err(Reason::BadPrice);
    }
    if !(request.leverage.is_finite() && request.leverage >= 1.0) {
        return Err(Reason::BadLeverage);
    }
    request.hedge.as_ref().map_or(Ok(()), check_hedge)
}

fn bracket_is_sound(bracket: &Bracket) -> bool {
    bracket.stop_fraction.is_none_or(is_fraction)
        && bracket.target_fraction.is_none_or(is_positive)
        && bracket.trail_fraction.is_none_or(is_fraction)
        && bracket.break_even_fraction.is_none_or(is_positive)
        && bracket.net_loss.is_none_or(is_positive)
}

fn check_hedge(hedge: &HedgeLeg) -> Result<(), Reason> {
    if !is_positive(hedge.notional_fraction) {
        return Err(Reason::BadQuantity);
    }
    if !(hedge.leverage.is_finite() && hedge.leverage >= 1.0) {
        return Err(Reason::BadLeverage);
    }
    Ok(())
}
