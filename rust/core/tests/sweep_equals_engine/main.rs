//! Every row of a sweep is the backtest of the equal portfolio: random portfolios, axes, spans and threads end equal to the last bit.

mod axes;
#[path = "../made/mod.rs"]
mod made;

use axes::{Edit, Edits, any_setting, parameter};
use made::{Dice, HOUR_NS, candles, funding, portfolio};
use proptest::prelude::*;
use spark_stacker_core::Result;
use spark_stacker_core::engine::{Engine, History};
use spark_stacker_core::indicators::{IndicatorSpec, ParameterValue};
use spark_stacker_core::market::{BarColumns, Candles};
use spark_stacker_core::plan::{PortfolioSpec, SignalSource};
use spark_stacker_core::stats::{MetricValue, Metrics};
use spark_stacker_core::sweep::{Axis, MarketHistory, Span, Sweep, Target};

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
    let sets: Vec<Vec<u32>> = (0..=dice.below(25))
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
    #![proptest_config(ProptestConfig { cases: 1_500, failure_persistence: None, ..ProptestConfig::default() })]

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
