//! Brackets: stop, target, trailing and net stop of a standing position. They always close the whole of it, so their size is never wrong.

use super::execute::Point;
use super::live_order::LiveOrder;
use super::rounding::to_tick;
use super::{AccountId, Bracket, MarketId, OrderId, OrderKind, OrderRequest, OrderState};
use super::{Purpose, Quantity, Reason, Side, TimeInForce, Venue};
use crate::ledger::Position;
use crate::market::Instrument;

/// A protective order that stands.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Child {
    pub id: OrderId,
    pub level: f64,
    /// Acts at its level or better.
    pub limit: bool,
    /// Acts when the price falls to its level.
    pub falls: bool,
}

/// The other leg.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct HedgeLink {
    pub account: AccountId,
    pub close_with_main: bool,
    /// Price profit of its round trips since the main leg opened.
    pub realised: f64,
}

/// Index of a child: stop, target, trailing stop, net stop.
const STOP: usize = 0;
const TARGET: usize = 1;
const TRAIL: usize = 2;
const NET: usize = 3;

/// What protects one position.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Protection {
    pub bracket: Option<Bracket>,
    pub children: [Option<Child>; 4],
    pub hedge: Option<HedgeLink>,
    /// The position was entered inside the current bar.
    pub entered_inside: bool,
    /// A protective order has acted and its rest waits for volume: no new one takes its place.
    pub closing: bool,
    /// Liquidation price of an isolated position, which only fills and funding change.
    pub isolated_level: Option<f64>,
}

impl Protection {
    /// Whether extremes move its levels.
    pub(super) fn moves(&self) -> bool {
        self.bracket.is_some_and(|bracket| {
            bracket.trail_fraction.is_some() || bracket.break_even_fraction.is_some()
        })
    }

    /// Takes the bracket of an entry. Another entry's net loss is borne beside its own.
    pub(super) fn take_bracket(&mut self, bracket: Option<Bracket>) {
        let Some(mut bracket) = bracket else { return };
        if let (Some(before), Some(loss)) = (self.bracket, &mut bracket.net_loss) {
            *loss += before.net_loss.unwrap_or(0.0);
        }
        self.bracket = Some(bracket);
    }
}

/// Where a protective order belongs now.
struct Level {
    price: f64,
    kind: OrderKind,
    purpose: Purpose,
    falls: bool,
}

/// A position as its bracket sees it.
struct Held<'a> {
    side: Side,
    entry_price: f64,
    /// Best price so far.
    best: f64,
    instrument: &'a Instrument,
}

impl<'a> Held<'a> {
    fn of(position: &Position, side: Side, instrument: &'a Instrument) -> Self {
        Self {
            side,
            entry_price: position.entry_price,
            best: match side {
                Side::Buy => position.highest,
                Side::Sell => position.lowest,
            },
            instrument,
        }
    }

    /// The price `fraction` away from `from`, on the losing side.
    fn losing(&self, from: f64, fraction: f64) -> f64 {
        from * (1.0 - self.side.sign() * fraction)
    }

    fn winning(&self, from: f64, fraction: f64) -> f64 {
        from * (1.0 + self.side.sign() * fraction)
    }

    fn break_even_trigger(&self, bracket: &Bracket) -> Option<f64> {
        let fraction = bracket.break_even_fraction?;
        Some(self.winning(self.entry_price, fraction))
    }

    fn break_even_reached(&self, bracket: &Bracket) -> bool {
        self.break_even_trigger(bracket)
            .is_some_and(|trigger| self.side.sign() * (self.best - trigger) >= 0.0)
    }

    fn level(&self, price: f64, kind: fn(f64) -> OrderKind, purpose: Purpose) -> Option<Level> {
        let exit = self.side.opposite();
        let price = to_tick(self.instrument, exit, price);
        let kind = kind(price);
        let limit = matches!(kind, OrderKind::TakeProfit { .. });
        (price > 0.0).then_some(Level {
            price,
            kind,
            purpose,
            falls: limit != (self.side == Side::Buy),
        })
    }

    fn stop(&self, bracket: &Bracket) -> Option<Level> {
        let entry = self.entry_price;
        let kind = |trigger| OrderKind::Stop { trigger };
        if self.break_even_reached(bracket) {
            return self.level(entry, kind, Purpose::BreakEven);
        }
        let fraction = bracket.stop_fraction?;
        self.level(self.losing(entry, fraction), kind, Purpose::StopLoss)
    }

    fn target(&self, bracket: &Bracket) -> Option<Level> {
        let price = self.winning(self.entry_price, bracket.target_fraction?);
        let kind = |price| OrderKind::TakeProfit { price };
        (price > 0.0).then(|| self.level(price, kind, Purpose::TakeProfit))?
    }

    fn trail(&self, bracket: &Bracket) -> Option<Level> {
        let distance_fraction = bracket.trail_fraction?;
        let price = self.losing(self.best, distance_fraction);
        let kind = |trigger| OrderKind::Stop { trigger };
        let level = self.level(price, kind, Purpose::TrailingStop)?;
        Some(Level {
            kind: OrderKind::TrailingStop { distance_fraction },
            ..level
        })
    }

    /// The price at which the price profit of both legs, partial exits included, is −`net_loss`.
    fn net(&self, bracket: &Bracket, main: &Position, other: &Position) -> Option<Level> {
        let loss = bracket.net_loss?;
        let quantity = main.quantity + other.quantity;
        if quantity == 0.0 {
            return None;
        }
        let cost = main.quantity * main.entry_price + other.quantity * other.entry_price;
        let trigger = (cost - main.realised - other.realised - loss) / quantity;
        let price = to_tick(self.instrument, self.side.opposite(), trigger);
        (trigger > 0.0).then_some(Level {
            price,
            kind: OrderKind::Stop { trigger: price },
            purpose: Purpose::NetStop,
            falls: quantity > 0.0,
        })
    }
}

impl Venue {
    /// Stop that protects a position entered at `price` from its first moment on.
    pub(super) fn initial_stop(
        &self,
        bracket: &Bracket,
        side: Side,
        point: Point,
        price: f64,
    ) -> Option<f64> {
        let held = Held {
            side,
            entry_price: price,
            best: price,
            instrument: &self.state(point.market).instrument,
        };
        let level = held.stop(bracket).or_else(|| held.trail(bracket))?;
        Some(level.price)
    }

    /// The stop nearest to the market that protects a position now.
    #[must_use]
    pub fn stop_price(&self, account: AccountId, market: MarketId) -> Option<f64> {
        let stops = self.protection(account, market).children.iter().flatten();
        let long = self.position(account, market).quantity > 0.0;
        let prices = stops.filter(|child| !child.limit).map(|child| child.level);
        prices.reduce(if long { f64::max } else { f64::min })
    }

    /// The target of a position now.
    #[must_use]
    pub fn target_price(&self, account: AccountId, market: MarketId) -> Option<f64> {
        self.protection(account, market).children[TARGET].map(|child| child.level)
    }

    /// Price at which a position's stop will move to its entry, while it has not.
    pub(super) fn break_even_trigger(&self, account: AccountId, market: MarketId) -> Option<f64> {
        let bracket = self.protection(account, market).bracket?;
        let position = self.position(account, market);
        let held = Held::of(position, position.side()?, self.instrument(market));
        let trigger = held.break_even_trigger(&bracket)?;
        (!held.break_even_reached(&bracket)).then_some(trigger)
    }

    /// Brings the protective orders of every account in a market to where they belong.
    pub(super) fn refresh_market(&mut self, market: MarketId, now_ns: i64) {
        for account in self.account_ids() {
            if self.protection(account, market).bracket.is_some() {
                self.refresh(account, market, now_ns);
            }
        }
    }

    pub(super) fn refresh(&mut self, account: AccountId, market: MarketId, now_ns: i64) {
        if self.state(market).ticks.is_some() {
            self.stirred += 1;
        }
        let protection = self.protection(account, market);
        let position = *self.position(account, market);
        let (Some(bracket), Some(side)) = (protection.bracket, position.side()) else {
            return;
        };
        let closing = protection.closing;
        let other = protection.hedge.map_or_else(Position::default, |link| {
            let mut other = *self.position(link.account, market);
            other.realised += link.realised;
            other
        });
        let held = Held::of(&position, side, self.instrument(market));
        let levels = [
            (STOP, held.stop(&bracket)),
            (TARGET, held.target(&bracket)),
            (TRAIL, held.trail(&bracket)),
            (NET, held.net(&bracket, &position, &other)),
        ];
        for (role, level) in levels {
            let child = self.protection(account, market).children[role];
            let child = match (child, level) {
                (None, None) => continue,
                (None, Some(_)) if closing => continue,
                (Some(old), Some(level)) if old.level == level.price => Some(old),
                (Some(old), Some(level)) => {
                    let record = self.log.get_mut(old.id);
                    record.kind = level.kind;
                    record.purpose = level.purpose;
                    Some(level.child(old.id))
                }
                (None, Some(level)) => {
                    let request = exit_request(account, market, &position, side, &level);
                    let id = self.log.open(&request, now_ns);
                    Some(level.child(id))
                }
                (Some(old), None) => {
                    let state = OrderState::Cancelled;
                    self.log.set(old.id, state, Reason::Replaced, now_ns);
                    None
                }
            };
            self.protection_mut(account, market).children[role] = child;
        }
    }

    /// Takes a protective order off to be executed.
    pub(super) fn take_child(
        &mut self,
        account: AccountId,
        market: MarketId,
        role: usize,
    ) -> Option<Box<LiveOrder>> {
        let protection = self.protection_mut(account, market);
        let child = protection.children[role].take()?;
        protection.closing = true;
        let record = *self.log.get(child.id);
        let mut order = self.places.place(
            child.id,
            &OrderRequest {
                account,
                kind: record.kind,
                reduce_only: true,
                strategy: record.strategy,
                purpose: record.purpose,
                ..OrderRequest::market(market, record.side, Quantity::Position)
            },
        );
        order.protective = true;
        if child.limit {
            order.liquidity = super::Liquidity::Maker;
        }
        Some(order)
    }

    /// A position has been closed by `order`: ends its protective orders and whatever else could only have reduced it, and closes its hedge.
    pub(super) fn on_flat(&mut self, order: &LiveOrder, point: Point) {
        let (account, market) = (order.request.account, point.market);
        self.on_hedge_flat(account, point);
        let protection = self.protection_mut(account, market);
        let bare = protection.bracket.is_none() && protection.hedge.is_none();
        protection.entered_inside = false;
        if bare && self.state(market).resting.is_empty() && self.state(market).pending.is_empty() {
            return;
        }
        let protection = std::mem::take(self.protection_mut(account, market));
        let reason = if order.protective {
            Reason::GroupFilled
        } else {
            Reason::PositionClosed
        };
        for child in protection.children.into_iter().flatten() {
            let state = OrderState::Cancelled;
            self.log.set(child.id, state, reason, point.time_ns);
        }
        let side = order.request.side;
        let state = &mut self.markets[usize::from(market.0)];
        while let Some(orphan) = state.take_where(|other| {
            let request = &other.request;
            request.reduce_only && request.account == account && request.side == side
        }) {
            let state = OrderState::Cancelled;
            let reason = Reason::PositionClosed;
            self.log.set(orphan.id, state, reason, point.time_ns);
        }
        if let Some(link) = protection.hedge {
            let kept = !link.close_with_main && order.request.purpose == Purpose::OppositeSignal;
            self.end_hedge(link.account, kept, point);
        }
    }
}

impl Level {
    fn child(&self, id: OrderId) -> Child {
        Child {
            id,
            level: self.price,
            limit: matches!(self.kind, OrderKind::TakeProfit { .. }),
            falls: self.falls,
        }
    }
}

fn exit_request(
    account: AccountId,
    market: MarketId,
    position: &Position,
    side: Side,
    level: &Level,
) -> OrderRequest {
    OrderRequest {
        account,
        kind: level.kind,
        time_in_force: TimeInForce::GoodTilCancelled,
        reduce_only: true,
        strategy: position.strategy,
        purpose: level.purpose,
        ..OrderRequest::market(market, side.opposite(), Quantity::Position)
    }
}
