use spark_stacker_core::engine::{Engine, History};
use spark_stacker_core::indicators::{IndicatorSpec, ParameterValue, sma};
use spark_stacker_core::market::{BarColumns, Interval, RawColumns};
use spark_stacker_core::plan::*;
use spark_stacker_core::signals::SignalMode;
use spark_stacker_core::sweep::lean::*;
use spark_stacker_core::venue::{SlippageModel, VenueRules};

fn cpu() -> f64 {
    std::fs::read_to_string("/proc/thread-self/schedstat")
        .unwrap()
        .split(' ')
        .next()
        .unwrap()
        .parse()
        .unwrap()
}
const H: i64 = 3_600_000_000_000;
fn main() {
    let n: usize = std::env::args().nth(1).map_or(8760, |a| a.parse().unwrap());
    let hedged = std::env::args().nth(2).is_some();
    let mut s = 12345u64;
    let mut unit = || {
        s ^= s << 13;
        s ^= s >> 7;
        s ^= s << 17;
        (s >> 11) as f64 / (1u64 << 53) as f64
    };
    let step = 0.005f64.min(0.5 / (n as f64).sqrt());
    let mut raw = RawColumns::default();
    let mut p = 100.0;
    for i in 0..n {
        let g = (0..12).map(|_| unit()).sum::<f64>() - 6.0;
        let open: f64 = p * (1.0 + (unit() - 0.5) * 0.001);
        let close = p * (g * step).exp();
        raw.open_time_ns.push(i as i64 * H);
        raw.open.push(open);
        raw.close.push(close);
        raw.high.push(open.max(close) * 1.001);
        raw.low.push(open.min(close) * 0.999);
        raw.volume.push(1000.0);
        p = close;
    }
    let hour = Interval::from_ns(H).unwrap();
    let columns = BarColumns::new(raw, hour).unwrap();
    let bars = columns.view();
    let make = |f: i64, sl: i64| PortfolioSpec {
        initial_balance: 10_000.0,
        venue: VenueRules {
            taker_fee_rate: 0.0005,
            slippage: SlippageModel::None,
            ..VenueRules::default()
        },
        markets: vec![MarketSpec {
            symbol: "E".into(),
            interval: hour,
            instrument: None,
        }],
        limits: LimitSpec::default(),
        strategies: vec![StrategySpec {
            name: "x".into(),
            market: 0,
            timeframe: hour,
            indicators: vec![IndicatorUse {
                name: "ma".into(),
                source: SignalSource::BuiltIn(
                    IndicatorSpec::from_parameters(
                        "ma",
                        &[
                            ("fast_period".into(), ParameterValue::Integer(f)),
                            ("slow_period".into(), ParameterValue::Integer(sl)),
                        ],
                    )
                    .unwrap(),
                ),
                timeframe: hour,
                weight: 1.0,
                signal_ttl: 1,
            }],
            signal_mode: SignalMode::Any,
            min_confidence: 0.0,
            side: if hedged {
                AllowedSide::Both
            } else {
                AllowedSide::Long
            },
            exit_on_opposite: true,
            max_entries: 1,
            sizing: Sizing {
                method: SizingMethod::PercentEquity {
                    equity_pct: if hedged { 50.0 } else { 100.0 },
                },
                scale_by_confidence: hedged,
                max_position_size: None,
                min_notional: None,
                max_notional: None,
            },
            leverage: if hedged { 2.0 } else { 1.0 },
            stop_loss_pct: hedged.then_some(3.0),
            take_profit_pct: hedged.then_some(8.0),
            trailing_stop_pct: None,
            break_even_pct: None,
            max_holding_ns: None,
            hedge: hedged.then_some(HedgeSpec {
                ratio: 0.2,
                leverage: 2.0,
                net_stop_loss_pct: None,
                reduce_at_pct: None,
                reduce_by_pct: 50.0,
                keep_on_reversal: false,
            }),
        }],
    };
    for _ in 0..2 {
        let t = cpu();
        let mut x = 0.0f64;
        for i in 0..20_000_000 {
            x += std::hint::black_box(i as f64);
        }
        println!("add chain {:.3} ns {x}", (cpu() - t) / 2e7);
    }
    let traded = Traded::new(bars, 0, &[]).unwrap();
    let base = make(5, 60);
    let terms = Terms::of(&base).unwrap();
    let fast: Vec<Vec<f64>> = (5..55).map(|k| sma(bars.close, k).unwrap()).collect();
    let slow: Vec<Vec<f64>> = (60..160).map(|k| sma(bars.close, k).unwrap()).collect();
    let mut scratch = Scratch::default();
    let sets = 5000.0;
    let engine = Engine::run(
        &base,
        &[History {
            bars,
            start: 0,
            mark: None,
            funding: &[],
        }],
        &[],
    )
    .unwrap();
    let m = engine
        .simulation()
        .metrics(10_000.0, hour, &[bars])
        .unwrap();
    println!(
        "engine {} {:?} {} {}",
        m.total_return, m.sharpe_ratio, m.max_drawdown, m.total_trades
    );
    if !hedged {
        let growth = Growth::new(&traded, &terms);
        assert!(Growth::fits(&traded, &terms));
        for round in 0..5 {
            let t = cpu();
            let mut trades = 0;
            let mut none = 0;
            let mut first = None;
            for ff in fast.chunks(8).enumerate() {
                for ss in slow.chunks(16).enumerate() {
                    let mut lanes = Vec::new();
                    for a in 0..ff.1.len() {
                        for b in 0..ss.1.len() {
                            lanes.push((
                                a,
                                b,
                                Crossing::new(&traded, &terms, 60 + ss.0 * 16 + b - 1),
                            ));
                        }
                    }
                    let mut to = 0;
                    while to < n {
                        to = (to + 4096).min(n);
                        for (a, b, lane) in &mut lanes {
                            lane.advance(
                                &growth,
                                &traded,
                                Averages {
                                    fast: &ff.1[*a],
                                    slow: &ss.1[*b],
                                },
                                to,
                            );
                        }
                    }
                    for (_, _, lane) in &lanes {
                        match lane.metrics(&growth, &traded, &terms) {
                            Some(m) => {
                                trades += m.total_trades;
                                if first.is_none() {
                                    first = Some(m);
                                }
                            }
                            None => none += 1,
                        }
                    }
                }
            }
            let ns = (cpu() - t) / sets / n as f64;
            let m = first.unwrap();
            println!(
                "round {round} brief {ns:.3} ns per bar and set, one thread; trades/set {} none {none}; {} {:?} {} {}",
                trades as f64 / sets,
                m.total_return,
                m.sharpe_ratio,
                m.max_drawdown,
                m.total_trades
            );
        }
    }
    let mut tapes = Vec::new();
    for (i, f) in [5i64, 17, 30, 41, 54].iter().enumerate() {
        let p = make(*f, 60 + 20 * i as i64);
        let SignalSource::BuiltIn(spec) = &p.strategies[0].indicators[0].source else {
            panic!()
        };
        let events = spec.signals(bars);
        let mut v = Vec::new();
        tally(
            &p.strategies[0],
            &[Signals {
                events: &events,
                known_at: None,
            }],
            &Decisions {
                start: 0,
                end: n,
                known_at: None,
            },
            &mut v,
        );
        tapes.push(v);
    }
    for _ in 0..4 {
        let t = cpu();
        let mut k = 0;
        let mut tr = 0;
        for _ in 0..(20_000_000 / n / 5).max(1) {
            for v in &tapes {
                let m = whole(&traded, &terms, v, &mut scratch).unwrap();
                k += 1;
                tr += m.total_trades;
            }
        }
        println!(
            "whole {:.3} ns per bar and set, one thread, {} trades",
            (cpu() - t) / k as f64 / n as f64,
            tr as f64 / k as f64
        );
    }
}
