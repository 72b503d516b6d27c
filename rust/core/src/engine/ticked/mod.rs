//! Configured strategies on ticks: bars are built from the trades that have been received, orders are filled from the book.
//!
//! A backtest has whole tapes and plays them by [`TickedEngine::play`]. A dry run gets each event when it is received, by
//! [`TickedEngine::receive`], later than it happened; [`TickedEngine::elapse`] plays what lies before a time up to which nothing can come
//! any more. Both play the same: at equal times a bar closes first, then a trade is received, then an event happens at the exchange, then
//! an order arrives there.

mod report;
mod tapes;

use std::collections::VecDeque;

use super::execution::{Executions, middle};
use super::simulation::MarketBar;
use super::{Engine, market_id};
use crate::error::{Error, Result};
use crate::market::{Bar, Event, EventKind, RawColumns};
use crate::plan::PortfolioSpec;
use crate::venue::{MarketId, TickRules};

/// An engine whose markets trade tick by tick.
#[derive(Debug)]
pub struct TickedEngine {
    engine: Engine,
    markets: Vec<TickedMarket>,
    /// Trades on their way to the strategies, in the order in which they are received.
    underway: VecDeque<(usize, Event)>,
    /// Events that have been received and not yet played at the exchange, in the order in which they happened.
    held: VecDeque<(usize, Event)>,
    executions: Executions,
    /// Up to when [`Self::finish`] plays, once it has begun.
    ends_ns: Option<i64>,
    /// Trades received earlier build no bars.
    start_ns: i64,
    interval_ns: i64,
    initial_balance: f64,
}

/// One market: the bar that is being built.
#[derive(Debug)]
struct TickedMarket {
    tick_size: f64,
    forming: Option<Bar>,
    /// Bars that have closed.
    closed: RawColumns,
    gaps: usize,
}

/// What comes next.
enum Step {
    Close,
    Receipt,
    Arrival(usize),
}

impl TickedEngine {
    /// An engine for a portfolio; one tick size a market.
    ///
    /// # Errors
    /// When the portfolio cannot be run, a rule cannot be, or there is not one tick size a market.
    pub fn new(portfolio: &PortfolioSpec, rules: &TickRules, tick_sizes: &[f64]) -> Result<Self> {
        let mut engine = Engine::live(portfolio)?;
        if tick_sizes.len() != portfolio.markets.len() {
            let requirement = format!("one for each of {} markets", portfolio.markets.len());
            return Err(Error::parameter(
                "tick_sizes",
                tick_sizes.len(),
                requirement,
            ));
        }
        let venue = &mut engine.desk.simulation.venue;
        for (market, tick_size) in tick_sizes.iter().enumerate() {
            venue.use_ticks(market_id(market), rules.clone(), *tick_size)?;
        }
        let markets = tick_sizes.iter().map(|tick_size| TickedMarket {
            tick_size: *tick_size,
            forming: None,
            closed: RawColumns::default(),
            gaps: 0,
        });
        Ok(Self {
            markets: markets.collect(),
            underway: VecDeque::new(),
            held: VecDeque::new(),
            executions: Executions::new(tick_sizes.len()),
            ends_ns: None,
            start_ns: i64::MIN,
            interval_ns: engine.interval.ns(),
            initial_balance: portfolio.initial_balance,
            engine,
        })
    }

    /// Begins to trade at a time, UTC nanoseconds: earlier events build the books alone.
    #[must_use]
    pub const fn starting(mut self, start_ns: i64) -> Self {
        self.start_ns = start_ns;
        self
    }

    /// Takes the next row of a market's tape: plays all that comes before it, then what happens at the exchange.
    fn push(&mut self, market: usize, event: &Event) {
        if event.is_at_exchange() {
            self.advance(event.exchange_ns, false);
            self.happen(market, event);
        }
        if event.is_at_local() {
            self.send(market, event);
        }
    }

    /// Takes an event of a market when it is received; it is played at its place once [`Self::elapse`] passes that.
    pub fn receive(&mut self, market: usize, event: &Event) {
        let place = self.held.partition_point(|(other_market, other)| {
            (other.exchange_ns, *other_market) <= (event.exchange_ns, market)
        });
        self.held.insert(place, (market, *event));
        self.send(market, event);
    }

    /// Plays what lies before `until_ns`, up to the next close of a bar. Returns whether one has closed, so that there may be more to play.
    ///
    /// Nothing that happens before `until_ns` may be received afterwards.
    pub fn elapse(&mut self, until_ns: i64) -> bool {
        self.play_held(until_ns) || self.advance_to_close(until_ns, false)
    }

    /// Plays what has been received or is still on its way, up to the next close of a bar; no bar is closed that has not ended. Returns
    /// whether one has closed, so that there may be more to play; at last positions are marked at the books.
    pub fn finish(&mut self) -> bool {
        if self.play_held(i64::MAX) {
            return true;
        }
        // What is decided now is not waited for.
        let end = self.ends_ns.unwrap_or_else(|| self.end_of_journeys());
        let closed = self.advance_to_close(end, true);
        self.ends_ns = closed.then_some(end);
        if !closed {
            self.mark_to_books();
        }
        closed
    }

    /// When the last of what is on its way arrives.
    fn end_of_journeys(&self) -> i64 {
        let last = self
            .underway
            .back()
            .map_or(i64::MIN, |(_, event)| event.local_ns);
        let arrivals = (0..self.markets.len()).map(|market| self.arrival(market));
        let arrivals = arrivals.filter(|time| *time != i64::MAX);
        arrivals.max().unwrap_or(i64::MIN).max(last)
    }

    /// Plays the events held that happen before `until_ns`, up to the next close of a bar; returns whether one has closed.
    fn play_held(&mut self, until_ns: i64) -> bool {
        while let Some((market, event)) = self.held.front().copied() {
            if event.exchange_ns >= until_ns {
                return false;
            }
            if self.advance_to_close(event.exchange_ns, false) {
                return true;
            }
            self.held.pop_front();
            self.happen(market, &event);
        }
        false
    }

    /// An event happens at the exchange.
    fn happen(&mut self, market: usize, event: &Event) {
        let venue = &mut self.engine.desk.simulation.venue;
        let market = market_id(market);
        let mid = middle(venue, market);
        if self.executions.next_due_ns(market) < event.exchange_ns {
            self.executions.note_due(market, event.exchange_ns - 1, mid);
        }
        if venue.on_event(market, event) {
            self.note_executions(event.exchange_ns, mid);
        }
    }

    /// Notes what the exchange has just done, before which the middle of the book was `mid`.
    fn note_executions(&mut self, now_ns: i64, mid: f64) {
        let venue = &mut self.engine.desk.simulation.venue;
        self.executions.note_orders(venue, now_ns, true);
        self.executions.note_fills(venue.fills(), mid);
        for market in 0..self.markets.len() {
            while let Some(answer) = venue.take_answer(market_id(market)) {
                self.executions.note_answer(&answer);
            }
        }
    }

    /// Marks the positions at the middle of the books as they are now.
    fn mark_to_books(&mut self) {
        for market in 0..self.markets.len() {
            let venue = &mut self.engine.desk.simulation.venue;
            venue.mark_to_book(market_id(market));
        }
    }

    /// Sends what strategies look at on its way to them.
    fn send(&mut self, market: usize, event: &Event) {
        if event.local_ns >= self.start_ns
            && matches!(event.kind, EventKind::Trade | EventKind::Gap)
        {
            let place = self
                .underway
                .partition_point(|(_, other)| other.local_ns <= event.local_ns);
            self.underway.insert(place, (market, *event));
        }
    }

    /// Plays everything before `time_ns`; of what is due at that very time the orders only if they are `included`.
    fn advance(&mut self, time_ns: i64, included: bool) {
        while self.advance_to_close(time_ns, included) {}
    }

    /// The same up to the next close of a bar; returns whether one has closed.
    fn advance_to_close(&mut self, time_ns: i64, included: bool) -> bool {
        while let Some((due, step)) = self.next_step() {
            let waits =
                due > time_ns || (due == time_ns && !included && matches!(step, Step::Arrival(_)));
            if waits {
                return false;
            }
            match step {
                Step::Close => {
                    self.close_bars(due);
                    return true;
                }
                Step::Receipt => self.receive_next(),
                Step::Arrival(market) => self.arrive(market_id(market), due),
            }
        }
        false
    }

    /// The next message of a market reaches the exchange.
    fn arrive(&mut self, market: MarketId, now_ns: i64) {
        let venue = &mut self.engine.desk.simulation.venue;
        let mid = middle(venue, market);
        if let Some(order) = venue.arrive(market) {
            self.executions.note_arrival(order, now_ns, mid);
        }
        self.note_executions(now_ns, mid);
    }

    fn arrival(&self, market: usize) -> i64 {
        let venue = &self.engine.desk.simulation.venue;
        venue.next_arrival(market_id(market))
    }

    fn next_step(&self) -> Option<(i64, Step)> {
        let mut next = (i64::MAX, Step::Close);
        for market in &self.markets {
            if let Some(bar) = &market.forming {
                next.0 = next.0.min(bar.open_time_ns + self.interval_ns);
            }
        }
        if let Some((_, event)) = self.underway.front()
            && event.local_ns < next.0
        {
            next = (event.local_ns, Step::Receipt);
        }
        for market in 0..self.markets.len() {
            let arrival = self.arrival(market);
            if arrival < next.0 {
                next = (arrival, Step::Arrival(market));
            }
        }
        (next.0 < i64::MAX).then_some(next)
    }

    /// A trade joins the bar of the time at which it is received.
    fn receive_next(&mut self) {
        let Some((market, event)) = self.underway.pop_front() else {
            return;
        };
        let open_time_ns = self.engine.interval.bucket_start_ns(event.local_ns);
        let market = &mut self.markets[market];
        if event.kind == EventKind::Gap {
            market.gaps += 1;
            return;
        }
        let price = f64::from(event.tick) * market.tick_size;
        Bar::join(&mut market.forming, open_time_ns, price, event.size);
    }

    /// Closes the bars that end now, and lets the strategies decide on them.
    fn close_bars(&mut self, end_ns: i64) {
        let open_time_ns = end_ns - self.interval_ns;
        let mut closed = Vec::with_capacity(self.markets.len());
        for (index, market) in self.markets.iter_mut().enumerate() {
            if let Some(bar) = market
                .forming
                .take_if(|bar| bar.open_time_ns == open_time_ns)
            {
                closed.push(MarketBar {
                    market: market_id(index),
                    row: market.closed.open_time_ns.len(),
                    bar,
                    mark: None,
                });
                market.note(&bar);
            }
        }
        self.mark_to_books();
        let equity = self.engine.desk.simulation.note(open_time_ns);
        self.engine.conclude(open_time_ns, &closed, equity);
        let venue = &self.engine.desk.simulation.venue;
        self.executions.note_orders(venue, end_ns, false);
    }
}

impl TickedMarket {
    fn note(&mut self, bar: &Bar) {
        let closed = &mut self.closed;
        closed.open_time_ns.push(bar.open_time_ns);
        closed.open.push(bar.open);
        closed.high.push(bar.high);
        closed.low.push(bar.low);
        closed.close.push(bar.close);
        closed.volume.push(bar.volume);
    }
}
