//! Indicators as plain functions of arrays. The columns are read where they lie; they must not be written meanwhile.

use numpy::{PyArray1, PyReadonlyArray1};
use pyo3::prelude::*;
use spark_stacker_core::indicators::{self, MacdPeriods};

use crate::errors::without_lock;

type Column<'py> = PyReadonlyArray1<'py, f64>;
type Line<'py> = Bound<'py, PyArray1<f64>>;

/// A function of one column and a period.
macro_rules! average {
    ($name:ident) => {
        #[pyfunction]
        pub fn $name<'py>(
            py: Python<'py>,
            values: Column<'py>,
            period: usize,
        ) -> PyResult<Line<'py>> {
            let values = values.as_slice()?;
            let line = without_lock(py, || indicators::$name(values, period))?;
            Ok(PyArray1::from_vec(py, line))
        }
    };
}

average!(sma);
average!(ema);
average!(wma);
average!(hull);
average!(rma);
average!(tema);
average!(rsi);
average!(linear_regression);
average!(linear_regression_slope);
average!(linear_regression_intercept);

#[pyfunction]
pub fn t3<'py>(
    py: Python<'py>,
    values: Column<'py>,
    period: usize,
    factor: f64,
) -> PyResult<Line<'py>> {
    let values = values.as_slice()?;
    let line = without_lock(py, || indicators::t3(values, period, factor))?;
    Ok(PyArray1::from_vec(py, line))
}

#[pyfunction]
pub fn vwma<'py>(
    py: Python<'py>,
    close: Column<'py>,
    volume: Column<'py>,
    period: usize,
) -> PyResult<Line<'py>> {
    let (close, volume) = (close.as_slice()?, volume.as_slice()?);
    let line = without_lock(py, || indicators::vwma(close, volume, period))?;
    Ok(PyArray1::from_vec(py, line))
}

#[pyfunction]
pub fn macd<'py>(
    py: Python<'py>,
    close: Column<'py>,
    fast_period: usize,
    slow_period: usize,
    signal_period: usize,
) -> PyResult<(Line<'py>, Line<'py>, Line<'py>)> {
    let close = close.as_slice()?;
    let periods = MacdPeriods {
        fast: fast_period,
        slow: slow_period,
        signal: signal_period,
    };
    let lines = without_lock(py, || indicators::macd(close, periods))?;
    Ok((
        PyArray1::from_vec(py, lines.macd),
        PyArray1::from_vec(py, lines.signal),
        PyArray1::from_vec(py, lines.histogram),
    ))
}

#[pyfunction]
pub fn bollinger<'py>(
    py: Python<'py>,
    close: Column<'py>,
    period: usize,
    std_dev: f64,
) -> PyResult<(Line<'py>, Line<'py>, Line<'py>)> {
    let close = close.as_slice()?;
    let bands = without_lock(py, || indicators::bollinger(close, period, std_dev))?;
    Ok((
        PyArray1::from_vec(py, bands.upper),
        PyArray1::from_vec(py, bands.middle),
        PyArray1::from_vec(py, bands.lower),
    ))
}

#[pyfunction]
pub fn atr<'py>(
    py: Python<'py>,
    high: Column<'py>,
    low: Column<'py>,
    close: Column<'py>,
    period: usize,
) -> PyResult<Line<'py>> {
    let (high, low, close) = (high.as_slice()?, low.as_slice()?, close.as_slice()?);
    let line = without_lock(py, || indicators::atr(high, low, close, period))?;
    Ok(PyArray1::from_vec(py, line))
}

#[pyfunction]
pub fn supertrend<'py>(
    py: Python<'py>,
    high: Column<'py>,
    low: Column<'py>,
    close: Column<'py>,
    period: usize,
    multiplier: f64,
) -> PyResult<(Line<'py>, Line<'py>)> {
    let (high, low, close) = (high.as_slice()?, low.as_slice()?, close.as_slice()?);
    let lines = without_lock(py, || {
        indicators::supertrend(high, low, close, period, multiplier)
    })?;
    Ok((
        PyArray1::from_vec(py, lines.line),
        PyArray1::from_vec(py, lines.direction),
    ))
}
