//! Every row of a sweep is the backtest of the equal portfolio: random portfolios, axes, spans and threads end equal to the last bit.

mod made;

use made::{Dice, HOUR_NS, candles, funding, portfolio};
use proptest::prelude::*;
use spark_stacker_core::Result;
use spark_stacker_core::engine::{Engine, History};
use spark_stacker_core::indicators::{IndicatorSpec, ParameterValue};
use spark_stacker_core::market::{BarColumns, Candles, Interval};
use spark_stacker_core::plan::{AllowedSide, PortfolioSpec, SignalSource, Sizing, SizingMethod};
use spark_stacker_core::signals::SignalMode;
use spark_stacker_core::stats::{MetricValue, Metrics};
use spark_stacker_core::sweep::{Axis, AxisValue, MarketHistory, Span, Sweep, Target};

/// What digits do to a portfolio, written down apart from the axes: settings, and parameters of indicators, which may only be right together.
#[derive(Default)]
struct Edits {
    settings: Vec<Box<dyn FnOnce(&mut PortfolioSpec)>>,
    parameters: Vec<(usize, usize, &'static str, ParameterValue)>,
}

type Edit = Box<dyn Fn(&mut Edits, usize)>;

fn number(value: f64) -> AxisValue {
    AxisValue::Plain(ParameterValue::Number(value))
}

fn whole(value: i64) -> AxisValue {
    AxisValue::Plain(ParameterValue::Integer(value))
}

fn word(value: &str) -> AxisValue {
    AxisValue::Plain(ParameterValue::Text(value.to_owned()))
}

fn setting<T: Copy + 'static, const N: usize>(
    target: Target,
    choices: [(AxisValue, T); N],
    write: fn(&mut PortfolioSpec, usize, T),
) -> (Axis, Edit) {
    let strategy = match &target {
        Target::Strategy { strategy, .. } | Target::Indicator { strategy, .. } => *strategy,
        _ => 0,
    };
    let typed = choices.clone().map(|(_, typed)| typed);
    let values = choices.map(|(value, _)| value).to_vec();
    let edit = move |edits: &mut Edits, digit: usize| {
        let value = typed[digit];
        let edit = move |spec: &mut PortfolioSpec| write(spec, strategy, value);
        edits.settings.push(Box::new(edit));
    };
    (Axis { target, values }, Box::new(edit))
}

/// A parameter of an indicator; the last value of some is one that others may not allow.
fn parameter(spec: &PortfolioSpec, strategy: usize, indicator: usize, choice: u64) -> (Axis, Edit) {
    let SignalSource::BuiltIn(base) = &spec.strategies[strategy].indicators[indicator].source
    else {
        panic!("all are computed in the core");
    };
    let periods = |values: [i64; 3]| values.map(ParameterValue::Integer).to_vec();
    let numbers = |values: [f64; 3]| values.map(ParameterValue::Number).to_vec();
    let words = |words: [&str; 2]| {
        words
            .map(|word| ParameterValue::Text(word.to_owned()))
            .to_vec()
    };
    let (name, values) = match (base.kind(), choice) {
        ("ma", 0) => ("fast_period", periods([2, 3, 6])),
        ("ma", 1) => ("long_period", periods([4, 9, 7])),
        ("ma", _) => ("ma_type", words(["sma", "ema"])),
        ("rsi", 0) => ("period", periods([3, 5, 8])),
        ("rsi", 1) => ("oversold", numbers([20.0, 35.0, 72.0])),
        ("rsi", _) => ("overbought", numbers([65.0, 80.0, 25.0])),
        ("bollinger", 0) => ("period", periods([4, 7, 12])),
        ("bollinger", 1) => ("std_dev", numbers([1.0, 1.5, 2.5])),
        ("bollinger", _) => ("mean_reversion_threshold", numbers([0.01, 0.1, 0.3])),
        (_, 0) => ("fast_period", periods([2, 4, 8])),
        (_, 1) => ("slow_period", periods([7, 9, 3])),
        _ => ("signal_period", periods([2, 3, 6])),
    };
    let target = Target::Parameter {
        strategy,
        indicator,
        name: name.to_owned(),
    };
    let axis = Axis {
        target,
        values: values.iter().cloned().map(AxisValue::Plain).collect(),
    };
    let edit = move |edits: &mut Edits, digit: usize| {
        let value = values[digit].clone();
        edits.parameters.push((strategy, indicator, name, value));
    };
    (axis, Box::new(edit))
}

fn of_strategy(strategy: usize, setting: &str) -> Target {
    let setting = setting.to_owned();
    Target::Strategy { strategy, setting }
}

fn of_account(setting: &str) -> Target {
    let setting = setting.to_owned();
    Target::Account { setting }
}

fn of_indicator(strategy: usize, indicator: usize, setting: &str) -> Target {
    let setting = setting.to_owned();
    Target::Indicator {
        strategy,
        indicator,
        setting,
    }
}

fn optional(value: f64) -> (AxisValue, Option<f64>) {
    (number(value), Some(value))
}

fn hours(count: i64) -> (AxisValue, Interval) {
    let ns = count * HOUR_NS;
    (whole(ns), Interval::from_ns(ns).unwrap())
}

/// A setting of a strategy, its first indicator or the account.
fn any_setting(spec: &PortfolioSpec, strategy: usize, choice: u64) -> Option<(Axis, Edit)> {
    let off = (AxisValue::Off, None);
    Some(match choice {
        0 => setting(
            of_strategy(strategy, "stop_loss_pct"),
            [off, optional(0.7), optional(4.0)],
            |spec, at, value| {
                spec.strategies[at].stop_loss_pct = value;
            },
        ),
        1 => setting(
            of_strategy(strategy, "trailing_stop_pct"),
            [off, optional(2.0)],
            |spec, at, value| {
                spec.strategies[at].trailing_stop_pct = value;
            },
        ),
        2 => setting(
            of_strategy(strategy, "signal_mode"),
            [
                (word("weighted"), SignalMode::Weighted),
                (word("any"), SignalMode::Any),
                (word("all"), SignalMode::All),
            ],
            |spec, at, value| spec.strategies[at].signal_mode = value,
        ),
        3 => setting(
            of_strategy(strategy, "side"),
            [
                (word("long"), AllowedSide::Long),
                (word("both"), AllowedSide::Both),
            ],
            |spec, at, value| spec.strategies[at].side = value,
        ),
        4 => setting(
            of_strategy(strategy, "timeframe_ns"),
            [hours(1), hours(3), hours(4)],
            |spec, at, value| {
                spec.strategies[at].timeframe = value;
            },
        ),
        5 => setting(
            of_indicator(strategy, 0, "timeframe_ns"),
            [hours(2), hours(1)],
            |spec, at, value| {
                spec.strategies[at].indicators[0].timeframe = value;
            },
        ),
        6 => setting(
            of_indicator(strategy, 0, "signal_ttl"),
            [(whole(1), 1), (whole(4), 4)],
            |spec, at, value| {
                spec.strategies[at].indicators[0].signal_ttl = value;
            },
        ),
        7 => setting(
            of_strategy(strategy, "max_entries"),
            [(whole(2), 2), (whole(1), 1)],
            |spec, at, value| {
                spec.strategies[at].max_entries = value;
            },
        ),
        8 => setting(
            of_strategy(strategy, "sizing"),
            sizings(),
            |spec, at, value| {
                spec.strategies[at].sizing = value;
            },
        ),
        9 => setting(
            of_strategy(strategy, "sizing.max_position_size"),
            [off, optional(300.0)],
            |spec, at, value| {
                spec.strategies[at].sizing.max_position_size = value;
            },
        ),
        10 => setting(
            of_account("venue.taker_fee_rate"),
            [(number(0.0), 0.0), (number(0.002), 0.002)],
            |spec, _, value| {
                spec.venue.taker_fee_rate = value;
            },
        ),
        11 => setting(
            of_account("limits.max_drawdown_pct"),
            [off, optional(7.0)],
            |spec, _, value| {
                spec.limits.max_drawdown_pct = value;
            },
        ),
        12 => setting(
            of_account("initial_balance"),
            [(number(500.0), 500.0), (whole(20_000), 20_000.0)],
            |spec, _, value| {
                spec.initial_balance = value;
            },
        ),
        13 => setting(
            of_strategy(strategy, "max_holding_ns"),
            [
                (AxisValue::Off, None),
                (whole(5 * HOUR_NS), Some(5 * HOUR_NS)),
            ],
            |spec, at, value| {
                spec.strategies[at].max_holding_ns = value;
            },
        ),
        14 => setting(
            of_strategy(strategy, "leverage"),
            [(number(1.0), 1.0), (whole(3), 3.0)],
            |spec, at, value| {
                spec.strategies[at].leverage = value;
            },
        ),
        15 if spec.strategies[strategy].hedge.is_some() => setting(
            of_strategy(strategy, "hedge.ratio"),
            [optional(0.2), (whole(0), None), optional(0.35)],
            |spec, at, value| {
                let hedge = &mut spec.strategies[at].hedge;
                match value {
                    Some(ratio) => hedge.as_mut().expect("the base hedges").ratio = ratio,
                    None => *hedge = None,
                }
            },
        ),
        16 if spec.strategies[strategy].hedge.is_some() => setting(
            of_strategy(strategy, "hedge.leverage"),
            [(number(1.5), 1.5), (number(4.0), 4.0)],
            |spec, at, value| {
                if let Some(hedge) = &mut spec.strategies[at].hedge {
                    hedge.leverage = value;
                }
            },
        ),
        _ => return None,
    })
}

fn sizings() -> [(AxisValue, Sizing); 2] {
    let methods = [
        SizingMethod::RiskBased { risk_pct: 1.0 },
        SizingMethod::PercentEquity { equity_pct: 40.0 },
    ];
    methods.map(|method| {
        let sizing = Sizing {
            method,
            scale_by_confidence: true,
            max_position_size: None,
            min_notional: None,
            max_notional: Some(30_000.0),
        };
        (AxisValue::Sizing(sizing), sizing)
    })
}

/// The portfolio of a set, or why its indicators cannot be.
fn edited(
    base: &PortfolioSpec,
    edits: &[Edit],
    order: &[usize],
    set: &[u32],
) -> Result<PortfolioSpec> {
    let mut all = Edits::default();
    for &axis in order {
        edits[axis](&mut all, set[axis] as usize);
    }
    let mut spec = base.clone();
    for edit in all.settings {
        edit(&mut spec);
    }
    spec.check()?;
    for (strategy, of_strategy) in spec.strategies.iter_mut().enumerate() {
        for (indicator, usage) in of_strategy.indicators.iter_mut().enumerate() {
            let SignalSource::BuiltIn(built) = &usage.source else {
                continue;
            };
            let mut given: Vec<(String, ParameterValue)> = built
                .parameters()
                .iter()
                .map(|(name, value)| ((*name).to_owned(), value.clone()))
                .collect();
            for (_, _, name, value) in all
                .parameters
                .iter()
                .filter(|e| (e.0, e.1) == (strategy, indicator))
            {
                let name = if *name == "long_period" {
                    "slow_period"
                } else {
                    name
                };
                given.iter_mut().find(|(known, _)| known == name).unwrap().1 = value.clone();
            }
            usage.source =
                SignalSource::BuiltIn(IndicatorSpec::from_parameters(built.kind(), &given)?);
        }
    }
    Ok(spec)
}

fn metrics(spec: &PortfolioSpec, histories: &[History<'_>]) -> Result<Metrics> {
    let engine = Engine::run(spec, histories, &[])?;
    let traded: Vec<_> = histories
        .iter()
        .map(|h| h.bars.slice(h.start, h.bars.len()))
        .collect();
    engine
        .simulation()
        .metrics(spec.initial_balance, spec.interval(), &traded)
}

fn bits(value: MetricValue) -> u64 {
    match value {
        MetricValue::Count(count) => (count as f64).to_bits(),
        MetricValue::Number(number) => number.unwrap_or(f64::NAN).to_bits(),
    }
}

/// Sets that ran and sets that failed.
fn check(seed: u64) -> (usize, usize) {
    let mut dice = Dice(seed);
    let markets = dice.pick(&[1, 1, 1, 2]);
    let base = portfolio(&mut dice, markets);
    let columns: Vec<BarColumns> = (0..markets)
        .map(|_| {
            let rows = 80 + usize::try_from(dice.below(200)).unwrap();
            candles(&mut dice, rows)
        })
        .collect();
    let payments = funding(&mut dice);
    let starts: Vec<usize> = (0..markets)
        .map(|_| usize::try_from(dice.below(30)).unwrap())
        .collect();

    let mut axes: Vec<Axis> = Vec::new();
    let mut edits: Vec<Edit> = Vec::new();
    while axes.is_empty() || (axes.len() < 5 && dice.chance(0.7)) {
        let strategy = usize::try_from(dice.below(markets as u64)).unwrap();
        let made = if dice.chance(0.5) {
            let indicators = base.strategies[strategy].indicators.len() as u64;
            let indicator = usize::try_from(dice.below(indicators)).unwrap();
            Some(parameter(&base, strategy, indicator, dice.below(3)))
        } else {
            any_setting(&base, strategy, dice.below(17))
        };
        if let Some((axis, edit)) =
            made.filter(|(axis, _)| axes.iter().all(|other| other.target != axis.target))
        {
            axes.push(axis);
            edits.push(edit);
        }
    }
    // A whole is written before what lies within it, in whichever order the axes come.
    let mut order: Vec<usize> = (0..edits.len()).collect();
    order.sort_by_key(|&index| !matches!(&axes[index].target, Target::Strategy { setting, .. } if setting == "sizing" || setting == "hedge.ratio"));

    let market = |(columns, start): (&BarColumns, &usize)| MarketHistory {
        candles: Candles::from(columns.clone()),
        start: *start,
        mark: None,
        funding: payments.clone(),
    };
    let histories = columns.iter().zip(&starts).map(market).collect();
    let sweep = Sweep::new(base.clone(), histories, &[], &axes).unwrap();
    let sets: Vec<Vec<u32>> = (0..1 + dice.below(25))
        .map(|_| {
            axes.iter()
                .map(|axis| u32::try_from(dice.below(axis.values.len() as u64)).unwrap())
                .collect()
        })
        .collect();
    let span = Span {
        start_ns: dice.chance(0.4).then_some(HOUR_NS * 65),
        end_ns: dice.chance(0.4).then_some(HOUR_NS * 100),
    };
    let all: Vec<usize> = (0..Metrics::default().entries().len()).collect();
    let threads = dice.pick(&[1, 2, 3]);
    let rows = sweep.evaluate(&sets.concat(), &all, span, threads).unwrap();

    let cut: Vec<History<'_>> = columns
        .iter()
        .zip(&starts)
        .map(|(columns, start)| {
            let bars = columns.view();
            let row = |ns: i64| bars.open_time_ns.iter().filter(|time| **time < ns).count();
            History {
                bars: bars.slice(0, span.end_ns.map_or(bars.len(), row)),
                start: span.start_ns.map_or(0, row).max(*start),
                mark: None,
                funding: &payments,
            }
        })
        .collect();
    let mut counts = (0, 0);
    for (index, set) in sets.iter().enumerate() {
        let spec = edited(&base, &edits, &order, set);
        let expected = spec.and_then(|spec| metrics(&spec, &cut));
        let row = &rows.values[index * all.len()..][..all.len()];
        match expected {
            Ok(expected) => {
                assert_eq!(rows.status[index], 0, "{set:?}");
                for ((name, value), found) in expected.entries().into_iter().zip(row) {
                    let same = bits(value) == found.to_bits();
                    assert!(same, "{name} of {set:?} is {found} instead of {value:?}");
                }
                counts.0 += 1;
            }
            Err(error) => {
                assert!(row.iter().all(|value| value.is_nan()));
                let reason = &rows.reasons[usize::from(rows.status[index]) - 1];
                assert_eq!(*reason, error.to_string(), "{set:?}");
                counts.1 += 1;
            }
        }
    }
    counts
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_row_equals_the_backtest_of_the_equal_portfolio_bit_by_bit(seed in any::<u64>()) {
        check(seed);
    }
}

#[test]
fn some_random_sets_run_and_some_fail() {
    let counts: Vec<_> = (0..100).map(check).collect();
    let (run, failed) = counts
        .iter()
        .fold((0, 0), |sum, count| (sum.0 + count.0, sum.1 + count.1));
    assert!(run > 800, "only {run} sets ran");
    assert!(failed > 50, "only {failed} sets failed");
}
