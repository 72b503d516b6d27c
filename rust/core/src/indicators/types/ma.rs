//! `ma`: a fast and a slow moving average of the close.

use super::{Indicator, Lines};
use crate::error::Result;
use crate::indicators::catalog::{Flag, IndicatorInfo};
use crate::indicators::domain::Domain;
use crate::indicators::ema::Ema;
use crate::indicators::parameters::{ParameterInfo, Resolved};
use crate::indicators::rows::Rows;
use crate::indicators::rule::Rule;
use crate::indicators::simd::{Work, dispatch};
use crate::indicators::sma::Sma;
use crate::signals::rules::{MaRule, SignalRule};
use crate::signals::{SignalEvent, Trigger};

pub(in crate::indicators) const INFO: IndicatorInfo = IndicatorInfo {
    kind: "ma",
    description: "Two moving averages, simple or exponential, and their golden and death crosses.",
    parameters: &[
        ParameterInfo::new("fast_period", Domain::period(1, 10)).or(&["short_period"]),
        ParameterInfo::new("slow_period", Domain::period(2, 30)).or(&["long_period"]),
        ParameterInfo::new(
            "ma_type",
            Domain::Word {
                words: &["sma", "ema"],
                default: "sma",
                numbered: false,
            },
        ),
    ],
    columns: &["fast_ma", "slow_ma", "ma_ratio"],
    flags: &[
        Flag::buy("ma_crosses_above", Trigger::GoldenCross),
        Flag::sell("ma_crosses_below", Trigger::DeathCross),
    ],
};

pub(in crate::indicators) type MaIndicator = Indicator<MaPair, MaRule, 3>;

pub(in crate::indicators) fn build(parameters: &Resolved) -> Result<MaIndicator> {
    parameters.require_below("fast_period", "slow_period")?;
    let (fast, slow) = (
        parameters.count("fast_period"),
        parameters.count("slow_period"),
    );
    let lines = match parameters.word("ma_type") {
        "ema" => MaPair::Exponential([Ema::new(fast)?, Ema::new(slow)?]),
        _ => MaPair::Simple([Sma::new(fast)?, Sma::new(slow)?]),
    };
    Ok(Indicator {
        warm_up: slow - 1,
        lines,
        rule: MaRule::default(),
    })
}

/// Every signal of two averages that have been computed before, as [`MaIndicator`] gives them.
pub(crate) fn crossings(fast: &[f64], slow: &[f64]) -> Vec<SignalEvent> {
    struct Scan<'a>([&'a [f64]; 3]);
    impl Work for Scan<'_> {
        type Output = Vec<SignalEvent>;

        #[inline(always)]
        fn run(self) -> Vec<SignalEvent> {
            let mut events = Vec::new();
            MaRule::default().scan(&[], self.0, 0, &mut events);
            events
        }
    }
    // The rule takes the ratio from the other two.
    dispatch(Scan([fast, slow, &[]]))
}

/// The two averages, fast first.
#[derive(Debug, Clone)]
pub(in crate::indicators) enum MaPair {
    Simple([Sma; 2]),
    Exponential([Ema; 2]),
}

impl Lines<3> for MaPair {
    #[inline(always)]
    fn run(&mut self, rows: Rows<'_>, [fast, slow, _ratio]: [&mut [f64]; 3]) {
        match self {
            Self::Simple(pair) => run_pair(pair, rows.close, [fast, slow]),
            Self::Exponential(pair) => run_pair(pair, rows.close, [fast, slow]),
        }
    }

    fn derive([fast, slow, ratio]: [&mut [f64]; 3]) {
        for ((ratio, fast), slow) in ratio.iter_mut().zip(fast).zip(slow) {
            *ratio = *fast / *slow;
        }
    }
}

#[inline(always)]
fn run_pair(pair: &mut [impl Rule<1, 1>; 2], close: &[f64], lines: [&mut [f64]; 2]) {
    for (average, line) in pair.iter_mut().zip(lines) {
        average.run([close], [line]);
    }
}
