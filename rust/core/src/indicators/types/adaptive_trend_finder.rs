//! `adaptive_trend_finder`: the regression channel of the length that fits best.

use super::{Indicator, Lines};
use crate::error::Result;
use crate::indicators::catalog::{Flag, IndicatorInfo};
use crate::indicators::domain::Domain;
use crate::indicators::parameters::{ParameterInfo, Resolved};
use crate::indicators::rows::Rows;
use crate::indicators::source::Source;
use crate::indicators::trend_channel::{Channel, ChannelRule, TrendChannel};
use crate::signals::Trigger;
use crate::signals::rules::AdaptiveTrendFinderRule;

pub(in crate::indicators) const INFO: IndicatorInfo = IndicatorInfo {
    kind: "adaptive_trend_finder",
    description: "A channel around the log-price regression line of whichever length correlates best.",
    parameters: &[
        ParameterInfo::new("use_long_term", Domain::Switch { default: false }),
        ParameterInfo::new(
            "dev_multiplier",
            Domain::Between {
                low: 0.0,
                high: 100.0,
                default: 2.0,
            },
        ),
        ParameterInfo::new(
            "source",
            Domain::Word {
                words: Source::NAMES,
                default: "close",
                numbered: false,
            },
        ),
    ],
    columns: &[
        "atf_period",
        "atf_pearson_r",
        "atf_slope",
        "atf_midline",
        "atf_upper",
        "atf_lower",
    ],
    flags: &[
        Flag::buy("atf_returns_up", Trigger::ChannelReturn),
        Flag::sell("atf_returns_down", Trigger::ChannelReturn),
    ],
};

pub(in crate::indicators) type AdaptiveTrendFinderIndicator =
    Indicator<AdaptiveTrendFinder, AdaptiveTrendFinderRule, 6>;

#[expect(
    clippy::unnecessary_wraps,
    reason = "every type is built by the same signature"
)]
pub(in crate::indicators) fn build(parameters: &Resolved) -> Result<AdaptiveTrendFinderIndicator> {
    let rule = ChannelRule::new(
        parameters.switch("use_long_term"),
        parameters.number("dev_multiplier"),
    );
    Ok(Indicator {
        warm_up: rule.longest - 1,
        lines: AdaptiveTrendFinder {
            source: Source::named(parameters.word("source")),
            channel: TrendChannel::new(rule),
        },
        rule: AdaptiveTrendFinderRule::default(),
    })
}

/// A channel over one price of the bars.
#[derive(Debug, Clone)]
pub(in crate::indicators) struct AdaptiveTrendFinder {
    source: Source,
    channel: TrendChannel,
}

impl Lines<6> for AdaptiveTrendFinder {
    #[inline(always)]
    fn run(
        &mut self,
        rows: Rows<'_>,
        [length, correlation, slope, midline, upper, lower]: [&mut [f64]; 6],
    ) {
        for (i, &price) in self.source.of(rows).iter().enumerate() {
            let channel = self.channel.update(price);
            let value = |of: fn(&Channel) -> f64| channel.as_ref().map_or(f64::NAN, of);
            length[i] = value(|channel| channel.length as f64);
            correlation[i] = value(|channel| channel.correlation);
            slope[i] = value(|channel| channel.slope);
            midline[i] = value(|channel| channel.midline);
            upper[i] = value(|channel| channel.upper);
            lower[i] = value(|channel| channel.lower);
        }
    }
}
