//! Whether a portfolio can be run at all; every error names the path of the setting.

use super::spec::{
    IndicatorUse, LimitSpec, MarketSpec, PortfolioSpec, Sizing, SizingMethod, StrategySpec,
};
use crate::error::{Error, Result};
use crate::market::Interval;
use crate::signals::{Aggregator, SignalMode};

impl PortfolioSpec {
    /// Checks every setting.
    ///
    /// # Errors
    /// [`Error::Parameter`] with the path of the first setting that cannot be, such as `strategies[0].leverage`.
    pub fn check(&self) -> Result<()> {
        positive("initial_balance", self.initial_balance)?;
        if self.markets.is_empty() || self.markets.len() > usize::from(u16::MAX) {
            return Err(Error::parameter(
                "markets",
                self.markets.len(),
                "1 to 65535 markets",
            ));
        }
        for (index, market) in self.markets.iter().enumerate() {
            at(|| format!("markets[{index}]"), check_market(market))?;
            if market.interval != self.markets[0].interval {
                return Err(Error::parameter(
                    format!("markets[{index}].interval"),
                    market.interval,
                    format!(
                        "{}, as in the first market, so that all close together",
                        self.markets[0].interval
                    ),
                ));
            }
        }
        at(|| "limits".to_owned(), check_limits(&self.limits))?;
        if self.strategies.len() > usize::from(u16::MAX) {
            return Err(Error::parameter(
                "strategies",
                self.strategies.len(),
                "at most 65535",
            ));
        }
        for (index, strategy) in self.strategies.iter().enumerate() {
            at(
                || format!("strategies[{index}]"),
                self.check_strategy(strategy),
            )?;
        }
        let mut ratios = self
            .strategies
            .iter()
            .filter_map(|s| s.hedge.map(|hedge| hedge.ratio));
        if let Some(first) = ratios.next()
            && let Some(other) = ratios.find(|ratio| *ratio != first)
        {
            return Err(Error::parameter(
                "strategies[].hedge.ratio",
                format!("{first} and {other}"),
                "the same in all hedged strategies, which share the two accounts",
            ));
        }
        Ok(())
    }

    /// Interval of the bars that drive all markets.
    ///
    /// # Panics
    /// Without a market, which [`Self::check`] refuses.
    #[must_use]
    pub fn interval(&self) -> Interval {
        self.markets[0].interval
    }

    /// Share of the balance on the hedge account, if any strategy hedges.
    #[must_use]
    pub fn hedge_ratio(&self) -> Option<f64> {
        self.strategies
            .iter()
            .find_map(|strategy| strategy.hedge.map(|hedge| hedge.ratio))
    }

    fn check_strategy(&self, strategy: &StrategySpec) -> Result<()> {
        let Some(market) = self.markets.get(strategy.market) else {
            return Err(Error::parameter(
                "market",
                strategy.market,
                format!("an index below {}", self.markets.len()),
            ));
        };
        Aggregator::new(market.interval, strategy.timeframe)?;
        for (index, indicator) in strategy.indicators.iter().enumerate() {
            at(
                || format!("indicators[{index}]"),
                check_use(indicator, market),
            )?;
        }
        fraction("min_confidence", strategy.min_confidence)?;
        if strategy.signal_mode == SignalMode::Weighted
            && strategy.indicators.iter().map(|i| i.weight).sum::<f64>() <= 0.0
        {
            return Err(Error::parameter(
                "indicators[].weight",
                0,
                "positive in sum",
            ));
        }
        if strategy.max_entries == 0 {
            return Err(Error::parameter("max_entries", 0, "at least 1"));
        }
        leverage("leverage", strategy.leverage)?;
        below_100("stop_loss_pct", strategy.stop_loss_pct)?;
        optional("take_profit_pct", strategy.take_profit_pct)?;
        below_100("trailing_stop_pct", strategy.trailing_stop_pct)?;
        optional("break_even_pct", strategy.break_even_pct)?;
        if let Some(ns) = strategy.max_holding_ns
            && ns <= 0
        {
            return Err(Error::parameter("max_holding_ns", ns, "positive"));
        }
        at(
            || "sizing".to_owned(),
            check_sizing(&strategy.sizing, strategy.stop_loss_pct),
        )?;
        let Some(hedge) = strategy.hedge else {
            return Ok(());
        };
        if !(hedge.ratio > 0.0 && hedge.ratio < 1.0) {
            return Err(Error::parameter(
                "hedge.ratio",
                hedge.ratio,
                "above 0 and below 1",
            ));
        }
        leverage("hedge.leverage", hedge.leverage)?;
        optional("hedge.net_stop_loss_pct", hedge.net_stop_loss_pct)?;
        optional("hedge.reduce_at_pct", hedge.reduce_at_pct)?;
        below_or_100("hedge.reduce_by_pct", hedge.reduce_by_pct)
    }
}

/// Puts the path in front of the parameter of an error; it is spelt out only then.
fn at<T>(path: impl FnOnce() -> String, result: Result<T>) -> Result<T> {
    result.map_err(|error| error.within(&path()))
}

fn check_market(market: &MarketSpec) -> Result<()> {
    market.instrument.as_ref().map_or(Ok(()), |instrument| {
        at(|| "instrument".to_owned(), instrument.check())
    })
}

fn check_use(indicator: &IndicatorUse, market: &MarketSpec) -> Result<()> {
    Aggregator::new(market.interval, indicator.timeframe)?;
    if !(indicator.weight.is_finite() && indicator.weight >= 0.0) {
        return Err(Error::parameter(
            "weight",
            indicator.weight,
            "finite and not negative",
        ));
    }
    if indicator.signal_ttl == 0 {
        return Err(Error::parameter("signal_ttl", 0, "at least 1"));
    }
    Ok(())
}

fn check_limits(limits: &LimitSpec) -> Result<()> {
    if limits.max_parallel_trades == Some(0) {
        return Err(Error::parameter("max_parallel_trades", 0, "at least 1"));
    }
    optional("max_exposure_pct", limits.max_exposure_pct)?;
    optional("max_market_exposure_pct", limits.max_market_exposure_pct)?;
    optional("max_daily_loss_pct", limits.max_daily_loss_pct)?;
    optional("max_drawdown_pct", limits.max_drawdown_pct)
}

fn check_sizing(sizing: &Sizing, stop_loss_pct: Option<f64>) -> Result<()> {
    optional("max_position_size", sizing.max_position_size)?;
    optional("min_notional", sizing.min_notional)?;
    optional("max_notional", sizing.max_notional)?;
    match sizing.method {
        SizingMethod::FixedUsd { amount } => positive("amount", amount),
        SizingMethod::PercentEquity { equity_pct } => positive("equity_pct", equity_pct),
        SizingMethod::RiskBased { .. } if stop_loss_pct.is_none() => Err(Error::parameter(
            "method",
            "risk_based",
            "used with a stop_loss_pct",
        )),
        SizingMethod::RiskBased { risk_pct } => positive("risk_pct", risk_pct),
        SizingMethod::FixedUnits { units } => positive("units", units),
        SizingMethod::Kelly {
            edge: None,
            from_trades: false,
            ..
        } => Err(Error::parameter(
            "win_rate",
            "none",
            "given unless from_trades",
        )),
        SizingMethod::Kelly {
            edge,
            fraction: share,
            cap_pct,
            ..
        } => {
            if let Some(edge) = edge {
                fraction("win_rate", edge.win_rate)?;
                positive("payoff", edge.payoff)?;
            }
            positive("fraction", share)?;
            positive("cap_pct", cap_pct)
        }
    }
}

fn positive(name: &str, value: f64) -> Result<()> {
    if value.is_finite() && value > 0.0 {
        Ok(())
    } else {
        Err(Error::parameter(name, value, "finite and positive"))
    }
}

fn optional(name: &str, value: Option<f64>) -> Result<()> {
    value.map_or(Ok(()), |value| positive(name, value))
}

fn below_or_100(name: &str, value: f64) -> Result<()> {
    if value > 0.0 && value <= 100.0 {
        Ok(())
    } else {
        Err(Error::parameter(name, value, "above 0 and at most 100"))
    }
}

fn below_100(name: &str, value: Option<f64>) -> Result<()> {
    match value {
        Some(value) if !(value > 0.0 && value < 100.0) => {
            Err(Error::parameter(name, value, "above 0 and below 100"))
        }
        _ => Ok(()),
    }
}

fn fraction(name: &str, value: f64) -> Result<()> {
    if (0.0..=1.0).contains(&value) {
        Ok(())
    } else {
        Err(Error::parameter(name, value, "between 0 and 1"))
    }
}

fn leverage(name: &str, value: f64) -> Result<()> {
    if value.is_finite() && value >= 1.0 {
        Ok(())
    } else {
        Err(Error::parameter(name, value, "finite and at least 1"))
    }
}
