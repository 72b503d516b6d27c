//! `bollinger`: bands of so many deviations around a simple average of the close.

use super::{Indicator, Lines};
use crate::error::Result;
use crate::indicators::bollinger::Bollinger;
use crate::indicators::catalog::{Flag, IndicatorInfo};
use crate::indicators::domain::Domain;
use crate::indicators::parameters::{ParameterInfo, Resolved};
use crate::indicators::rows::Rows;
use crate::indicators::rule::Rule;
use crate::signals::Trigger;
use crate::signals::rules::BollingerRule;

pub(in crate::indicators) const INFO: IndicatorInfo = IndicatorInfo {
    kind: "bollinger",
    description: "Bollinger bands: how far the close strays from its average, in population deviations.",
    parameters: &[
        ParameterInfo::new("period", Domain::period(2, 20)),
        ParameterInfo::new(
            "std_dev",
            Domain::Between {
                low: 0.0,
                high: 100.0,
                default: 2.0,
            },
        )
        .or(&["num_std_dev"]),
        ParameterInfo::new(
            "mean_reversion_threshold",
            Domain::Between {
                low: 0.0,
                high: 0.5,
                default: 0.05,
            },
        )
        .of_rule(),
    ],
    columns: &[
        "bb_middle",
        "bb_upper",
        "bb_lower",
        "bb_width",
        "bb_percent_b",
    ],
    flags: &[
        Flag::buy("bb_crosses_below_lower", Trigger::BandCross),
        Flag::sell("bb_crosses_above_upper", Trigger::BandCross),
        Flag::buy("bb_turns_up", Trigger::MeanReversion),
        Flag::sell("bb_turns_down", Trigger::MeanReversion),
    ],
};

pub(in crate::indicators) type BollingerIndicator = Indicator<Bollinger, BollingerRule, 5>;

pub(in crate::indicators) fn build(parameters: &Resolved) -> Result<BollingerIndicator> {
    let lines = Bollinger::new(parameters.count("period"), parameters.number("std_dev"))?;
    Ok(Indicator {
        warm_up: lines.warm_up(),
        lines,
        rule: BollingerRule::new(parameters.number("mean_reversion_threshold")),
    })
}

impl Lines<5> for Bollinger {
    #[inline(always)]
    fn run(&mut self, rows: Rows<'_>, [middle, upper, lower, width, percent_b]: [&mut [f64]; 5]) {
        Rule::run(self, [rows.close], [upper, middle, lower]);
        for (i, close) in rows.close.iter().enumerate() {
            // Bands that have closed have no %b: 0/0 is NaN.
            let distance = upper[i] - lower[i];
            width[i] = distance / middle[i];
            percent_b[i] = (close - lower[i]) / distance;
        }
    }
}
