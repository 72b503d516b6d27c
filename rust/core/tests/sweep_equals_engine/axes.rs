//! Axes, each with what its digits do to a portfolio, written down apart from the sweep's own code.

use crate::made::HOUR_NS;
use spark_stacker_core::indicators::ParameterValue;
use spark_stacker_core::market::Interval;
use spark_stacker_core::plan::{AllowedSide, PortfolioSpec, SignalSource, Sizing, SizingMethod};
use spark_stacker_core::signals::SignalMode;
use spark_stacker_core::sweep::{Axis, AxisValue, Target};

/// What digits do to a portfolio, written down apart from the axes: settings, and parameters of indicators, which may only be right together.
#[derive(Default)]
pub struct Edits {
    pub settings: Vec<Write>,
    pub parameters: Vec<(usize, usize, &'static str, ParameterValue)>,
}

type Write = Box<dyn FnOnce(&mut PortfolioSpec)>;
pub type Edit = Box<dyn Fn(&mut Edits, usize)>;

fn number(value: f64) -> AxisValue {
    AxisValue::Plain(ParameterValue::Number(value))
}

fn whole(value: i64) -> AxisValue {
    AxisValue::Plain(ParameterValue::Integer(value))
}

fn word(value: &str) -> AxisValue {
    AxisValue::Plain(ParameterValue::Text(value.to_owned()))
}

fn setting<T: Copy + 'static, const N: usize>(
    target: Target,
    choices: [(AxisValue, T); N],
    write: fn(&mut PortfolioSpec, usize, T),
) -> (Axis, Edit) {
    let strategy = match &target {
        Target::Strategy { strategy, .. } | Target::Indicator { strategy, .. } => *strategy,
        _ => 0,
    };
    let typed = choices.clone().map(|(_, typed)| typed);
    let values = choices.map(|(value, _)| value).to_vec();
    let edit = move |edits: &mut Edits, digit: usize| {
        let value = typed[digit];
        let edit = move |spec: &mut PortfolioSpec| write(spec, strategy, value);
        edits.settings.push(Box::new(edit));
    };
    (Axis { target, values }, Box::new(edit))
}

/// A parameter of an indicator; the last value of some is one that others may not allow.
pub fn parameter(
    spec: &PortfolioSpec,
    strategy: usize,
    indicator: usize,
    choice: u64,
) -> (Axis, Edit) {
    let SignalSource::BuiltIn(base) = &spec.strategies[strategy].indicators[indicator].source
    else {
        panic!("all are computed in the core");
    };
    let periods = |values: [i64; 3]| values.map(ParameterValue::Integer).to_vec();
    let numbers = |values: [f64; 3]| values.map(ParameterValue::Number).to_vec();
    let words = |words: [&str; 2]| {
        words
            .map(|word| ParameterValue::Text(word.to_owned()))
            .to_vec()
    };
    let (name, values) = match (base.kind(), choice) {
        ("ma", 0) => ("fast_period", periods([2, 3, 6])),
        ("ma", 1) => ("long_period", periods([4, 9, 7])),
        ("ma", _) => ("ma_type", words(["sma", "ema"])),
        ("rsi", 0) => ("period", periods([3, 5, 8])),
        ("rsi", 1) => ("oversold", numbers([20.0, 35.0, 72.0])),
        ("rsi", _) => ("overbought", numbers([65.0, 80.0, 25.0])),
        ("bollinger", 0) => ("period", periods([4, 7, 12])),
        ("bollinger", 1) => ("std_dev", numbers([1.0, 1.5, 2.5])),
        ("bollinger", _) => ("mean_reversion_threshold", numbers([0.01, 0.1, 0.3])),
        (_, 0) => ("fast_period", periods([2, 4, 8])),
        (_, 1) => ("slow_period", periods([7, 9, 3])),
        _ => ("signal_period", periods([2, 3, 6])),
    };
    let target = Target::Parameter {
        strategy,
        indicator,
        name: name.to_owned(),
    };
    let axis = Axis {
        target,
        values: values.iter().cloned().map(AxisValue::Plain).collect(),
    };
    let edit = move |edits: &mut Edits, digit: usize| {
        let value = values[digit].clone();
        edits.parameters.push((strategy, indicator, name, value));
    };
    (axis, Box::new(edit))
}

fn of_strategy(strategy: usize, setting: &str) -> Target {
    let setting = setting.to_owned();
    Target::Strategy { strategy, setting }
}

fn of_account(setting: &str) -> Target {
    let setting = setting.to_owned();
    Target::Account { setting }
}

fn of_indicator(strategy: usize, indicator: usize, setting: &str) -> Target {
    let setting = setting.to_owned();
    Target::Indicator {
        strategy,
        indicator,
        setting,
    }
}

fn optional(value: f64) -> (AxisValue, Option<f64>) {
    (number(value), Some(value))
}

fn hours(count: i64) -> (AxisValue, Interval) {
    let ns = count * HOUR_NS;
    (whole(ns), Interval::from_ns(ns).unwrap())
}

/// A setting of a strategy, its first indicator or the account, if the portfolio has it.
pub fn any_setting(spec: &PortfolioSpec, strategy: usize, choice: u64) -> Option<(Axis, Edit)> {
    rule(strategy, choice).or_else(|| money(spec, strategy, choice))
}

/// A rule of a strategy's decisions, its exits or its first indicator.
fn rule(strategy: usize, choice: u64) -> Option<(Axis, Edit)> {
    let off = (AxisValue::Off, None);
    Some(match choice {
        0 => setting(
            of_strategy(strategy, "stop_loss_pct"),
            [off, optional(0.7), optional(4.0)],
            |spec, at, value| {
                spec.strategies[at].stop_loss_pct = value;
            },
        ),
        1 => setting(
            of_strategy(strategy, "trailing_stop_pct"),
            [off, optional(2.0)],
            |spec, at, value| {
                spec.strategies[at].trailing_stop_pct = value;
            },
        ),
        2 => setting(
            of_strategy(strategy, "signal_mode"),
            [
                (word("weighted"), SignalMode::Weighted),
                (word("any"), SignalMode::Any),
                (word("all"), SignalMode::All),
            ],
            |spec, at, value| spec.strategies[at].signal_mode = value,
        ),
        3 => setting(
            of_strategy(strategy, "side"),
            [
                (word("long"), AllowedSide::Long),
                (word("both"), AllowedSide::Both),
            ],
            |spec, at, value| spec.strategies[at].side = value,
        ),
        4 => setting(
            of_strategy(strategy, "timeframe_ns"),
            [hours(1), hours(3), hours(4)],
            |spec, at, value| {
                spec.strategies[at].timeframe = value;
            },
        ),
        5 => setting(
            of_indicator(strategy, 0, "timeframe_ns"),
            [hours(2), hours(1)],
            |spec, at, value| {
                spec.strategies[at].indicators[0].timeframe = value;
            },
        ),
        6 => setting(
            of_indicator(strategy, 0, "signal_ttl"),
            [(whole(1), 1), (whole(4), 4)],
            |spec, at, value| {
                spec.strategies[at].indicators[0].signal_ttl = value;
            },
        ),
        7 => setting(
            of_strategy(strategy, "max_entries"),
            [(whole(2), 2), (whole(1), 1)],
            |spec, at, value| {
                spec.strategies[at].max_entries = value;
            },
        ),
        13 => setting(
            of_strategy(strategy, "max_holding_ns"),
            [
                (AxisValue::Off, None),
                (whole(5 * HOUR_NS), Some(5 * HOUR_NS)),
            ],
            |spec, at, value| {
                spec.strategies[at].max_holding_ns = value;
            },
        ),
        _ => return None,
    })
}

/// A size, a cost, a limit or the hedge.
fn money(spec: &PortfolioSpec, strategy: usize, choice: u64) -> Option<(Axis, Edit)> {
    let off = (AxisValue::Off, None);
    Some(match choice {
        8 => setting(
            of_strategy(strategy, "sizing"),
            sizings(),
            |spec, at, value| {
                spec.strategies[at].sizing = value;
            },
        ),
        9 => setting(
            of_strategy(strategy, "sizing.max_position_size"),
            [off, optional(300.0)],
            |spec, at, value| {
                spec.strategies[at].sizing.max_position_size = value;
            },
        ),
        10 => setting(
            of_account("venue.taker_fee_rate"),
            [(number(0.0), 0.0), (number(0.002), 0.002)],
            |spec, _, value| {
                spec.venue.taker_fee_rate = value;
            },
        ),
        11 => setting(
            of_account("limits.max_drawdown_pct"),
            [off, optional(7.0)],
            |spec, _, value| {
                spec.limits.max_drawdown_pct = value;
            },
        ),
        12 => setting(
            of_account("initial_balance"),
            [(number(500.0), 500.0), (whole(20_000), 20_000.0)],
            |spec, _, value| {
                spec.initial_balance = value;
            },
        ),
        14 => setting(
            of_strategy(strategy, "leverage"),
            [(number(1.0), 1.0), (whole(3), 3.0)],
            |spec, at, value| {
                spec.strategies[at].leverage = value;
            },
        ),
        15 if spec.strategies[strategy].hedge.is_some() => setting(
            of_strategy(strategy, "hedge.ratio"),
            [optional(0.2), (whole(0), None), optional(0.35)],
            |spec, at, value| {
                let hedge = &mut spec.strategies[at].hedge;
                match value {
                    Some(ratio) => hedge.as_mut().expect("the base hedges").ratio = ratio,
                    None => *hedge = None,
                }
            },
        ),
        16 if spec.strategies[strategy].hedge.is_some() => setting(
            of_strategy(strategy, "hedge.leverage"),
            [(number(1.5), 1.5), (number(4.0), 4.0)],
            |spec, at, value| {
                if let Some(hedge) = &mut spec.strategies[at].hedge {
                    hedge.leverage = value;
                }
            },
        ),
        _ => return None,
    })
}

fn sizings() -> [(AxisValue, Sizing); 2] {
    let methods = [
        SizingMethod::RiskBased { risk_pct: 1.0 },
        SizingMethod::PercentEquity { equity_pct: 40.0 },
    ];
    methods.map(|method| {
        let sizing = Sizing {
            method,
            scale_by_confidence: true,
            max_position_size: None,
            min_notional: None,
            max_notional: Some(30_000.0),
        };
        (AxisValue::Sizing(sizing), sizing)
    })
}
