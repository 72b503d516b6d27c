//! Random candles, strategies and portfolios, and what the strategies' indicators say.

use spark_stacker_core::engine::Funding;
use spark_stacker_core::indicators::{IndicatorSpec, ParameterValue};
use spark_stacker_core::market::{BarColumns, Bars, Interval, RawColumns};
use spark_stacker_core::plan::{
    AllowedSide, Edge, HedgeSpec, IndicatorUse, LimitSpec, MarketSpec, PortfolioSpec, SignalSource,
    Sizing, SizingMethod, StrategySpec,
};
use spark_stacker_core::signals::{SignalEvent, SignalMode, aggregate};
use spark_stacker_core::sweep::lean::{Decisions, Signals, Traded, Verdict, tally};
use spark_stacker_core::venue::{SlippageModel, VenueRules};

const HOUR_NS: i64 = 3_600_000_000_000;

/// A small generator of choices (`SplitMix64`, Steele et al. 2014); each case is a seed.
pub struct Dice(pub u64);

impl Dice {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    pub fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    pub fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    pub fn whole(&mut self, low: i64, high: i64) -> i64 {
        low + i64::try_from(self.next() % u64::try_from(high - low + 1).unwrap()).unwrap()
    }

    pub fn maybe(&mut self, probability: f64, low: f64, high: f64) -> Option<f64> {
        self.chance(probability).then(|| self.between(low, high))
    }

    pub fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[usize::try_from(self.next() % choices.len() as u64).unwrap()]
    }
}

pub fn hours(count: i64) -> Interval {
    Interval::from_ns(HOUR_NS * count).unwrap()
}

/// A random walk; some with gaps in time and jumps between bars, some with prices on a grid, so that levels are met exactly.
pub fn candles(dice: &mut Dice, rows: i64) -> BarColumns {
    let mut raw = RawColumns::default();
    let mut price = 100.0;
    let mut time_ns = HOUR_NS * dice.whole(0, 30);
    let volatility = dice.pick(&[0.002, 0.006, 0.02]);
    let drift = dice.between(-0.02, 0.02) * volatility;
    let jumps = dice.pick(&[0.0, 0.05]);
    let gaps = dice.pick(&[0.0, 0.01]);
    let on_grid = dice.chance(0.2);
    let step = |price: f64| {
        if on_grid {
            (price * 2.0).round().max(1.0) / 2.0
        } else {
            price
        }
    };
    for _ in 0..rows {
        let jump = if dice.chance(jumps) {
            dice.between(-0.03, 0.03)
        } else {
            0.0
        };
        let open = step(price * (1.0 + jump));
        let close = step(open * (1.0 + drift + dice.between(-volatility, volatility)));
        let high = step(open.max(close) * (1.0 + dice.unit() * volatility));
        let low = step(open.min(close) * (1.0 - dice.unit() * volatility));
        raw.open_time_ns.push(time_ns);
        raw.open.push(open);
        raw.high.push(high.max(open.max(close)));
        raw.low.push(low.min(open.min(close)));
        raw.close.push(close);
        raw.volume.push(dice.between(1.0, 1e4));
        price = close;
        time_ns += HOUR_NS * if dice.chance(gaps) { 5 } else { 1 };
    }
    BarColumns::new(raw, hours(1)).unwrap()
}

pub fn indicator(dice: &mut Dice, timeframes: &[i64]) -> IndicatorUse {
    let whole = |name: &str, value: i64| (name.to_owned(), ParameterValue::Integer(value));
    let word = |name: &str, value: &str| (name.to_owned(), ParameterValue::Text(value.to_owned()));
    let fast = dice.whole(2, 12);
    let slow = fast + dice.whole(1, 30);
    let (kind, parameters) = match dice.whole(0, 6) {
        0 | 1 => (
            "ma",
            vec![
                whole("fast_period", fast),
                whole("slow_period", slow),
                word("ma_type", dice.pick(&["sma", "ema"])),
            ],
        ),
        2 => (
            "rsi",
            vec![
                whole("period", dice.whole(2, 20)),
                whole("oversold", dice.whole(20, 45)),
                whole("overbought", dice.whole(55, 80)),
                word("trigger", dice.pick(&["level", "cross"])),
            ],
        ),
        3 => ("bollinger", vec![whole("period", dice.whole(5, 30))]),
        4 => ("adaptive_supertrend", Vec::new()),
        5 => ("ultimate_ma", Vec::new()),
        _ => (
            "macd",
            vec![
                whole("fast_period", fast),
                whole("slow_period", slow),
                whole("signal_period", dice.whole(2, 9)),
            ],
        ),
    };
    IndicatorUse {
        name: kind.to_owned(),
        source: SignalSource::BuiltIn(IndicatorSpec::from_parameters(kind, &parameters).unwrap()),
        timeframe: hours(dice.pick(timeframes)),
        weight: dice.between(0.1, 2.0),
        signal_ttl: dice.pick(&[1, 1, 1, 2, 5]),
    }
}

pub fn sizing(dice: &mut Dice, has_stop: bool) -> Sizing {
    let method = match dice.whole(0, 6) {
        0 => SizingMethod::FixedUsd {
            amount: dice.between(10.0, 3_000.0),
        },
        1 if has_stop => SizingMethod::RiskBased {
            risk_pct: dice.between(0.2, 3.0),
        },
        2 => SizingMethod::FixedUnits {
            units: dice.between(0.1, 20.0),
        },
        3 => SizingMethod::Kelly {
            edge: Some(Edge {
                win_rate: 0.55,
                payoff: 1.2,
            }),
            fraction: 0.5,
            cap_pct: 50.0,
            from_trades: dice.chance(0.7),
        },
        4 => SizingMethod::PercentEquity { equity_pct: 100.0 },
        _ => SizingMethod::PercentEquity {
            equity_pct: dice.between(5.0, 100.0),
        },
    };
    Sizing {
        method,
        scale_by_confidence: dice.chance(0.4),
        max_position_size: dice.maybe(0.2, 500.0, 9_000.0),
        min_notional: dice.maybe(0.2, 1.0, 200.0),
        max_notional: dice.maybe(0.2, 500.0, 20_000.0),
    }
}

/// A strategy as people write them, or with leverage that calls for liquidation.
pub fn strategy(dice: &mut Dice, bold: bool) -> StrategySpec {
    let timeframes: &[i64] = if dice.chance(0.2) { &[1, 2, 4] } else { &[1] };
    let count = dice.pick(&[1, 1, 2, 3]);
    let leverages: &[f64] = if bold {
        &[2.0, 5.0, 20.0]
    } else {
        &[1.0, 1.0, 1.5, 2.0]
    };
    let stop = dice.maybe(0.5, 0.3, 6.0);
    StrategySpec {
        name: "random".to_owned(),
        market: 0,
        timeframe: hours(dice.pick(timeframes)),
        indicators: (0..count).map(|_| indicator(dice, timeframes)).collect(),
        signal_mode: dice.pick(&[
            SignalMode::Any,
            SignalMode::Any,
            SignalMode::All,
            SignalMode::Majority,
            SignalMode::Weighted,
        ]),
        min_confidence: dice.maybe(0.3, 0.0, 0.7).unwrap_or(0.0),
        side: dice.pick(&[
            AllowedSide::Both,
            AllowedSide::Both,
            AllowedSide::Long,
            AllowedSide::Short,
        ]),
        exit_on_opposite: dice.chance(0.85),
        max_entries: 1,
        sizing: sizing(dice, stop.is_some()),
        leverage: dice.pick(leverages),
        stop_loss_pct: stop,
        take_profit_pct: dice.maybe(0.5, 0.3, 8.0),
        trailing_stop_pct: dice.maybe(0.25, 0.3, 6.0),
        break_even_pct: dice.maybe(0.25, 0.2, 4.0),
        max_holding_ns: dice
            .chance(0.3)
            .then(|| HOUR_NS * dice.whole(1, 80) + dice.whole(0, 1)),
        hedge: dice.chance(0.3).then(|| HedgeSpec {
            ratio: dice.between(0.05, 0.4),
            leverage: dice.pick(leverages),
            net_stop_loss_pct: dice.maybe(0.4, 1.0, 30.0),
            reduce_at_pct: None,
            reduce_by_pct: 50.0,
            keep_on_reversal: false,
        }),
    }
}

pub fn portfolio(dice: &mut Dice, bold: bool) -> PortfolioSpec {
    PortfolioSpec {
        initial_balance: 10_000.0,
        venue: VenueRules {
            maker_fee_rate: dice.pick(&[0.0, 0.0001, -0.0001]),
            taker_fee_rate: dice.pick(&[0.0, 0.0005, 0.002]),
            slippage: match dice.whole(0, 3) {
                0 | 1 => SlippageModel::None,
                2 => SlippageModel::Fixed {
                    bps: dice.between(0.0, 60.0),
                },
                _ => SlippageModel::Random {
                    max_bps: dice.between(0.0, 20.0),
                },
            },
            fill_on_touch: dice.chance(0.3),
            seed: dice.next(),
            ..VenueRules::default()
        },
        markets: vec![MarketSpec {
            symbol: "ETH-USD".to_owned(),
            interval: hours(1),
            instrument: None,
        }],
        limits: LimitSpec {
            max_parallel_trades: dice.chance(0.2).then_some(1),
            max_exposure_pct: dice.maybe(0.1, 20.0, 300.0),
            max_market_exposure_pct: dice.maybe(0.1, 20.0, 300.0),
            ..LimitSpec::default()
        },
        strategies: vec![strategy(dice, bold)],
    }
}

pub fn funding(dice: &mut Dice, bars: Bars<'_>) -> Vec<Funding> {
    if dice.chance(0.8) {
        return Vec::new();
    }
    let every_8_hours = bars.open_time_ns.iter().step_by(8);
    every_8_hours
        .map(|time_ns| Funding {
            time_ns: *time_ns,
            rate: dice.between(-0.0005, 0.0010),
        })
        .collect()
}

/// The verdicts of a strategy, from the signals of its indicators.
pub fn verdicts(strategy: &StrategySpec, bars: Bars<'_>, traded: &Traded<'_>) -> Vec<Verdict> {
    let heard: Vec<(Vec<SignalEvent>, Option<Vec<usize>>)> = strategy
        .indicators
        .iter()
        .map(|usage| {
            let SignalSource::BuiltIn(spec) = &usage.source else {
                panic!("all indicators are built in")
            };
            if usage.timeframe == bars.interval {
                (spec.signals(bars), None)
            } else {
                let (higher, known_at) = aggregate(bars, usage.timeframe).unwrap();
                (spec.signals(higher.view()), Some(known_at))
            }
        })
        .collect();
    let signals: Vec<Signals<'_>> = heard
        .iter()
        .map(|(events, known_at)| Signals {
            events,
            known_at: known_at.as_deref(),
        })
        .collect();
    let clock = (strategy.timeframe != bars.interval)
        .then(|| aggregate(bars, strategy.timeframe).unwrap().1);
    let decisions = Decisions::of(traded, clock.as_deref());
    let mut out = Vec::new();
    tally(strategy, &signals, &decisions, &mut out);
    out
}

/// All the equity in and out again, long and without leverage, on the signals of one indicator.
pub fn all_in(dice: &mut Dice) -> PortfolioSpec {
    let mut portfolio = portfolio(dice, false);
    portfolio.limits = LimitSpec::default();
    portfolio.venue.slippage = dice.pick(&[
        SlippageModel::None,
        SlippageModel::None,
        SlippageModel::Fixed { bps: 5.0 },
    ]);
    portfolio.strategies = vec![StrategySpec {
        side: AllowedSide::Long,
        exit_on_opposite: true,
        sizing: Sizing {
            method: SizingMethod::PercentEquity { equity_pct: 100.0 },
            scale_by_confidence: false,
            max_position_size: None,
            min_notional: None,
            max_notional: None,
        },
        leverage: 1.0,
        stop_loss_pct: None,
        take_profit_pct: None,
        trailing_stop_pct: None,
        break_even_pct: None,
        max_holding_ns: None,
        hedge: None,
        ..strategy(dice, false)
    }];
    portfolio
}
