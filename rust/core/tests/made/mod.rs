//! Random portfolios over random candles; each case is a seed.

use spark_stacker_core::engine::Funding;
use spark_stacker_core::indicators::{IndicatorSpec, ParameterValue};
use spark_stacker_core::market::{BarColumns, Instrument, Interval, MarginTier, RawColumns};
use spark_stacker_core::plan::{
    AllowedSide, Edge, HedgeSpec, IndicatorUse, LimitSpec, MarketSpec, PortfolioSpec, SignalSource,
    Sizing, SizingMethod, StrategySpec,
};
use spark_stacker_core::signals::SignalMode;
use spark_stacker_core::venue::{MarginMode, SlippageModel, VenueRules};

pub const HOUR_NS: i64 = 3_600_000_000_000;

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

    pub fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    pub fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    pub fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    fn maybe(&mut self, low: f64, high: f64) -> Option<f64> {
        self.chance(0.5).then(|| self.between(low, high))
    }

    pub fn pick<T: Clone>(&mut self, choices: &[T]) -> T {
        let index = self.below(choices.len() as u64);
        choices[usize::try_from(index).unwrap()].clone()
    }
}

fn hour() -> Interval {
    Interval::from_ns(HOUR_NS).unwrap()
}

/// A random walk with gaps in time, zero volumes and jumps.
pub fn candles(dice: &mut Dice, rows: usize) -> BarColumns {
    let mut raw = RawColumns::default();
    let mut price = 100.0;
    let mut time_ns = HOUR_NS * i64::try_from(dice.below(30)).unwrap();
    for _ in 0..rows {
        let open = price * dice.between(0.99, 1.01);
        let close = open * dice.between(0.96, 1.0417);
        raw.open_time_ns.push(time_ns);
        raw.open.push(open);
        raw.high.push(open.max(close) * dice.between(1.0, 1.01));
        raw.low.push(open.min(close) * dice.between(0.99, 1.0));
        raw.close.push(close);
        raw.volume.push(if dice.chance(0.03) {
            0.0
        } else {
            dice.between(1.0, 1e4)
        });
        price = close;
        time_ns += HOUR_NS * if dice.chance(0.02) { 5 } else { 1 };
    }
    BarColumns::new(raw, hour()).unwrap()
}

fn indicator(dice: &mut Dice) -> IndicatorUse {
    let whole = |name: &str, value: i64| (name.to_owned(), ParameterValue::Integer(value));
    let (kind, parameters) = match dice.below(4) {
        0 => ("ma", vec![whole("fast_period", 2), whole("slow_period", 5)]),
        1 => ("rsi", vec![whole("period", 4)]),
        2 => ("bollinger", vec![whole("period", 6)]),
        _ => (
            "macd",
            vec![
                whole("fast_period", 3),
                whole("slow_period", 6),
                whole("signal_period", 3),
            ],
        ),
    };
    IndicatorUse {
        name: kind.to_owned(),
        source: SignalSource::BuiltIn(IndicatorSpec::from_parameters(kind, &parameters).unwrap()),
        timeframe: timeframe(dice),
        weight: dice.between(0.1, 2.0),
        signal_ttl: dice.pick(&[1, 1, 2, 5]),
    }
}

fn timeframe(dice: &mut Dice) -> Interval {
    Interval::from_ns(HOUR_NS * dice.pick(&[1, 1, 1, 2, 4])).unwrap()
}

fn sizing(dice: &mut Dice) -> Sizing {
    let method = match dice.below(5) {
        0 => SizingMethod::FixedUsd {
            amount: dice.between(10.0, 5_000.0),
        },
        1 => SizingMethod::PercentEquity {
            equity_pct: dice.between(5.0, 100.0),
        },
        2 => SizingMethod::RiskBased {
            risk_pct: dice.between(0.2, 5.0),
        },
        3 => SizingMethod::FixedUnits {
            units: dice.between(0.1, 50.0),
        },
        _ => SizingMethod::Kelly {
            edge: Some(Edge {
                win_rate: 0.55,
                payoff: 1.2,
            }),
            fraction: 0.5,
            cap_pct: 50.0,
            from_trades: dice.chance(0.5),
        },
    };
    Sizing {
        method,
        scale_by_confidence: dice.chance(0.3),
        max_position_size: dice.maybe(50.0, 5_000.0),
        min_notional: dice.maybe(1.0, 200.0),
        max_notional: dice.maybe(500.0, 50_000.0),
    }
}

fn strategy(dice: &mut Dice, market: usize, hedge_ratio: Option<f64>) -> StrategySpec {
    let count = 1 + dice.below(3);
    let hedge = hedge_ratio.map(|ratio| HedgeSpec {
        ratio,
        leverage: dice.between(1.0, 5.0),
        net_stop_loss_pct: dice.maybe(5.0, 50.0),
        reduce_at_pct: dice.maybe(1.0, 5.0),
        reduce_by_pct: dice.between(10.0, 100.0),
        keep_on_reversal: dice.chance(0.3),
    });
    let sizing = sizing(dice);
    let needs_stop = matches!(sizing.method, SizingMethod::RiskBased { .. });
    StrategySpec {
        name: "random".to_owned(),
        market,
        timeframe: timeframe(dice),
        indicators: (0..count).map(|_| indicator(dice)).collect(),
        signal_mode: dice.pick(&[
            SignalMode::Any,
            SignalMode::All,
            SignalMode::Majority,
            SignalMode::Weighted,
        ]),
        min_confidence: dice.pick(&[0.0, 0.1]),
        side: dice.pick(&[
            AllowedSide::Both,
            AllowedSide::Both,
            AllowedSide::Long,
            AllowedSide::Short,
        ]),
        exit_on_opposite: dice.chance(0.8),
        max_entries: dice.pick(&[1, 1, 3]),
        sizing,
        leverage: dice.pick(&[1.0, 2.5, 10.0, 25.0]),
        stop_loss_pct: (needs_stop || dice.chance(0.5)).then(|| dice.between(0.5, 10.0)),
        take_profit_pct: dice.maybe(0.5, 10.0),
        trailing_stop_pct: dice.maybe(1.0, 8.0),
        break_even_pct: dice.maybe(0.5, 5.0),
        max_holding_ns: dice.chance(0.3).then(|| HOUR_NS * dice.pick(&[1, 7, 30])),
        hedge,
    }
}

fn instrument(dice: &mut Dice) -> Instrument {
    Instrument {
        tick_size: dice.chance(0.5).then_some(0.01),
        lot_size: dice.chance(0.5).then_some(0.001),
        min_quantity: None,
        min_notional: dice.maybe(1.0, 20.0),
        margin_tiers: vec![MarginTier {
            min_notional: 0.0,
            maintenance_rate: 0.01,
            deduction: 0.0,
            max_leverage: 50.0,
        }],
        ..Instrument::default()
    }
}

/// Strategies with every rule on or off, one a market, which share the account.
pub fn portfolio(dice: &mut Dice, markets: usize) -> PortfolioSpec {
    let hedge_ratio = dice.chance(0.3).then_some(0.2);
    PortfolioSpec {
        initial_balance: 10_000.0,
        venue: VenueRules {
            maker_fee_rate: 0.0001,
            taker_fee_rate: 0.0005,
            liquidation_fee_rate: 0.005,
            slippage: match dice.below(5) {
                0 => SlippageModel::None,
                1 => SlippageModel::Fixed { bps: 3.0 },
                2 => SlippageModel::Random { max_bps: 5.0 },
                3 => SlippageModel::VolumeShare {
                    base_bps: 1.0,
                    coefficient_bps: 100.0,
                    max_share_fraction: 0.5,
                },
                _ => SlippageModel::SquareRoot {
                    spread_bps: 2.0,
                    coefficient: 0.5,
                    volatility_bars: 10,
                },
            },
            margin_mode: dice.pick(&[MarginMode::Isolated, MarginMode::Cross]),
            fill_on_touch: dice.chance(0.2),
            seed: dice.next(),
            ..VenueRules::default()
        },
        markets: (0..markets)
            .map(|index| MarketSpec {
                symbol: format!("M{index}"),
                interval: hour(),
                instrument: dice.chance(0.5).then(|| instrument(dice)),
            })
            .collect(),
        limits: LimitSpec {
            max_parallel_trades: dice.chance(0.3).then_some(1),
            max_exposure_pct: dice.maybe(100.0, 1_000.0),
            max_market_exposure_pct: None,
            max_daily_loss_pct: dice.maybe(1.0, 10.0),
            max_drawdown_pct: dice.maybe(5.0, 60.0),
            close_on_breach: dice.chance(0.2),
        },
        strategies: (0..markets)
            .map(|market| strategy(dice, market, hedge_ratio))
            .collect(),
    }
}

/// Payments every eight hours.
pub fn funding(dice: &mut Dice) -> Vec<Funding> {
    let payments = (0..50).map(|index| Funding {
        time_ns: index * 8 * HOUR_NS,
        rate: dice.between(-0.0005, 0.0005),
    });
    payments.collect()
}
