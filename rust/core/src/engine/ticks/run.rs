//! The loop itself.

use std::collections::VecDeque;

use super::desk::{TickDesk, TickStrategy};
use super::own::OwnOrders;
use super::places::Places;
use super::record::TickRecord;
use super::setup::TickSetup;
use crate::engine::execution::middle;
use crate::error::Result;
use crate::market::{Book, Event, EventKind, EventTape};
use crate::venue::{MAIN, MarketId, Venue};

/// The only market of a run.
pub(super) const MARKET: MarketId = MarketId(0);

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
    start_ns: i64,
    record_interval_ns: i64,
    next_record_ns: i64,
    started: bool,
    /// Events that have happened and not yet reached the strategy, from chunks before.
    underway: VecDeque<Event>,
    /// Once the data have ended, messages sent before that have not arrived.
    messages_left: Option<usize>,
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
            record: TickRecord::new(),
            tick_size,
            leverage: setup.leverage,
            feed_latency_ns: setup.feed_latency_ns,
            start_ns: setup.start_ns.unwrap_or(i64::MIN),
            record_interval_ns: setup.record_interval_ns,
            next_record_ns: i64::MAX,
            started: false,
            underway: VecDeque::new(),
            messages_left: None,
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
        let first_ns = first_ns.max(self.start_ns);
        self.started = true;
        self.strategy.start(first_ns);
        self.next_record_ns = first_ns.saturating_add(self.record_interval_ns);
    }

    fn play(&mut self, events: &[Event], to_the_end: bool) {
        if !self.started {
            self.begin(events);
        }
        self.messages_left = None;
        let mut places = Places::new(events);
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
        self.underway.extend(places.not_received());
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
        if S::WATCHES_EVENTS && now_ns >= self.start_ns {
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
        self.record.events += u64::from(event.exchange_ns >= self.start_ns);
        if event.kind == EventKind::Depth {
            if !self.venue.on_event(MARKET, event) {
                return false;
            }
            let mid = self.exchange_mid();
            self.record.executions.note_fills(self.venue.fills(), mid);
        } else {
            let mid = self.exchange_mid();
            self.record.gaps += u64::from(event.kind == EventKind::Gap);
            if !self.venue.on_event(MARKET, event) {
                return false;
            }
            self.record.executions.note_fills(self.venue.fills(), mid);
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
        let is_over = market_ns == i64::MAX;
        let arrival_ns = if is_over && self.last_messages() == 0 {
            i64::MAX
        } else {
            due.arrival_ns
        };
        let first = market_ns.min(due.answer_ns).min(arrival_ns);
        if first == i64::MAX {
            return false;
        }
        if due.watch_ns < first && !is_over {
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
            if let Some(left) = &mut self.messages_left {
                *left -= 1;
            }
            let mid = self.exchange_mid();
            if let Some(order) = self.venue.arrive(MARKET) {
                self.record
                    .executions
                    .note_arrival(order, due.arrival_ns, mid);
            }
            self.record.executions.note_fills(self.venue.fills(), mid);
        }
        true
    }

    /// Messages that were on their way to the exchange when the data ended, and still are. Others do not arrive, and timers do not ring: else
    /// a strategy that has an answer to each answer would never end.
    fn last_messages(&mut self) -> usize {
        let on_their_way = || self.venue.messages(MARKET);
        *self.messages_left.get_or_insert_with(on_their_way)
    }

    fn due(&self) -> Due {
        let timer = self.strategy.next_timer_ns();
        let watch = timer
            .min(self.next_record_ns)
            .min(self.record.executions.next_due_ns(MARKET));
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
        middle(&self.venue, MARKET)
    }

    /// Records what is due at `now_ns`, then lets the strategy's timer ring if it is due too.
    fn ring(&mut self, now_ns: i64) {
        if self.record.executions.next_due_ns(MARKET) <= now_ns {
            let mid = self.exchange_mid();
            self.record.executions.note_due(MARKET, now_ns, mid);
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
        self.record.executions.note_answer(&answer);
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
            contexts: &mut self.record.executions.contexts,
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
