//! All metrics of one set of parameters, equal to those of the general engine to the last bit.

use super::simulate::{Scratch, Simulation, Totals};
use super::terms::Terms;
use super::traded::Traded;
use super::verdict::Verdict;
use crate::error::Result;
use crate::indicators::simd::dispatch;
use crate::stats::{Backdrop, Metrics, Record, summarise_before};

/// Simulates `verdicts` on `terms`; equity and trades are left in `scratch`. `None` when only the general engine can.
pub fn simulate(
    traded: &Traded<'_>,
    terms: &Terms<'_>,
    verdicts: &[Verdict],
    scratch: &mut Scratch,
) -> Option<Totals> {
    dispatch(Simulation::new(traded, terms, verdicts, scratch))
}

/// Every metric of what [`simulate`] has left in `scratch`, before the backdrop of the traded rows.
///
/// # Errors
/// As [`crate::stats::summarise`].
pub fn whole(
    traded: &Traded<'_>,
    initial_balance: f64,
    totals: &Totals,
    scratch: &Scratch,
    backdrop: &Backdrop,
) -> Result<Metrics> {
    let bars = traded.bars.slice(traded.start, traded.end());
    let paid = scratch.trades.iter().map(|trade| trade.funding);
    let record = Record {
        open_time_ns: bars.open_time_ns,
        equity: &scratch.equity,
        initial_balance,
        interval: bars.interval,
        trades: &scratch.trades,
        benchmark: Some(bars.close),
        exposed_bars: totals.exposed_bars,
        traded_notional: totals.traded_notional,
        fees_paid: totals.fees_paid,
        funding_paid: paid.fold(0.0, |sum, amount| sum + amount) + totals.standing_funding,
        risk_free_rate: 0.0,
    };
    summarise_before(&record, backdrop)
}
