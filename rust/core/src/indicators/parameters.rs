//! The parameters of an indicator: names, aliases, and the checking of what is given.

use super::domain::{Domain, ParameterValue, as_number};
use crate::error::{Error, Result};

/// A parameter as the catalogue describes it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ParameterInfo {
    /// Its name.
    pub name: &'static str,
    /// Other names under which it is accepted.
    pub aliases: &'static [&'static str],
    /// What it may be.
    pub domain: Domain,
    /// It only changes what the values say, not the values.
    pub is_of_rule: bool,
}

impl ParameterInfo {
    /// A parameter without aliases.
    #[must_use]
    pub const fn new(name: &'static str, domain: Domain) -> Self {
        Self {
            name,
            aliases: &[],
            domain,
            is_of_rule: false,
        }
    }

    /// The same, also accepted under other names.
    #[must_use]
    pub const fn or(self, aliases: &'static [&'static str]) -> Self {
        Self { aliases, ..self }
    }

    /// The same, marked as one of the rule of signals.
    #[must_use]
    pub const fn of_rule(self) -> Self {
        Self {
            is_of_rule: true,
            ..self
        }
    }

    fn is_called(&self, name: &str) -> bool {
        self.name == name || self.aliases.contains(&name)
    }
}

/// Every parameter of an indicator with its checked value, in the catalogue's order.
#[derive(Debug, Clone, PartialEq)]
pub struct Resolved {
    values: Vec<(&'static str, ParameterValue)>,
}

impl Resolved {
    /// Looks every given name up, fills in defaults and checks every value.
    ///
    /// # Errors
    /// An unknown name (with a suggestion), a parameter given twice (once by an alias), or a value that is not allowed.
    pub fn new(
        kind: &str,
        table: &[ParameterInfo],
        given: &[(String, ParameterValue)],
    ) -> Result<Self> {
        for (name, _) in given {
            if !table.iter().any(|parameter| parameter.is_called(name)) {
                return Err(unknown(kind, table, name));
            }
        }
        let mut values = Vec::with_capacity(table.len());
        for parameter in table {
            let mut uses = given.iter().filter(|(name, _)| parameter.is_called(name));
            let value = match (uses.next(), uses.next()) {
                (Some((first, _)), Some((second, _))) => {
                    return Err(Error::parameter(
                        parameter.name,
                        format!("{first} and {second}"),
                        "given once",
                    ));
                }
                (Some((name, value)), None) => parameter.domain.accept(value).ok_or_else(|| {
                    Error::parameter(name.as_str(), value, parameter.domain.requirement())
                })?,
                (None, _) => parameter.domain.default_value(),
            };
            values.push((parameter.name, value));
        }
        Ok(Self { values })
    }

    /// The place of `name` in the table, and `value` in its canonical form.
    pub(super) fn accept(
        kind: &str,
        table: &[ParameterInfo],
        name: &str,
        value: &ParameterValue,
    ) -> Result<(usize, ParameterValue)> {
        let place = table
            .iter()
            .position(|parameter| parameter.is_called(name))
            .ok_or_else(|| unknown(kind, table, name))?;
        let domain = &table[place].domain;
        let accepted = domain
            .accept(value)
            .ok_or_else(|| Error::parameter(name, value, domain.requirement()))?;
        Ok((place, accepted))
    }

    /// The same with other values in some places.
    pub(super) fn with<'a>(
        &self,
        changes: impl IntoIterator<Item = (usize, &'a ParameterValue)>,
    ) -> Self {
        let mut values = self.values.clone();
        for (place, value) in changes {
            values[place].1 = value.clone();
        }
        Self { values }
    }

    /// Names and values.
    #[must_use]
    pub fn values(&self) -> &[(&'static str, ParameterValue)] {
        &self.values
    }

    /// The whole number `name`, as a count.
    pub(super) fn count(&self, name: &str) -> usize {
        match self.get(name) {
            ParameterValue::Integer(value) => {
                usize::try_from(*value).expect("counts are declared with a lower bound of 0")
            }
            other => panic!("{name} is declared as a whole number but holds {other}"),
        }
    }

    /// The number `name`.
    pub(super) fn number(&self, name: &str) -> f64 {
        match self.get(name) {
            ParameterValue::Number(value) => *value,
            other => panic!("{name} is declared as a number but holds {other}"),
        }
    }

    /// The switch `name`.
    pub(super) fn switch(&self, name: &str) -> bool {
        match self.get(name) {
            ParameterValue::Bool(value) => *value,
            other => panic!("{name} is declared as a switch but holds {other}"),
        }
    }

    /// The word `name`.
    pub(super) fn word(&self, name: &str) -> &str {
        match self.get(name) {
            ParameterValue::Text(value) => value,
            other => panic!("{name} is declared as a word but holds {other}"),
        }
    }

    /// Checks that one parameter lies below another.
    pub(super) fn require_below(&self, lower: &str, upper: &str) -> Result<()> {
        let number = |name| as_number(self.get(name)).expect("compared parameters are numbers");
        if number(lower) < number(upper) {
            Ok(())
        } else {
            Err(Error::parameter(
                lower,
                self.get(lower),
                format!("below {upper} ({})", self.get(upper)),
            ))
        }
    }

    fn get(&self, name: &str) -> &ParameterValue {
        let found = self.values.iter().find(|(known, _)| *known == name);
        &found
            .unwrap_or_else(|| panic!("{name} is not in the indicator's table"))
            .1
    }
}

fn unknown(kind: &str, table: &[ParameterInfo], name: &str) -> Error {
    let known = table
        .iter()
        .flat_map(|p| std::iter::once(p.name).chain(p.aliases.iter().copied()));
    Error::unknown(format!("parameter of {kind}"), name, known)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &[ParameterInfo] = &[
        ParameterInfo::new("fast_period", Domain::period(1, 10)).or(&["short_period"]),
        ParameterInfo::new("slow_period", Domain::period(2, 30)).or(&["long_period"]),
        ParameterInfo::new(
            "ma_type",
            Domain::Word {
                words: &["sma", "ema"],
                default: "sma",
                numbered: true,
            },
        ),
        ParameterInfo::new(
            "factor",
            Domain::Between {
                low: 0.0,
                high: 100.0,
                default: 3.0,
            },
        ),
        ParameterInfo::new("long_term", Domain::Switch { default: false }),
    ];

    fn resolve(given: &[(&str, ParameterValue)]) -> Result<Resolved> {
        let given: Vec<_> = given
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.clone()))
            .collect();
        Resolved::new("ma", TABLE, &given)
    }

    #[test]
    fn defaults_fill_what_is_not_given_and_aliases_are_resolved() {
        let resolved = resolve(&[("short_period", ParameterValue::Number(5.0))]).unwrap();
        assert_eq!(resolved.count("fast_period"), 5);
        assert_eq!(resolved.count("slow_period"), 30);
        assert_eq!(resolved.word("ma_type"), "sma");
        assert_eq!(resolved.number("factor"), 3.0);
        assert!(!resolved.switch("long_term"));
    }

    #[test]
    fn a_numbered_word_may_be_given_by_its_number_or_in_capitals() {
        let by_number = resolve(&[("ma_type", ParameterValue::Integer(2))]).unwrap();
        let by_name = resolve(&[("ma_type", ParameterValue::Text("EMA".to_owned()))]).unwrap();
        assert_eq!(by_number.word("ma_type"), "ema");
        assert_eq!(by_name, by_number);
    }

    #[test]
    fn every_wrong_value_names_parameter_requirement_and_value() {
        let cases = [
            (
                "fast_period",
                ParameterValue::Integer(0),
                "fast_period must be a whole number from 1 to 1000000, was 0",
            ),
            (
                "short_period",
                ParameterValue::Number(2.5),
                "short_period must be a whole number from 1 to 1000000, was 2.5",
            ),
            (
                "slow_period",
                ParameterValue::Bool(true),
                "slow_period must be a whole number from 2 to 1000000, was true",
            ),
            (
                "slow_period",
                ParameterValue::Text("20".to_owned()),
                "slow_period must be a whole number from 2 to 1000000, was \"20\"",
            ),
            (
                "factor",
                ParameterValue::Number(f64::NAN),
                "factor must be a number above 0 and below 100, was NaN",
            ),
            (
                "factor",
                ParameterValue::Integer(0),
                "factor must be a number above 0 and below 100, was 0",
            ),
            (
                "ma_type",
                ParameterValue::Integer(3),
                "ma_type must be one of sma, ema, or 1 to 2, was 3",
            ),
            (
                "long_term",
                ParameterValue::Integer(1),
                "long_term must be true or false, was 1",
            ),
        ];
        for (name, value, message) in cases {
            assert_eq!(resolve(&[(name, value)]).unwrap_err().to_string(), message);
        }
    }

    #[test]
    fn an_unknown_name_is_answered_with_the_closest_one() {
        let error = resolve(&[("fast_perod", ParameterValue::Integer(3))]).unwrap_err();
        assert!(
            error.to_string().starts_with(
                "unknown parameter of ma \"fast_perod\" (did you mean \"fast_period\"?)"
            ),
            "{error}"
        );
    }

    #[test]
    fn a_parameter_given_under_two_names_is_refused() {
        let twice = [
            ("fast_period", ParameterValue::Integer(3)),
            ("short_period", ParameterValue::Integer(4)),
        ];
        let error = resolve(&twice).unwrap_err().to_string();
        assert_eq!(
            error,
            "fast_period must be given once, was fast_period and short_period"
        );
    }

    #[test]
    fn order_between_parameters_is_checked() {
        let resolved = resolve(&[("fast_period", ParameterValue::Integer(30))]).unwrap();
        let error = resolved.require_below("fast_period", "slow_period");
        assert_eq!(
            error.unwrap_err().to_string(),
            "fast_period must be below slow_period (30), was 30"
        );
    }
}
