//! All metrics of one set of parameters, equal to those of the general engine to the last bit.

use super::simulate::{Scratch, Simulation};
use super::terms::Terms;
use super::traded::Traded;
use super::verdict::Verdict;
use crate::indicators::simd::dispatch;
use crate::stats::{Metrics, Record, summarise};

/// Simulates `verdicts` on `terms` and measures everything; `None` when only the general engine can, or can say what is wrong.
pub fn whole(
    traded: &Traded<'_>,
    terms: &Terms<'_>,
    verdicts: &[Verdict],
    scratch: &mut Scratch,
) -> Option<Metrics> {
    let totals = dispatch(Simulation::new(traded, terms, verdicts, scratch))?;
    let traded = traded.bars.slice(traded.start, traded.end());
    let paid = scratch.trades.iter().map(|trade| trade.funding);
    summarise(&Record {
        open_time_ns: traded.open_time_ns,
        equity: &scratch.equity,
        initial_balance: terms.initial_balance,
        interval: traded.interval,
        trades: &scratch.trades,
        benchmark: Some(traded.close),
        exposed_bars: totals.exposed_bars,
        traded_notional: totals.traded_notional,
        fees_paid: totals.fees_paid,
        funding_paid: paid.fold(0.0, |sum, amount| sum + amount) + totals.standing_funding,
        risk_free_rate: 0.0,
    })
    .ok()
}
