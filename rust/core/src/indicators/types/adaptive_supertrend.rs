//! `adaptive_supertrend`: a `SuperTrend` whose range is the typical one of the current volatility cluster.

use super::{Indicator, Lines};
use crate::error::Result;
use crate::indicators::atr::Atr;
use crate::indicators::catalog::{Flag, IndicatorInfo};
use crate::indicators::domain::Domain;
use crate::indicators::k_means::{KMeansRule, SlidingKMeans};
use crate::indicators::parameters::{ParameterInfo, Resolved};
use crate::indicators::rows::Rows;
use crate::indicators::rule::Rule;
use crate::indicators::supertrend::Ratchet;
use crate::signals::Trigger;
use crate::signals::rules::AdaptiveSupertrendRule;

const fn fraction(default: f64) -> Domain {
    Domain::Between {
        low: 0.0,
        high: 1.0,
        default,
    }
}

pub(in crate::indicators) const INFO: IndicatorInfo = IndicatorInfo {
    kind: "adaptive_supertrend",
    description: "A SuperTrend that widens and narrows with the volatility cluster of its latest average true range.",
    parameters: &[
        ParameterInfo::new("atr_length", Domain::period(1, 10)).or(&["atr_period"]),
        ParameterInfo::new(
            "factor",
            Domain::Between {
                low: 0.0,
                high: 1000.0,
                default: 3.0,
            },
        )
        .or(&["multiplier"]),
        ParameterInfo::new(
            "training_length",
            Domain::Whole {
                least: 3,
                most: 100_000,
                default: 100,
            },
        ),
        ParameterInfo::new("high_percentile", fraction(0.75)),
        ParameterInfo::new("medium_percentile", fraction(0.50)),
        ParameterInfo::new("low_percentile", fraction(0.25)),
        ParameterInfo::new(
            "max_iterations",
            Domain::Whole {
                least: 1,
                most: 1000,
                default: 10,
            },
        ),
    ],
    columns: &["ast_atr", "ast_cluster", "ast_supertrend", "ast_direction"],
    flags: &[
        Flag::buy("ast_flips_up", Trigger::TrendFlip),
        Flag::sell("ast_flips_down", Trigger::TrendFlip),
    ],
};

pub(in crate::indicators) type AdaptiveSupertrendIndicator =
    Indicator<AdaptiveSupertrend, AdaptiveSupertrendRule, 4>;

pub(in crate::indicators) fn build(parameters: &Resolved) -> Result<AdaptiveSupertrendIndicator> {
    parameters.require_below("low_percentile", "medium_percentile")?;
    parameters.require_below("medium_percentile", "high_percentile")?;
    let range = Atr::new(parameters.count("atr_length"))?;
    let window = parameters.count("training_length");
    Ok(Indicator {
        warm_up: range.warm_up() + window - 1,
        lines: AdaptiveSupertrend {
            range,
            clusters: SlidingKMeans::new(KMeansRule {
                window,
                start_fractions: ["low_percentile", "medium_percentile", "high_percentile"]
                    .map(|name| parameters.number(name)),
                max_iterations: parameters.count("max_iterations"),
            }),
            factor: parameters.number("factor"),
            ratchet: Ratchet::default(),
        },
        rule: AdaptiveSupertrendRule::default(),
    })
}

/// The average true range is replaced by the centroid of its cluster before it sets the bands.
#[derive(Debug, Clone)]
pub(in crate::indicators) struct AdaptiveSupertrend {
    range: Atr,
    clusters: SlidingKMeans,
    factor: f64,
    ratchet: Ratchet,
}

impl Lines<4> for AdaptiveSupertrend {
    #[inline(always)]
    fn run(&mut self, rows: Rows<'_>, [atr, cluster, line, direction]: [&mut [f64]; 4]) {
        let first = self.range.warm_up().min(rows.len());
        self.range.run([rows.high, rows.low, rows.close], [atr]);
        for i in first..rows.len() {
            let found = self.clusters.update(atr[i]);
            let Some(found) = found else {
                atr[i] = f64::NAN;
                continue;
            };
            let middle = f64::midpoint(rows.high[i], rows.low[i]);
            let distance = self.factor * found.centroid;
            let point = self.ratchet.update(middle, distance, rows.close[i]);
            atr[i] = found.centroid;
            cluster[i] = found.index as f64;
            line[i] = point.line;
            direction[i] = point.direction;
        }
    }
}
