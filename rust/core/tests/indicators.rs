//! Every indicator: columns and steps give the same bits, nothing looks ahead, nothing drifts, bad input is named.

use proptest::prelude::*;
use spark_stacker_core::Error;
use spark_stacker_core::indicators::{
    Atr, Bollinger, Ema, Hull, LinearRegression, Macd, MacdPeriods, Rma, Rsi, Rule, Sma,
    Supertrend, T3, Tema, Vwma, Wma, fill,
};

/// Columns of a made-up market: high, low, close, volume, with stretches where nothing moves.
fn market(longest: usize) -> impl Strategy<Value = [Vec<f64>; 4]> {
    let bar = (-0.02..0.02, 0.0..0.01, 0.0..0.01, 0.0..9.0, 0..4u8);
    prop::collection::vec(bar, 1..longest).prop_map(|bars| {
        let mut price = 100.0;
        let mut columns = [const { Vec::new() }; 4];
        for (change, above, below, volume, still) in bars {
            let still = still == 0;
            price *= if still { 1.0 } else { 1.0 + change };
            let bar = [
                price * (1.0 + above),
                price * (1.0 - below),
                price,
                if still { 0.0 } else { volume },
            ];
            columns.iter_mut().zip(bar).for_each(|(c, x)| c.push(x));
        }
        columns
    })
}

fn batch<const I: usize, const O: usize>(
    rule: impl Rule<I, O>,
    columns: [&[f64]; I],
) -> Result<[Vec<f64>; O], Error> {
    let mut lines = [(); O].map(|()| vec![0.0; columns[0].len()]);
    fill(rule, columns, lines.each_mut().map(Vec::as_mut_slice))?;
    Ok(lines)
}

fn bits<const O: usize>(lines: &[Vec<f64>; O]) -> [Vec<u64>; O] {
    lines
        .each_ref()
        .map(|line| line.iter().map(|x| x.to_bits()).collect())
}

/// Rows fed one at a time through the rule's own `run`.
fn step<const I: usize, const O: usize>(
    mut rule: impl Rule<I, O>,
    columns: [&[f64]; I],
) -> [Vec<f64>; O] {
    let mut lines = [(); O].map(|()| vec![f64::NAN; columns[0].len()]);
    for i in 0..columns[0].len() {
        rule.run(
            columns.map(|column| &column[i..=i]),
            lines.each_mut().map(|line| &mut line[i..=i]),
        );
    }
    lines
}

/// Columns against single rows, and against the columns cut off at `cut`.
fn check<const I: usize, const O: usize>(
    rule: &(impl Rule<I, O> + Clone),
    columns: [&[f64]; I],
    cut: usize,
) {
    let whole = batch(rule.clone(), columns).unwrap();
    assert_eq!(bits(&whole), bits(&step(rule.clone(), columns)));
    let part = batch(rule.clone(), columns.map(|column| &column[..cut])).unwrap();
    let first = whole.each_ref().map(|line| line[..cut].to_vec());
    assert_eq!(bits(&first), bits(&part));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn columns_and_single_rows_give_the_same_bits_and_nothing_looks_ahead(
        columns in market(1400),
        n in 2..90usize,
        at in 0.0..1.0,
    ) {
        let [high, low, close, volume] = columns.each_ref().map(Vec::as_slice);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of a length")]
        let cut = (at * close.len() as f64) as usize;
        check(&Sma::new(n).unwrap(), [close], cut);
        check(&Ema::new(n).unwrap(), [close], cut);
        check(&Wma::new(n).unwrap(), [close], cut);
        check(&Hull::new(n).unwrap(), [close], cut);
        check(&Vwma::new(n).unwrap(), [close, volume], cut);
        check(&Rma::new(n).unwrap(), [close], cut);
        check(&Tema::new(n).unwrap(), [close], cut);
        check(&T3::new(n, 0.7).unwrap(), [close], cut);
        check(&Rsi::new(n).unwrap(), [close], cut);
        let periods = MacdPeriods { fast: n / 2, slow: n, signal: 1 + n / 3 };
        check(&Macd::new(periods).unwrap(), [close], cut);
        check(&Bollinger::new(n, 2.0).unwrap(), [close], cut);
        check(&LinearRegression::new(n).unwrap(), [close], cut);
        check(&Atr::new(n).unwrap(), [high, low, close], cut);
        check(&Supertrend::new(n, 1.5).unwrap(), [high, low, close], cut);
    }

    #[test]
    fn an_update_gives_the_row_of_the_columns(columns in market(200)) {
        let [high, low, close, volume] = columns.each_ref().map(Vec::as_slice);
        let [average] = batch(Sma::new(7).unwrap(), [close]).unwrap();
        let [weighted] = batch(Vwma::new(5).unwrap(), [close, volume]).unwrap();
        let [line, direction] = batch(Supertrend::new(5, 2.0).unwrap(), [high, low, close]).unwrap();
        let periods = MacdPeriods { fast: 3, slow: 6, signal: 4 };
        let [macd, signal, histogram] = batch(Macd::new(periods).unwrap(), [close]).unwrap();
        let (mut sma, mut vwma) = (Sma::new(7).unwrap(), Vwma::new(5).unwrap());
        let (mut trend, mut moving) = (Supertrend::new(5, 2.0).unwrap(), Macd::new(periods).unwrap());
        for i in 0..close.len() {
            let same = |step: Option<f64>, column: f64| {
                step.map_or(column.is_nan(), |x| x.to_bits() == column.to_bits())
            };
            prop_assert!(same(sma.update(close[i]), average[i]));
            prop_assert!(same(vwma.update(close[i], volume[i]), weighted[i]));
            let point = trend.update(high[i], low[i], close[i]);
            prop_assert!(same(point.map(|p| p.line), line[i]));
            prop_assert!(same(point.map(|p| p.direction), direction[i]));
            let point = moving.update(close[i]);
            prop_assert!(same(point.map(|p| p.macd), macd[i]));
            prop_assert!(same(point.and_then(|p| p.signal), signal[i]));
            prop_assert!(same(point.and_then(|p| p.histogram), histogram[i]));
        }
    }
}

#[test]
fn a_leading_run_of_nan_shifts_the_start() {
    let values = [f64::NAN, f64::NAN, 1.0, 2.0, 4.0];
    let [average] = batch(Sma::new(2).unwrap(), [&values]).unwrap();
    assert!(average[..3].iter().all(|x| x.is_nan()));
    assert_eq!(average[3..], [1.5, 3.0]);
}

#[test]
fn too_few_rows_give_nan_only() {
    for rows in 0..20 {
        let close = vec![1.0; rows];
        let periods = MacdPeriods {
            fast: 10,
            slow: 20,
            signal: 9,
        };
        let lines = batch(Macd::new(periods).unwrap(), [&close]).unwrap();
        assert!(
            lines
                .iter()
                .flatten()
                .take(rows.min(19))
                .all(|x| x.is_nan())
        );
        let [average] = batch(Hull::new(16).unwrap(), [&close]).unwrap();
        assert!(average.iter().take(18).all(|x| x.is_nan()));
    }
}

#[test]
fn a_later_nan_and_any_infinity_name_column_and_row() {
    let close = [1.0, f64::NAN, 3.0];
    let error = batch(Sma::new(2).unwrap(), [&close]).unwrap_err();
    assert!(
        error.to_string().starts_with("column values, row 1:"),
        "{error}"
    );
    let volume = [f64::INFINITY, 1.0, 1.0];
    let error = batch(Vwma::new(2).unwrap(), [&[1.0, 2.0, 3.0], &volume]).unwrap_err();
    assert!(
        error.to_string().starts_with("column volume, row 0:"),
        "{error}"
    );
    // The first column starts late; the second breaks off before the first has started.
    let (late, broken) = ([f64::NAN, f64::NAN, 1.0], [1.0, f64::NAN, 1.0]);
    let error = batch(Vwma::new(2).unwrap(), [&late, &broken]).unwrap_err();
    assert!(
        error.to_string().starts_with("column volume, row 1:"),
        "{error}"
    );
}

#[test]
fn bad_parameters_are_named() {
    let messages = [
        Sma::new(0).unwrap_err().to_string(),
        Rsi::new(1).unwrap_err().to_string(),
        Bollinger::new(20, f64::NAN).unwrap_err().to_string(),
        Ema::new(usize::MAX).unwrap_err().to_string(),
    ];
    assert_eq!(
        messages,
        [
            "period must be at least 1, was 0",
            "period must be at least 2, was 1",
            "std_dev must be finite and not negative, was NaN",
            "period must be at most 10000000, was 18446744073709551615",
        ]
    );
}

#[test]
fn a_market_that_stands_still_gives_its_price_to_the_last_bit() {
    let close = [0.1; 200];
    for n in 2..60 {
        let [sma] = batch(Sma::new(n).unwrap(), [&close]).unwrap();
        let [ema] = batch(Ema::new(n).unwrap(), [&close]).unwrap();
        let [wma] = batch(Wma::new(n).unwrap(), [&close]).unwrap();
        let [upper, _, lower] = batch(Bollinger::new(n, 2.0).unwrap(), [&close]).unwrap();
        let [_, slope, _] = batch(LinearRegression::new(n).unwrap(), [&close]).unwrap();
        for line in [&sma, &ema, &wma, &upper, &lower] {
            assert!(line[n - 1..].iter().all(|&x| x == 0.1), "period {n}");
        }
        assert!(slope[n - 1..].iter().all(|&x| x == 0.0), "period {n}");
    }
}

/// Prices of 1e5 and up to 256 more, unrelated from bar to bar.
fn ten_million_prices() -> Vec<f64> {
    let mut state = 1u64;
    let prices = std::iter::repeat_with(|| {
        state = state
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        1e5 + (state >> 40) as f64 / 65536.0
    });
    prices.take(10_000_000).collect()
}

/// The largest relative distance of `line` from `fresh(last row)`, at some rows and the last.
fn drift(line: &[f64], first: usize, fresh: impl Fn(usize) -> f64) -> f64 {
    let rows = (first..line.len()).step_by(99_991).chain([line.len() - 1]);
    rows.map(|row| (line[row] - fresh(row)).abs() / fresh(row).abs())
        .fold(0.0, f64::max)
}

fn fresh_mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn fresh_wma(values: &[f64]) -> f64 {
    let n = values.len() as f64;
    let weighted = (1..).zip(values).map(|(weight, x)| f64::from(weight) * x);
    weighted.sum::<f64>() / (n * (n + 1.0) / 2.0)
}

#[test]
fn after_ten_million_bars_every_window_is_still_that_of_its_values() {
    const N: usize = 200;
    let close = ten_million_prices();
    let window = |row: usize, n: usize| &close[row + 1 - n..=row];

    let [sma] = batch(Sma::new(N).unwrap(), [&close]).unwrap();
    assert!(drift(&sma, N, |row| fresh_mean(window(row, N))) < 1e-12);
    let [wma] = batch(Wma::new(N).unwrap(), [&close]).unwrap();
    assert!(drift(&wma, N, |row| fresh_wma(window(row, N))) < 1e-12);
    let [vwma] = batch(Vwma::new(N).unwrap(), [&close, &close]).unwrap();
    let fresh_vwma = |row| {
        let squares: f64 = window(row, N).iter().map(|x| x * x).sum();
        squares / window(row, N).iter().sum::<f64>()
    };
    assert!(drift(&vwma, N, fresh_vwma) < 1e-12);
    let [hull] = batch(Hull::new(16).unwrap(), [&close]).unwrap();
    let doubled = |row| 2.0 * fresh_wma(window(row, 8)) - fresh_wma(window(row, 16));
    let fresh_hull = |row| fresh_wma(&[3, 2, 1, 0].map(|back| doubled(row - back)));
    assert!(drift(&hull, N, fresh_hull) < 1e-12);
    let [upper, middle, _] = batch(Bollinger::new(N, 1.0).unwrap(), [&close]).unwrap();
    let deviation: Vec<f64> = upper.iter().zip(&middle).map(|(a, b)| a - b).collect();
    let fresh_deviation = |row| {
        let mean = fresh_mean(window(row, N));
        let squares = window(row, N).iter().map(|x| (x - mean) * (x - mean));
        (squares.sum::<f64>() / N as f64).sqrt()
    };
    assert!(drift(&deviation, N, fresh_deviation) < 1e-9);
    let [line, ..] = batch(LinearRegression::new(N).unwrap(), [&close]).unwrap();
    // The line ends at 3·WMA − 2·SMA.
    let fresh_line = |row| 3.0 * fresh_wma(window(row, N)) - 2.0 * fresh_mean(window(row, N));
    assert!(drift(&line, N, fresh_line) < 1e-12);
}
