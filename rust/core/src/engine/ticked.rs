//! Configured strategies on ticks: bars are built from the trades that have been received, orders are filled from the book.
//!
//! Rows of tapes come in one after another, by [`TickedEngine::push`], in a backtest and in a dry run alike. At equal times a bar closes
//! first, then a trade is received, then an event happens at the exchange, then an order arrives there.

use std::collections::VecDeque;

use super::execution::{Executions, middle};
use super::simulation::MarketBar;
use super::{Engine, market_id};
use crate::error::{Error, Result};
use crate::market::{Bar, BarColumns, Event, EventKind, EventTape, RawColumns};
use crate::plan::PortfolioSpec;
use crate::stats::Metrics;
use crate::venue::{MarketId, TickRules};

/// An engine whose markets trade tick by tick.
#[derive(Debug)]
pub struct TickedEngine {
    engine: Engine,
    markets: Vec<TickedMarket>,
    /// Trades on their way to the strategies, in the order in which they are received.
    underway: VecDeque<(usize, Event)>,
    executions: Executions,
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
            executions: Executions::new(tick_sizes.len()),
            interval_ns: engine.interval.ns(),
            initial_balance: portfolio.initial_balance,
            engine,
        })
    }

    /// Plays whole tapes, one a market, to their ends.
    ///
    /// # Errors
    /// When there is not one tape a market.
    pub fn play(&mut self, tapes: &[&EventTape]) -> Result<()> {
        if tapes.len() != self.markets.len() {
            let requirement = format!("one for each of {} markets", self.markets.len());
            return Err(Error::parameter("tapes", tapes.len(), requirement));
        }
        let mut rows = vec![0; tapes.len()];
        let mut left: Vec<_> = tapes.iter().copied().map(Some).collect();
        while let Some(market) = self.play_on(&left, &mut rows) {
            left[market] = None;
        }
        self.finish();
        Ok(())
    }

    /// Plays a tape of every market, merged by time, from `rows` on, until the end of one is reached: of the market returned the next one
    /// is needed. A market whose last tape has been played has none; when that is so of all, nothing is returned.
    pub fn play_on(&mut self, tapes: &[Option<&EventTape>], rows: &mut [usize]) -> Option<usize> {
        let time = |event: &Event| {
            if event.is_at_exchange() {
                event.exchange_ns
            } else {
                event.local_ns
            }
        };
        loop {
            let mut next: Option<(i64, usize)> = None;
            for (market, tape) in tapes.iter().enumerate() {
                let Some(tape) = tape else { continue };
                let Some(event) = tape.events().get(rows[market]) else {
                    return Some(market);
                };
                let front = (time(event), market);
                next = Some(next.map_or(front, |next| next.min(front)));
            }
            let (_, market) = next?;
            let event = tapes[market]?.events()[rows[market]];
            rows[market] += 1;
            self.push(market, &event);
        }
    }

    /// Takes the next row of a market's tape: plays all that comes before it, then what happens at the exchange.
    pub fn push(&mut self, market: usize, event: &Event) {
        if event.is_at_exchange() {
            self.advance(event.exchange_ns, false);
            self.happen(market_id(market), event);
        }
        if event.is_at_local() && matches!(event.kind, EventKind::Trade | EventKind::Gap) {
            let place = self
                .underway
                .partition_point(|(_, other)| other.local_ns <= event.local_ns);
            self.underway.insert(place, (market, *event));
        }
    }

    /// An event happens at the exchange.
    fn happen(&mut self, market: MarketId, event: &Event) {
        let venue = &mut self.engine.desk.simulation.venue;
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

    /// Plays what is still on its way, and closes no bar that has not ended.
    pub fn finish(&mut self) {
        let last = self
            .underway
            .back()
            .map_or(i64::MIN, |(_, event)| event.local_ns);
        let arrivals = (0..self.markets.len()).map(|market| self.arrival(market));
        let arrivals = arrivals.filter(|time| *time != i64::MAX);
        let end = arrivals.max().unwrap_or(i64::MIN).max(last);
        self.advance(end, true);
    }

    /// Marks the positions at the middle of the books as they are now.
    pub fn mark_to_books(&mut self) {
        for market in 0..self.markets.len() {
            let venue = &mut self.engine.desk.simulation.venue;
            venue.mark_to_book(market_id(market));
        }
    }

    /// Moves the clock on, in a dry run without events: bars close and orders arrive by time.
    pub fn elapse(&mut self, now_ns: i64) {
        self.advance(now_ns, true);
    }

    /// Plays everything before `time_ns`; of what is due at that very time the orders only if they are `included`.
    fn advance(&mut self, time_ns: i64, included: bool) {
        while let Some((due, step)) = self.next_step() {
            let waits =
                due > time_ns || (due == time_ns && !included && matches!(step, Step::Arrival(_)));
            if waits {
                return;
            }
            match step {
                Step::Close => self.close_bars(due),
                Step::Receipt => self.receive(),
                Step::Arrival(market) => self.arrive(market_id(market), due),
            }
        }
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
    fn receive(&mut self) {
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

    /// The engine: venue, record, refusals.
    #[must_use]
    pub const fn engine(&self) -> &Engine {
        &self.engine
    }

    /// The engine, for warming up and signals from outside.
    pub const fn engine_mut(&mut self) -> &mut Engine {
        &mut self.engine
    }

    /// How the orders have been executed so far.
    #[must_use]
    pub const fn executions(&self) -> &Executions {
        &self.executions
    }

    /// The bars of a market that have closed.
    ///
    /// # Errors
    /// When none has.
    pub fn bars(&self, market: usize) -> Result<BarColumns> {
        let closed = self.markets[market].closed.clone();
        if closed.open_time_ns.is_empty() {
            let requirement = "at least one bar that has closed; the events have too few trades";
            return Err(Error::parameter("bars", "none", requirement));
        }
        BarColumns::new(closed, self.engine.interval)
    }

    /// Metrics of the run so far, beside buy and hold of the markets.
    ///
    /// # Errors
    /// As [`Self::bars`], and where the equity is not a number.
    pub fn metrics(&self) -> Result<Metrics> {
        let columns: Vec<BarColumns> = (0..self.markets.len())
            .map(|market| self.bars(market))
            .collect::<Result<_>>()?;
        let bars: Vec<_> = columns.iter().map(BarColumns::view).collect();
        let simulation = &self.engine.desk.simulation;
        simulation.metrics(self.initial_balance, self.engine.interval, &bars)
    }

    /// Gaps that have been received in a market.
    #[must_use]
    pub fn gaps(&self, market: usize) -> usize {
        self.markets[market].gaps
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
