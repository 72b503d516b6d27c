//! The lean simulation of a search says what the general engine says: random strategies over random candles end equal to the last bit.

use proptest::prelude::*;
use spark_stacker_core::engine::{Engine, Funding, History};
use spark_stacker_core::indicators::{IndicatorSpec, ParameterValue};
use spark_stacker_core::market::{BarColumns, Bars, Interval, RawColumns};
use spark_stacker_core::plan::{
    AllowedSide, Edge, HedgeSpec, IndicatorUse, LimitSpec, MarketSpec, PortfolioSpec, SignalSource,
    Sizing, SizingMethod, StrategySpec,
};
use spark_stacker_core::signals::{SignalEvent, SignalMode, aggregate};
use spark_stacker_core::stats::{MetricValue, Metrics};
use spark_stacker_core::sweep::lean::{
    Averages, BRIEF_METRICS, Crossing, Decisions, Growth, Scratch, Signals, Terms, Traded, Verdict,
    brief, simulate, tally, whole,
};
use spark_stacker_core::venue::{SlippageModel, VenueRules};

const HOUR_NS: i64 = 3_600_000_000_000;
const CASES: u64 = 3_000;

/// A small generator of choices (`SplitMix64`, Steele et al. 2014); each case is a seed.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    fn whole(&mut self, low: i64, high: i64) -> i64 {
        low + i64::try_from(self.next() % u64::try_from(high - low + 1).unwrap()).unwrap()
    }

    fn maybe(&mut self, probability: f64, low: f64, high: f64) -> Option<f64> {
        self.chance(probability).then(|| self.between(low, high))
    }

    fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[usize::try_from(self.next() % choices.len() as u64).unwrap()]
    }
}

fn hours(count: i64) -> Interval {
    Interval::from_ns(HOUR_NS * count).unwrap()
}

/// A random walk; some with gaps in time and jumps between bars, some with prices on a grid, so that levels are met exactly.
fn candles(dice: &mut Dice, rows: i64) -> BarColumns {
    let mut raw = RawColumns::default();
    let mut price = 100.0;
    let mut time_ns = HOUR_NS * dice.whole(0, 30);
    let volatility = dice.pick(&[0.002, 0.006, 0.02]);
    let drift = dice.between(-0.02, 0.02) * volatility;
    let jumps = dice.pick(&[0.0, 0.05]);
    let gaps = dice.pick(&[0.0, 0.01]);
    let on_grid = dice.chance(0.2);
    let step = |price: f64| {
        if on_grid {
            (price * 2.0).round().max(1.0) / 2.0
        } else {
            price
        }
    };
    for _ in 0..rows {
        let jump = if dice.chance(jumps) {
            dice.between(-0.03, 0.03)
        } else {
            0.0
        };
        let open = step(price * (1.0 + jump));
        let close = step(open * (1.0 + drift + dice.between(-volatility, volatility)));
        let high = step(open.max(close) * (1.0 + dice.unit() * volatility));
        let low = step(open.min(close) * (1.0 - dice.unit() * volatility));
        raw.open_time_ns.push(time_ns);
        raw.open.push(open);
        raw.high.push(high.max(open.max(close)));
        raw.low.push(low.min(open.min(close)));
        raw.close.push(close);
        raw.volume.push(dice.between(1.0, 1e4));
        price = close;
        time_ns += HOUR_NS * if dice.chance(gaps) { 5 } else { 1 };
    }
    BarColumns::new(raw, hours(1)).unwrap()
}

fn indicator(dice: &mut Dice, timeframes: &[i64]) -> IndicatorUse {
    let whole = |name: &str, value: i64| (name.to_owned(), ParameterValue::Integer(value));
    let word = |name: &str, value: &str| (name.to_owned(), ParameterValue::Text(value.to_owned()));
    let fast = dice.whole(2, 12);
    let slow = fast + dice.whole(1, 30);
    let (kind, parameters) = match dice.whole(0, 6) {
        0 | 1 => (
            "ma",
            vec![
                whole("fast_period", fast),
                whole("slow_period", slow),
                word("ma_type", dice.pick(&["sma", "ema"])),
            ],
        ),
        2 => (
            "rsi",
            vec![
                whole("period", dice.whole(2, 20)),
                whole("oversold", dice.whole(20, 45)),
                whole("overbought", dice.whole(55, 80)),
                word("trigger", dice.pick(&["level", "cross"])),
            ],
        ),
        3 => ("bollinger", vec![whole("period", dice.whole(5, 30))]),
        4 => ("adaptive_supertrend", Vec::new()),
        5 => ("ultimate_ma", Vec::new()),
        _ => (
            "macd",
            vec![
                whole("fast_period", fast),
                whole("slow_period", slow),
                whole("signal_period", dice.whole(2, 9)),
            ],
        ),
    };
    IndicatorUse {
        name: kind.to_owned(),
        source: SignalSource::BuiltIn(IndicatorSpec::from_parameters(kind, &parameters).unwrap()),
        timeframe: hours(dice.pick(timeframes)),
        weight: dice.between(0.1, 2.0),
        signal_ttl: dice.pick(&[1, 1, 1, 2, 5]),
    }
}

fn sizing(dice: &mut Dice, has_stop: bool) -> Sizing {
    let method = match dice.whole(0, 6) {
        0 => SizingMethod::FixedUsd {
            amount: dice.between(10.0, 3_000.0),
        },
        1 if has_stop => SizingMethod::RiskBased {
            risk_pct: dice.between(0.2, 3.0),
        },
        2 => SizingMethod::FixedUnits {
            units: dice.between(0.1, 20.0),
        },
        3 => SizingMethod::Kelly {
            edge: Some(Edge {
                win_rate: 0.55,
                payoff: 1.2,
            }),
            fraction: 0.5,
            cap_pct: 50.0,
            from_trades: dice.chance(0.7),
        },
        4 => SizingMethod::PercentEquity { equity_pct: 100.0 },
        _ => SizingMethod::PercentEquity {
            equity_pct: dice.between(5.0, 100.0),
        },
    };
    Sizing {
        method,
        scale_by_confidence: dice.chance(0.4),
        max_position_size: dice.maybe(0.2, 500.0, 9_000.0),
        min_notional: dice.maybe(0.2, 1.0, 200.0),
        max_notional: dice.maybe(0.2, 500.0, 20_000.0),
    }
}

/// A strategy as people write them, or with leverage that calls for liquidation.
fn strategy(dice: &mut Dice, bold: bool) -> StrategySpec {
    let timeframes: &[i64] = if dice.chance(0.2) { &[1, 2, 4] } else { &[1] };
    let count = dice.pick(&[1, 1, 2, 3]);
    let leverages: &[f64] = if bold {
        &[2.0, 5.0, 20.0]
    } else {
        &[1.0, 1.0, 1.5, 2.0]
    };
    let stop = dice.maybe(0.5, 0.3, 6.0);
    StrategySpec {
        name: "random".to_owned(),
        market: 0,
        timeframe: hours(dice.pick(timeframes)),
        indicators: (0..count).map(|_| indicator(dice, timeframes)).collect(),
        signal_mode: dice.pick(&[
            SignalMode::Any,
            SignalMode::Any,
            SignalMode::All,
            SignalMode::Majority,
            SignalMode::Weighted,
        ]),
        min_confidence: dice.maybe(0.3, 0.0, 0.7).unwrap_or(0.0),
        side: dice.pick(&[
            AllowedSide::Both,
            AllowedSide::Both,
            AllowedSide::Long,
            AllowedSide::Short,
        ]),
        exit_on_opposite: dice.chance(0.85),
        max_entries: 1,
        sizing: sizing(dice, stop.is_some()),
        leverage: dice.pick(leverages),
        stop_loss_pct: stop,
        take_profit_pct: dice.maybe(0.5, 0.3, 8.0),
        trailing_stop_pct: dice.maybe(0.25, 0.3, 6.0),
        break_even_pct: dice.maybe(0.25, 0.2, 4.0),
        max_holding_ns: dice
            .chance(0.3)
            .then(|| HOUR_NS * dice.whole(1, 80) + dice.whole(0, 1)),
        hedge: dice.chance(0.3).then(|| HedgeSpec {
            ratio: dice.between(0.05, 0.4),
            leverage: dice.pick(leverages),
            net_stop_loss_pct: dice.maybe(0.4, 1.0, 30.0),
            reduce_at_pct: None,
            reduce_by_pct: 50.0,
            keep_on_reversal: false,
        }),
    }
}

fn portfolio(dice: &mut Dice, bold: bool) -> PortfolioSpec {
    PortfolioSpec {
        initial_balance: 10_000.0,
        venue: VenueRules {
            maker_fee_rate: dice.pick(&[0.0, 0.0001, -0.0001]),
            taker_fee_rate: dice.pick(&[0.0, 0.0005, 0.002]),
            slippage: match dice.whole(0, 3) {
                0 | 1 => SlippageModel::None,
                2 => SlippageModel::Fixed {
                    bps: dice.between(0.0, 60.0),
                },
                _ => SlippageModel::Random {
                    max_bps: dice.between(0.0, 20.0),
                },
            },
            fill_on_touch: dice.chance(0.3),
            seed: dice.next(),
            ..VenueRules::default()
        },
        markets: vec![MarketSpec {
            symbol: "ETH-USD".to_owned(),
            interval: hours(1),
            instrument: None,
        }],
        limits: LimitSpec {
            max_parallel_trades: dice.chance(0.2).then_some(1),
            max_exposure_pct: dice.maybe(0.1, 20.0, 300.0),
            max_market_exposure_pct: dice.maybe(0.1, 20.0, 300.0),
            ..LimitSpec::default()
        },
        strategies: vec![strategy(dice, bold)],
    }
}

fn funding(dice: &mut Dice, bars: Bars<'_>) -> Vec<Funding> {
    if dice.chance(0.8) {
        return Vec::new();
    }
    let every_8_hours = (0..bars.len() as i64 / 8).map(|k| bars.open_time_ns[0] + k * 8 * HOUR_NS);
    every_8_hours
        .map(|time_ns| Funding {
            time_ns,
            rate: dice.between(-0.0005, 0.0010),
        })
        .collect()
}

/// The verdicts of a strategy, from the signals of its indicators.
fn verdicts(strategy: &StrategySpec, bars: Bars<'_>, traded: &Traded<'_>) -> Vec<Verdict> {
    let heard: Vec<(Vec<SignalEvent>, Option<Vec<usize>>)> = strategy
        .indicators
        .iter()
        .map(|usage| {
            let SignalSource::BuiltIn(spec) = &usage.source else {
                panic!("all indicators are built in")
            };
            if usage.timeframe == bars.interval {
                (spec.signals(bars), None)
            } else {
                let (higher, known_at) = aggregate(bars, usage.timeframe).unwrap();
                (spec.signals(higher.view()), Some(known_at))
            }
        })
        .collect();
    let signals: Vec<Signals<'_>> = heard
        .iter()
        .map(|(events, known_at)| Signals {
            events,
            known_at: known_at.as_deref(),
        })
        .collect();
    let clock = (strategy.timeframe != bars.interval)
        .then(|| aggregate(bars, strategy.timeframe).unwrap().1);
    let decisions = Decisions::of(traded, clock.as_deref());
    let mut out = Vec::new();
    tally(strategy, &signals, &decisions, &mut out);
    out
}

fn bits(metrics: &Metrics) -> Vec<(&'static str, Option<u64>)> {
    metrics
        .entries()
        .into_iter()
        .map(|(name, value)| match value {
            MetricValue::Count(count) => (name, Some(count as u64)),
            MetricValue::Number(number) => (name, number.map(f64::to_bits)),
        })
        .collect()
}

/// All the equity in and out again, long and without leverage, on the signals of one indicator.
fn all_in(dice: &mut Dice) -> PortfolioSpec {
    let mut portfolio = portfolio(dice, false);
    portfolio.limits = LimitSpec::default();
    portfolio.venue.slippage = dice.pick(&[
        SlippageModel::None,
        SlippageModel::None,
        SlippageModel::Fixed { bps: 5.0 },
    ]);
    portfolio.strategies = vec![StrategySpec {
        side: AllowedSide::Long,
        exit_on_opposite: true,
        sizing: Sizing {
            method: SizingMethod::PercentEquity { equity_pct: 100.0 },
            scale_by_confidence: false,
            max_position_size: None,
            min_notional: None,
            max_notional: None,
        },
        leverage: 1.0,
        stop_loss_pct: None,
        take_profit_pct: None,
        trailing_stop_pct: None,
        break_even_pct: None,
        max_holding_ns: None,
        hedge: None,
        ..strategy(dice, false)
    }];
    portfolio
}

/// The brief metrics agree to 1e-12, relative or where they are small absolute; of a profit the balance is the measure.
fn agree(found: &[f64], expected: &Metrics) -> Result<(), TestCaseError> {
    for (name, found) in BRIEF_METRICS.into_iter().zip(found) {
        let expected = match expected.entries()[Metrics::place(name).unwrap()].1 {
            MetricValue::Count(count) => Some(count as f64),
            MetricValue::Number(number) => number,
        };
        let floor = if name == "net_profit" { 10_000.0 } else { 1.0 };
        match expected {
            Some(expected) => prop_assert!(
                (found - expected).abs() <= 1e-12 * expected.abs().max(floor),
                "{name} is {found} instead of {expected}"
            ),
            None => prop_assert!(found.is_nan(), "{name} is {found}, but undefined"),
        }
    }
    Ok(())
}

/// The averages of an `ma`, as its columns give them, and the rows before the slower.
fn averages(spec: &IndicatorSpec, bars: Bars<'_>) -> (Vec<f64>, Vec<f64>, usize) {
    let mut columns = spec.compute(bars).into_iter().map(|column| column.values);
    let (fast, slow) = (columns.next().unwrap(), columns.next().unwrap());
    (fast, slow, spec.warm_up())
}

/// Runs one random all-in case; whether the brief measures answered, from the verdicts and from the columns where they apply.
fn compare_brief(seed: u64) -> Result<[Option<bool>; 2], TestCaseError> {
    let mut dice = Dice(seed);
    let rows = dice.whole(60, 700);
    let columns = candles(&mut dice, rows);
    let bars = columns.view();
    let start = usize::try_from(dice.whole(0, 50)).unwrap();
    let portfolio = all_in(&mut dice);
    let strategy = &portfolio.strategies[0];
    let history = History {
        bars,
        start,
        mark: None,
        funding: &[],
    };
    let engine = Engine::run(&portfolio, &[history], &[]).unwrap();
    let traded = bars.slice(start, bars.len());
    let expected = engine
        .simulation()
        .metrics(portfolio.initial_balance, bars.interval, &[traded])
        .unwrap();
    let terms = Terms::of(&portfolio).unwrap();
    let rows = Traded::new(bars, start, &[]).unwrap();
    prop_assert!(Growth::fits(&rows, &terms));
    let growth = Growth::new(&rows, &portfolio.venue);
    let found = brief(&growth, &rows, &terms, &verdicts(strategy, bars, &rows));
    if let Some(found) = &found {
        agree(found, &expected)?;
    }
    let SignalSource::BuiltIn(spec) = &strategy.indicators[0].source else {
        panic!("all indicators are built in")
    };
    let own_bars =
        strategy.timeframe == bars.interval && strategy.indicators[0].timeframe == bars.interval;
    if spec.kind() != "ma" || !own_bars || !Crossing::fits(&terms) {
        return Ok([Some(found.is_some()), None]);
    }
    let (fast, slow, warm_up) = averages(spec, bars);
    let averages = Averages {
        fast: &fast,
        slow: &slow,
    };
    let mut crossing = Crossing::new(&rows, &terms, warm_up);
    for stretch in 1..=bars.len().div_ceil(128) {
        crossing.advance(&growth, &rows, averages, 128 * stretch);
    }
    let crossed = crossing.metrics(&growth, &rows);
    if let Some(crossed) = &crossed {
        agree(crossed, &expected)?;
    }
    Ok([Some(found.is_some()), Some(crossed.is_some())])
}

#[test]
fn the_brief_measures_equal_those_of_the_engine_to_1e_12() {
    let mut asked = [0_u64; 2];
    let mut answered = [0_u64; 2];
    for seed in 0..CASES {
        let found = compare_brief(seed).unwrap_or_else(|error| panic!("seed {seed}: {error}"));
        for (way, found) in found.into_iter().enumerate() {
            asked[way] += u64::from(found.is_some());
            answered[way] += u64::from(found == Some(true));
        }
    }
    println!("answered {answered:?} of {asked:?}");
    assert!(asked[1] > CASES / 20, "few crossings among the cases");
    for (answered, asked) in answered.into_iter().zip(asked) {
        assert!(10 * answered > 9 * asked, "answered {answered} of {asked}");
    }
}

/// Runs one random case; whether the lean simulation answered.
fn compare(seed: u64, bold: bool) -> Result<bool, TestCaseError> {
    let mut dice = Dice(seed);
    let rows = dice.whole(60, 500);
    let columns = candles(&mut dice, rows);
    let bars = columns.view();
    let start = usize::try_from(dice.whole(0, 50)).unwrap();
    let portfolio = portfolio(&mut dice, bold);
    let funding = funding(&mut dice, bars);
    let history = History {
        bars,
        start,
        mark: None,
        funding: &funding,
    };
    let engine = Engine::run(&portfolio, &[history], &[]).unwrap();
    let traded = bars.slice(start, bars.len());
    let expected = engine
        .simulation()
        .metrics(portfolio.initial_balance, bars.interval, &[traded])
        .unwrap();
    let terms = Terms::of(&portfolio).expect("within the terms of the lean simulation");
    let rows = Traded::new(bars, start, &funding).expect("every bar trades");
    let verdicts = verdicts(&portfolio.strategies[0], bars, &rows);
    let mut scratch = Scratch::default();
    let Some(totals) = simulate(&rows, &terms, &verdicts, &mut scratch) else {
        return Ok(false);
    };
    let metrics = whole(&rows, portfolio.initial_balance, &totals, &scratch).unwrap();
    prop_assert_eq!(scratch.trades(), engine.simulation().venue.trades());
    let equity = |values: &[f64]| {
        values
            .iter()
            .map(|value| value.to_bits())
            .collect::<Vec<_>>()
    };
    prop_assert_eq!(
        equity(scratch.equity()),
        equity(&engine.simulation().record().equity)
    );
    prop_assert_eq!(bits(&metrics), bits(&expected));
    prop_assert_eq!(metrics.undefined, expected.undefined);
    Ok(true)
}

#[test]
fn the_lean_simulation_equals_the_engine_on_strategies_as_they_are_written() {
    let mut answered = 0;
    for seed in 0..CASES {
        match compare(seed, false) {
            Ok(given) => answered += u64::from(given),
            Err(error) => panic!("seed {seed}: {error}"),
        }
    }
    let given_up = CASES - answered;
    println!("gave up on {given_up} of {CASES}");
    assert!(100 * given_up < CASES, "gave up on {given_up} of {CASES}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn with_high_leverage_it_is_equal_or_gives_up(seed: u64) {
        compare(seed, true)?;
    }
}
