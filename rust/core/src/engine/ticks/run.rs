//! The loop itself.

use std::collections::VecDeque;

use super::own::{OwnOrder, OwnOrders, Standing};
use super::record::{OrderContext, TickRecord};
use crate::error::{Error, Result};
use crate::market::{Book, Event, EventKind, EventTape, Instrument};
use crate::venue::{
    Answer, MAIN, MarketId, OrderId, OrderKind, OrderRequest, Purpose, Quantity, Side, TickRules,
    TimeInForce, Venue, VenueRules,
};

/// The only market of a run.
const MARKET: MarketId = MarketId(0);

/// A strategy on market events. Times are of its own clock.
pub trait TickStrategy {
    /// Whether it wants to see every market event.
    const WATCHES_EVENTS: bool = false;

    /// When its timer rings next, UTC nanoseconds; `i64::MAX` for never. The first event's time is given once, before everything.
    fn start(&mut self, first_ns: i64);

    /// When its timer rings next; `i64::MAX` for never.
    fn next_timer_ns(&self) -> i64;

    /// Its timer rings.
    fn on_timer(&mut self, desk: &mut TickDesk<'_>);

    /// A market event has reached it; its book already shows it.
    fn on_event(&mut self, _event: &Event, _desk: &mut TickDesk<'_>) {}

    /// An answer has reached it; its orders and position already show it.
    fn on_answer(&mut self, _answer: &Answer, _desk: &mut TickDesk<'_>) {}
}

/// What a run trades, and by which rules.
#[derive(Debug, Clone, PartialEq)]
pub struct TickSetup {
    /// Fees, margin and, where the data have no book, slippage.
    pub venue: VenueRules,
    /// Queue, latencies, fills.
    pub ticks: TickRules,
    /// Steps and limits of the market, if they are known.
    pub instrument: Option<Instrument>,
    /// Quote currency at the start.
    pub initial_balance: f64,
    /// Leverage of every order.
    pub leverage: f64,
    /// How long a market event takes to the strategy; `None`: as recorded.
    pub feed_latency_ns: Option<i64>,
    /// How often the equity is recorded, nanoseconds.
    pub record_interval_ns: i64,
}

impl TickSetup {
    fn check(&self) -> Result<()> {
        if self.record_interval_ns <= 0 {
            let name = "record_interval_ns";
            return Err(Error::parameter(name, self.record_interval_ns, "positive"));
        }
        if let Some(ns) = self.feed_latency_ns.filter(|ns| *ns < 0) {
            return Err(Error::parameter("feed_latency_ns", ns, "not negative"));
        }
        if !(self.leverage.is_finite() && self.leverage >= 1.0) {
            return Err(Error::parameter("leverage", self.leverage, "at least 1"));
        }
        Ok(())
    }
}

/// What a strategy sees and does at one moment.
#[derive(Debug)]
pub struct TickDesk<'a> {
    /// Its clock, UTC nanoseconds.
    pub now_ns: i64,
    /// The book as it has reached the strategy.
    pub book: &'a Book,
    /// Quote currency a tick.
    pub tick_size: f64,
    own: &'a mut OwnOrders,
    venue: &'a mut Venue,
    contexts: &'a mut Vec<OrderContext>,
    leverage: f64,
}

impl TickDesk<'_> {
    /// Own orders and position, as answered.
    #[must_use]
    pub fn own(&self) -> &OwnOrders {
        self.own
    }

    /// Equity of all accounts as the exchange has it.
    #[must_use]
    pub fn equity(&self) -> f64 {
        self.venue.equity()
    }

    /// Leverage of the run's orders.
    #[must_use]
    pub const fn leverage(&self) -> f64 {
        self.leverage
    }

    /// The id that the next order gets.
    #[must_use]
    pub fn next_order(&self) -> u32 {
        u32::try_from(self.venue.orders().len()).unwrap_or(u32::MAX)
    }

    /// Side of an order that has been sent.
    #[must_use]
    pub fn side_of(&self, order: OrderId) -> Side {
        self.venue.orders()[order.0 as usize].side
    }

    /// Sends a limit order.
    pub fn limit(
        &mut self,
        side: Side,
        tick: i32,
        units: f64,
        time_in_force: TimeInForce,
        post_only: bool,
    ) -> OrderId {
        let price = f64::from(tick) * self.tick_size;
        self.send(OrderRequest {
            kind: OrderKind::Limit { price },
            time_in_force,
            post_only,
            ..self.request(side, Quantity::Base(units))
        })
    }

    /// Sends a market order.
    pub fn market(&mut self, side: Side, units: f64) -> OrderId {
        self.send(self.request(side, Quantity::Base(units)))
    }

    fn request(&self, side: Side, quantity: Quantity) -> OrderRequest {
        OrderRequest {
            purpose: Purpose::Manual,
            leverage: self.leverage,
            ..OrderRequest::market(MARKET, side, quantity)
        }
    }

    /// Sends any order of the run's market.
    pub fn send(&mut self, request: OrderRequest) -> OrderId {
        let id = self.venue.submit(request, self.now_ns);
        let (OrderKind::Limit { price } | OrderKind::TakeProfit { price }) = request.kind else {
            return self.note(id, request, 0);
        };
        #[expect(
            clippy::cast_possible_truncation,
            reason = "saturates where no market is"
        )]
        let tick = (price / self.tick_size).round() as i32;
        self.note(id, request, tick)
    }

    fn note(&mut self, id: OrderId, request: OrderRequest, tick: i32) -> OrderId {
        let leaves = match request.quantity {
            Quantity::Base(units) => units,
            Quantity::Quote(_) | Quantity::Position => f64::NAN,
        };
        self.own.sent(OwnOrder {
            id,
            side: request.side,
            tick,
            leaves,
            standing: Standing::Sent,
        });
        self.contexts.push(OrderContext {
            order: id,
            decided_ns: self.now_ns,
            decision_mid: self.book.mid_tick().unwrap_or(f64::NAN),
            arrived_ns: None,
            arrival_mid: f64::NAN,
            queue_ahead: f64::NAN,
            answered_ns: None,
        });
        id
    }

    /// Asks for the end of an order.
    pub fn cancel(&mut self, id: OrderId) -> bool {
        self.own.asked(id);
        self.venue.cancel(id, self.now_ns)
    }

    /// Asks for another price or size of a limit order.
    pub fn replace(&mut self, id: OrderId, tick: i32, units: f64) -> bool {
        self.own.asked(id);
        let price = f64::from(tick) * self.tick_size;
        let kind = OrderKind::Limit { price };
        self.venue
            .replace(id, kind, Some(Quantity::Base(units)), self.now_ns)
    }
}

/// A strategy at work on the events of one market.
#[derive(Debug)]
pub struct TickRun<S> {
    strategy: S,
    venue: Venue,
    book: Book,
    own: OwnOrders,
    record: TickRecord,
    tick_size: f64,
    leverage: f64,
    feed_latency_ns: Option<i64>,
    record_interval_ns: i64,
    next_record_ns: i64,
    started: bool,
    /// Events that have happened and not yet reached the strategy, from chunks before.
    underway: VecDeque<Event>,
}

impl<S: TickStrategy> TickRun<S> {
    /// A run that has seen nothing yet.
    ///
    /// # Errors
    /// [`Error::Parameter`] naming what of the setup cannot be.
    pub fn new(strategy: S, setup: &TickSetup, tick_size: f64) -> Result<Self> {
        setup.check()?;
        let instruments = vec![setup.instrument.clone()];
        let mut venue = Venue::new(setup.venue, instruments, &[setup.initial_balance])?;
        venue.use_ticks(MARKET, setup.ticks.clone(), tick_size)?;
        Ok(Self {
            strategy,
            venue,
            book: Book::default(),
            own: OwnOrders::default(),
            record: TickRecord::default(),
            tick_size,
            leverage: setup.leverage,
            feed_latency_ns: setup.feed_latency_ns,
            record_interval_ns: setup.record_interval_ns,
            next_record_ns: i64::MAX,
            started: false,
            underway: VecDeque::new(),
        })
    }

    /// Plays a whole tape.
    pub fn run(&mut self, tape: &EventTape) {
        self.play(tape.events(), true);
    }

    /// Plays the next stretch of a tape, in memory that does not grow with the tape. [`Self::finish`] follows the last.
    pub fn feed(&mut self, events: &[Event]) {
        self.play(events, false);
    }

    /// Plays what is still on its way.
    pub fn finish(&mut self) {
        self.play(&[], true);
    }

    /// The venue: orders, fills, trades.
    #[must_use]
    pub const fn venue(&self) -> &Venue {
        &self.venue
    }

    /// What has been recorded.
    #[must_use]
    pub const fn record(&self) -> &TickRecord {
        &self.record
    }

    /// Own orders and position, as answered.
    #[must_use]
    pub const fn own(&self) -> &OwnOrders {
        &self.own
    }

    /// The strategy.
    #[must_use]
    pub const fn strategy(&self) -> &S {
        &self.strategy
    }

    #[inline]
    fn received_ns(&self, event: &Event) -> i64 {
        match self.feed_latency_ns {
            None => event.local_ns,
            Some(latency) => event.exchange_ns.saturating_add(latency),
        }
    }

    fn begin(&mut self, events: &[Event]) {
        let Some(first) = events.first() else { return };
        let first_ns = first.exchange_ns.min(self.received_ns(first));
        self.started = true;
        self.strategy.start(first_ns);
        self.next_record_ns = first_ns.saturating_add(self.record_interval_ns);
    }

    fn play(&mut self, events: &[Event], to_the_end: bool) {
        if !self.started {
            self.begin(events);
        }
        let mut places = Places {
            events,
            exchange: next_place(events, 0, Event::is_at_exchange),
            local: next_place(events, 0, Event::is_at_local),
        };
        loop {
            // What is due beside market events; looked at anew whenever it may have changed.
            let due = self.due();
            if !self.pass(&mut places, &due) {
                continue;
            }
            let exchange_ns = match places.at_exchange() {
                Some(event) => event.exchange_ns,
                None if to_the_end => i64::MAX,
                None => break,
            };
            if !self.do_next(&due, exchange_ns, &mut places) {
                break;
            }
        }
        if let Some(last) = events.last() {
            // What has reached the strategy by now need not be kept.
            self.catch_up(&mut places, last.exchange_ns);
        }
        if to_the_end {
            self.venue.mark_to_book(MARKET);
        }
        let rest = events[places.local.min(events.len())..].iter();
        self.underway
            .extend(rest.filter(|event| event.is_at_local()));
    }

    /// Plays market events up to what is due. `false` when one of them may have changed what is due.
    #[inline]
    fn pass(&mut self, places: &mut Places<'_>, due: &Due) -> bool {
        while let Some(event) = places.at_exchange() {
            if S::WATCHES_EVENTS {
                let local_ns = self.next_receipt_ns(places);
                if local_ns <= event.exchange_ns {
                    if local_ns >= due.first {
                        return true;
                    }
                    self.receive(places, local_ns);
                    return false;
                }
            }
            if event.exchange_ns >= due.first {
                return true;
            }
            let concerns = self.happen(event);
            places.pass_exchange();
            if concerns {
                return false;
            }
        }
        true
    }

    /// When the next market event reaches the strategy.
    #[inline]
    fn next_receipt_ns(&self, places: &Places<'_>) -> i64 {
        let next = self.underway.front().or_else(|| places.at_local());
        next.map_or(i64::MAX, |event| self.received_ns(event))
    }

    /// The next market event reaches the strategy.
    fn receive(&mut self, places: &mut Places<'_>, now_ns: i64) {
        let event = self.underway.pop_front().or_else(|| places.take_local());
        let Some(event) = event else { return };
        self.book.apply(&event);
        if S::WATCHES_EVENTS {
            let (strategy, mut desk) = self.desk(now_ns);
            strategy.on_event(&event, &mut desk);
        }
    }

    /// Brings the strategy's book to what has reached it by `now_ns`: nobody has looked at it meanwhile.
    fn catch_up(&mut self, places: &mut Places<'_>, now_ns: i64) {
        if S::WATCHES_EVENTS {
            // Each event was shown when it came.
            return;
        }
        while let Some(event) = self.underway.front() {
            if self.received_ns(event) > now_ns {
                return;
            }
            self.book.apply(event);
            self.underway.pop_front();
        }
        while let Some(event) = places.at_local() {
            if self.received_ns(event) > now_ns {
                return;
            }
            self.book.apply(event);
            places.pass_local();
        }
    }

    /// An event happens at the exchange. Returns whether it may have changed what is due.
    #[inline]
    fn happen(&mut self, event: &Event) -> bool {
        self.record.events += 1;
        if event.kind == EventKind::Depth {
            if !self.venue.on_event(MARKET, event) {
                return false;
            }
            let mid = self.exchange_mid();
            self.record.note_fills(self.venue.fills(), mid);
        } else {
            let mid = self.exchange_mid();
            self.record.gaps += u64::from(event.kind == EventKind::Gap);
            self.venue.on_event(MARKET, event);
            self.record.note_fills(self.venue.fills(), mid);
        }
        true
    }

    /// Does the first thing that is due: what lies beside market events, or a market event at the very same time that comes before it.
    /// `false` when nothing is left.
    fn do_next(&mut self, due: &Due, exchange_ns: i64, places: &mut Places<'_>) -> bool {
        let local_ns = if S::WATCHES_EVENTS || exchange_ns == i64::MAX {
            self.next_receipt_ns(places)
        } else {
            i64::MAX
        };
        let market_ns = local_ns.min(exchange_ns);
        let first = market_ns.min(due.answer_ns).min(due.arrival_ns);
        if first == i64::MAX {
            // Timers alone do not go on beyond the data.
            return false;
        }
        if due.watch_ns < first {
            self.catch_up(places, due.watch_ns);
            self.ring(due.watch_ns);
        } else if local_ns == first {
            self.receive(places, local_ns);
        } else if due.answer_ns == first {
            self.catch_up(places, due.answer_ns);
            self.take_answer();
        } else if exchange_ns == first {
            if let Some(event) = places.at_exchange() {
                self.happen(event);
            }
            places.pass_exchange();
        } else {
            let mid = self.exchange_mid();
            if let Some(order) = self.venue.arrive(MARKET) {
                self.record.note_arrival(order, due.arrival_ns, mid);
            }
            self.record.note_fills(self.venue.fills(), mid);
        }
        true
    }

    fn due(&self) -> Due {
        let timer = self.strategy.next_timer_ns();
        let watch = timer
            .min(self.next_record_ns)
            .min(self.record.next_due_ns());
        let answer = self.venue.next_answer(MARKET);
        let arrival = self.venue.next_arrival(MARKET);
        Due {
            // A market event at the very time of a timer comes before it.
            first: watch.saturating_add(1).min(answer).min(arrival),
            watch_ns: watch,
            answer_ns: answer,
            arrival_ns: arrival,
        }
    }

    fn exchange_mid(&self) -> f64 {
        self.venue.book(MARKET).mid_tick().unwrap_or(f64::NAN)
    }

    /// Records what is due at `now_ns`, then lets the strategy's timer ring if it is due too.
    fn ring(&mut self, now_ns: i64) {
        if self.record.next_due_ns() <= now_ns {
            let mid = self.exchange_mid();
            self.record.note_due(now_ns, mid);
        }
        if self.next_record_ns <= now_ns {
            self.record.note_equity(now_ns, &mut self.venue, MARKET);
            self.next_record_ns = self.next_record_ns.saturating_add(self.record_interval_ns);
        }
        if self.strategy.next_timer_ns() <= now_ns {
            let (strategy, mut desk) = self.desk(now_ns);
            strategy.on_timer(&mut desk);
        }
    }

    fn take_answer(&mut self) {
        let Some(answer) = self.venue.take_answer(MARKET) else {
            return;
        };
        let record = &self.venue.orders()[answer.order.0 as usize];
        debug_assert_eq!(record.account, MAIN);
        self.own.learn(&answer, record.side);
        self.record.note_answer(&answer);
        let (strategy, mut desk) = self.desk(answer.time_ns);
        strategy.on_answer(&answer, &mut desk);
    }

    fn desk(&mut self, now_ns: i64) -> (&mut S, TickDesk<'_>) {
        let desk = TickDesk {
            now_ns,
            book: &self.book,
            tick_size: self.tick_size,
            own: &mut self.own,
            venue: &mut self.venue,
            contexts: &mut self.record.contexts,
            leverage: self.leverage,
        };
        (&mut self.strategy, desk)
    }
}

/// What is due beside market events, UTC nanoseconds.
#[derive(Debug, Clone, Copy)]
struct Due {
    /// Market events before this come first.
    first: i64,
    watch_ns: i64,
    answer_ns: i64,
    arrival_ns: i64,
}

/// How far the exchange and the strategy are in a stretch of events.
struct Places<'a> {
    events: &'a [Event],
    exchange: usize,
    local: usize,
}

impl<'a> Places<'a> {
    #[inline]
    fn at_exchange(&self) -> Option<&'a Event> {
        self.events.get(self.exchange)
    }

    #[inline]
    fn at_local(&self) -> Option<&'a Event> {
        self.events.get(self.local)
    }

    #[inline]
    fn pass_exchange(&mut self) {
        self.exchange = next_place(self.events, self.exchange + 1, Event::is_at_exchange);
    }

    #[inline]
    fn pass_local(&mut self) {
        self.local = next_place(self.events, self.local + 1, Event::is_at_local);
    }

    fn take_local(&mut self) -> Option<Event> {
        let event = self.at_local().copied();
        self.pass_local();
        event
    }
}

/// The next row from `place` on that is of a kind.
#[inline]
fn next_place(events: &[Event], mut place: usize, wanted: impl Fn(&Event) -> bool) -> usize {
    while events.get(place).is_some_and(|event| !wanted(event)) {
        place += 1;
    }
    place
}
