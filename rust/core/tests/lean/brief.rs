//! Measures without an equity curve.

use proptest::prelude::*;
use spark_stacker_core::engine::{Engine, History};
use spark_stacker_core::indicators::IndicatorSpec;
use spark_stacker_core::market::Bars;
use spark_stacker_core::plan::SignalSource;
use spark_stacker_core::stats::{MetricValue, Metrics};
use spark_stacker_core::sweep::lean::{
    Average, Averages, BRIEF_METRICS, Crossing, Growth, Pair, Terms, Traded, brief, follow, rounded,
};

use crate::CASES;
use crate::made::{Dice, all_in, candles, verdicts};

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

/// Values in whole steps; a step of zero leaves them.
fn to_steps(values: &[f64], step: f64) -> Vec<f64> {
    let whole = |value: &f64| (value / step).round() * step;
    if step == 0.0 {
        return values.to_vec();
    }
    values.iter().map(whole).collect()
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
    // Any rounding will do, also one in which the averages often meet.
    let step = if dice.whole(0, 1) == 0 {
        0.0
    } else {
        fast[warm_up] / 500.0
    };
    let [fast_rounded, slow_rounded] =
        [&fast, &slow].map(|column| rounded(&to_steps(column, step)));
    let averages = Averages {
        fast: Average {
            exact: &fast,
            rounded: &fast_rounded,
        },
        slow: Average {
            exact: &slow,
            rounded: &slow_rounded,
        },
    };
    let crossing = Crossing::new(&rows, &terms, warm_up);
    let mut pairs = [Pair { crossing, averages }];
    follow(&mut pairs, &growth, &rows);
    let crossed = pairs[0].crossing.metrics(&growth, &rows);
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
