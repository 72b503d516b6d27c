//! The axes of a sweep, checked, their values in the types of the settings that they go to.

use super::setting::{AxisValue, Field, Place, Slot};
use super::settings::{Named, OF_ACCOUNT, OF_INDICATOR, OF_STRATEGY};
use super::target::{Axis, Target};
use crate::error::{Error, Result};
use crate::indicators::{IndicatorSpec, ParameterValue};
use crate::market::Interval;
use crate::plan::{IndicatorUse, PortfolioSpec, SignalSource, StrategySpec};

/// Name of the setting that needs bars of another interval.
const TIMEFRAME: &str = "timeframe_ns";

/// All axes of a sweep, their values checked and in the types of the settings.
#[derive(Debug)]
pub(super) struct Axes {
    lengths: Vec<usize>,
    /// In the order in which they are written: wholes before what lies within them.
    settings: Vec<SettingAxis>,
    parameters: Vec<ParameterAxis>,
    timeframes: Vec<TimeframeAxis>,
}

#[derive(Debug)]
struct SettingAxis {
    axis: usize,
    place: Place,
    slot: Slot,
}

/// An axis over the timeframe of a strategy or of an indicator of it.
#[derive(Debug)]
pub(super) struct TimeframeAxis {
    pub axis: usize,
    pub strategy: usize,
    /// `None` for the timeframe of the strategy itself.
    pub indicator: Option<usize>,
    pub values: Vec<Interval>,
}

/// An axis over a parameter of an indicator's type.
#[derive(Debug)]
pub(super) struct ParameterAxis {
    pub axis: usize,
    pub strategy: usize,
    pub indicator: usize,
    /// Place among the parameters of the indicator.
    pub place: usize,
    pub values: Vec<ParameterValue>,
}

impl Axes {
    /// Checks every axis alone; what cannot be together fails the set that asks for it.
    pub fn new(base: &PortfolioSpec, axes: &[Axis]) -> Result<Self> {
        if axes.is_empty() {
            return Err(Error::parameter("axes", "none", "at least one"));
        }
        let mut all = Self {
            lengths: axes.iter().map(|axis| axis.values.len()).collect(),
            settings: Vec::new(),
            parameters: Vec::new(),
            timeframes: Vec::new(),
        };
        for (index, axis) in axes.iter().enumerate() {
            let path = axis.target.path();
            if axis.values.is_empty() {
                return Err(Error::parameter(
                    format!("values of axis {path}"),
                    "none",
                    "at least one",
                ));
            }
            if axes[..index]
                .iter()
                .any(|other| other.target == axis.target)
            {
                return Err(given_twice(&path));
            }
            all.add(base, index, axis, &path)?;
        }
        all.settings.sort_by_key(|axis| !axis.slot.is_whole());
        all.check_there(base, axes)?;
        Ok(all)
    }

    fn add(&mut self, base: &PortfolioSpec, index: usize, axis: &Axis, path: &str) -> Result<()> {
        let (place, table, name) = match &axis.target {
            Target::Parameter {
                strategy,
                indicator,
                name,
            } => {
                let at = (*strategy, *indicator);
                let parameter = parameter_axis(base, index, at, name, &axis.values, path)?;
                let is_same = |other: &ParameterAxis| {
                    (other.strategy, other.indicator, other.place)
                        == (parameter.strategy, parameter.indicator, parameter.place)
                };
                if self.parameters.iter().any(is_same) {
                    return Err(given_twice(path));
                }
                self.parameters.push(parameter);
                return Ok(());
            }
            Target::Indicator {
                strategy,
                indicator,
                setting,
            } => {
                usage(base, *strategy, *indicator)?;
                if setting == TIMEFRAME {
                    computed(base, *strategy, *indicator, path)?;
                }
                (
                    Place::of(*strategy, Some(*indicator)),
                    OF_INDICATOR,
                    setting,
                )
            }
            Target::Strategy { strategy, setting } => {
                strategy_of(base, *strategy)?;
                (Place::of(*strategy, None), OF_STRATEGY, setting)
            }
            Target::Account { setting } => (Place::of(0, None), OF_ACCOUNT, setting),
        };
        let slot = named(table, name)?.slot(base, place, path, &axis.values)?;
        check_alone(base, place, &slot, path, axis.values.len())?;
        if let Slot::Timeframe(column) = &slot {
            self.timeframes.push(TimeframeAxis {
                axis: index,
                strategy: place.strategy,
                indicator: place.indicator,
                values: column.values().to_vec(),
            });
        }
        self.settings.push(SettingAxis {
            axis: index,
            place,
            slot,
        });
        Ok(())
    }

    /// Checks that some set has the setting of every axis: a method's number needs the method, a hedge's a hedge.
    fn check_there(&self, base: &PortfolioSpec, axes: &[Axis]) -> Result<()> {
        for axis in &self.settings {
            let mut spec = base.clone();
            let mut there = axis.slot.write(&mut spec, axis.place, 0);
            for whole in self.settings.iter().filter(|other| other.slot.is_whole()) {
                for digit in 0..self.lengths[whole.axis] {
                    whole.slot.write(&mut spec, whole.place, digit);
                    there |= axis.slot.write(&mut spec, axis.place, 0);
                }
            }
            if !there {
                let path = axes[axis.axis].target.path();
                let requirement =
                    "a setting of the portfolio's sizing method, hedge or slippage model";
                return Err(Error::parameter(
                    format!("axis {path}"),
                    "of another",
                    requirement,
                ));
            }
        }
        Ok(())
    }

    /// Number of axes, which is the number of digits of a set.
    pub const fn width(&self) -> usize {
        self.lengths.len()
    }

    /// Number of values of each axis.
    pub fn lengths(&self) -> &[usize] {
        &self.lengths
    }

    /// Whether any axis varies more than parameters of indicators.
    pub const fn vary_settings(&self) -> bool {
        !self.settings.is_empty()
    }

    /// Axes over parameters of indicators.
    pub fn parameters(&self) -> &[ParameterAxis] {
        &self.parameters
    }

    /// Axes over timeframes.
    pub fn timeframes(&self) -> &[TimeframeAxis] {
        &self.timeframes
    }

    /// The axes that vary what an indicator computes.
    pub fn of_signals(&self, strategy: usize, indicator: usize) -> Vec<usize> {
        let parameters = self
            .parameters
            .iter()
            .filter(|axis| (axis.strategy, axis.indicator) == (strategy, indicator))
            .map(|axis| axis.axis);
        let timeframes = self
            .timeframes
            .iter()
            .filter(|axis| (axis.strategy, axis.indicator) == (strategy, Some(indicator)))
            .map(|axis| axis.axis);
        parameters.chain(timeframes).collect()
    }

    /// Writes the settings of a set; parameters of indicators are left alone. `spec` is the base or has held another set.
    pub fn apply(&self, digits: &[u32], spec: &mut PortfolioSpec) {
        for axis in &self.settings {
            axis.slot
                .write(spec, axis.place, digits[axis.axis] as usize);
        }
    }
}

fn parameter_axis(
    base: &PortfolioSpec,
    axis: usize,
    (strategy, indicator): (usize, usize),
    name: &str,
    given: &[AxisValue],
    path: &str,
) -> Result<ParameterAxis> {
    let spec = computed(base, strategy, indicator, path)?;
    let mut place = 0;
    let mut values = Vec::with_capacity(given.len());
    for value in given {
        let AxisValue::Plain(value) = value else {
            let requirement = "a number, a switch or a word";
            return Err(Error::parameter(path, "none", requirement));
        };
        let (found, value) = spec.accept(name, value)?;
        place = found;
        values.push(value);
    }
    Ok(ParameterAxis {
        axis,
        strategy,
        indicator,
        place,
        values,
    })
}

fn given_twice(path: &str) -> Error {
    Error::parameter(format!("axis {path}"), "twice", "given once")
}

fn strategy_of(base: &PortfolioSpec, strategy: usize) -> Result<&StrategySpec> {
    let requirement = || format!("an index below {}", base.strategies.len());
    base.strategies
        .get(strategy)
        .ok_or_else(|| Error::parameter("strategy of an axis", strategy, requirement()))
}

fn usage(base: &PortfolioSpec, strategy: usize, indicator: usize) -> Result<&IndicatorUse> {
    let indicators = &strategy_of(base, strategy)?.indicators;
    let requirement = || format!("an index below {}", indicators.len());
    indicators
        .get(indicator)
        .ok_or_else(|| Error::parameter("indicator of an axis", indicator, requirement()))
}

/// The indicator, which must be one that the core computes.
fn computed<'a>(
    base: &'a PortfolioSpec,
    strategy: usize,
    indicator: usize,
    path: &str,
) -> Result<&'a IndicatorSpec> {
    match &usage(base, strategy, indicator)?.source {
        SignalSource::BuiltIn(spec) => Ok(spec),
        SignalSource::External => Err(Error::parameter(
            format!("axis {path}"),
            "of signals from outside",
            "of an indicator that is computed in the core",
        )),
    }
}

fn named(table: &[Named], name: &str) -> Result<Field> {
    let found = table.iter().find(|(known, _)| *known == name);
    found
        .map(|(_, field)| *field)
        .ok_or_else(|| Error::unknown("setting", name, table.iter().map(|(known, _)| *known)))
}

/// Checks each value in the base portfolio. What only another setting forbids is left to the sets.
fn check_alone(
    base: &PortfolioSpec,
    place: Place,
    slot: &Slot,
    path: &str,
    values: usize,
) -> Result<()> {
    for digit in 0..values {
        let mut spec = base.clone();
        slot.write(&mut spec, place, digit);
        let venue = spec.venue.check().map_err(|error| error.within("venue"));
        if let Err(error) = spec.check().and(venue) {
            let concerns = |parameter: &str| {
                // The method of a sizing may need a stop, which another axis may set.
                path.starts_with(parameter)
                    || (slot.is_whole()
                        && parameter.starts_with(path)
                        && !parameter.ends_with(".method"))
            };
            if matches!(&error, Error::Parameter { parameter, .. } if concerns(parameter)) {
                return Err(error);
            }
        }
    }
    Ok(())
}
