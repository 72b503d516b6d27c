//! How far the price of a market order moves against it. Limit orders and liquidations have no slippage.

use super::{Side, SlippageModel};
use crate::error::{Error, Result};
use crate::market::ImpactModel;

/// No model moves a price by more than this fraction, so that a sale never pays for being sold.
const MAX_FRACTION: f64 = 0.99;
const BPS: f64 = 1e-4;

/// A market order at the moment of its fill.
pub(crate) struct Taking<'a> {
    /// How many fills took liquidity in the market before.
    pub number: u64,
    pub seed: u64,
    /// Base units.
    pub quantity: f64,
    /// Quote currency at the price before slippage.
    pub notional: f64,
    pub time_ns: i64,
    /// Base units that the bar traded; zero outside a bar, where size then moves nothing.
    pub bar_volume: f64,
    /// The market's calibrated model; there wherever slippage is calibrated.
    pub impact: Option<&'a ImpactModel>,
}

impl SlippageModel {
    /// Slippage as a fraction of the price. `volatility` is asked only by the model that needs it.
    pub(crate) fn fraction(&self, taking: &Taking<'_>, volatility: impl FnOnce() -> f64) -> f64 {
        let share = || {
            if taking.bar_volume > 0.0 {
                taking.quantity / taking.bar_volume
            } else {
                0.0
            }
        };
        let fraction = match *self {
            Self::None => return 0.0,
            Self::Fixed { bps } => bps * BPS,
            Self::Random { max_bps } => max_bps * BPS * uniform(taking.seed, taking.number),
            Self::VolumeShare {
                base_bps,
                coefficient_bps,
                ..
            } => (base_bps + coefficient_bps * share() * share()) * BPS,
            Self::SquareRoot {
                spread_bps,
                coefficient,
                ..
            } => 0.5 * spread_bps * BPS + coefficient * volatility() * share().sqrt(),
            Self::Calibrated { factor } => {
                // A venue is not made without; where none is known nothing may look free.
                let bps = taking.impact.map_or(f64::INFINITY, |impact| {
                    impact.at(taking.time_ns).cost_bps(taking.notional)
                });
                factor * bps * BPS
            }
        };
        fraction.min(MAX_FRACTION)
    }
}

/// Orders at market, one row an order.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TakingColumns<'a> {
    /// Base units.
    pub quantity: &'a [f64],
    /// Price before slippage, quote currency.
    pub price: &'a [f64],
    /// When it fills, UTC nanoseconds.
    pub time_ns: &'a [i64],
    /// Base units that its bar traded.
    pub bar_volume: &'a [f64],
    /// Standard deviation of the returns of the bars before.
    pub volatility: &'a [f64],
}

/// What a model makes orders pay, in basis points: the very numbers by which a venue moves their prices.
///
/// # Errors
/// When columns differ in length, the model is not usable, or it is calibrated and there is no `impact`.
pub fn slippage_bps(
    model: &SlippageModel,
    impact: Option<&ImpactModel>,
    orders: &TakingColumns<'_>,
    seed: u64,
) -> Result<Vec<f64>> {
    model.check()?;
    if matches!(model, SlippageModel::Calibrated { .. }) && impact.is_none() {
        let requirement = "a calibrated model, as slippage is calibrated";
        return Err(Error::parameter("impact", "none", requirement));
    }
    let rows = orders.quantity.len();
    for (column, length) in [
        ("price", orders.price.len()),
        ("time_ns", orders.time_ns.len()),
        ("bar_volume", orders.bar_volume.len()),
        ("volatility", orders.volatility.len()),
    ] {
        if length != rows {
            let (column, expected) = (column.to_owned(), rows);
            return Err(Error::Length {
                column,
                length,
                expected,
            });
        }
    }
    let fractions = (0_u64..).zip(0..rows).map(|(number, row)| {
        let taking = Taking {
            number,
            seed,
            quantity: orders.quantity[row],
            notional: orders.quantity[row] * orders.price[row],
            time_ns: orders.time_ns[row],
            bar_volume: orders.bar_volume[row],
            impact,
        };
        model.fraction(&taking, || orders.volatility[row]) / BPS
    });
    Ok(fractions.collect())
}

/// A price moved against the side that takes it.
pub(crate) fn against(side: Side, price: f64, fraction: f64) -> f64 {
    price * (1.0 + side.sign() * fraction)
}

/// Uniform in [0, 1), the same for the same seed and number whatever happens in other markets.
fn uniform(seed: u64, number: u64) -> f64 {
    let bits = mix(seed ^ mix(number.wrapping_add(0x9E37_79B9_7F4A_7C15)));
    (bits >> 11) as f64 * (1.0 / (1_u64 << 53) as f64)
}

/// The finaliser of `SplitMix64` (Steele, Lea, Flood 2014; constants of Stafford's variant 13).
const fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// Standard deviation (n − 1) of the returns over the last bars.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Volatility {
    /// The last closes, one more than returns; a ring once full.
    closes: Vec<f64>,
    next: usize,
    capacity: usize,
}

impl Volatility {
    pub(super) fn new(model: SlippageModel) -> Self {
        let capacity = match model {
            SlippageModel::SquareRoot {
                volatility_bars, ..
            } => volatility_bars as usize + 1,
            _ => 0,
        };
        Self {
            capacity,
            ..Self::default()
        }
    }

    pub(super) fn push(&mut self, close: f64) {
        if self.capacity == 0 {
            return;
        }
        if self.closes.len() < self.capacity {
            self.closes.push(close);
        } else {
            self.closes[self.next] = close;
            self.next = (self.next + 1) % self.capacity;
        }
    }

    pub(super) fn push_all(&mut self, closes: &[f64]) {
        if self.capacity > 0 {
            for &close in closes {
                self.push(close);
            }
        }
    }

    /// Zero while fewer than two returns are known.
    pub(super) fn value(&self) -> f64 {
        let rows = self.closes.len();
        if rows < 3 {
            return 0.0;
        }
        let close = |k: usize| self.closes[(self.next + k) % rows];
        let returns = || (1..rows).map(|k| close(k) / close(k - 1) - 1.0);
        let count = (rows - 1) as f64;
        let mean = returns().sum::<f64>() / count;
        let squares: f64 = returns().map(|r| (r - mean) * (r - mean)).sum();
        (squares / (count - 1.0)).sqrt()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taking(number: u64, quantity: f64) -> Taking<'static> {
        Taking {
            number,
            seed: 7,
            quantity,
            notional: quantity * 50.0,
            time_ns: 0,
            bar_volume: 100.0,
            impact: None,
        }
    }

    #[test]
    fn each_model_gives_its_fraction() {
        let none = || panic!("volatility not needed");
        let fixed = SlippageModel::Fixed { bps: 5.0 };
        assert_eq!(fixed.fraction(&taking(0, 1.0), none), 5.0 * 1e-4);
        let share = SlippageModel::VolumeShare {
            base_bps: 2.0,
            coefficient_bps: 100.0,
            max_share_fraction: 0.5,
        };
        // 2 + 100 · 0.2² = 6 bps
        assert!((share.fraction(&taking(0, 20.0), none) - 6e-4).abs() < 1e-15);
        let root = SlippageModel::SquareRoot {
            spread_bps: 2.0,
            coefficient: 0.5,
            volatility_bars: 3,
        };
        // 1 bp + 0.5 · 0.02 · √0.04 = 0.0021
        assert!((root.fraction(&taking(0, 4.0), || 0.02) - 0.0021).abs() < 1e-15);
    }

    #[test]
    fn random_slippage_is_seeded_and_uniform() {
        let model = SlippageModel::Random { max_bps: 10.0 };
        let draw = |number| model.fraction(&taking(number, 1.0), || 0.0);
        assert_eq!(draw(3), draw(3));
        assert_ne!(draw(3), draw(4));
        let mean = (0..10_000).map(draw).sum::<f64>() / 10_000.0;
        assert!((mean - 5e-4).abs() < 1e-5, "{mean}");
        assert!((0..10_000).all(|number| (0.0..1e-3).contains(&draw(number))));
    }

    #[test]
    fn slippage_moves_the_price_against_the_order() {
        assert_eq!(against(Side::Buy, 100.0, 0.01), 101.0);
        assert_eq!(against(Side::Sell, 100.0, 0.01), 99.0);
    }

    #[test]
    fn volatility_is_the_sample_deviation_of_the_last_returns() {
        let mut window = Volatility::new(SlippageModel::SquareRoot {
            spread_bps: 0.0,
            coefficient: 1.0,
            volatility_bars: 2,
        });
        for close in [50.0, 100.0, 110.0] {
            window.push(close);
        }
        window.push(99.0);
        // Returns +10 % and −10 %: deviation √0.02.
        assert!((window.value() - 0.02_f64.sqrt()).abs() < 1e-12);
    }
}
