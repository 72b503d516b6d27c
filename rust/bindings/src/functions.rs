//! Indicators as plain functions that fill the arrays given for their lines.
//!
//! Columns are read where they lie, with the lock released: nobody may write them meanwhile.

use std::num::NonZero;
use std::sync::OnceLock;
use std::thread::available_parallelism;

use numpy::{IntoPyArray, PyArray2, PyArrayMethods, PyReadonlyArray1, PyReadwriteArray1};
use pyo3::prelude::*;
use spark_stacker_core::Error;
use spark_stacker_core::indicators::{
    self, Atr, Bollinger, Ema, Hull, Macd, MacdPeriods, RegressionLine, RegressionPart, Rma, Rsi,
    Rule, Sma, Supertrend, T3, Tema, Vwma, Wma,
};

use crate::allocator::unwritten;
use crate::errors::{to_python, without_lock};

type Column<'py> = PyReadonlyArray1<'py, f64>;
type Line<'py> = PyReadwriteArray1<'py, f64>;

/// Lines to be written: one block, whose pages come from freed ones where there are such.
#[pyfunction]
pub fn empty_lines(
    py: Python<'_>,
    lines: usize,
    rows: usize,
) -> PyResult<Bound<'_, PyArray2<f64>>> {
    unwritten(lines * rows)
        .into_pyarray(py)
        .reshape([lines, rows])
}

/// Runs the rule over the columns into the lines.
fn fill<const I: usize, const O: usize>(
    py: Python<'_>,
    rule: Result<impl Rule<I, O> + Clone + Send + Sync, Error>,
    columns: &[Column<'_>; I],
    mut lines: [Line<'_>; O],
) -> PyResult<()> {
    static THREADS: OnceLock<usize> = OnceLock::new();
    let rule = rule.map_err(|error| to_python(&error))?;
    let mut slices = [&[][..]; I];
    for (slice, column) in slices.iter_mut().zip(columns) {
        *slice = column.as_slice()?;
    }
    let mut outputs = [(); O].map(|()| &mut [][..]);
    for (output, line) in outputs.iter_mut().zip(&mut lines) {
        *output = line.as_slice_mut()?;
    }
    let threads = *THREADS.get_or_init(|| available_parallelism().map_or(1, NonZero::get));
    without_lock(py, || indicators::fill_on(threads, rule, slices, outputs))
}

/// A function of one column and a period.
macro_rules! of_one_column {
    ($name:ident, $rule:expr) => {
        #[pyfunction]
        pub fn $name<'py>(
            py: Python<'py>,
            values: Column<'py>,
            period: usize,
            out: Line<'py>,
        ) -> PyResult<()> {
            fill(py, ($rule)(period), &[values], [out])
        }
    };
}

of_one_column!(sma, Sma::new);
of_one_column!(ema, Ema::new);
of_one_column!(wma, Wma::new);
of_one_column!(hull, Hull::new);
of_one_column!(rma, Rma::new);
of_one_column!(tema, Tema::new);
of_one_column!(rsi, Rsi::new);
of_one_column!(linear_regression, |n| RegressionLine::new(
    n,
    RegressionPart::Value
));
of_one_column!(linear_regression_slope, |n| RegressionLine::new(
    n,
    RegressionPart::Slope
));
of_one_column!(linear_regression_intercept, |n| RegressionLine::new(
    n,
    RegressionPart::Intercept
));

#[pyfunction]
pub fn t3<'py>(
    py: Python<'py>,
    values: Column<'py>,
    period: usize,
    factor: f64,
    out: Line<'py>,
) -> PyResult<()> {
    fill(py, T3::new(period, factor), &[values], [out])
}

#[pyfunction]
pub fn vwma<'py>(
    py: Python<'py>,
    close: Column<'py>,
    volume: Column<'py>,
    period: usize,
    out: Line<'py>,
) -> PyResult<()> {
    fill(py, Vwma::new(period), &[close, volume], [out])
}

#[pyfunction]
#[expect(
    clippy::too_many_arguments,
    reason = "three periods and three lines, in the order of TA-Lib"
)]
pub fn macd<'py>(
    py: Python<'py>,
    close: Column<'py>,
    fast_period: usize,
    slow_period: usize,
    signal_period: usize,
    macd: Line<'py>,
    signal: Line<'py>,
    histogram: Line<'py>,
) -> PyResult<()> {
    let periods = MacdPeriods {
        fast: fast_period,
        slow: slow_period,
        signal: signal_period,
    };
    fill(py, Macd::new(periods), &[close], [macd, signal, histogram])
}

#[pyfunction]
pub fn bollinger<'py>(
    py: Python<'py>,
    close: Column<'py>,
    period: usize,
    std_dev: f64,
    upper: Line<'py>,
    middle: Line<'py>,
    lower: Line<'py>,
) -> PyResult<()> {
    let rule = Bollinger::new(period, std_dev);
    fill(py, rule, &[close], [upper, middle, lower])
}

#[pyfunction]
pub fn atr<'py>(
    py: Python<'py>,
    high: Column<'py>,
    low: Column<'py>,
    close: Column<'py>,
    period: usize,
    out: Line<'py>,
) -> PyResult<()> {
    fill(py, Atr::new(period), &[high, low, close], [out])
}

#[pyfunction]
#[expect(
    clippy::too_many_arguments,
    reason = "three columns, two settings and two lines, in the order of TA-Lib"
)]
pub fn supertrend<'py>(
    py: Python<'py>,
    high: Column<'py>,
    low: Column<'py>,
    close: Column<'py>,
    period: usize,
    multiplier: f64,
    line: Line<'py>,
    direction: Line<'py>,
) -> PyResult<()> {
    let rule = Supertrend::new(period, multiplier);
    fill(py, rule, &[high, low, close], [line, direction])
}
