//! A single backtest is the engine's, whichever of the two simulations ran it and whatever stretch of the candles it is given.

use spark_stacker_core::backtest::Backtest;
use spark_stacker_core::engine::{Engine, History};
use spark_stacker_core::market::{BarColumns, Bars, Candles, RawColumns};
use spark_stacker_core::sweep::MarketHistory;

use crate::made::{Dice, candles, funding, portfolio};
use crate::whole::bits;

const CASES: u64 = 1_500;

/// The same candles with a bar in which nothing was traded, so that orders wait.
fn with_a_still_bar(bars: Bars<'_>, row: usize) -> BarColumns {
    let mut raw = RawColumns::default();
    for index in 0..bars.len() {
        let mut bar = bars.bar(index);
        if index == row {
            bar.volume = 0.0;
        }
        raw.push(&bar);
    }
    BarColumns::new(raw, bars.interval).unwrap()
}

fn to_bits(values: &[f64]) -> Vec<u64> {
    values.iter().map(|value| value.to_bits()).collect()
}

fn compare(seed: u64) {
    let mut dice = Dice(seed);
    let rows = dice.whole(200, 500);
    let mut columns = candles(&mut dice, rows);
    if dice.chance(0.2) {
        let row = usize::try_from(dice.whole(0, rows - 1)).unwrap();
        columns = with_a_still_bar(columns.view(), row);
    }
    // Cut anywhere: what is known of the candles by blocks must fit the rows that are left.
    let first = usize::try_from(dice.whole(0, 90)).unwrap();
    let last = usize::try_from(dice.whole(160, rows)).unwrap();
    let candles = Candles::from(columns).slice(first, last);
    let start = usize::try_from(dice.whole(0, 50)).unwrap();
    let bold = dice.chance(0.3);
    let portfolio = portfolio(&mut dice, bold);
    let funding = funding(&mut dice, candles.view());
    let history = History {
        bars: candles.view(),
        start,
        mark: None,
        funding: &funding,
    };
    let engine = Engine::run(&portfolio, &[history], &[]).unwrap();
    let (simulation, venue) = (engine.simulation(), &engine.simulation().venue);
    let traded = [candles.view().slice(start, candles.len())];
    let metrics = simulation
        .metrics(portfolio.initial_balance, portfolio.interval(), &traded)
        .unwrap();

    let market = MarketHistory {
        candles: candles.clone(),
        start,
        mark: None,
        funding: funding.clone(),
    };
    let run = Backtest::run(portfolio, vec![market], &[]).unwrap();
    assert_eq!(
        to_bits(run.equity()),
        to_bits(&simulation.record().equity),
        "seed {seed}"
    );
    assert_eq!(run.trades(), venue.trades(), "seed {seed}");
    assert_eq!(
        run.open_time_ns(),
        simulation.open_time_ns(&traded),
        "seed {seed}"
    );
    let found = run.metrics().unwrap();
    assert_eq!(bits(&found), bits(&metrics), "seed {seed}");
    assert_eq!(found.undefined, metrics.undefined, "seed {seed}");
    // What the lean simulation does not keep, the engine is run for.
    assert_eq!(run.venue().fills(), venue.fills(), "seed {seed}");
    assert_eq!(run.refused(), engine.refused(), "seed {seed}");
}

#[test]
fn a_backtest_has_equity_trades_metrics_and_fills_of_the_engine_to_the_last_bit() {
    for seed in 0..CASES {
        compare(seed);
    }
}
