//! The venue moved forward bar by bar, with the equity recorded at each close. Decisions come from elsewhere.

use crate::error::{Error, Result};
use crate::market::{Bar, Bars};
use crate::plan::PortfolioSpec;
use crate::venue::{MarketId, Venue};

/// A closed bar of one market.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MarketBar {
    /// Market.
    pub market: MarketId,
    /// Row of the bar in its market's history.
    pub row: usize,
    /// Trade candle.
    pub bar: Bar,
    /// Mark candle of the same time, if there is one.
    pub mark: Option<Bar>,
}

/// A funding payment of a venue.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Funding {
    /// When it is due, UTC nanoseconds.
    pub time_ns: i64,
    /// Relative rate of the interval; longs pay when positive.
    pub rate: f64,
}

/// What every run records: one point a bar, at its close, after its fills.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Record {
    /// Equity of all accounts.
    pub equity: Vec<f64>,
    /// Bars at whose close a position was open.
    pub exposed_bars: usize,
}

/// A venue with its funding schedules and the record of its equity.
#[derive(Debug)]
pub struct Simulation {
    /// The venue, for orders and their outcome.
    pub venue: Venue,
    record: Record,
    /// Open times of the bars; `None` in a backtest of one market, whose own times they are.
    times: Option<Vec<i64>>,
    funding: Vec<FundingSchedule>,
}

#[derive(Debug, Default)]
struct FundingSchedule {
    payments: Vec<Funding>,
    next: usize,
}

impl Simulation {
    /// A venue by the portfolio's rules, with the initial balance; `hedge_ratio` of it on the hedge account.
    ///
    /// # Errors
    /// When a rule, an instrument or a balance cannot be.
    pub fn new(portfolio: &PortfolioSpec) -> Result<Self> {
        let balance = portfolio.initial_balance;
        let balances = portfolio.hedge_ratio().map_or_else(
            || vec![balance],
            |ratio| vec![balance * (1.0 - ratio), balance * ratio],
        );
        let instruments = portfolio
            .markets
            .iter()
            .map(|market| market.instrument.clone());
        Ok(Self {
            venue: Venue::new(portfolio.venue, instruments.collect(), &balances)?,
            record: Record::default(),
            times: Some(Vec::new()),
            funding: portfolio
                .markets
                .iter()
                .map(|_| FundingSchedule::default())
                .collect(),
        })
    }

    /// Adds funding payments of a market; each is due at the first bar that opens at its time or later.
    ///
    /// # Errors
    /// When a rate is not finite, or a time is not after the one before.
    pub fn add_funding(
        &mut self,
        market: MarketId,
        payments: impl IntoIterator<Item = Funding>,
    ) -> Result<()> {
        let schedule = &mut self.funding[usize::from(market.0)].payments;
        for payment in payments {
            let row = schedule.len();
            if !payment.rate.is_finite() {
                return Err(Error::data(
                    "funding rate",
                    row,
                    payment.rate,
                    "a rate must be finite",
                ));
            }
            if schedule
                .last()
                .is_some_and(|last| last.time_ns >= payment.time_ns)
            {
                return Err(Error::data(
                    "funding time",
                    row,
                    payment.time_ns,
                    "times must strictly increase",
                ));
            }
            schedule.push(payment);
        }
        Ok(())
    }

    /// Makes room for so many more bars.
    pub fn reserve(&mut self, bars: usize) {
        self.record.equity.reserve_exact(bars);
        if let Some(times) = &mut self.times {
            times.reserve_exact(bars);
        }
    }

    /// Leaves the open times to the only market, which has them already.
    pub(super) fn leave_times_to_market(&mut self) {
        self.times = None;
    }

    /// Moves the venue through all bars of one open time and records the equity, which it returns.
    pub fn advance(&mut self, open_time_ns: i64, bars: &[MarketBar]) -> f64 {
        for entry in bars {
            self.open(entry);
            self.play(entry);
        }
        self.note(open_time_ns)
    }

    /// Plays the open of a bar: funding that is due, then what is pending.
    pub(super) fn open(&mut self, entry: &MarketBar) {
        self.settle_funding(entry);
        self.venue
            .open_bar(entry.market, &entry.bar, entry.mark.is_some());
    }

    /// Plays the rest of an opened bar.
    pub(super) fn play(&mut self, entry: &MarketBar) {
        self.venue
            .play_bar(entry.market, &entry.bar, entry.mark.as_ref());
    }

    /// Records the equity after the bars of an open time, and returns it.
    pub(super) fn note(&mut self, open_time_ns: i64) -> f64 {
        let equity = self.venue.equity();
        if let Some(times) = &mut self.times {
            times.push(open_time_ns);
        }
        self.record.equity.push(equity);
        self.record.exposed_bars += usize::from(self.holds_position());
        equity
    }

    /// Passes over bars of the only market in which nothing can happen but marking, the first of them opened, as [`Self::advance`] would one by one.
    ///
    /// Returns the equity after each of them.
    pub(super) fn pass(&mut self, market: MarketId, bars: Bars<'_>) -> &[f64] {
        let first = self.record.equity.len();
        if let Some(times) = &mut self.times {
            times.extend_from_slice(bars.open_time_ns);
        }
        let line = self.venue.equity_line(market);
        let line = line.as_ref().expect("the only market holds all positions");
        line.trace(bars.close, &mut self.record.equity);
        self.venue
            .mark_quiet(market, bars.low, bars.high, bars.close);
        if self.holds_position() {
            self.record.exposed_bars += bars.len();
        }
        &self.record.equity[first..]
    }

    /// The first row from `row` on at whose open funding is due.
    pub(super) fn next_funding_row(
        &self,
        market: MarketId,
        row: usize,
        open_time_ns: &[i64],
    ) -> usize {
        let schedule = &self.funding[usize::from(market.0)];
        schedule
            .payments
            .get(schedule.next)
            .map_or(usize::MAX, |payment| {
                row + open_time_ns[row..].partition_point(|time| *time < payment.time_ns)
            })
    }

    fn settle_funding(&mut self, entry: &MarketBar) {
        let schedule = &mut self.funding[usize::from(entry.market.0)];
        while let Some(payment) = schedule.payments.get(schedule.next)
            && payment.time_ns <= entry.bar.open_time_ns
        {
            schedule.next += 1;
            let mark_price = entry.mark.map(|mark| mark.open);
            self.venue
                .apply_funding(entry.market, payment.rate, mark_price);
        }
    }

    /// Equity at the last recorded close.
    pub(super) fn last_equity(&self) -> f64 {
        *self.record.equity.last().expect("a bar has been recorded")
    }

    /// Whether any account holds anything.
    #[must_use]
    pub fn holds_position(&self) -> bool {
        self.venue.ledger().open_count() > 0
    }

    /// Open times of the recorded bars, UTC nanoseconds. `traded` are the traded rows of the markets.
    #[must_use]
    pub fn open_time_ns<'a>(&'a self, traded: &[Bars<'a>]) -> &'a [i64] {
        match (&self.times, traded) {
            (Some(times), _) => times,
            (None, [only, ..]) => only.open_time_ns,
            (None, []) => &[],
        }
    }

    /// What has been recorded so far.
    #[must_use]
    pub const fn record(&self) -> &Record {
        &self.record
    }
}
