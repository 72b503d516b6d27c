//! Overfit statistics as functions of arrays.

use numpy::ndarray::aview2;
use numpy::{
    PyArray2, PyReadonlyArray1, PyReadonlyArray2, PyReadonlyArray3, PyUntypedArrayMethods,
};
use pyo3::prelude::*;
use pyo3::types::PyDict;
use spark_stacker_core::market::permuted;
use spark_stacker_core::stats::overfit::blocks;
use spark_stacker_core::stats::overfit::bootstrap::{Blocks, Bootstrap};
use spark_stacker_core::stats::overfit::cross_validation::SetBlocks;
use spark_stacker_core::stats::overfit::sharpe::{self, SharpeEstimate, Trials};
use spark_stacker_core::stats::overfit::trade_order::{Order, TradeOrder};
use spark_stacker_core::stats::overfit::trials::{self, MeanCorrelation};
use spark_stacker_core::stats::overfit::{normal, permutation};

use crate::bars::PyBars;
use crate::errors::without_lock;

/// Probability below `x` of a standard normal variable.
#[pyfunction]
pub fn normal_cdf(x: f64) -> f64 {
    normal::cdf(x)
}

/// The value below which a standard normal variable lies with probability `p`.
#[pyfunction]
pub fn normal_quantile(p: f64) -> f64 {
    normal::quantile(p)
}

/// Count, Σr and Σr² of every block of time: shape (blocks, 3).
#[pyfunction]
#[pyo3(signature = (returns, *, blocks))]
pub fn block_sums<'py>(
    py: Python<'py>,
    returns: PyReadonlyArray1<'_, f64>,
    blocks: usize,
) -> PyResult<Bound<'py, PyArray2<f64>>> {
    let returns = returns.as_slice()?;
    let sums = without_lock(py, || blocks::block_sums(returns, blocks))?;
    Ok(rows(py, &sums))
}

/// Runs every split of the cross-validation over sums of shape (sets, blocks, 3); `None` when no set ever has a Sharpe ratio.
#[pyfunction]
#[pyo3(signature = (sums, *, threads))]
pub fn cross_validate<'py>(
    py: Python<'py>,
    sums: PyReadonlyArray3<'_, f64>,
    threads: usize,
) -> PyResult<Option<Bound<'py, PyDict>>> {
    let (sets, blocks) = (sums.shape()[0], sums.shape()[1]);
    let sums = sums.as_slice()?;
    let result = without_lock(py, || {
        SetBlocks::new(sums, sets, blocks)?.cross_validate(threads)
    })?;
    let Some(result) = result else {
        return Ok(None);
    };
    let dict = PyDict::new(py);
    dict.set_item("probability", result.probability)?;
    dict.set_item("splits", result.splits)?;
    dict.set_item("in_sample_sharpe", result.in_sample_sharpe)?;
    dict.set_item("out_of_sample_sharpe", result.out_of_sample_sharpe)?;
    dict.set_item(
        "median_out_of_sample_sharpe",
        result.median_out_of_sample_sharpe,
    )?;
    dict.set_item("slope", result.slope)?;
    dict.set_item("probability_of_loss", result.probability_of_loss)?;
    Ok(Some(dict))
}

/// Sharpe ratio per period, skewness and kurtosis of returns; `None` without variance.
#[pyfunction]
pub fn sharpe_moments(returns: PyReadonlyArray1<'_, f64>) -> PyResult<Option<(f64, f64, f64)>> {
    Ok(SharpeEstimate::of(returns.as_slice()?)
        .map(|estimate| (estimate.sharpe, estimate.skewness, estimate.kurtosis)))
}

/// Probability that the true Sharpe ratio exceeds a benchmark, all per period.
#[pyfunction]
#[pyo3(signature = (*, sharpe, skewness, kurtosis, observations, benchmark))]
pub fn probabilistic_sharpe(
    sharpe: f64,
    skewness: f64,
    kurtosis: f64,
    observations: usize,
    benchmark: f64,
) -> Option<f64> {
    let estimate = SharpeEstimate {
        sharpe,
        skewness,
        kurtosis,
        observations,
    };
    estimate.probabilistic(benchmark)
}

/// Observations needed to say with a confidence that the true Sharpe ratio exceeds a benchmark, all per period.
#[pyfunction]
#[pyo3(signature = (*, sharpe, skewness, kurtosis, benchmark, confidence))]
pub fn minimum_track_record(
    sharpe: f64,
    skewness: f64,
    kurtosis: f64,
    benchmark: f64,
    confidence: f64,
) -> Option<f64> {
    let estimate = SharpeEstimate {
        sharpe,
        skewness,
        kurtosis,
        observations: 0,
    };
    estimate.minimum_track_record(benchmark, confidence)
}

/// Sharpe ratio per period that the best of so many trials without skill is expected to show.
#[pyfunction]
#[pyo3(signature = (*, trials, variance))]
pub fn expected_maximum_sharpe(trials: f64, variance: f64) -> f64 {
    Trials {
        number: trials,
        sharpe_variance: variance,
    }
    .expected_maximum()
}

/// Years below which the best of so many trials without skill is expected to reach an annualised Sharpe ratio.
#[pyfunction]
#[pyo3(signature = (*, trials, sharpe))]
pub fn minimum_backtest_years(trials: f64, sharpe: f64) -> Option<f64> {
    sharpe::minimum_backtest_years(trials, sharpe)
}

/// Mean pairwise correlation of the rows, and how many rows vary at all.
#[pyfunction]
pub fn mean_correlation(
    py: Python<'_>,
    returns: PyReadonlyArray2<'_, f64>,
) -> PyResult<(Option<f64>, usize)> {
    let columns = returns.shape()[1];
    let returns = returns.as_slice()?;
    without_lock(py, || {
        let mut running = MeanCorrelation::new(columns);
        for row in returns.chunks_exact(columns.max(1)) {
            running.add(row)?;
        }
        Ok((running.mean(), running.series()))
    })
}

/// Independent trials that trials of a mean correlation amount to.
#[pyfunction]
#[pyo3(signature = (*, trials, correlation))]
pub fn effective_trials(trials: usize, correlation: f64) -> f64 {
    trials::effective_trials(trials, correlation)
}

/// Share of the searches, the real one among them, whose best is at least the observed one.
#[pyfunction]
pub fn permutation_p_value(
    py: Python<'_>,
    observed: f64,
    permuted: PyReadonlyArray1<'_, f64>,
) -> PyResult<f64> {
    let permuted = permuted.as_slice()?;
    without_lock(py, || permutation::p_value(observed, permuted))
}

/// The bars with their moves in another order.
#[pyfunction]
#[pyo3(signature = (bars, *, start, seed))]
pub fn permute_bars(
    py: Python<'_>,
    bars: &Bound<'_, PyBars>,
    start: usize,
    seed: u64,
) -> PyResult<PyBars> {
    let bars = bars.get();
    let (made, _) = without_lock(py, || permuted(bars.view(), None, start, seed))?;
    Ok(PyBars::of(made))
}

/// Histories drawn in blocks from returns: total return, Sharpe ratio per period (NaN without variance) and maximum drawdown.
#[pyfunction]
#[pyo3(signature = (returns, *, mean_length, stationary, draws, seed, threads))]
pub fn bootstrap_returns<'py>(
    py: Python<'py>,
    returns: PyReadonlyArray1<'_, f64>,
    mean_length: usize,
    stationary: bool,
    draws: usize,
    seed: u64,
    threads: usize,
) -> PyResult<Bound<'py, PyArray2<f64>>> {
    let returns = returns.as_slice()?;
    let blocks = if stationary {
        Blocks::Stationary {
            mean_length: mean_length as f64,
        }
    } else {
        Blocks::Circular {
            length: mean_length,
        }
    };
    let drawn = without_lock(py, || {
        let bootstrap = Bootstrap {
            returns,
            blocks,
            draws,
            seed,
        };
        bootstrap.run(threads)
    })?;
    let values: Vec<[f64; 3]> = drawn
        .iter()
        .map(|one| {
            [
                one.total_return,
                one.sharpe.unwrap_or(f64::NAN),
                one.max_drawdown,
            ]
        })
        .collect();
    Ok(rows(py, &values))
}

/// Trades in other orders: final equity over the first, and maximum drawdown.
#[pyfunction]
#[pyo3(signature = (returns, *, replace, draws, seed, threads))]
pub fn reorder_trades<'py>(
    py: Python<'py>,
    returns: PyReadonlyArray1<'_, f64>,
    replace: bool,
    draws: usize,
    seed: u64,
    threads: usize,
) -> PyResult<Bound<'py, PyArray2<f64>>> {
    let returns = returns.as_slice()?;
    let order = if replace {
        Order::WithReplacement
    } else {
        Order::Shuffled
    };
    let sequences = without_lock(py, || {
        let orders = TradeOrder {
            returns,
            order,
            draws,
            seed,
        };
        orders.run(threads)
    })?;
    let values: Vec<[f64; 2]> = sequences
        .iter()
        .map(|one| [one.final_equity, one.max_drawdown])
        .collect();
    Ok(rows(py, &values))
}

/// Rows of fixed width as an array.
fn rows<'py, const N: usize>(py: Python<'py>, values: &[[f64; N]]) -> Bound<'py, PyArray2<f64>> {
    PyArray2::from_array(py, &aview2(values))
}
