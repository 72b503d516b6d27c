//! A backtest: the engine over columns of history, all signals known in advance.

use std::slice;
use std::sync::Arc;

use super::runner::Runner;
use super::simulation::MarketBar;
use super::supply::OutsideSignals;
use super::tape::{Feed, SignalTape, decision_rows};
use super::{Engine, Funding, market_id};
use crate::error::{Error, Result};
use crate::market::Bars;
use crate::plan::{PortfolioSpec, StrategySpec};

/// Bars between two looks at the band in a scan; a whole number of vector lanes.
const SCAN_BLOCK: usize = 64;

/// Room made for orders in advance at most; many signals need not be many orders.
const MOST_ORDERS_RESERVED: usize = 1 << 16;

/// The history of one market.
#[derive(Debug, Clone, Copy)]
pub struct History<'a> {
    /// Trade candles.
    pub bars: Bars<'a>,
    /// First row that is traded; rows before it only feed indicators.
    pub start: usize,
    /// Mark candles, matched by open time.
    pub mark: Option<Bars<'a>>,
    /// Funding payments, ascending.
    pub funding: &'a [Funding],
}

impl Engine {
    /// Runs a whole backtest.
    ///
    /// # Errors
    /// When the portfolio or the data cannot be run.
    pub fn run(
        portfolio: &PortfolioSpec,
        histories: &[History<'_>],
        outside: &[OutsideSignals<'_>],
    ) -> Result<Self> {
        portfolio.check()?;
        check_histories(portfolio, histories)?;
        let feeds = record_feeds(portfolio, histories, outside)?;
        Self::run_taped(portfolio, histories, &feeds)
    }

    /// Runs a whole backtest of a checked portfolio over checked histories, from signals recorded before: one feed a strategy.
    pub(crate) fn run_taped(
        portfolio: &PortfolioSpec,
        histories: &[History<'_>],
        feeds: &[Feed],
    ) -> Result<Self> {
        let interval = portfolio.interval();
        let strategies = portfolio.strategies.iter().zip(feeds).enumerate();
        let runners = strategies
            .map(|(index, (spec, feed))| {
                Runner::taped(index, spec, interval, histories[spec.market].start, feed)
            })
            .collect();
        let mut engine = Self::new(portfolio, runners)?;
        for (market, history) in histories.iter().enumerate() {
            engine.add_funding(market, history.funding.iter().copied())?;
        }
        match histories {
            [only] => engine.run_one(only),
            several => engine.run_several(several),
        }
        Ok(engine)
    }

    /// One market: quiet stretches are passed over as a whole.
    fn run_one(&mut self, history: &History<'_>) {
        let bars = history.bars;
        let market = market_id(0);
        let mut marks = MarkCursor::new(history);
        let entry = |row: usize, marks: &mut MarkCursor<'_>| MarketBar {
            market,
            row,
            bar: bars.bar(row),
            mark: marks.at(bars.open_time_ns[row]),
        };
        let may_skip = history.mark.is_none() && !self.desk.closes_on_breach();
        let signals: usize = self.runners.iter().map(Runner::signals_left).sum();
        let simulation = &mut self.desk.simulation;
        simulation.leave_times_to_market();
        simulation.reserve(bars.len() - history.start);
        simulation.venue.reserve(signals.min(MOST_ORDERS_RESERVED));
        let mut row = history.start;
        while row < bars.len() {
            let opened = entry(row, &mut marks);
            self.desk.simulation.open(&opened);
            let decision = self.next_decision(row);
            // Orders of that decision fill at the open after it.
            bars.fetch_ahead(decision.saturating_add(1));
            let quiet_until = if may_skip {
                self.quiet_until(bars, row, decision)
            } else {
                row
            };
            if quiet_until == row {
                let open_time_ns = opened.bar.open_time_ns;
                self.desk.simulation.play(&opened);
                let equity = self.desk.simulation.note(open_time_ns);
                self.conclude(open_time_ns, slice::from_ref(&opened), equity);
                row += 1;
                continue;
            }
            self.desk.pass(market, bars.slice(row, quiet_until));
            row = quiet_until;
            // The venue slept through the last of these bars; a strategy may still have something to decide on it.
            let last = row - 1;
            if decision == last {
                let closed = entry(last, &mut marks);
                self.decide(closed.bar.open_time_ns, slice::from_ref(&closed));
            }
        }
    }

    /// The first row from `row` on, at the earliest itself, at whose close a strategy might act.
    fn next_decision(&self, row: usize) -> usize {
        let rows = self
            .runners
            .iter()
            .map(|runner| runner.next_row(row, &self.desk));
        rows.min().unwrap_or(usize::MAX)
    }

    /// The end of the stretch from the opened `row` on in which the venue only marks, at the latest with the bar of the next `decision`.
    fn quiet_until(&self, bars: Bars<'_>, row: usize, decision: usize) -> usize {
        let market = market_id(0);
        let Some((low, high)) = self.desk.venue().quiet_band(market) else {
            return row;
        };
        let decided = decision.saturating_add(1);
        let funded = self
            .desk
            .simulation
            .next_funding_row(market, row, bars.open_time_ns);
        let limit = decided.min(funded).min(bars.len());
        let offset = first_outside(&bars.low[row..limit], &bars.high[row..limit], low, high);
        offset.map_or(limit, |offset| row + offset)
    }

    /// Several markets: one step for every open time that any of them has.
    fn run_several(&mut self, histories: &[History<'_>]) {
        let mut rows: Vec<usize> = histories.iter().map(|history| history.start).collect();
        let mut marks: Vec<MarkCursor<'_>> = histories.iter().map(MarkCursor::new).collect();
        let mut group = Vec::with_capacity(histories.len());
        let next_time = |rows: &[usize]| {
            let times = histories
                .iter()
                .zip(rows)
                .filter_map(|(history, row)| history.bars.open_time_ns.get(*row));
            times.min().copied()
        };
        while let Some(open_time_ns) = next_time(&rows) {
            group.clear();
            for (index, history) in histories.iter().enumerate() {
                let row = rows[index];
                if history.bars.open_time_ns.get(row) == Some(&open_time_ns) {
                    group.push(MarketBar {
                        market: market_id(index),
                        row,
                        bar: history.bars.bar(row),
                        mark: marks[index].at(open_time_ns),
                    });
                    rows[index] += 1;
                }
            }
            self.step(open_time_ns, &group);
        }
    }
}

/// What each strategy knows in advance of checked histories.
pub(crate) fn record_feeds(
    portfolio: &PortfolioSpec,
    histories: &[History<'_>],
    outside: &[OutsideSignals<'_>],
) -> Result<Vec<Feed>> {
    let record = |(strategy, spec): (usize, &StrategySpec)| {
        let bars = histories[spec.market].bars;
        let tapes = spec.indicators.iter().enumerate();
        Ok(Feed {
            tapes: tapes
                .map(|(indicator, usage)| {
                    let given = outside
                        .iter()
                        .find(|given| given.strategy == strategy && given.indicator == indicator);
                    SignalTape::record(usage, bars, given).map(Arc::new)
                })
                .collect::<Result<_>>()?,
            closes: decision_rows(spec, bars)?,
        })
    };
    portfolio
        .strategies
        .iter()
        .enumerate()
        .map(record)
        .collect()
}

/// Finds the mark candle of each open time, going forwards.
struct MarkCursor<'a> {
    bars: Option<Bars<'a>>,
    next: usize,
}

impl<'a> MarkCursor<'a> {
    const fn new(history: &History<'a>) -> Self {
        Self {
            bars: history.mark,
            next: 0,
        }
    }

    fn at(&mut self, open_time_ns: i64) -> Option<crate::market::Bar> {
        let bars = self.bars.as_ref()?;
        while bars
            .open_time_ns
            .get(self.next)
            .is_some_and(|time| *time < open_time_ns)
        {
            self.next += 1;
        }
        (bars.open_time_ns.get(self.next) == Some(&open_time_ns)).then(|| bars.bar(self.next))
    }
}

/// The first bar that reaches down to `band_low` or up to `band_high`.
fn first_outside(lows: &[f64], highs: &[f64], band_low: f64, band_high: f64) -> Option<usize> {
    if band_low <= 0.0 && band_high == f64::INFINITY {
        return None;
    }
    #[expect(
        clippy::needless_bitwise_bool,
        reason = "no branch, so that a block compiles to vector comparisons"
    )]
    let leaves = |(low, high): (&f64, &f64)| (*low <= band_low) | (*high >= band_high);
    let blocks = lows.chunks(SCAN_BLOCK).zip(highs.chunks(SCAN_BLOCK));
    for (index, (lows, highs)) in blocks.enumerate() {
        if lows
            .iter()
            .zip(highs)
            .fold(false, |any, pair| any | leaves(pair))
        {
            return lows
                .iter()
                .zip(highs)
                .position(leaves)
                .map(|offset| index * SCAN_BLOCK + offset);
        }
    }
    None
}

pub(crate) fn check_histories(portfolio: &PortfolioSpec, histories: &[History<'_>]) -> Result<()> {
    if histories.len() != portfolio.markets.len() {
        return Err(Error::parameter(
            "bars",
            format!("{} markets", histories.len()),
            format!("one for each of the {} markets", portfolio.markets.len()),
        ));
    }
    for (history, market) in histories.iter().zip(&portfolio.markets) {
        if history.bars.interval != market.interval {
            return Err(Error::parameter(
                format!("interval of the bars of {}", market.symbol),
                history.bars.interval,
                format!("{}, as the portfolio states", market.interval),
            ));
        }
        if history.start >= history.bars.len() {
            return Err(Error::parameter(
                format!("start in the bars of {}", market.symbol),
                history.start,
                format!("below their number, {}", history.bars.len()),
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_bar_that_reaches_the_band_is_found_in_any_block() {
        let highs = vec![10.0; 300];
        for at in [0, 1, 63, 64, 65, 299] {
            let mut lows = vec![9.0; 300];
            lows[at] = 5.0;
            assert_eq!(first_outside(&lows, &highs, 5.0, 11.0), Some(at));
            assert_eq!(first_outside(&lows, &highs, 4.9, 11.0), None);
        }
        assert_eq!(first_outside(&highs, &highs, 1.0, 10.0), Some(0));
        assert_eq!(first_outside(&[], &[], 1.0, 10.0), None);
    }
}
