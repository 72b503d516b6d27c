//! `ultimate_ma`: one or two moving averages of any of eight kinds.

use super::{Indicator, Lines};
use crate::error::Result;
use crate::indicators::catalog::{Flag, IndicatorInfo};
use crate::indicators::domain::Domain;
use crate::indicators::ema::Ema;
use crate::indicators::hull::Hull;
use crate::indicators::parameters::{ParameterInfo, Resolved};
use crate::indicators::rma::Rma;
use crate::indicators::rows::Rows;
use crate::indicators::rule::Rule;
use crate::indicators::sma::Sma;
use crate::indicators::source::Source;
use crate::indicators::t3::T3;
use crate::indicators::tema::Tema;
use crate::indicators::vwma::Vwma;
use crate::indicators::wma::Wma;
use crate::signals::Trigger;
use crate::signals::rules::UltimateMaRule;

const AVERAGE: Domain = Domain::Word {
    words: &["sma", "ema", "wma", "hull", "vwma", "rma", "tema", "t3"],
    default: "sma",
    numbered: true,
};

pub(in crate::indicators) const INFO: IndicatorInfo = IndicatorInfo {
    kind: "ultimate_ma",
    description: "A moving average of any of eight kinds, on its own against the price or against a second one.",
    parameters: &[
        ParameterInfo::new(
            "source",
            Domain::Word {
                words: Source::NAMES,
                default: "close",
                numbered: false,
            },
        ),
        ParameterInfo::new("length", Domain::period(2, 20)),
        ParameterInfo::new("ma_type", AVERAGE),
        ParameterInfo::new(
            "t3_factor",
            Domain::Between {
                low: 0.0,
                high: 10.0,
                default: 0.7,
            },
        ),
        ParameterInfo::new("use_second_ma", Domain::Switch { default: false }),
        ParameterInfo::new("length2", Domain::period(2, 50)),
        ParameterInfo::new("ma_type2", AVERAGE),
        ParameterInfo::new("smooth_factor", Domain::period(1, 2)),
    ],
    columns: &["uma_line1", "uma_line2"],
    flags: &[
        Flag::buy("uma_price_crosses_above", Trigger::PriceCross),
        Flag::sell("uma_price_crosses_below", Trigger::PriceCross),
        Flag::buy("uma_lines_cross_above", Trigger::CrossAbove),
        Flag::sell("uma_lines_cross_below", Trigger::CrossBelow),
    ],
};

pub(in crate::indicators) type UltimateMaIndicator = Indicator<UltimateMa, UltimateMaRule, 2>;

pub(in crate::indicators) fn build(parameters: &Resolved) -> Result<UltimateMaIndicator> {
    let t3_factor = parameters.number("t3_factor");
    let average =
        |kind, length| Average::new(parameters.word(kind), parameters.count(length), t3_factor);
    let first = average("ma_type", "length")?;
    let second = if parameters.switch("use_second_ma") {
        Some(average("ma_type2", "length2")?)
    } else {
        None
    };
    let averages = std::iter::once(&first).chain(&second);
    Ok(Indicator {
        warm_up: averages.map(Average::warm_up).max().unwrap_or(0),
        lines: UltimateMa {
            source: Source::named(parameters.word("source")),
            first,
            second,
        },
        rule: UltimateMaRule::new(parameters.count("smooth_factor")),
    })
}

/// The averages over one price of the bars; without a second one its line stays empty.
#[derive(Debug, Clone)]
pub(in crate::indicators) struct UltimateMa {
    source: Source,
    first: Average,
    second: Option<Average>,
}

impl Lines<2> for UltimateMa {
    #[inline(always)]
    fn run(&mut self, rows: Rows<'_>, [line1, line2]: [&mut [f64]; 2]) {
        let prices = self.source.of(rows);
        self.first.run(&prices, rows.volume, line1);
        if let Some(second) = &mut self.second {
            second.run(&prices, rows.volume, line2);
        }
    }
}

/// A moving average of one of the eight kinds.
#[derive(Debug, Clone)]
enum Average {
    Sma(Sma),
    Ema(Ema),
    Wma(Box<Wma>),
    Hull(Box<Hull>),
    Vwma(Vwma),
    Rma(Rma),
    Tema(Box<Tema>),
    T3(Box<T3>),
}

impl Average {
    fn new(kind: &str, length: usize, t3_factor: f64) -> Result<Self> {
        Ok(match kind {
            "sma" => Self::Sma(Sma::new(length)?),
            "ema" => Self::Ema(Ema::new(length)?),
            "wma" => Self::Wma(Box::new(Wma::new(length)?)),
            "hull" => Self::Hull(Box::new(Hull::new(length)?)),
            "vwma" => Self::Vwma(Vwma::new(length)?),
            "rma" => Self::Rma(Rma::new(length)?),
            "tema" => Self::Tema(Box::new(Tema::new(length)?)),
            "t3" => Self::T3(Box::new(T3::new(length, t3_factor)?)),
            _ => panic!("the catalogue lets {kind:?} through, which is no average"),
        })
    }

    fn warm_up(&self) -> usize {
        match self {
            Self::Sma(average) => average.warm_up(),
            Self::Ema(average) => average.warm_up(),
            Self::Wma(average) => average.warm_up(),
            Self::Hull(average) => average.warm_up(),
            Self::Vwma(average) => average.warm_up(),
            Self::Rma(average) => average.warm_up(),
            Self::Tema(average) => average.warm_up(),
            Self::T3(average) => average.warm_up(),
        }
    }

    #[inline(always)]
    fn run(&mut self, prices: &[f64], volume: &[f64], line: &mut [f64]) {
        match self {
            Self::Sma(average) => average.run([prices], [line]),
            Self::Ema(average) => average.run([prices], [line]),
            Self::Wma(average) => average.run([prices], [line]),
            Self::Hull(average) => average.run([prices], [line]),
            Self::Vwma(average) => average.run([prices, volume], [line]),
            Self::Rma(average) => average.run([prices], [line]),
            Self::Tema(average) => average.run([prices], [line]),
            Self::T3(average) => average.run([prices], [line]),
        }
    }
}
