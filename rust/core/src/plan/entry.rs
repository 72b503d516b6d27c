//! The order that opens a position, with the protection and the hedge that come with it.

use super::sizing::EntrySize;
use super::spec::StrategySpec;
use crate::venue::{Bracket, HEDGE, HedgeLeg, MarketId, OrderRequest, Quantity, Side};

/// The entry of `strategy` to `side`. `capital` is that of all legs at the close of the decision.
///
/// A hedge of ratio r splits the capital C into main margin C(1 − r) and hedge margin C·r, each at its own leverage, in opposite directions.
#[must_use]
#[inline]
pub fn entry_order(
    strategy: &StrategySpec,
    index: u16,
    side: Side,
    size: EntrySize,
    capital: f64,
) -> OrderRequest {
    let main_share = strategy.hedge.map_or(1.0, |hedge| 1.0 - hedge.ratio);
    let quantity = match size {
        EntrySize::Capital(capital) => Quantity::Quote(capital * main_share * strategy.leverage),
        EntrySize::Units(units) => Quantity::Base(units),
    };
    #[expect(
        clippy::cast_possible_truncation,
        reason = "markets are few, checked when the portfolio is made"
    )]
    let market = MarketId(strategy.market as u16);
    OrderRequest {
        leverage: strategy.leverage,
        strategy: index,
        bracket: bracket(strategy, capital),
        hedge: strategy.hedge.map(|hedge| HedgeLeg {
            account: HEDGE,
            notional_fraction: hedge.ratio * hedge.leverage / (main_share * strategy.leverage),
            leverage: hedge.leverage,
            close_with_main: !hedge.keep_on_reversal,
        }),
        ..OrderRequest::market(market, side, quantity)
    }
}

fn bracket(strategy: &StrategySpec, capital: f64) -> Option<Bracket> {
    let fraction = |pct: Option<f64>| pct.map(|pct| pct / 100.0);
    let net_stop = strategy.hedge.and_then(|hedge| hedge.net_stop_loss_pct);
    let bracket = Bracket {
        stop_fraction: fraction(strategy.stop_loss_pct),
        target_fraction: fraction(strategy.take_profit_pct),
        trail_fraction: fraction(strategy.trailing_stop_pct),
        break_even_fraction: fraction(strategy.break_even_pct),
        net_loss: net_stop.map(|pct| capital * pct / 100.0),
    };
    (bracket != Bracket::default()).then_some(bracket)
}

#[cfg(test)]
mod tests {
    use super::super::spec::{AllowedSide, HedgeSpec, Sizing, SizingMethod};
    use super::*;
    use crate::signals::SignalMode;

    fn strategy() -> StrategySpec {
        StrategySpec {
            name: "hedged".to_owned(),
            market: 0,
            timeframe: "1h".parse().unwrap(),
            indicators: Vec::new(),
            signal_mode: SignalMode::Any,
            min_confidence: 0.0,
            side: AllowedSide::Both,
            exit_on_opposite: true,
            max_entries: 1,
            sizing: Sizing {
                method: SizingMethod::FixedUsd { amount: 100.0 },
                scale_by_confidence: false,
                max_position_size: None,
                min_notional: None,
                max_notional: None,
            },
            leverage: 10.0,
            stop_loss_pct: Some(10.0),
            take_profit_pct: None,
            trailing_stop_pct: None,
            break_even_pct: None,
            max_holding_ns: None,
            hedge: Some(HedgeSpec {
                ratio: 0.2,
                leverage: 5.0,
                net_stop_loss_pct: Some(30.0),
                reduce_at_pct: None,
                reduce_by_pct: 50.0,
                keep_on_reversal: false,
            }),
        }
    }

    #[test]
    fn hedge_of_the_worked_example() {
        // C = 100, r = 0.2, 10x and 5x: main 80 · 10 = 800, hedge 20 · 5 = 100.
        let order = entry_order(&strategy(), 3, Side::Buy, EntrySize::Capital(100.0), 100.0);
        assert_eq!(order.quantity, Quantity::Quote(800.0));
        approx::assert_relative_eq!(order.hedge.unwrap().notional_fraction, 0.125);
        let bracket = order.bracket.unwrap();
        assert_eq!(bracket.net_loss, Some(30.0));
        approx::assert_relative_eq!(bracket.stop_fraction.unwrap(), 0.1);
        assert_eq!(order.strategy, 3);
    }

    #[test]
    fn no_stops_means_no_bracket() {
        let plain = StrategySpec {
            stop_loss_pct: None,
            hedge: None,
            ..strategy()
        };
        let order = entry_order(&plain, 0, Side::Sell, EntrySize::Units(2.0), 200.0);
        assert_eq!(order.bracket, None);
        assert_eq!(order.quantity, Quantity::Base(2.0));
    }
}
