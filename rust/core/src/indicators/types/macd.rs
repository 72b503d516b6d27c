//! `macd`: convergence and divergence of two exponential averages of the close.

use super::{Indicator, Lines};
use crate::error::Result;
use crate::indicators::catalog::{Flag, IndicatorInfo};
use crate::indicators::domain::Domain;
use crate::indicators::macd::{Macd, MacdPeriods};
use crate::indicators::parameters::{ParameterInfo, Resolved};
use crate::indicators::rows::Rows;
use crate::indicators::rule::Rule;
use crate::signals::Trigger;
use crate::signals::rules::MacdRule;

pub(in crate::indicators) const INFO: IndicatorInfo = IndicatorInfo {
    kind: "macd",
    description: "Moving average convergence divergence: momentum as the distance of two exponential averages.",
    parameters: &[
        ParameterInfo::new("fast_period", Domain::period(2, 12)),
        ParameterInfo::new("slow_period", Domain::period(2, 26)),
        ParameterInfo::new("signal_period", Domain::period(1, 9)),
    ],
    columns: &["macd", "macd_signal", "macd_histogram"],
    flags: &[
        Flag::buy("macd_crosses_above", Trigger::CrossAbove),
        Flag::sell("macd_crosses_below", Trigger::CrossBelow),
    ],
};

pub(in crate::indicators) type MacdIndicator = Indicator<Macd, MacdRule, 3>;

pub(in crate::indicators) fn build(parameters: &Resolved) -> Result<MacdIndicator> {
    parameters.require_below("fast_period", "slow_period")?;
    let lines = Macd::new(MacdPeriods {
        fast: parameters.count("fast_period"),
        slow: parameters.count("slow_period"),
        signal: parameters.count("signal_period"),
    })?;
    Ok(Indicator {
        warm_up: lines.warm_up(),
        lines,
        rule: MacdRule::default(),
    })
}

impl Lines<3> for Macd {
    #[inline(always)]
    fn run(&mut self, rows: Rows<'_>, lines: [&mut [f64]; 3]) {
        Rule::run(self, [rows.close], lines);
    }
}
