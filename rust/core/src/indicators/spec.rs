//! An indicator by type name and parameters: what configurations name and strategies use.

use crate::error::{Error, Result};
use crate::market::{Bar, Bars};
use crate::signals::{Signal, SignalEvent};

/// The value of a parameter as a configuration gives it.
#[derive(Debug, Clone, PartialEq)]
pub enum ParameterValue {
    /// A whole number.
    Integer(i64),
    /// A number.
    Number(f64),
    /// A switch.
    Bool(bool),
    /// A word.
    Text(String),
}

/// A named column of values; NaN is warm-up.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// Name in the frame.
    pub name: &'static str,
    /// One value a bar.
    pub values: Vec<f64>,
}

/// An indicator with its parameters, checked.
#[derive(Debug, Clone, PartialEq)]
pub enum IndicatorSpec {}

impl IndicatorSpec {
    /// Looks the type up, resolves aliases and defaults, checks every value.
    ///
    /// # Errors
    /// Unknown type or parameter (with a suggestion), or a value out of range.
    pub fn from_parameters(kind: &str, _parameters: &[(String, ParameterValue)]) -> Result<Self> {
        Err(Error::unknown("indicator", kind, []))
    }

    /// All columns over `bars`.
    ///
    /// # Errors
    /// When the bars carry a NaN or an infinity where none may stand.
    pub fn compute(&self, _bars: Bars<'_>) -> Result<Vec<Column>> {
        match *self {}
    }

    /// Every signal over `bars`, ascending by row.
    ///
    /// # Errors
    /// As [`Self::compute`].
    pub fn signals(&self, _bars: Bars<'_>) -> Result<Vec<SignalEvent>> {
        match *self {}
    }

    /// The same, a bar at a time.
    #[must_use]
    pub fn stream(&self) -> IndicatorStream {
        match *self {}
    }
}

/// What an indicator says of one bar.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step<'a> {
    /// Values of the columns, in their order; NaN is warm-up.
    pub values: &'a [f64],
    /// Signal of the bar.
    pub signal: Option<Signal>,
}

/// An indicator fed a bar at a time; equal to the batch to the last bit.
#[derive(Debug, Clone)]
pub enum IndicatorStream {}

impl IndicatorStream {
    /// Takes the next closed bar.
    pub fn update(&mut self, _bar: &Bar) -> Step<'_> {
        match *self {}
    }
}
