//! `spark_stacker._core`: converts, releases the lock, calls, converts. No arithmetic, no branch on data, no defaults.

// Arguments extracted from Python are owned by the call.
#![allow(clippy::needless_pass_by_value)]

use pyo3::prelude::*;

mod aggregator;
mod allocator;
mod bars;
mod books;
mod columns;
mod errors;
mod functions;
mod impact;
mod indicator;
mod names;
mod order;
mod overfit;
mod portfolio;
mod run;
mod sampler;
mod session;
mod simulation;
mod stats;
mod sweep;
mod ticks;
mod view;

#[global_allocator]
static ALLOCATOR: allocator::HugePages = allocator::HugePages;

#[pymodule(gil_used = true)]
mod _core {
    #[pymodule_export]
    use super::aggregator::PyAggregator;
    #[pymodule_export]
    use super::bars::{PyBars, interval_name, interval_ns};
    #[pymodule_export]
    use super::books::{PyBookFilm, PyBookProbe, kraken_checksum, walk_levels};
    #[pymodule_export]
    use super::functions::{
        atr, bollinger, ema, empty_lines, hull, linear_regression, linear_regression_intercept,
        linear_regression_slope, macd, rma, rsi, sma, supertrend, t3, tema, vwma, wma,
    };
    #[pymodule_export]
    use super::impact::{PyDepthSampler, slippage_bps};
    #[pymodule_export]
    use super::indicator::{PyIndicator, PyIndicatorStream, indicator_catalog};
    #[pymodule_export]
    use super::overfit::{
        block_sums, bootstrap_returns, cross_validate, effective_trials, expected_maximum_sharpe,
        mean_correlation, minimum_backtest_years, minimum_track_record, normal_cdf,
        normal_quantile, permutation_p_value, permute_bars, probabilistic_sharpe, reorder_trades,
        sharpe_moments,
    };
    #[pymodule_export]
    use super::portfolio::PyPortfolio;
    #[pymodule_export]
    use super::run::{PyRun, run_backtest};
    #[pymodule_export]
    use super::sampler::{PyGenetic, PyNsga};
    #[pymodule_export]
    use super::session::PySession;
    #[pymodule_export]
    use super::simulation::PySimulation;
    #[pymodule_export]
    use super::stats::curve_metrics;
    #[pymodule_export]
    use super::sweep::PySweep;
    #[pymodule_export]
    use super::ticks::{
        PyEventTape, PyFill, PyTickBar, PyTickDesk, PyTickRun, PyTickSession, PyTrade,
        run_grid_maker, run_schedule, run_targets, run_tick_class,
    };
    #[pymodule_export]
    use super::view::{PyColumnView, PyMarketView};

    /// Version of the core, the same as the package's.
    #[pymodule_export]
    #[expect(non_upper_case_globals, reason = "the name Python expects")]
    const __version__: &str = env!("CARGO_PKG_VERSION");

    /// How this extension was compiled, `release` or `debug`: benchmarks refuse a debug build.
    #[pymodule_export]
    #[expect(non_upper_case_globals, reason = "the name Python expects")]
    const build_profile: &str = if cfg!(debug_assertions) {
        "debug"
    } else {
        "release"
    };
}
