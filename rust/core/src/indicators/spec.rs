//! An indicator by type name and parameters: what configurations name and strategies use.

use super::catalog::{IndicatorInfo, describe};
use super::domain::ParameterValue;
use super::parameters::Resolved;
use super::rows::Rows;
use super::types::adaptive_supertrend::{self, AdaptiveSupertrendIndicator};
use super::types::adaptive_trend_finder::{self, AdaptiveTrendFinderIndicator};
use super::types::bollinger::{self, BollingerIndicator};
use super::types::ma::{self, MaIndicator};
use super::types::macd::{self, MacdIndicator};
use super::types::rsi::{self, RsiIndicator};
use super::types::ultimate_ma::{self, UltimateMaIndicator};
use crate::error::{Error, Result};
use crate::market::{Bar, Bars};
use crate::signals::{Signal, SignalEvent};

/// A named column of values; NaN is warm-up.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// Name in the frame.
    pub name: &'static str,
    /// One value a bar.
    pub values: Vec<f64>,
}

/// An indicator with its parameters, checked.
#[derive(Debug, Clone)]
pub struct IndicatorSpec {
    info: &'static IndicatorInfo,
    parameters: Resolved,
    /// Has seen nothing; work is done by copies of it.
    fresh: AnyIndicator,
}

/// Two specifications are equal when type and parameters are.
impl PartialEq for IndicatorSpec {
    fn eq(&self, other: &Self) -> bool {
        self.kind() == other.kind() && self.parameters == other.parameters
    }
}

/// One of the types, at work.
#[derive(Debug, Clone)]
enum AnyIndicator {
    Rsi(Box<RsiIndicator>),
    Macd(Box<MacdIndicator>),
    Bollinger(Box<BollingerIndicator>),
    Ma(Box<MaIndicator>),
    AdaptiveSupertrend(Box<AdaptiveSupertrendIndicator>),
    AdaptiveTrendFinder(Box<AdaptiveTrendFinderIndicator>),
    UltimateMa(Box<UltimateMaIndicator>),
}

/// Evaluates an expression over whichever indicator it is.
macro_rules! with_indicator {
    ($any:expr, $indicator:ident => $expression:expr) => {
        match $any {
            AnyIndicator::Rsi($indicator) => $expression,
            AnyIndicator::Macd($indicator) => $expression,
            AnyIndicator::Bollinger($indicator) => $expression,
            AnyIndicator::Ma($indicator) => $expression,
            AnyIndicator::AdaptiveSupertrend($indicator) => $expression,
            AnyIndicator::AdaptiveTrendFinder($indicator) => $expression,
            AnyIndicator::UltimateMa($indicator) => $expression,
        }
    };
}

impl IndicatorSpec {
    /// Looks the type up, resolves aliases and defaults, checks every value.
    ///
    /// # Errors
    /// Unknown type or parameter (with a suggestion), or a value out of range.
    ///
    /// ```
    /// use spark_stacker_core::indicators::{IndicatorSpec, ParameterValue};
    /// let given = [("short_period".to_owned(), ParameterValue::Integer(5))];
    /// let ma = IndicatorSpec::from_parameters("ma", &given)?;
    /// assert_eq!(ma.parameters()[0], ("fast_period", ParameterValue::Integer(5)));
    /// assert_eq!(ma.warm_up(), 29);
    ///
    /// let error = IndicatorSpec::from_parameters("rsii", &[]).unwrap_err();
    /// assert!(error.to_string().contains("did you mean \"rsi\"?"));
    /// # Ok::<(), spark_stacker_core::Error>(())
    /// ```
    pub fn from_parameters(kind: &str, parameters: &[(String, ParameterValue)]) -> Result<Self> {
        let info = describe(kind)?;
        Self::build(info, Resolved::new(info.kind, info.parameters, parameters)?)
    }

    fn build(info: &'static IndicatorInfo, parameters: Resolved) -> Result<Self> {
        let fresh = match info.kind {
            "rsi" => AnyIndicator::Rsi(rsi::build(&parameters)?.into()),
            "macd" => AnyIndicator::Macd(macd::build(&parameters)?.into()),
            "bollinger" => AnyIndicator::Bollinger(bollinger::build(&parameters)?.into()),
            "ma" => AnyIndicator::Ma(ma::build(&parameters)?.into()),
            "adaptive_supertrend" => {
                AnyIndicator::AdaptiveSupertrend(adaptive_supertrend::build(&parameters)?.into())
            }
            "adaptive_trend_finder" => {
                AnyIndicator::AdaptiveTrendFinder(adaptive_trend_finder::build(&parameters)?.into())
            }
            "ultimate_ma" => AnyIndicator::UltimateMa(ultimate_ma::build(&parameters)?.into()),
            kind => panic!("{kind:?} is in the catalogue, but nothing builds it"),
        };
        Ok(Self {
            info,
            parameters,
            fresh,
        })
    }

    /// Name of the type.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        self.info.kind
    }

    /// Every parameter with its value, aliases and defaults resolved.
    #[must_use]
    pub fn parameters(&self) -> &[(&'static str, ParameterValue)] {
        self.parameters.values()
    }

    /// The place of parameter `name` among [`Self::parameters`], and `value` in the form it has there.
    ///
    /// # Errors
    /// Unknown parameter (with a suggestion), or a value out of range.
    pub fn accept(&self, name: &str, value: &ParameterValue) -> Result<(usize, ParameterValue)> {
        Resolved::accept(self.info.kind, self.info.parameters, name, value)
    }

    /// The same with other values, accepted before, in some places.
    ///
    /// # Errors
    /// Values that cannot be together, such as a fast period above the slow one.
    pub fn with<'a>(
        &self,
        changes: impl IntoIterator<Item = (usize, &'a ParameterValue)>,
    ) -> Result<Self> {
        Self::build(self.info, self.parameters.with(changes))
    }

    /// Names of the columns: values first, then flags.
    #[must_use]
    pub fn columns(&self) -> Vec<&'static str> {
        let flags = self.info.flags.iter().map(|flag| flag.name);
        self.info.columns.iter().copied().chain(flags).collect()
    }

    /// Bars before the first one with all values; a `vwma` may stay without longer, as long as nothing trades.
    #[must_use]
    pub const fn warm_up(&self) -> usize {
        with_indicator!(&self.fresh, indicator => indicator.warm_up)
    }

    /// All columns over `bars`.
    #[must_use]
    pub fn compute(&self, bars: Bars<'_>) -> Vec<Column> {
        let rows = Rows::from(bars);
        let (values, events) =
            with_indicator!(self.fresh.clone(), indicator => indicator.compute(rows));
        let mut columns: Vec<_> = self
            .info
            .columns
            .iter()
            .zip(values)
            .map(|(name, values)| Column { name, values })
            .collect();
        for flag in self.info.flags {
            let mut values = vec![0.0; bars.len()];
            for event in events.iter().filter(|event| flag.marks(&event.signal)) {
                values[event.row] = 1.0;
            }
            columns.push(Column {
                name: flag.name,
                values,
            });
        }
        columns
    }

    /// Every signal over `bars`, ascending by row.
    #[must_use]
    pub fn signals(&self, bars: Bars<'_>) -> Vec<SignalEvent> {
        let rows = Rows::from(bars);
        with_indicator!(self.fresh.clone(), indicator => indicator.signals(rows))
    }

    /// Whether the parameter at a place only changes what the values say, not the values.
    #[must_use]
    pub const fn is_of_rule(&self, place: usize) -> bool {
        self.info.parameters[place].is_of_rule
    }

    /// The columns of values over `bars`, without those that no rule of signals reads and without flags.
    #[must_use]
    pub fn values(&self, bars: Bars<'_>) -> Vec<Vec<f64>> {
        let rows = Rows::from(bars);
        with_indicator!(self.fresh.clone(), indicator => indicator.values(rows))
    }

    /// Every signal that [`Self::values`] set off, of this indicator or of one that differs in parameters of the rule only.
    #[expect(
        clippy::missing_panics_doc,
        reason = "the values are those of the same type"
    )]
    #[must_use]
    pub fn read(&self, close: &[f64], values: &[Vec<f64>]) -> Vec<SignalEvent> {
        let columns: Vec<&[f64]> = values.iter().map(Vec::as_slice).collect();
        with_indicator!(self.fresh.clone(), indicator => {
            let columns = columns.as_slice().try_into().expect("values of the same type");
            indicator.read(close, columns)
        })
    }

    /// The signal that given values (the columns of the catalogue, without flags) set off at the last row; the first row is taken as the first ever.
    ///
    /// # Errors
    /// A number of columns that is not the type's, or columns of different length.
    pub fn last_signal(&self, close: &[f64], columns: &[&[f64]]) -> Result<Option<Signal>> {
        for (name, column) in self.info.columns.iter().zip(columns) {
            if column.len() != close.len() {
                return Err(Error::Length {
                    column: (*name).to_owned(),
                    length: column.len(),
                    expected: close.len(),
                });
            }
        }
        with_indicator!(self.fresh.clone(), indicator => {
            let columns = columns.try_into().map_err(|_| {
                let requirement = format!("{} values", self.info.columns.len());
                Error::parameter("columns", columns.len(), requirement)
            })?;
            let newest = indicator.read(close, columns).pop();
            Ok(newest.filter(|event| event.row + 1 == close.len()).map(|event| event.signal))
        })
    }

    /// The same as [`Self::compute`] and [`Self::signals`], a bar at a time.
    #[must_use]
    pub fn stream(&self) -> IndicatorStream {
        IndicatorStream {
            info: self.info,
            indicator: self.fresh.clone(),
            values: vec![f64::NAN; self.info.columns.len() + self.info.flags.len()],
        }
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
pub struct IndicatorStream {
    info: &'static IndicatorInfo,
    indicator: AnyIndicator,
    values: Vec<f64>,
}

impl IndicatorStream {
    /// Takes the next closed bar, which must be finite.
    #[expect(
        clippy::missing_panics_doc,
        reason = "a test streams every type of the catalogue"
    )]
    pub fn update(&mut self, bar: &Bar) -> Step<'_> {
        let row = Rows::from(bar);
        let (values, flags) = self.values.split_at_mut(self.info.columns.len());
        let signal = with_indicator!(&mut self.indicator, indicator => {
            let values = values.try_into().expect("one value a column of the catalogue");
            indicator.update(row, values)
        });
        for (value, flag) in flags.iter_mut().zip(self.info.flags) {
            *value = f64::from(signal.is_some_and(|signal| flag.marks(&signal)));
        }
        Step {
            values: &self.values,
            signal,
        }
    }
}
