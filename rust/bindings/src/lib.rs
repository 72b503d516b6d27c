//! `spark_stacker._core`: converts, releases the lock, calls, converts. No arithmetic, no branch on data, no defaults.

use pyo3::prelude::*;

mod bars;
mod errors;
mod functions;
mod indicator;

#[pymodule(gil_used = true)]
mod _core {
    #[pymodule_export]
    use super::bars::{PyBars, interval_name, interval_ns};
    #[pymodule_export]
    use super::functions::{
        atr, bollinger, ema, hull, linear_regression, linear_regression_intercept,
        linear_regression_slope, macd, rma, rsi, sma, supertrend, t3, tema, vwma, wma,
    };
    #[pymodule_export]
    use super::indicator::{PyIndicator, PyIndicatorStream, indicator_catalog};

    /// Version of the core, the same as the package's.
    #[pymodule_export]
    #[expect(non_upper_case_globals, reason = "the name Python expects")]
    const __version__: &str = env!("CARGO_PKG_VERSION");
}
