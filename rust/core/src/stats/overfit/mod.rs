//! Is the winner of a search luck? Every definition cites its paper; undefined is `None`.
//!
//! - [`normal`]: the normal distribution and its quantiles.
//! - [`sharpe`]: what a Sharpe ratio is worth: probabilistic, deflated, track records.
//! - [`trials`]: how many independent trials a search amounts to.
//! - [`blocks`]: sums of returns over blocks of time.
//! - [`cross_validation`]: the probability of backtest overfitting.
//! - [`permutation`]: the p-value of a winner among permuted histories.
//! - [`bootstrap`]: other histories that the same returns could have made.
//! - [`trade_order`]: the same trades in another order.

pub mod blocks;
pub mod bootstrap;
pub mod cross_validation;
mod halves;
pub mod normal;
pub mod permutation;
pub mod sharpe;
mod splits;
pub mod trade_order;
pub mod trials;

/// Whether squared deviations are more than the rounding of the squares that they were taken from: without variance there is no
/// Sharpe ratio and no correlation.
fn varies(squared_deviations: f64, squares: f64) -> bool {
    squared_deviations > 1e-14 * squares
}
