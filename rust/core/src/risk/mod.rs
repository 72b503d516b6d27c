//! Pure checks of an intended entry against the account's limits. A refusal carries rule, limit and value.

use crate::plan::LimitSpec;

/// Why an entry is refused.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Refusal {
    /// Name of the setting or rule.
    pub rule: &'static str,
    /// What it allows.
    pub limit: f64,
    /// What was found.
    pub value: f64,
}

impl Refusal {
    /// Risk-based sizing without a stop.
    pub const STOP_NEEDED: Self = Self {
        rule: "stop_loss_pct",
        limit: 0.0,
        value: 0.0,
    };

    /// A value below its least.
    #[must_use]
    pub const fn below(rule: &'static str, limit: f64, value: f64) -> Self {
        Self { rule, limit, value }
    }

    /// A value above its most.
    #[must_use]
    pub const fn above(rule: &'static str, limit: f64, value: f64) -> Self {
        Self { rule, limit, value }
    }
}

/// The state of an account as the limits see it, at the close of a bar.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Exposure {
    /// Equity, quote currency.
    pub equity: f64,
    /// Main positions and pending entries, that of the entry in question left out.
    pub open_trades: u32,
    /// Gross notional of all positions, hedge legs included, those about to close left out.
    pub notional: f64,
    /// The same in the market of the entry.
    pub market_notional: f64,
}

/// Follows what the daily loss and the drawdown are measured from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LossWatch {
    day: i64,
    day_start_equity: f64,
    last_equity: f64,
    peak_equity: f64,
}

const DAY_NS: i64 = 86_400_000_000_000;

impl LossWatch {
    /// A watch that starts with the initial balance.
    #[must_use]
    pub const fn new(initial_balance: f64) -> Self {
        Self {
            day: i64::MIN,
            day_start_equity: initial_balance,
            last_equity: initial_balance,
            peak_equity: initial_balance,
        }
    }

    /// Notes the equity at the close of the bar that opened at `open_time_ns`. A day starts with the equity that the one before ended with.
    pub fn observe(&mut self, open_time_ns: i64, equity: f64) {
        let day = open_time_ns.div_euclid(DAY_NS);
        if day != self.day {
            self.day = day;
            self.day_start_equity = self.last_equity;
        }
        self.last_equity = equity;
        self.peak_equity = self.peak_equity.max(equity);
    }

    /// The loss limit that the equity has reached, if any.
    #[must_use]
    pub fn breach(&self, limits: &LimitSpec) -> Option<Refusal> {
        let lost_pct = |from: f64| (from - self.last_equity) * 100.0 / from;
        let reached = |rule, limit: Option<f64>, value: f64| {
            limit
                .filter(|limit| value >= *limit)
                .map(|limit| Refusal::above(rule, limit, value))
        };
        reached(
            "max_daily_loss_pct",
            limits.max_daily_loss_pct,
            lost_pct(self.day_start_equity),
        )
        .or_else(|| {
            reached(
                "max_drawdown_pct",
                limits.max_drawdown_pct,
                lost_pct(self.peak_equity),
            )
        })
    }
}

/// Checks an entry of `notional` against every limit.
///
/// # Errors
/// The first limit that it breaks.
pub fn check_entry(
    limits: &LimitSpec,
    exposure: &Exposure,
    losses: &LossWatch,
    notional: f64,
) -> Result<(), Refusal> {
    if let Some(refusal) = losses.breach(limits) {
        return Err(refusal);
    }
    if let Some(limit) = limits.max_parallel_trades
        && exposure.open_trades >= limit
    {
        return Err(Refusal::above(
            "max_parallel_trades",
            f64::from(limit),
            f64::from(exposure.open_trades + 1),
        ));
    }
    for (rule, limit, standing) in [
        (
            "max_exposure_pct",
            limits.max_exposure_pct,
            exposure.notional,
        ),
        (
            "max_market_exposure_pct",
            limits.max_market_exposure_pct,
            exposure.market_notional,
        ),
    ] {
        let value = (standing + notional) * 100.0 / exposure.equity;
        // A size of exactly the limit must pass whatever the last bit of the division says. The limit is only compared with: of one that is
        // absent the compiler would multiply the bits, which takes long when they are a subnormal number.
        if let Some(limit) = limit
            && value / (1.0 + 1e-9) > limit
        {
            return Err(Refusal::above(rule, limit, value));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXPOSURE: Exposure = Exposure {
        equity: 1_000.0,
        open_trades: 1,
        notional: 500.0,
        market_notional: 0.0,
    };

    fn refused(limits: LimitSpec, notional: f64) -> Option<(&'static str, f64, f64)> {
        check_entry(&limits, &EXPOSURE, &LossWatch::new(1_000.0), notional)
            .err()
            .map(|refusal| (refusal.rule, refusal.limit, refusal.value))
    }

    #[test]
    fn no_limit_refuses_nothing() {
        assert_eq!(refused(LimitSpec::default(), 1e9), None);
    }

    #[test]
    fn parallel_trades_are_counted() {
        let limits = |limit| LimitSpec {
            max_parallel_trades: Some(limit),
            ..LimitSpec::default()
        };
        assert_eq!(
            refused(limits(1), 1.0),
            Some(("max_parallel_trades", 1.0, 2.0))
        );
        assert_eq!(refused(limits(2), 1.0), None);
    }

    #[test]
    fn exposure_counts_what_stands_and_what_is_asked() {
        let limits = LimitSpec {
            max_exposure_pct: Some(100.0),
            max_market_exposure_pct: Some(60.0),
            ..LimitSpec::default()
        };
        assert_eq!(refused(limits, 500.0), None);
        assert_eq!(
            refused(limits, 600.0),
            Some(("max_exposure_pct", 100.0, 110.0))
        );
        let market_only = LimitSpec {
            max_exposure_pct: None,
            ..limits
        };
        assert_eq!(
            refused(market_only, 700.0),
            Some(("max_market_exposure_pct", 60.0, 70.0))
        );
    }

    #[test]
    fn daily_loss_starts_anew_each_day() {
        let limits = LimitSpec {
            max_daily_loss_pct: Some(5.0),
            ..LimitSpec::default()
        };
        let mut watch = LossWatch::new(1_000.0);
        watch.observe(0, 960.0);
        assert_eq!(watch.breach(&limits), None);
        watch.observe(DAY_NS - 1, 950.0);
        assert_eq!(watch.breach(&limits).unwrap().rule, "max_daily_loss_pct");
        watch.observe(DAY_NS, 940.0);
        assert_eq!(watch.breach(&limits), None, "the new day began at 950");
    }

    #[test]
    fn drawdown_is_measured_from_the_peak() {
        let limits = LimitSpec {
            max_drawdown_pct: Some(20.0),
            ..LimitSpec::default()
        };
        let mut watch = LossWatch::new(1_000.0);
        watch.observe(0, 2_000.0);
        watch.observe(1, 1_601.0);
        assert_eq!(watch.breach(&limits), None);
        watch.observe(2, 1_600.0);
        assert_eq!(watch.breach(&limits).unwrap().rule, "max_drawdown_pct");
    }
}
