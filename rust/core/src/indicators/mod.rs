//! Indicators: one file each, a batch function and a step object from one update rule.

mod spec;

pub use spec::{Column, IndicatorSpec, IndicatorStream, ParameterValue, Step};
