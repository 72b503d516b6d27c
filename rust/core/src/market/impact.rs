//! What taking from a market costs by size and hour of the day, as calibrated from recorded books.

use crate::error::{Error, Result};

const HOUR_NS: i64 = 3_600_000_000_000;
const DAY_NS: i64 = 24 * HOUR_NS;
const HOURS: usize = 24;
/// The steepest power: twice the size never costs more than thirty-two times as much.
const STEEPEST: f64 = 5.0;

/// How the cost rises with the notional, beyond half the spread.
#[derive(Debug, Clone, PartialEq)]
pub enum ImpactLaw {
    /// `coefficient_bps` · notional to the power `exponent`; the square-root law is that of one half.
    Power {
        /// Basis points at a notional of one.
        coefficient_bps: f64,
        /// Of the notional.
        exponent: f64,
    },
    /// Measured costs joined by straight lines, from half the spread at nothing; the last line goes on beyond them.
    Profile {
        /// Quote currency, rising.
        notional: Vec<f64>,
        /// Whole costs at them, half the spread included, basis points.
        cost_bps: Vec<f64>,
    },
}

/// Cost of taking from a market at some time of the day.
///
/// ```
/// use spark_stacker_core::market::{ImpactCurve, ImpactLaw};
///
/// let law = ImpactLaw::Power { coefficient_bps: 0.01, exponent: 0.5 };
/// let curve = ImpactCurve::new(0.25, law)?;
/// assert_eq!(curve.cost_bps(10_000.0), 0.25 + 0.01 * 100.0);
/// # Ok::<(), spark_stacker_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct ImpactCurve {
    half_spread_bps: f64,
    law: ImpactLaw,
}

impl ImpactCurve {
    /// A curve that starts at half the spread and never falls.
    ///
    /// # Errors
    /// [`Error::Parameter`] or [`Error::Data`] naming the number that cannot be: negative, not finite, or a cost below one of a smaller size.
    pub fn new(half_spread_bps: f64, law: ImpactLaw) -> Result<Self> {
        not_negative("half_spread_bps", half_spread_bps)?;
        match &law {
            ImpactLaw::Power {
                coefficient_bps,
                exponent,
            } => {
                not_negative("coefficient_bps", *coefficient_bps)?;
                if !(*exponent > 0.0 && *exponent <= STEEPEST) {
                    let requirement = format!("above 0 and at most {STEEPEST}");
                    return Err(Error::parameter("exponent", exponent, requirement));
                }
            }
            ImpactLaw::Profile { notional, cost_bps } => {
                check_profile(half_spread_bps, notional, cost_bps)?;
            }
        }
        Ok(Self {
            half_spread_bps,
            law,
        })
    }

    /// What taking `notional` (quote currency) costs on the average, basis points of the middle price.
    #[must_use]
    pub fn cost_bps(&self, notional: f64) -> f64 {
        match &self.law {
            ImpactLaw::Power {
                coefficient_bps,
                exponent,
            } => self.half_spread_bps + coefficient_bps * notional.powf(*exponent),
            ImpactLaw::Profile {
                notional: sizes,
                cost_bps,
            } => {
                let end = sizes.partition_point(|size| *size < notional);
                let end = end.min(sizes.len() - 1);
                let start = match end.checked_sub(1) {
                    Some(start) => (sizes[start], cost_bps[start]),
                    None => (0.0, self.half_spread_bps),
                };
                let slope = (cost_bps[end] - start.1) / (sizes[end] - start.0);
                start.1 + slope * (notional - start.0)
            }
        }
    }
}

fn not_negative(name: &str, value: f64) -> Result<()> {
    if value >= 0.0 && value.is_finite() {
        return Ok(());
    }
    Err(Error::parameter(name, value, "finite and not negative"))
}

fn check_profile(half_spread_bps: f64, notional: &[f64], cost_bps: &[f64]) -> Result<()> {
    if notional.is_empty() {
        return Err(Error::parameter(
            "notional",
            "empty",
            "of at least one size",
        ));
    }
    if notional.len() != cost_bps.len() {
        return Err(Error::Length {
            column: "cost_bps".to_owned(),
            length: cost_bps.len(),
            expected: notional.len(),
        });
    }
    let (mut size_before, mut cost_before) = (0.0, half_spread_bps);
    for (row, (&size, &cost)) in notional.iter().zip(cost_bps).enumerate() {
        if !(size > size_before && size.is_finite()) {
            let requirement = "must be positive, finite and rising";
            return Err(Error::data("notional", row, size, requirement));
        }
        if !(cost >= cost_before && cost.is_finite()) {
            let requirement =
                "must be finite and no less than half the spread and the costs of smaller sizes";
            return Err(Error::data("cost_bps", row, cost, requirement));
        }
        (size_before, cost_before) = (size, cost);
    }
    Ok(())
}

/// The curves of a market: one for all hours, and others for the hours of the day (UTC) that have their own.
#[derive(Debug, Clone, PartialEq)]
pub struct ImpactModel {
    all_hours: ImpactCurve,
    hours: Vec<Option<ImpactCurve>>,
}

impl ImpactModel {
    /// A model of a market; `hours` are pairs of an hour of the day and its curve.
    ///
    /// # Errors
    /// [`Error::Parameter`] for an hour beyond 23 or given twice.
    pub fn new(
        all_hours: ImpactCurve,
        hours: impl IntoIterator<Item = (usize, ImpactCurve)>,
    ) -> Result<Self> {
        let mut found = vec![None; HOURS];
        for (hour, curve) in hours {
            match found.get_mut(hour) {
                Some(place @ None) => *place = Some(curve),
                _ => return Err(Error::parameter("hour", hour, "0 to 23, each once")),
            }
        }
        Ok(Self {
            all_hours,
            hours: found,
        })
    }

    /// The curve that holds at a time, UTC nanoseconds.
    #[must_use]
    pub fn at(&self, time_ns: i64) -> &ImpactCurve {
        let hour = time_ns.rem_euclid(DAY_NS) / HOUR_NS;
        let own = usize::try_from(hour)
            .ok()
            .and_then(|hour| self.hours[hour].as_ref());
        own.unwrap_or(&self.all_hours)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn power(half_spread_bps: f64, coefficient_bps: f64, exponent: f64) -> ImpactCurve {
        let law = ImpactLaw::Power {
            coefficient_bps,
            exponent,
        };
        ImpactCurve::new(half_spread_bps, law).expect("valid")
    }

    fn profile(notional: &[f64], cost_bps: &[f64]) -> Result<ImpactCurve> {
        let law = ImpactLaw::Profile {
            notional: notional.to_vec(),
            cost_bps: cost_bps.to_vec(),
        };
        ImpactCurve::new(1.0, law)
    }

    #[test]
    fn a_profile_is_joined_by_straight_lines_and_goes_on() {
        let curve = profile(&[100.0, 300.0], &[2.0, 6.0]).expect("valid");
        for (notional, cost) in [
            (0.0, 1.0),
            (50.0, 1.5),
            (100.0, 2.0),
            (200.0, 4.0),
            (300.0, 6.0),
            (500.0, 10.0),
        ] {
            assert!(
                (curve.cost_bps(notional) - cost).abs() < 1e-12,
                "{notional}"
            );
        }
        let one = profile(&[100.0], &[2.0]).expect("valid");
        assert!((one.cost_bps(300.0) - 4.0).abs() < 1e-12);
    }

    #[test]
    fn an_hour_without_a_curve_has_that_of_all_hours() {
        let model = ImpactModel::new(power(1.0, 0.0, 1.0), [(23, power(2.0, 0.0, 1.0))]);
        let model = model.expect("valid");
        assert_eq!(model.at(23 * HOUR_NS).cost_bps(5.0), 2.0);
        assert_eq!(model.at(-1).cost_bps(5.0), 2.0);
        assert_eq!(model.at(23 * HOUR_NS - 1).cost_bps(5.0), 1.0);
        assert_eq!(model.at(24 * HOUR_NS).cost_bps(5.0), 1.0);
        let twice = [(3, power(1.0, 0.0, 1.0)), (3, power(1.0, 0.0, 1.0))];
        assert!(ImpactModel::new(power(1.0, 0.0, 1.0), twice).is_err());
        assert!(ImpactModel::new(power(1.0, 0.0, 1.0), [(24, power(1.0, 0.0, 1.0))]).is_err());
    }

    #[test]
    fn numbers_that_cannot_be_are_named() {
        let law = |coefficient_bps, exponent| ImpactLaw::Power {
            coefficient_bps,
            exponent,
        };
        for (half, law, named) in [
            (-1.0, law(1.0, 0.5), "half_spread_bps"),
            (f64::NAN, law(1.0, 0.5), "half_spread_bps"),
            (1.0, law(f64::INFINITY, 0.5), "coefficient_bps"),
            (1.0, law(1.0, 0.0), "exponent"),
            (1.0, law(1.0, f64::NAN), "exponent"),
        ] {
            let error = ImpactCurve::new(half, law).expect_err(named).to_string();
            assert!(error.starts_with(named), "{error}");
        }
        assert!(profile(&[], &[]).is_err());
        assert!(profile(&[1.0], &[1.0, 2.0]).is_err());
        assert!(profile(&[2.0, 1.0], &[1.0, 2.0]).is_err());
        assert!(profile(&[1.0, 2.0], &[3.0, 2.0]).is_err());
        assert!(profile(&[1.0], &[0.5]).is_err());
    }

    proptest! {
        #[test]
        fn a_larger_size_never_costs_less(
            half in 0.0..10.0_f64,
            coefficient in 0.0..1.0_f64,
            exponent in 0.05..3.0_f64,
            steps in prop::collection::vec((0.1..1e5_f64, 0.0..5.0_f64), 1..12),
            one in 0.0..1e7_f64,
            other in 0.0..1e7_f64,
        ) {
            let (mut size, mut cost) = (0.0, half);
            let (mut notional, mut cost_bps) = (Vec::new(), Vec::new());
            for (wider, dearer) in steps {
                size += wider;
                cost += dearer;
                notional.push(size);
                cost_bps.push(cost);
            }
            let profile = ImpactCurve::new(half, ImpactLaw::Profile { notional, cost_bps }).expect("valid");
            for curve in [power(half, coefficient, exponent), profile] {
                let (small, large) = (curve.cost_bps(one.min(other)), curve.cost_bps(one.max(other)));
                prop_assert!(half <= small * (1.0 + 1e-12) && small <= large * (1.0 + 1e-12), "{small} {large}");
            }
        }
    }
}
