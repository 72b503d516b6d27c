//! Indicators: one file each, a batch function and a step object from one update rule.
//!
//! - [`simd`]: runs a loop compiled for wider instructions where the processor has them; four numbers side by side.
//! - `rule`: one update rule offered over columns and a value at a time; checks of inputs; `halves`: the same on several threads.
//! - `decay`, `window`: what averages are made of: a sum that decays, sums that slide.
//! - `moments`, `history`: what a window may know; the values it keeps.
//! - `wilder`, `cascade`: Wilder's smoothing of ranges; averages of averages.
//! - `k_means`, `trend_channel`: what the two adaptive indicators are made of.
//! - `catalog`, `domain`, `parameters`, `spec`: indicators by name: types, parameters, values and signals.
//! - `types`: one file a type: its entry in the catalogue, its columns, its rule of signals.

// What runs inside `simd::dispatch` must be inlined into it, or it is compiled for the narrow processor.
#![allow(clippy::inline_always)]

pub mod simd;

mod atr;
mod blocks;
mod bollinger;
mod cascade;
mod catalog;
mod decay;
mod domain;
mod ema;
mod halves;
mod history;
mod hull;
mod k_means;
mod linear_regression;
mod macd;
mod moments;
mod parameters;
mod rma;
mod rows;
mod rsi;
mod rule;
mod sma;
mod source;
mod spec;
#[cfg(test)]
mod spec_tests;
mod supertrend;
mod t3;
mod tema;
mod trend_channel;
mod types;
mod vwma;
mod wilder;
mod window;
mod wma;

pub use atr::{Atr, atr};
pub use bollinger::{Bollinger, BollingerBands, BollingerPoint, bollinger};
pub use catalog::{Flag, IndicatorInfo, catalog, describe};
pub use domain::{Domain, ParameterValue};
pub use ema::{Ema, ema};
pub use halves::fill_on;
pub use hull::{Hull, hull};
pub use linear_regression::{
    LinearRegression, RegressionLine, RegressionPart, RegressionPoint, linear_regression,
};
pub use macd::{Macd, MacdLines, MacdPeriods, MacdPoint, macd};
pub use parameters::ParameterInfo;
pub use rma::{Rma, rma};
pub use rsi::{Rsi, rsi};
pub use rule::{Rule, fill};
pub use sma::{Sma, sma};
pub use spec::{Column, IndicatorSpec, IndicatorStream, Step};
pub use supertrend::{Ratchet, Supertrend, SupertrendLines, SupertrendPoint, supertrend};
pub use t3::{T3, t3};
pub use tema::{Tema, tema};
pub(crate) use types::ma::crossings;
pub use vwma::{Vwma, vwma};
pub use wma::{Wma, wma};
