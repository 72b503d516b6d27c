//! `rsi`: Wilder's relative strength index of the close.

use super::{Indicator, Lines};
use crate::error::Result;
use crate::indicators::catalog::{Flag, IndicatorInfo};
use crate::indicators::domain::Domain;
use crate::indicators::parameters::{ParameterInfo, Resolved};
use crate::indicators::rows::Rows;
use crate::indicators::rsi::Rsi;
use crate::indicators::rule::Rule;
use crate::signals::Trigger;
use crate::signals::rules::{RsiLevels, RsiRule, RsiTrigger};

const fn level(default: f64) -> Domain {
    Domain::Between {
        low: 0.0,
        high: 100.0,
        default,
    }
}

pub(in crate::indicators) const INFO: IndicatorInfo = IndicatorInfo {
    kind: "rsi",
    description: "Relative strength index: how one-sided the latest moves were, from 0 to 100.",
    parameters: &[
        ParameterInfo::new("period", Domain::period(2, 14)),
        ParameterInfo::new("overbought", level(70.0)).of_rule(),
        ParameterInfo::new("oversold", level(30.0)).of_rule(),
        ParameterInfo::new("signal_period", Domain::period(1, 1)).of_rule(),
        ParameterInfo::new(
            "trigger",
            Domain::Word {
                words: RsiTrigger::NAMES,
                default: "level",
                numbered: false,
            },
        )
        .of_rule(),
    ],
    columns: &["rsi"],
    flags: &[
        Flag::buy("rsi_oversold", Trigger::Oversold),
        Flag::sell("rsi_overbought", Trigger::Overbought),
    ],
};

pub(in crate::indicators) type RsiIndicator = Indicator<Rsi, RsiRule, 1>;

pub(in crate::indicators) fn build(parameters: &Resolved) -> Result<RsiIndicator> {
    parameters.require_below("oversold", "overbought")?;
    let lines = Rsi::new(parameters.count("period"))?;
    Ok(Indicator {
        warm_up: lines.warm_up(),
        lines,
        rule: RsiRule::new(RsiLevels {
            oversold: parameters.number("oversold"),
            overbought: parameters.number("overbought"),
            signal_period: parameters.count("signal_period"),
            trigger: RsiTrigger::named(parameters.word("trigger"))
                .expect("the catalogue lists the names of the triggers"),
        }),
    })
}

impl Lines<1> for Rsi {
    #[inline(always)]
    fn run(&mut self, rows: Rows<'_>, lines: [&mut [f64]; 1]) {
        Rule::run(self, [rows.close], lines);
    }
}
