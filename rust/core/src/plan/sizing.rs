//! From equity and a signal to the capital of a trade.

use super::spec::{Edge, Sizing, SizingMethod};
use crate::risk::Refusal;

/// Closed trades from which a strategy's own edge is taken.
const KELLY_WINDOW: usize = 50;
/// Fewest closed trades that make an edge.
const KELLY_MIN_TRADES: usize = 20;

/// What a size is computed from.
#[derive(Debug, Clone, Copy)]
pub struct SizingInput<'a> {
    /// Equity at the decision, quote currency.
    pub equity: f64,
    /// Close on which the decision is taken.
    pub price: f64,
    /// Leverage of the main leg.
    pub leverage: f64,
    /// Confidence of the signal in [0, 1].
    pub confidence: f64,
    /// Distance of the stop as a fraction of the entry price, if there is one.
    pub stop_fraction: Option<f64>,
    /// Net profits of the strategy's closed trades, oldest first.
    pub profits: &'a [f64],
}

/// The size of an entry.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum EntrySize {
    /// Margin capital in quote currency; notional = capital × leverage.
    Capital(f64),
    /// Base units.
    Units(f64),
}

impl EntrySize {
    /// Margin capital at `price` and `leverage`.
    #[must_use]
    pub fn capital(self, input: &SizingInput<'_>) -> f64 {
        match self {
            Self::Capital(capital) => capital,
            Self::Units(units) => units * input.price / input.leverage,
        }
    }
}

/// The size of an entry within its bounds, or why there is none.
///
/// # Errors
/// A [`Refusal`] with rule, limit and value when the size is below the configured minimum or the edge is not positive.
pub fn entry_size(sizing: &Sizing, input: &SizingInput<'_>) -> Result<EntrySize, Refusal> {
    let scale = if sizing.scale_by_confidence {
        input.confidence
    } else {
        1.0
    };
    let wanted = match sizing.method {
        SizingMethod::FixedUsd { amount } => EntrySize::Capital(amount * scale),
        SizingMethod::PercentEquity { equity_pct } => {
            EntrySize::Capital(input.equity * equity_pct / 100.0 * scale)
        }
        SizingMethod::RiskBased { risk_pct } => {
            let stop = input.stop_fraction.ok_or(Refusal::STOP_NEEDED)?;
            EntrySize::Capital(input.equity * risk_pct / 100.0 / stop / input.leverage * scale)
        }
        SizingMethod::FixedUnits { units } => EntrySize::Units(units * scale),
        SizingMethod::Kelly { .. } => {
            let share = kelly_share(sizing.method, input.profits)?;
            EntrySize::Capital(input.equity * share * scale)
        }
    };
    bounded(wanted, sizing, input)
}

fn bounded(
    wanted: EntrySize,
    sizing: &Sizing,
    input: &SizingInput<'_>,
) -> Result<EntrySize, Refusal> {
    let capital = wanted.capital(input);
    let limit = if sizing.max_position_size.is_some() || sizing.max_notional.is_some() {
        most_capital(sizing, input.leverage)
    } else {
        f64::INFINITY
    };
    let size = if capital <= limit {
        wanted
    } else {
        match wanted {
            EntrySize::Capital(_) => EntrySize::Capital(limit),
            EntrySize::Units(_) => EntrySize::Units(limit * input.leverage / input.price),
        }
    };
    let notional = size.capital(input) * input.leverage;
    match sizing.min_notional {
        Some(minimum) if notional < minimum => {
            Err(Refusal::below("min_notional", minimum, notional))
        }
        _ if !(notional.is_finite() && notional > 0.0) => {
            Err(Refusal::below("position_size", 0.0, notional))
        }
        _ => Ok(size),
    }
}

/// The capital that the bounds allow.
///
/// Apart from its caller, where the compiler would divide whatever bits an absent bound has, which takes long when they are a subnormal number.
#[inline(never)]
fn most_capital(sizing: &Sizing, leverage: f64) -> f64 {
    let by_notional = sizing.max_notional.map(|limit| limit / leverage);
    [sizing.max_position_size, by_notional]
        .into_iter()
        .flatten()
        .fold(f64::INFINITY, f64::min)
}

/// Kelly's share of the equity: p − (1 − p)/b, scaled and capped (Kelly 1956).
fn kelly_share(method: SizingMethod, profits: &[f64]) -> Result<f64, Refusal> {
    let SizingMethod::Kelly {
        edge,
        fraction,
        cap_pct,
        from_trades,
    } = method
    else {
        return Ok(0.0);
    };
    let Edge { win_rate, payoff } = if from_trades && profits.len() >= KELLY_MIN_TRADES {
        own_edge(&profits[profits.len().saturating_sub(KELLY_WINDOW)..])
    } else {
        edge.ok_or(Refusal::below(
            "kelly_trades",
            KELLY_MIN_TRADES as f64,
            profits.len() as f64,
        ))?
    };
    let share = win_rate - (1.0 - win_rate) / payoff;
    if share > 0.0 {
        Ok((share * fraction).min(cap_pct / 100.0))
    } else {
        Err(Refusal::below("kelly_edge", 0.0, share))
    }
}

/// Win rate and payoff of closed trades. Without a loss the payoff is infinite, without a win it is nothing.
fn own_edge(profits: &[f64]) -> Edge {
    let (mut wins, mut won, mut lost) = (0, 0.0, 0.0);
    for &profit in profits {
        if profit > 0.0 {
            wins += 1;
            won += profit;
        } else {
            lost -= profit;
        }
    }
    let losses = profits.len() - wins;
    let payoff = match (wins, losses) {
        (0, _) => 0.0,
        (_, 0) => f64::INFINITY,
        _ if lost == 0.0 => f64::INFINITY,
        _ => (won / wins as f64) / (lost / losses as f64),
    };
    Edge {
        win_rate: wins as f64 / profits.len() as f64,
        payoff,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sizing(method: SizingMethod) -> Sizing {
        Sizing {
            method,
            scale_by_confidence: false,
            max_position_size: None,
            min_notional: None,
            max_notional: None,
        }
    }

    fn input<'a>() -> SizingInput<'a> {
        SizingInput {
            equity: 10_000.0,
            price: 100.0,
            leverage: 5.0,
            confidence: 0.5,
            stop_fraction: Some(0.02),
            profits: &[],
        }
    }

    fn kelly(from_trades: bool) -> SizingMethod {
        SizingMethod::Kelly {
            edge: Some(Edge {
                win_rate: 0.6,
                payoff: 1.0,
            }),
            fraction: 0.5,
            cap_pct: 25.0,
            from_trades,
        }
    }

    fn capital(sizing: &Sizing, input: &SizingInput<'_>) -> f64 {
        entry_size(sizing, input).unwrap().capital(input)
    }

    #[test]
    fn every_method_by_hand() {
        let cases = [
            (SizingMethod::FixedUsd { amount: 250.0 }, 250.0),
            (SizingMethod::PercentEquity { equity_pct: 10.0 }, 1_000.0),
            // Notional 10,000 · 1 % / 2 % = 5,000, at 5x a margin of 1,000.
            (SizingMethod::RiskBased { risk_pct: 1.0 }, 1_000.0),
            (SizingMethod::FixedUnits { units: 20.0 }, 400.0),
            // 0.6 − 0.4/1 = 0.2, half of it 0.1.
            (kelly(false), 1_000.0),
        ];
        for (method, expected) in cases {
            approx::assert_relative_eq!(
                capital(&sizing(method), &input()),
                expected,
                max_relative = 1e-12
            );
        }
    }

    #[test]
    fn confidence_scales_when_asked() {
        let sizing = Sizing {
            scale_by_confidence: true,
            ..sizing(SizingMethod::FixedUsd { amount: 250.0 })
        };
        assert_eq!(capital(&sizing, &input()), 125.0);
    }

    #[test]
    fn bounds_cut_capital_and_units() {
        let bounds = |method| Sizing {
            max_position_size: Some(100.0),
            max_notional: Some(400.0),
            ..sizing(method)
        };
        let usd = bounds(SizingMethod::FixedUsd { amount: 250.0 });
        assert_eq!(entry_size(&usd, &input()), Ok(EntrySize::Capital(80.0)));
        let units = bounds(SizingMethod::FixedUnits { units: 20.0 });
        assert_eq!(entry_size(&units, &input()), Ok(EntrySize::Units(4.0)));
    }

    #[test]
    fn too_small_a_size_is_refused_with_rule_limit_and_value() {
        let sizing = Sizing {
            min_notional: Some(2_000.0),
            ..sizing(SizingMethod::FixedUsd { amount: 250.0 })
        };
        let refusal = entry_size(&sizing, &input()).unwrap_err();
        assert_eq!(
            (refusal.rule, refusal.limit, refusal.value),
            ("min_notional", 2_000.0, 1_250.0)
        );
    }

    #[test]
    fn risk_based_without_a_stop_is_refused() {
        let without = SizingInput {
            stop_fraction: None,
            ..input()
        };
        let sizing = sizing(SizingMethod::RiskBased { risk_pct: 1.0 });
        assert_eq!(entry_size(&sizing, &without), Err(Refusal::STOP_NEEDED));
    }

    #[test]
    fn kelly_uses_own_trades_from_twenty_on() {
        let profits: Vec<f64> = (0..20)
            .map(|i| if i % 4 == 0 { -10.0 } else { 5.0 })
            .collect();
        let few = SizingInput {
            profits: &profits[..19],
            ..input()
        };
        let enough = SizingInput {
            profits: &profits,
            ..input()
        };
        approx::assert_relative_eq!(
            capital(&sizing(kelly(true)), &few),
            1_000.0,
            max_relative = 1e-12
        );
        // Win rate 0.75, payoff 0.5: 0.75 − 0.25/0.5 = 0.25, half of it 0.125.
        approx::assert_relative_eq!(
            capital(&sizing(kelly(true)), &enough),
            1_250.0,
            max_relative = 1e-12
        );
    }

    #[test]
    fn kelly_without_a_configured_edge_is_refused_below_twenty_trades() {
        let method = SizingMethod::Kelly {
            edge: None,
            fraction: 0.5,
            cap_pct: 25.0,
            from_trades: true,
        };
        let wins = [1.0; 20];
        let of = |profits| SizingInput { profits, ..input() };
        for known in [0, 19] {
            assert_eq!(
                entry_size(&sizing(method), &of(&wins[..known])),
                Err(Refusal::below("kelly_trades", 20.0, known as f64))
            );
        }
        assert!(entry_size(&sizing(method), &of(&wins)).is_ok());
    }

    #[test]
    fn kelly_without_an_edge_trades_nothing_and_is_capped_with_a_perfect_one() {
        let losses = [-1.0; 20];
        let wins = [1.0; 20];
        let of = |profits| SizingInput { profits, ..input() };
        let refusal = entry_size(&sizing(kelly(true)), &of(&losses)).unwrap_err();
        assert_eq!(refusal.rule, "kelly_edge");
        approx::assert_relative_eq!(
            capital(&sizing(kelly(true)), &of(&wins)),
            2_500.0,
            max_relative = 1e-12
        );
    }
}
