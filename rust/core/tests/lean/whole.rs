//! Every metric, trade and point of the equity curve.

use proptest::prelude::*;
use spark_stacker_core::engine::{Engine, History};
use spark_stacker_core::stats::{Backdrop, MetricValue, Metrics};
use spark_stacker_core::sweep::lean::{Scratch, Terms, Traded, simulate, whole};

use crate::CASES;
use crate::made::{Dice, candles, funding, portfolio, verdicts};

pub fn bits(metrics: &Metrics) -> Vec<(&'static str, Option<u64>)> {
    metrics
        .entries()
        .into_iter()
        .map(|(name, value)| match value {
            MetricValue::Count(count) => (name, Some(count as u64)),
            MetricValue::Number(number) => (name, number.map(f64::to_bits)),
        })
        .collect()
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
    let balance = portfolio.initial_balance;
    let backdrop = Backdrop::new(traded.open_time_ns, traded.close, traded.interval);
    let metrics = whole(&rows, balance, &totals, &scratch, &backdrop).unwrap();
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
