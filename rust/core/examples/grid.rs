//! Times the grid of 5,000 crossings of averages: `cargo run --release --example grid [bars]`.
//!
//! Prints nanoseconds of wall and of processor time per bar and set, on one thread and on two.

use std::time::Instant;

use spark_stacker_core::indicators::{IndicatorSpec, ParameterValue};
use spark_stacker_core::market::{BarColumns, Candles, Interval, RawColumns};
use spark_stacker_core::plan::{
    AllowedSide, HedgeSpec, IndicatorUse, LimitSpec, MarketSpec, PortfolioSpec, SignalSource,
    Sizing, SizingMethod, StrategySpec,
};
use spark_stacker_core::signals::SignalMode;
use spark_stacker_core::stats::Metrics;
use spark_stacker_core::sweep::{Axis, AxisValue, MarketHistory, Span, Sweep, Target};
use spark_stacker_core::venue::VenueRules;
use spark_stacker_core::{Error, Result};

const HOUR_NS: i64 = 3_600_000_000_000;
const FAST: std::ops::Range<i64> = 5..55;
const SLOW: std::ops::Range<i64> = 60..160;
const ROUNDS: usize = 10;

/// A random walk (xorshift, Marsaglia 2003; a sum of twelve uniforms for a normal draw).
fn candles(rows: usize) -> Result<Candles> {
    let mut state = 12_345_u64;
    let mut uniform = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as f64 / (1_u64 << 53) as f64
    };
    let step = (0.5 / (rows as f64).sqrt()).min(0.005);
    let mut raw = RawColumns::default();
    let mut price = 100.0;
    for row in (0..).take(rows) {
        let open: f64 = price * (1.0 + (uniform() - 0.5) * 0.001);
        let normal = (0..12).map(|_| uniform()).sum::<f64>() - 6.0;
        price *= (normal * step).exp();
        raw.open_time_ns.push(row * HOUR_NS);
        raw.open.push(open);
        raw.high.push(open.max(price) * 1.001);
        raw.low.push(open.min(price) * 0.999);
        raw.close.push(price);
        raw.volume.push(1_000.0);
    }
    Ok(Candles::from(BarColumns::new(
        raw,
        Interval::from_ns(HOUR_NS)?,
    )?))
}

/// All in and out on crossings; with `rules` both ways, with stops, targets, sizes by confidence and a hedge.
fn portfolio(rules: bool) -> Result<PortfolioSpec> {
    let interval = Interval::from_ns(HOUR_NS)?;
    let averages = IndicatorSpec::from_parameters("ma", &[])?;
    Ok(PortfolioSpec {
        initial_balance: 10_000.0,
        venue: VenueRules {
            taker_fee_rate: 0.0005,
            ..VenueRules::default()
        },
        markets: vec![MarketSpec {
            symbol: "ETH-USD".to_owned(),
            interval,
            instrument: None,
        }],
        limits: LimitSpec::default(),
        strategies: vec![StrategySpec {
            name: "cross".to_owned(),
            market: 0,
            timeframe: interval,
            indicators: vec![IndicatorUse {
                name: "ma".to_owned(),
                source: SignalSource::BuiltIn(averages),
                timeframe: interval,
                weight: 1.0,
                signal_ttl: 1,
            }],
            signal_mode: SignalMode::Any,
            min_confidence: 0.0,
            side: if rules {
                AllowedSide::Both
            } else {
                AllowedSide::Long
            },
            exit_on_opposite: true,
            max_entries: 1,
            sizing: Sizing {
                method: SizingMethod::PercentEquity {
                    equity_pct: if rules { 50.0 } else { 100.0 },
                },
                scale_by_confidence: rules,
                max_position_size: None,
                min_notional: None,
                max_notional: None,
            },
            leverage: if rules { 2.0 } else { 1.0 },
            stop_loss_pct: rules.then_some(3.0),
            take_profit_pct: rules.then_some(8.0),
            trailing_stop_pct: None,
            break_even_pct: None,
            max_holding_ns: None,
            hedge: rules.then_some(HedgeSpec {
                ratio: 0.2,
                leverage: 2.0,
                net_stop_loss_pct: None,
                reduce_at_pct: None,
                reduce_by_pct: 50.0,
                keep_on_reversal: false,
            }),
        }],
    })
}

fn sweep(rows: usize, rules: bool) -> Result<Sweep> {
    let axis = |name: &str, periods: std::ops::Range<i64>| Axis {
        target: Target::Parameter {
            strategy: 0,
            indicator: 0,
            name: name.to_owned(),
        },
        values: periods
            .map(|period| AxisValue::Plain(ParameterValue::Integer(period)))
            .collect(),
    };
    let market = MarketHistory {
        candles: candles(rows)?,
        start: 0,
        mark: None,
        funding: Vec::new(),
    };
    let axes = [axis("fast_period", FAST), axis("slow_period", SLOW)];
    Sweep::new(portfolio(rules)?, vec![market], &[], &axes)
}

/// Nanoseconds of processor time that this process has had, ended threads included, to ten milliseconds.
fn processor_ns() -> f64 {
    let line = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<f64> = line
        .split(' ')
        .skip(13)
        .take(2)
        .filter_map(|ticks| ticks.parse().ok())
        .collect();
    fields.iter().sum::<f64>() * 1e7
}

fn main() -> Result<()> {
    let rows = std::env::args().nth(1).map_or(Ok(8_760), |given| {
        given
            .parse()
            .map_err(|_| Error::parameter("bars", given, "a whole number"))
    })?;
    let all: Vec<usize> = (0..Metrics::default().entries().len()).collect();
    let few = [
        "total_return",
        "sharpe_ratio",
        "max_drawdown",
        "total_trades",
    ]
    .map(Metrics::place)
    .into_iter()
    .collect::<Result<Vec<_>>>()?;
    let mut digits = Vec::new();
    for fast in (0..).take(FAST.count()) {
        for slow in (0..).take(SLOW.count()) {
            digits.extend([fast, slow]);
        }
    }
    let work = (digits.len() / 2 * rows) as f64;
    for (name, rules, metrics) in [
        ("all in, brief", false, &few),
        ("all in, all metrics", false, &all),
        ("rules, all metrics", true, &all),
    ] {
        let sweep = sweep(rows, rules)?;
        for threads in [1, 2, 1, 2] {
            let mut wall_ns = f64::INFINITY;
            let busy = processor_ns();
            for _ in 0..ROUNDS {
                let start = Instant::now();
                let rows = sweep.evaluate(&digits, metrics, Span::default(), threads)?;
                std::hint::black_box(rows);
                wall_ns = wall_ns.min(start.elapsed().as_nanos() as f64);
            }
            let busy_ns = (processor_ns() - busy) / ROUNDS as f64;
            println!(
                "{name}: {threads} threads, {:.3} ns a bar and set, processor {:.3} ns",
                wall_ns / work,
                busy_ns / work
            );
        }
    }
    Ok(())
}
