//! From an equity curve and its trades to [`Metrics`].

use crate::error::{Error, Result};
use crate::ledger::Trade;
use crate::market::Interval;

use super::backdrop::Backdrop;
use super::block_sums::Sum;
use super::daily::daily_closes;
use super::drawdown::Drawdown;
use super::metrics::{Metrics, Undefined};
use super::returns::{Benchmark, Joint, Moments, Path, measure};
use super::trades::TradeSums;

/// What a run recorded, as far as metrics need it.
#[derive(Debug, Clone, Copy)]
pub struct Record<'a> {
    /// Open time of each bar, UTC nanoseconds, ascending.
    pub open_time_ns: &'a [i64],
    /// Equity at each bar's close.
    pub equity: &'a [f64],
    /// Equity before the first bar.
    pub initial_balance: f64,
    /// Length of a bar.
    pub interval: Interval,
    /// Closed trades.
    pub trades: &'a [Trade],
    /// Closes of the market, or of what else to compare with, one a bar.
    pub benchmark: Option<&'a [f64]>,
    /// Bars that closed with a position.
    pub exposed_bars: usize,
    /// Notional of all fills.
    pub traded_notional: f64,
    /// Fees of all fills.
    pub fees_paid: f64,
    /// Funding paid less funding received.
    pub funding_paid: f64,
    /// Annual rate that returns have to beat, a fraction; zero unless set.
    pub risk_free_rate: f64,
}

/// All metrics of a run.
///
/// # Errors
/// When lengths differ, the initial balance is not positive, or a value is not finite.
pub fn summarise(record: &Record<'_>) -> Result<Metrics> {
    summarise_on(record, None)
}

/// The same for one of many curves over the same bars and benchmark.
///
/// # Errors
/// As [`summarise`].
pub fn summarise_before(record: &Record<'_>, backdrop: &Backdrop) -> Result<Metrics> {
    summarise_on(record, Some(backdrop))
}

fn summarise_on(record: &Record<'_>, backdrop: Option<&Backdrop>) -> Result<Metrics> {
    check(record)?;
    let mut gaps = Gaps::default();
    let mut metrics = Metrics {
        fees_paid: record.fees_paid,
        funding_paid: record.funding_paid,
        ..Metrics::default()
    };
    curve_metrics(record, backdrop, &mut metrics, &mut gaps)?;
    trade_metrics(record.trades, &mut metrics, &mut gaps);
    metrics.undefined = gaps.0;
    Ok(metrics)
}

fn check(record: &Record<'_>) -> Result<()> {
    let expected = record.equity.len();
    for (column, length) in [
        ("open_time", Some(record.open_time_ns.len())),
        ("benchmark", record.benchmark.map(<[f64]>::len)),
    ] {
        if let Some(length) = length.filter(|length| *length != expected) {
            return Err(Error::Length {
                column: column.to_owned(),
                length,
                expected,
            });
        }
    }
    if !(record.initial_balance > 0.0 && record.initial_balance.is_finite()) {
        return Err(Error::parameter(
            "initial_balance",
            record.initial_balance,
            "a positive number",
        ));
    }
    if !record.risk_free_rate.is_finite() {
        return Err(Error::parameter(
            "risk_free_rate",
            record.risk_free_rate,
            "a finite number",
        ));
    }
    Ok(())
}

fn curve_metrics(
    record: &Record<'_>,
    backdrop: Option<&Backdrop>,
    metrics: &mut Metrics,
    gaps: &mut Gaps,
) -> Result<()> {
    let equity = record.equity;
    let bars = equity.len();
    let per_year = record.interval.per_year();
    let path = Path {
        start: record.initial_balance,
        values: equity,
    };
    let benchmark = record.benchmark.filter(|closes| !closes.is_empty());
    let measured_against = benchmark.map(|values| Benchmark {
        path: Path::from_first(values),
        known: backdrop.map(|backdrop| &backdrop.returns),
    });
    let mut drawdown = Drawdown::new(
        record.initial_balance,
        record.open_time_ns,
        record.interval.ns(),
    );
    let hurdle = record.risk_free_rate / per_year;
    let mut lowest = f64::INFINITY;
    let mut total = Sum::default();
    let (moments, joint) = measure(path, hurdle, measured_against, |row, values, range| {
        lowest = lowest.min(range.low);
        total.add(range.sum);
        drawdown.take(row, values, range.low, range.high);
    });
    if !total.value().is_finite() {
        return Err(not_finite(equity));
    }
    let ruined = lowest <= 0.0 && equity[..bars - 1].iter().any(|value| *value <= 0.0);

    metrics.final_equity = equity.last().copied().unwrap_or(record.initial_balance);
    metrics.net_profit = metrics.final_equity - record.initial_balance;
    metrics.total_return = metrics.final_equity / record.initial_balance - 1.0;
    metrics.max_drawdown = drawdown.fraction;
    metrics.max_drawdown_abs = drawdown.amount;
    metrics.longest_drawdown_seconds = drawdown.longest_ns(bars) as f64 / 1e9;

    yearly_growth(record, metrics, gaps);
    let ratios = Ratios::of(&moments, per_year, ruined);
    metrics.annualized_volatility = gaps.note(
        "annualized_volatility",
        ratios.volatility,
        ratios.no_volatility,
    );
    metrics.sharpe_ratio = gaps.note("sharpe_ratio", ratios.sharpe, ratios.no_volatility);
    metrics.sortino_ratio = gaps.note("sortino_ratio", ratios.sortino, ratios.no_sortino);
    daily_metrics(record, backdrop, ruined, metrics, gaps);

    metrics.exposure = gaps.note(
        "exposure",
        (bars > 0).then(|| record.exposed_bars as f64 / bars as f64),
        NO_BARS,
    );
    let mean_equity = total.value() / bars as f64;
    metrics.turnover = gaps.note(
        "turnover",
        (mean_equity > 0.0).then(|| record.traded_notional / mean_equity),
        "no positive mean equity",
    );
    benchmark_metrics(
        benchmark,
        &moments,
        joint.filter(|_| !ruined).map(|joint| Joint {
            mean: joint.mean - hurdle,
            ..joint
        }),
        per_year,
        metrics,
        gaps,
    );
    Ok(())
}

/// What the whole return is in a year, and that over the deepest fall.
fn yearly_growth(record: &Record<'_>, metrics: &mut Metrics, gaps: &mut Gaps) {
    let (bars, per_year) = (record.equity.len(), record.interval.per_year());
    let growth = metrics.final_equity / record.initial_balance;
    metrics.annualized_return = gaps.note(
        "annualized_return",
        Some(growth.powf(per_year / bars as f64) - 1.0)
            .filter(|value| bars > 0 && value.is_finite()),
        if bars == 0 {
            NO_BARS
        } else if growth < 0.0 {
            RUINED
        } else {
            "not a number of this size over so few bars"
        },
    );
    metrics.calmar_ratio = gaps.note(
        "calmar_ratio",
        metrics
            .annualized_return
            .filter(|_| metrics.max_drawdown > 0.0)
            .map(|value| value / metrics.max_drawdown),
        if metrics.max_drawdown > 0.0 {
            "no annualised return"
        } else {
            "no drawdown"
        },
    );
}

fn not_finite(equity: &[f64]) -> Error {
    let row = equity
        .iter()
        .position(|value| !value.is_finite())
        .unwrap_or(0);
    Error::data("equity", row, equity[row], "values must be finite")
}

fn daily_metrics(
    record: &Record<'_>,
    backdrop: Option<&Backdrop>,
    ruined: bool,
    metrics: &mut Metrics,
    gaps: &mut Gaps,
) {
    let closes = match backdrop {
        Some(backdrop) => backdrop.day_ends.as_ref().map(|ends| {
            let closes = ends.iter().map(|row| record.equity[*row]);
            closes.collect()
        }),
        None => daily_closes(record.open_time_ns, record.equity, record.interval.ns()),
    };
    let ratios = match &closes {
        Some(closes) => {
            let path = Path {
                start: record.initial_balance,
                values: closes,
            };
            let (moments, _) = measure(path, record.risk_free_rate / 365.0, None, |_, _, _| {});
            Ratios::of(&moments, 365.0, ruined)
        }
        None => Ratios::none("bars are longer than a day"),
    };
    metrics.daily_sharpe_ratio =
        gaps.note("daily_sharpe_ratio", ratios.sharpe, ratios.no_volatility);
    metrics.daily_sortino_ratio =
        gaps.note("daily_sortino_ratio", ratios.sortino, ratios.no_sortino);
}

fn benchmark_metrics(
    closes: Option<&[f64]>,
    moments: &Moments,
    joint: Option<Joint>,
    per_year: f64,
    metrics: &mut Metrics,
    gaps: &mut Gaps,
) {
    metrics.buy_and_hold_return = gaps.note(
        "buy_and_hold_return",
        closes.map(|closes| closes[closes.len() - 1] / closes[0] - 1.0),
        "nothing to compare with",
    );
    let beta = joint.and_then(|joint| joint.beta.map(|beta| (beta, joint.mean)));
    let reason = if closes.is_none() {
        "nothing to compare with"
    } else if joint.is_none() {
        RUINED
    } else {
        "the market did not move"
    };
    metrics.alpha = gaps.note(
        "alpha",
        beta.map(|(beta, mean)| (moments.mean - beta * mean) * per_year),
        reason,
    );
    metrics.beta = gaps.note("beta", beta.map(|(beta, _)| beta), reason);
}

fn trade_metrics(trades: &[Trade], metrics: &mut Metrics, gaps: &mut Gaps) {
    let sums = TradeSums::of(trades);
    let mean = |sum: f64, count: usize| (count > 0).then(|| sum / count as f64);
    metrics.total_trades = sums.total;
    metrics.winning_trades = sums.winning;
    metrics.losing_trades = sums.losing;
    metrics.win_rate = gaps.note("win_rate", mean(sums.winning as f64, sums.total), NO_TRADES);
    metrics.avg_profit = gaps.note("avg_profit", mean(sums.wins.value(), sums.winning), NO_WINS);
    metrics.avg_loss = gaps.note(
        "avg_loss",
        mean(sums.losses.value(), sums.losing),
        NO_LOSSES,
    );
    metrics.max_profit = gaps.note(
        "max_profit",
        (sums.winning > 0).then_some(sums.best),
        NO_WINS,
    );
    metrics.max_loss = gaps.note(
        "max_loss",
        (sums.losing > 0).then_some(sums.worst),
        NO_LOSSES,
    );
    metrics.profit_factor = gaps.note(
        "profit_factor",
        (sums.losing > 0).then(|| sums.wins.value() / -sums.losses.value()),
        NO_LOSSES,
    );
    metrics.expectancy = gaps.note("expectancy", mean(sums.profit(), sums.total), NO_TRADES);
    metrics.avg_r_multiple = gaps.note(
        "avg_r_multiple",
        mean(sums.r_multiples.value(), sums.with_stop),
        "no closed trade with an initial stop",
    );
    metrics.avg_max_adverse = gaps.note(
        "avg_max_adverse",
        mean(sums.adverse.value(), sums.total),
        NO_TRADES,
    );
    metrics.avg_max_favourable = gaps.note(
        "avg_max_favourable",
        mean(sums.favourable.value(), sums.total),
        NO_TRADES,
    );
    metrics.avg_holding_seconds = gaps.note(
        "avg_holding_seconds",
        mean(sums.holding_seconds.value(), sums.total),
        NO_TRADES,
    );
    metrics.hedge_profit = gaps.note(
        "hedge_profit",
        (sums.hedges > 0).then(|| sums.hedge_profit.value()),
        "no closed trade on the hedge account",
    );
}

const NO_BARS: &str = "no bars";
const NO_TRADES: &str = "no closed trades";
const NO_WINS: &str = "no winning trades";
const NO_LOSSES: &str = "no losing trades";
const RUINED: &str = "the equity fell to zero, after which returns mean nothing";

/// Ratios of returns, annualised.
struct Ratios {
    volatility: Option<f64>,
    sharpe: Option<f64>,
    no_volatility: &'static str,
    sortino: Option<f64>,
    no_sortino: &'static str,
}

impl Ratios {
    fn of(moments: &Moments, per_year: f64, ruined: bool) -> Self {
        if ruined {
            return Self::none(RUINED);
        }
        if moments.count < 2 {
            return Self::none("fewer than two returns");
        }
        let root = per_year.sqrt();
        Self {
            volatility: moments.deviation.map(|deviation| deviation * root),
            sharpe: moments
                .deviation
                .map(|deviation| moments.mean / deviation * root),
            no_volatility: "no variance of returns",
            sortino: moments
                .downside
                .map(|downside| moments.mean / downside * root),
            no_sortino: "no negative returns",
        }
    }

    const fn none(reason: &'static str) -> Self {
        Self {
            volatility: None,
            sharpe: None,
            no_volatility: reason,
            sortino: None,
            no_sortino: reason,
        }
    }
}

/// Collects the metrics that have no value.
#[derive(Default)]
struct Gaps(Vec<Undefined>);

impl Gaps {
    fn note(
        &mut self,
        metric: &'static str,
        value: Option<f64>,
        reason: &'static str,
    ) -> Option<f64> {
        if value.is_none() {
            self.0.push(Undefined { metric, reason });
        }
        value
    }
}
