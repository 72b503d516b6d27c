//! The settings of a portfolio that an axis may vary, under the names that plans give them.

use crate::error::{Error, Result};
use crate::indicators::ParameterValue;
use crate::market::Interval;
use crate::plan::{AllowedSide, HedgeSpec, PortfolioSpec, Sizing};
use crate::signals::SignalMode;
use crate::venue::MarginMode;

/// One value of an axis, as it is given.
#[derive(Debug, Clone, PartialEq)]
pub enum AxisValue {
    /// The setting is off, such as a stop that is not there.
    Off,
    /// A number, a switch or a word.
    Plain(ParameterValue),
    /// A whole sizing, for the axis `sizing`.
    Sizing(Sizing),
}

/// Which strategy and which of its indicators a setting belongs to; strategy 0 for one of the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub strategy: usize,
    pub indicator: Option<usize>,
}

impl Place {
    pub const fn of(strategy: usize, indicator: Option<usize>) -> Self {
        Self {
            strategy,
            indicator,
        }
    }
}

/// Finds a setting; `None` where the portfolio has none, such as the ratio of a hedge that is off.
pub(super) type Find<T> = fn(&mut PortfolioSpec, Place) -> Option<&mut T>;

/// A setting by the type of its values.
#[derive(Clone, Copy)]
pub(super) enum Field {
    Number(Find<f64>),
    OptionalNumber(Find<Option<f64>>),
    Count(Find<u32>),
    OptionalCount(Find<Option<u32>>),
    OptionalDuration(Find<Option<i64>>),
    Seed(Find<u64>),
    Switch(Find<bool>),
    Timeframe(Find<Interval>),
    Mode(Find<SignalMode>),
    Side(Find<AllowedSide>),
    Margin(Find<MarginMode>),
    Sizing(Find<Sizing>),
    /// The ratio of the hedge; off or 0 is no hedge.
    HedgeRatio(Find<Option<HedgeSpec>>),
}

/// The values of an axis in the type of the setting that they go to.
#[derive(Debug)]
pub(super) enum Slot {
    Number(Column<f64>),
    OptionalNumber(Column<Option<f64>>),
    Count(Column<u32>),
    OptionalCount(Column<Option<u32>>),
    OptionalDuration(Column<Option<i64>>),
    Seed(Column<u64>),
    Switch(Column<bool>),
    Timeframe(Column<Interval>),
    Mode(Column<SignalMode>),
    Side(Column<AllowedSide>),
    Margin(Column<MarginMode>),
    Sizing(Column<Sizing>),
    Hedge(Column<Option<HedgeSpec>>),
}

/// Values and where they go.
#[derive(Debug)]
pub(super) struct Column<T> {
    find: Find<T>,
    values: Vec<T>,
}

impl<T: Copy> Column<T> {
    fn new(
        find: Find<T>,
        given: &[AxisValue],
        convert: impl FnMut(&AxisValue) -> Result<T>,
    ) -> Result<Self> {
        let values = given.iter().map(convert).collect::<Result<_>>()?;
        Ok(Self { find, values })
    }

    pub fn values(&self) -> &[T] {
        &self.values
    }

    fn write(&self, spec: &mut PortfolioSpec, place: Place, digit: usize) -> bool {
        let found = (self.find)(spec, place);
        found.map(|setting| *setting = self.values[digit]).is_some()
    }
}

impl Field {
    /// Converts the values of an axis. `path` names the axis in errors.
    pub fn slot(
        self,
        base: &PortfolioSpec,
        place: Place,
        path: &str,
        given: &[AxisValue],
    ) -> Result<Slot> {
        Ok(match self {
            Self::Number(find) => Slot::Number(Column::new(find, given, |v| number(path, v))?),
            Self::OptionalNumber(find) => Slot::OptionalNumber(Column::new(find, given, |v| {
                off_or(v, |v| number(path, v))
            })?),
            Self::Count(find) => Slot::Count(Column::new(find, given, |v| whole(path, v))?),
            Self::OptionalCount(find) => {
                Slot::OptionalCount(Column::new(find, given, |v| off_or(v, |v| whole(path, v)))?)
            }
            Self::OptionalDuration(find) => {
                Slot::OptionalDuration(Column::new(find, given, |v| off_or(v, |v| whole(path, v)))?)
            }
            Self::Seed(find) => Slot::Seed(Column::new(find, given, |v| whole(path, v))?),
            Self::Switch(find) => Slot::Switch(Column::new(find, given, |v| switch(path, v))?),
            Self::Timeframe(find) => {
                let interval = |v: &AxisValue| Interval::from_ns(whole(path, v)?);
                Slot::Timeframe(Column::new(find, given, interval)?)
            }
            Self::Mode(find) => Slot::Mode(Column::new(find, given, |v| {
                word(path, v, SignalMode::NAMES)
            })?),
            Self::Side(find) => Slot::Side(Column::new(find, given, |v| {
                word(path, v, AllowedSide::NAMES)
            })?),
            Self::Margin(find) => Slot::Margin(Column::new(find, given, |v| {
                word(path, v, MarginMode::NAMES)
            })?),
            Self::Sizing(find) => Slot::Sizing(Column::new(find, given, |value| match value {
                AxisValue::Sizing(sizing) => Ok(*sizing),
                other => Err(wrong(path, other, "a whole sizing")),
            })?),
            Self::HedgeRatio(find) => {
                let Some(hedge) = base.strategies[place.strategy].hedge else {
                    let requirement =
                        "of a strategy whose hedge is on, so that its other settings are known";
                    return Err(Error::parameter(path, "of one without", requirement));
                };
                Slot::Hedge(Column::new(find, given, |value| {
                    let ratio = off_or(value, |v| number(path, v))?.filter(|ratio| *ratio != 0.0);
                    Ok(ratio.map(|ratio| HedgeSpec { ratio, ..hedge }))
                })?)
            }
        })
    }
}

impl Slot {
    /// Writes the value of a digit into the portfolio. Returns whether it has such a setting.
    pub fn write(&self, spec: &mut PortfolioSpec, place: Place, digit: usize) -> bool {
        match self {
            Self::Number(column) => column.write(spec, place, digit),
            Self::OptionalNumber(column) => column.write(spec, place, digit),
            Self::Count(column) => column.write(spec, place, digit),
            Self::OptionalCount(column) => column.write(spec, place, digit),
            Self::OptionalDuration(column) => column.write(spec, place, digit),
            Self::Seed(column) => column.write(spec, place, digit),
            Self::Switch(column) => column.write(spec, place, digit),
            Self::Timeframe(column) => column.write(spec, place, digit),
            Self::Mode(column) => column.write(spec, place, digit),
            Self::Side(column) => column.write(spec, place, digit),
            Self::Margin(column) => column.write(spec, place, digit),
            Self::Sizing(column) => column.write(spec, place, digit),
            Self::Hedge(column) => column.write(spec, place, digit),
        }
    }

    /// Whether other settings lie within this one, which must then be written first.
    pub const fn is_whole(&self) -> bool {
        matches!(self, Self::Sizing(_) | Self::Hedge(_))
    }
}

fn wrong(path: &str, value: &AxisValue, requirement: &str) -> Error {
    match value {
        AxisValue::Off => Error::parameter(path, "none", requirement),
        AxisValue::Plain(value) => Error::parameter(path, value, requirement),
        AxisValue::Sizing(_) => Error::parameter(path, "a sizing", requirement),
    }
}

fn off_or<T>(value: &AxisValue, convert: impl Fn(&AxisValue) -> Result<T>) -> Result<Option<T>> {
    match value {
        AxisValue::Off => Ok(None),
        given => convert(given).map(Some),
    }
}

fn number(path: &str, value: &AxisValue) -> Result<f64> {
    match value {
        AxisValue::Plain(ParameterValue::Number(number)) => Ok(*number),
        AxisValue::Plain(ParameterValue::Integer(whole)) => Ok(*whole as f64),
        other => Err(wrong(path, other, "a number")),
    }
}

fn whole<T: TryFrom<i64>>(path: &str, value: &AxisValue) -> Result<T> {
    let given = match value {
        AxisValue::Plain(ParameterValue::Integer(whole)) => T::try_from(*whole).ok(),
        _ => None,
    };
    given.ok_or_else(|| wrong(path, value, "a whole number in its range"))
}

fn switch(path: &str, value: &AxisValue) -> Result<bool> {
    match value {
        AxisValue::Plain(ParameterValue::Bool(on)) => Ok(*on),
        other => Err(wrong(path, other, "true or false")),
    }
}

fn word<T: Copy>(path: &str, value: &AxisValue, names: &[(&str, T)]) -> Result<T> {
    let AxisValue::Plain(ParameterValue::Text(text)) = value else {
        let known: Vec<_> = names.iter().map(|(name, _)| *name).collect();
        let requirement = format!("one of {}", known.join(", "));
        return Err(wrong(path, value, &requirement));
    };
    let found = names.iter().find(|(name, _)| name == text);
    found
        .map(|(_, value)| *value)
        .ok_or_else(|| Error::unknown(path, text.as_str(), names.iter().map(|(name, _)| *name)))
}
