//! A backtest and a dry run are the same: random portfolios over random candles end equal to the last bit.

mod made;

use made::{Dice, candles, funding, portfolio};
use proptest::prelude::*;
use spark_stacker_core::engine::{Engine, History, MarketBar};
use spark_stacker_core::market::BarColumns;
use spark_stacker_core::plan::PortfolioSpec;
use spark_stacker_core::venue::MarketId;

/// The same run a bar at a time.
fn stepped(portfolio: &PortfolioSpec, histories: &[History<'_>]) -> Engine {
    let mut engine = Engine::live(portfolio).unwrap();
    let mut timeline: Vec<i64> = Vec::new();
    for (market, history) in histories.iter().enumerate() {
        engine
            .add_funding(market, history.funding.iter().copied())
            .unwrap();
        for row in 0..history.start {
            engine.warm_up(market, &history.bars.bar(row));
        }
        timeline.extend_from_slice(&history.bars.open_time_ns[history.start..]);
    }
    timeline.sort_unstable();
    timeline.dedup();
    for open_time_ns in timeline {
        let group: Vec<MarketBar> = histories
            .iter()
            .enumerate()
            .filter_map(|(market, history)| {
                let row = history
                    .bars
                    .open_time_ns
                    .binary_search(&open_time_ns)
                    .ok()?;
                (row >= history.start).then(|| MarketBar {
                    market: MarketId(u16::try_from(market).unwrap()),
                    row: row - history.start,
                    bar: history.bars.bar(row),
                    mark: None,
                })
            })
            .collect();
        engine.step(open_time_ns, &group);
    }
    engine
}

fn check(seed: u64) -> usize {
    let mut dice = Dice(seed);
    let markets = dice.pick(&[1, 1, 1, 2]);
    let portfolio = portfolio(&mut dice, markets);
    let columns: Vec<BarColumns> = (0..markets)
        .map(|_| {
            let rows = 60 + usize::try_from(dice.below(400)).unwrap();
            candles(&mut dice, rows)
        })
        .collect();
    let funding = funding(&mut dice);
    let histories: Vec<History<'_>> = columns
        .iter()
        .map(|columns| History {
            bars: columns.view(),
            start: usize::try_from(dice.below(40)).unwrap(),
            mark: None,
            funding: if dice.chance(0.5) { &funding } else { &[] },
        })
        .collect();
    let batch = Engine::run(&portfolio, &histories, &[]).unwrap();
    let step = stepped(&portfolio, &histories);
    let (a, b) = (&batch.simulation().venue, &step.simulation().venue);
    assert_eq!(a.fills(), b.fills(), "fills");
    assert_eq!(a.orders(), b.orders(), "orders");
    assert_eq!(a.trades(), b.trades(), "trades");
    assert_eq!(
        batch.simulation().record(),
        step.simulation().record(),
        "record"
    );
    assert_eq!(batch.refused(), step.refused(), "refused");
    let traded: Vec<_> = histories
        .iter()
        .map(|history| history.bars.slice(history.start, history.bars.len()))
        .collect();
    assert_eq!(
        batch.simulation().open_time_ns(&traded),
        step.simulation().open_time_ns(&traded)
    );
    a.fills().len()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_backtest_equals_the_dry_run_bit_by_bit(seed in any::<u64>()) {
        check(seed);
    }
}

#[test]
fn the_random_portfolios_do_trade() {
    let counts: Vec<usize> = (0..200).map(check).collect();
    let trading = counts.iter().filter(|fills| **fills > 10).count();
    assert!(trading > 120, "only {trading} of 200 portfolios traded");
}
