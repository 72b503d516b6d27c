//! Metrics by hand.

use approx::assert_relative_eq;

use super::{MetricValue, Metrics, Record, summarise};
use crate::ledger::Trade;
use crate::market::Interval;
use crate::venue::{HEDGE, MAIN, MarketId, Purpose, Side};

const DAY_NS: i64 = 86_400_000_000_000;

pub(super) fn daily() -> Interval {
    "1d".parse().unwrap()
}

pub(super) fn times(bars: usize, interval: Interval) -> Vec<i64> {
    (0_i64..)
        .take(bars)
        .map(|row| row * interval.ns())
        .collect()
}

pub(super) fn record<'a>(open_time_ns: &'a [i64], equity: &'a [f64]) -> Record<'a> {
    Record {
        open_time_ns,
        equity,
        initial_balance: 100.0,
        interval: daily(),
        trades: &[],
        benchmark: None,
        exposed_bars: 0,
        traded_notional: 0.0,
        fees_paid: 0.0,
        funding_paid: 0.0,
        risk_free_rate: 0.0,
    }
}

fn of(equity: &[f64]) -> Metrics {
    summarise(&record(&times(equity.len(), daily()), equity)).unwrap()
}

fn reason(metrics: &Metrics, metric: &str) -> Option<&'static str> {
    metrics
        .undefined
        .iter()
        .find(|undefined| undefined.metric == metric)
        .map(|undefined| undefined.reason)
}

fn trade(profit: f64) -> Trade {
    Trade {
        account: MAIN,
        market: MarketId(0),
        strategy: 0,
        side: Side::Buy,
        entry_time_ns: 0,
        exit_time_ns: DAY_NS,
        quantity: 2.0,
        entry_price: 50.0,
        exit_price: 50.0,
        gross_profit: profit,
        fees: 0.0,
        funding: 0.0,
        profit,
        max_adverse_fraction: 0.02,
        max_favourable_fraction: 0.04,
        initial_stop: None,
        exit_purpose: Purpose::OppositeSignal,
    }
}

#[test]
fn returns_by_hand() {
    // Returns +10 %, −10 %, +20 % against the initial balance of 100.
    let metrics = of(&[110.0, 99.0, 118.8]);
    let mean: f64 = 0.2 / 3.0;
    let variance = ((0.1 - mean).powi(2) + (-0.1 - mean).powi(2) + (0.2 - mean).powi(2)) / 2.0;
    assert_relative_eq!(metrics.total_return, 0.188, max_relative = 1e-14);
    assert_relative_eq!(metrics.net_profit, 18.8, max_relative = 1e-14);
    assert_relative_eq!(
        metrics.sharpe_ratio.unwrap(),
        mean / variance.sqrt() * 365.0_f64.sqrt(),
        max_relative = 1e-13
    );
    assert_relative_eq!(
        metrics.sortino_ratio.unwrap(),
        mean / (0.01_f64 / 3.0).sqrt() * 365.0_f64.sqrt(),
        max_relative = 1e-13
    );
    assert_relative_eq!(
        metrics.annualized_return.unwrap(),
        1.188_f64.powf(365.0 / 3.0) - 1.0,
        max_relative = 1e-12
    );
    assert_relative_eq!(metrics.max_drawdown, 0.1, max_relative = 1e-14);
    assert_relative_eq!(metrics.max_drawdown_abs, 11.0, max_relative = 1e-14);
    assert_relative_eq!(
        metrics.calmar_ratio.unwrap(),
        metrics.annualized_return.unwrap() / metrics.max_drawdown
    );
    assert_eq!(metrics.daily_sharpe_ratio, metrics.sharpe_ratio);
}

#[test]
fn a_risk_free_rate_is_the_hurdle_of_every_return() {
    let (times, equity) = (times(3, daily()), [110.0, 99.0, 118.8]);
    let metrics = summarise(&Record {
        risk_free_rate: 3.65,
        ..record(&times, &equity)
    })
    .unwrap();
    let mean = 0.2 / 3.0 - 0.01;
    assert_relative_eq!(
        metrics.sortino_ratio.unwrap(),
        mean / (0.11_f64.powi(2) / 3.0).sqrt() * 365.0_f64.sqrt(),
        max_relative = 1e-13
    );
}

#[test]
fn drawdown_runs_from_the_peak_until_it_is_regained() {
    let cases: [(&[f64], f64, f64, f64); 6] = [
        // equity, fraction, amount, days
        (&[101.0, 102.0, 103.0], 0.0, 0.0, 0.0),
        (&[100.0, 100.0, 100.0], 0.0, 0.0, 0.0),
        (&[90.0], 0.1, 10.0, 1.0),
        (&[120.0, 90.0, 120.0, 60.0, 90.0], 0.5, 60.0, 2.0),
        (
            &[110.0, 100.0, 100.0, 109.0, 110.0, 105.0],
            10.0 / 110.0,
            10.0,
            4.0,
        ),
        // The deepest amount need not lie in the deepest fraction.
        (&[50.0, 200.0, 140.0], 0.5, 60.0, 2.0),
    ];
    for (equity, fraction, amount, days) in cases {
        let metrics = of(equity);
        assert_relative_eq!(metrics.max_drawdown, fraction, max_relative = 1e-14);
        assert_eq!(metrics.max_drawdown_abs, amount, "{equity:?}");
        assert_eq!(
            metrics.longest_drawdown_seconds,
            days * 86_400.0,
            "{equity:?}"
        );
    }
}

#[test]
fn a_gap_in_the_data_counts_as_time_under_water() {
    let times = [0, DAY_NS, 10 * DAY_NS];
    let metrics = summarise(&record(&times, &[101.0, 99.0, 102.0])).unwrap();
    assert_eq!(metrics.longest_drawdown_seconds, 10.0 * 86_400.0);
}

#[test]
fn trades_by_hand() {
    let trades = [
        Trade {
            initial_stop: Some(45.0),
            ..trade(30.0)
        },
        trade(-10.0),
        Trade {
            account: HEDGE,
            ..trade(-20.0)
        },
        trade(0.0),
    ];
    let (times, equity) = (times(4, daily()), [100.0; 4]);
    let metrics = summarise(&Record {
        trades: &trades,
        exposed_bars: 3,
        traded_notional: 250.0,
        fees_paid: 1.5,
        ..record(&times, &equity)
    })
    .unwrap();
    assert_eq!(
        (
            metrics.total_trades,
            metrics.winning_trades,
            metrics.losing_trades
        ),
        (4, 1, 2)
    );
    for (value, expected) in [
        (metrics.win_rate, 0.25),
        (metrics.avg_profit, 30.0),
        (metrics.avg_loss, -15.0),
        (metrics.max_profit, 30.0),
        (metrics.max_loss, -20.0),
        (metrics.profit_factor, 1.0),
        (metrics.expectancy, 0.0),
        // 30 won where two units 5 away from the stop were at risk.
        (metrics.avg_r_multiple, 3.0),
        (metrics.avg_max_adverse, 0.02),
        (metrics.avg_max_favourable, 0.04),
        (metrics.avg_holding_seconds, 86_400.0),
        (metrics.hedge_profit, -20.0),
        (metrics.exposure, 0.75),
        (metrics.turnover, 2.5),
        (Some(metrics.fees_paid), 1.5),
    ] {
        assert_eq!(value, Some(expected));
    }
}

#[test]
fn twice_the_market_has_beta_two() {
    let market = [100.0, 110.0, 99.0, 108.9];
    let returns = [0.0, 0.2, -0.2, 0.2];
    let mut equity = Vec::new();
    let mut value = 100.0;
    for change in returns {
        value *= 1.0 + change;
        equity.push(value);
    }
    let times = times(4, daily());
    let metrics = summarise(&Record {
        benchmark: Some(&market),
        ..record(&times, &equity)
    })
    .unwrap();
    assert_relative_eq!(metrics.beta.unwrap(), 2.0, max_relative = 1e-12);
    assert_relative_eq!(metrics.alpha.unwrap(), 0.0, epsilon = 1e-12);
    assert_relative_eq!(
        metrics.buy_and_hold_return.unwrap(),
        0.089,
        max_relative = 1e-12
    );
}

#[test]
fn holding_the_market_has_no_alpha_whatever_the_risk_free_rate() {
    let market = [100.0, 110.0, 99.0, 108.9];
    let times = times(4, daily());
    let metrics = summarise(&Record {
        benchmark: Some(&market),
        risk_free_rate: 0.05,
        ..record(&times, &market)
    })
    .unwrap();
    assert_relative_eq!(metrics.alpha.unwrap(), 0.0, epsilon = 1e-12);
}

#[test]
fn undefined_metrics_are_none_with_their_reason() {
    let flat = of(&[100.0, 100.0, 100.0]);
    assert_eq!(flat.sharpe_ratio, None);
    assert_eq!(
        reason(&flat, "sharpe_ratio"),
        Some("no variance of returns")
    );
    assert_eq!(reason(&flat, "sortino_ratio"), Some("no negative returns"));
    assert_eq!(reason(&flat, "calmar_ratio"), Some("no drawdown"));
    assert_eq!(reason(&flat, "win_rate"), Some("no closed trades"));
    assert_eq!(reason(&flat, "profit_factor"), Some("no losing trades"));
    assert_eq!(reason(&flat, "alpha"), Some("nothing to compare with"));
    assert_eq!(flat.annualized_return, Some(0.0));

    let one = of(&[101.0]);
    assert_eq!(reason(&one, "sharpe_ratio"), Some("fewer than two returns"));

    let none = of(&[]);
    assert_eq!((none.final_equity, none.total_return), (100.0, 0.0));
    assert_eq!(reason(&none, "exposure"), Some("no bars"));
    assert_eq!(reason(&none, "annualized_return"), Some("no bars"));
}

#[test]
fn constant_growth_has_no_variance() {
    let equity: Vec<f64> = (1..=400).map(|bar| 100.0 * 1.01_f64.powi(bar)).collect();
    assert_eq!(of(&equity).sharpe_ratio, None);
}

#[test]
fn after_ruin_returns_are_undefined_but_the_loss_is_not() {
    let metrics = of(&[50.0, 0.0, 0.0]);
    assert_eq!(metrics.total_return, -1.0);
    assert_eq!(metrics.annualized_return, Some(-1.0));
    assert_eq!(metrics.max_drawdown, 1.0);
    assert_eq!(metrics.sharpe_ratio, None);
    assert!(
        reason(&metrics, "sharpe_ratio")
            .unwrap()
            .contains("fell to zero")
    );
    let below = of(&[50.0, -10.0]);
    assert_eq!(below.total_return, -1.1);
    assert!(
        reason(&below, "annualized_return")
            .unwrap()
            .contains("fell to zero")
    );
    assert_eq!(reason(&below, "calmar_ratio"), Some("no annualised return"));
    // Falling to zero on the last bar leaves every return defined.
    assert!(of(&[110.0, 50.0, 0.0]).sharpe_ratio.is_some());
}

#[test]
fn bad_input_is_refused() {
    let equity = [100.0, f64::NAN];
    let open = times(2, daily());
    let good = record(&open, &[100.0, 101.0]);
    for (bad, message) in [
        (record(&open, &equity), "column equity, row 1"),
        (
            record(&open[..1], &[100.0, 101.0]),
            "column open_time has 1 rows",
        ),
        (
            Record {
                benchmark: Some(&[1.0]),
                ..good
            },
            "column benchmark has 1 rows",
        ),
        (
            Record {
                initial_balance: 0.0,
                ..good
            },
            "initial_balance must be a positive number, was 0",
        ),
    ] {
        let error = summarise(&bad).unwrap_err().to_string();
        assert!(error.starts_with(message), "{error}");
    }
}

#[test]
fn names_are_unique_and_every_gap_has_one() {
    let metrics = of(&[]);
    let entries = metrics.entries();
    let mut names: Vec<_> = entries.iter().map(|(name, _)| *name).collect();
    for undefined in &metrics.undefined {
        let (_, value) = entries
            .iter()
            .find(|(name, _)| *name == undefined.metric)
            .unwrap();
        assert_eq!(*value, MetricValue::Number(None));
    }
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), entries.len());
}
