//! What holds for every type of the catalogue: batch and stream agree, nothing looks ahead, nothing wrong is let through.

use proptest::prelude::*;

use super::{Column, IndicatorSpec, ParameterValue, catalog};
use crate::market::{BarColumns, RawColumns};
use crate::signals::SignalEvent;

fn number(value: f64) -> ParameterValue {
    ParameterValue::Number(value)
}

fn text(value: &str) -> ParameterValue {
    ParameterValue::Text(value.to_owned())
}

fn spec(kind: &str, parameters: &[(&str, ParameterValue)]) -> IndicatorSpec {
    let parameters: Vec<_> = parameters
        .iter()
        .map(|(name, value)| ((*name).to_owned(), value.clone()))
        .collect();
    IndicatorSpec::from_parameters(kind, &parameters).unwrap()
}

/// Every type, with parameters so short that a few hundred bars say something, and every average of `ultimate_ma`.
fn specs() -> Vec<IndicatorSpec> {
    let mut specs = vec![
        spec(
            "rsi",
            &[("period", number(5.0)), ("signal_period", number(2.0))],
        ),
        spec(
            "rsi",
            &[("period", number(5.0)), ("trigger", text("cross"))],
        ),
        spec(
            "macd",
            &[("fast_period", number(4.0)), ("slow_period", number(9.0))],
        ),
        spec(
            "bollinger",
            &[("period", number(10.0)), ("std_dev", number(1.5))],
        ),
        spec(
            "ma",
            &[("fast_period", number(3.0)), ("slow_period", number(8.0))],
        ),
        spec("ma", &[("ma_type", text("ema"))]),
        spec(
            "adaptive_supertrend",
            &[("training_length", number(20.0)), ("factor", number(1.0))],
        ),
        spec(
            "adaptive_trend_finder",
            &[("source", text("hlc3")), ("dev_multiplier", number(1.0))],
        ),
    ];
    for kind in 1..=8 {
        specs.push(spec(
            "ultimate_ma",
            &[
                ("ma_type", ParameterValue::Integer(kind)),
                ("ma_type2", ParameterValue::Integer(9 - kind)),
                ("length", number(6.0)),
                ("length2", number(9.0)),
                ("use_second_ma", ParameterValue::Bool(kind % 2 == 0)),
            ],
        ));
    }
    specs
}

/// Bars of a random walk; a tenth of them do not move at all.
fn bars(steps: &[(f64, f64)]) -> BarColumns {
    let mut raw = RawColumns::default();
    let mut price = 100.0;
    for (hour, &(step, spread)) in (0..).zip(steps) {
        let open = price;
        let quiet = spread < 0.1;
        price *= if quiet { 1.0 } else { (step * 0.03).exp() };
        let widen = if quiet { 0.0 } else { 0.01 * spread };
        raw.open_time_ns.push(hour * 3_600_000_000_000_i64);
        raw.open.push(open);
        raw.high.push(open.max(price) * (1.0 + widen));
        raw.low.push(open.min(price) * (1.0 - widen));
        raw.close.push(price);
        raw.volume.push(if quiet { 0.0 } else { 1.0 + spread });
    }
    BarColumns::new(raw, "1h".parse().unwrap()).unwrap()
}

fn walk() -> impl Strategy<Value = Vec<(f64, f64)>> {
    proptest::collection::vec((-1.0..1.0f64, 0.0..1.0f64), 1..450)
}

fn bits(columns: &[Column], rows: usize) -> Vec<Vec<u64>> {
    columns
        .iter()
        .map(|column| column.values[..rows].iter().map(|x| x.to_bits()).collect())
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn batch_and_stream_are_equal_to_the_last_bit(steps in walk()) {
        let columns = bars(&steps);
        let bars = columns.view();
        for spec in specs() {
            let batch = spec.compute(bars);
            let names: Vec<_> = batch.iter().map(|column| column.name).collect();
            prop_assert_eq!(names, spec.columns());
            let mut stream = spec.stream();
            let mut streamed: Vec<Column> = batch
                .iter()
                .map(|column| Column { name: column.name, values: Vec::new() })
                .collect();
            let mut events = Vec::new();
            for row in 0..bars.len() {
                let step = stream.update(&bars.bar(row));
                for (column, value) in streamed.iter_mut().zip(step.values) {
                    column.values.push(*value);
                }
                events.extend(step.signal.map(|signal| SignalEvent { row, signal }));
            }
            prop_assert_eq!(bits(&batch, bars.len()), bits(&streamed, bars.len()), "{:?}", spec);
            prop_assert_eq!(&spec.signals(bars), &events, "{:?}", spec);
            let values: Vec<&[f64]> = batch.iter().map(|column| column.values.as_slice()).collect();
            let width = catalog().iter().find(|i| i.kind == spec.kind()).unwrap().columns.len();
            let newest = events.last().filter(|event| event.row + 1 == bars.len());
            let read = spec.last_signal(bars.close, &values[..width]).unwrap();
            prop_assert_eq!(read, newest.map(|event| event.signal));
        }
    }

    #[test]
    fn a_prefix_gives_the_same_values_and_signals(steps in walk(), share in 0.0..1.0f64) {
        let columns = bars(&steps);
        let bars = columns.view();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of a length")]
        let end = (share * bars.len() as f64) as usize;
        for spec in specs() {
            let prefix = spec.compute(bars.slice(0, end));
            prop_assert_eq!(bits(&spec.compute(bars), end), bits(&prefix, end), "{:?}", spec);
            let mut known = spec.signals(bars);
            known.retain(|event| event.row < end);
            prop_assert_eq!(known, spec.signals(bars.slice(0, end)));
        }
    }
}

#[test]
fn values_begin_at_the_end_of_the_warm_up() {
    let steps: Vec<_> = (0..400)
        .map(|i| (f64::from((i * 7919) % 201) / 100.0 - 1.0, 0.5))
        .collect();
    let columns = bars(&steps);
    for spec in specs() {
        let batch = spec.compute(columns.view());
        let parameters = spec.parameters();
        let without_second = parameters.contains(&("use_second_ma", ParameterValue::Bool(false)));
        let defined = |row: usize| {
            batch
                .iter()
                .filter(|column| !(without_second && column.name == "uma_line2"))
                .all(|column| !column.values[row].is_nan())
        };
        assert!(defined(spec.warm_up()), "{spec:?}");
        assert!(!defined(spec.warm_up() - 1), "{spec:?}");
    }
}

#[test]
fn too_few_bars_give_no_values_and_no_signals() {
    for length in 0..3 {
        let columns = bars(&vec![(0.5, 0.5); length]);
        for spec in specs() {
            for column in spec.compute(columns.view()) {
                assert_eq!(column.values.len(), length);
                assert!(column.values.iter().all(|x| x.is_nan() || *x == 0.0));
            }
            assert_eq!(spec.signals(columns.view()), []);
        }
    }
}

#[test]
fn every_type_of_the_catalogue_can_be_built_from_its_defaults() {
    for info in catalog() {
        let spec = spec(info.kind, &[]);
        assert_eq!(spec.kind(), info.kind);
        let names: Vec<_> = spec.parameters().iter().map(|(name, _)| *name).collect();
        let expected: Vec<_> = info.parameters.iter().map(|p| p.name).collect();
        assert_eq!(names, expected);
    }
}

#[test]
fn swapped_parameters_are_refused() {
    let cases = [
        ("ma", "fast_period", 30.0),
        ("macd", "fast_period", 26.0),
        ("rsi", "oversold", 70.0),
        ("adaptive_supertrend", "low_percentile", 0.6),
        ("adaptive_supertrend", "medium_percentile", 0.8),
    ];
    for (kind, name, value) in cases {
        let error = IndicatorSpec::from_parameters(kind, &[(name.to_owned(), number(value))]);
        let message = error.unwrap_err().to_string();
        assert!(
            message.starts_with(&format!("{name} must be below ")),
            "{message}"
        );
    }
}

#[test]
fn values_that_do_not_fit_the_type_are_refused() {
    let rsi = spec("rsi", &[]);
    let error = rsi.last_signal(&[1.0], &[]).unwrap_err().to_string();
    assert_eq!(error, "columns must be 1 values, was 0");
    let error = rsi.last_signal(&[1.0], &[&[]]).unwrap_err().to_string();
    assert_eq!(error, "column rsi has 0 rows, expected 1");
}
