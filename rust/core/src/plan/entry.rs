//! The order that opens a position, with the protection and the hedge that come with it.

use super::sizing::EntrySize;
use super::spec::StrategySpec;
use crate::venue::{Bracket, HEDGE, HedgeLeg, MarketId, OrderRequest, Quantity, Side};

/// What all entries of a strategy have in common, worked out once.
#[derive(Debug, Clone, Copy)]
pub struct EntryTerms {
    /// The entry, but for its side, its size and what follows from its capital.
    order: OrderRequest,
    /// Part of the capital that the main leg gets.
    main_share: f64,
    net_stop_loss_pct: Option<f64>,
}

impl EntryTerms {
    /// The terms of the strategy with this index.
    ///
    /// A hedge of ratio r splits the capital C into main margin C(1 − r) and hedge margin C·r, each at its own leverage, in opposite directions.
    #[must_use]
    pub fn new(strategy: &StrategySpec, index: u16) -> Self {
        let main_share = strategy.hedge.map_or(1.0, |hedge| 1.0 - hedge.ratio);
        #[expect(
            clippy::cast_possible_truncation,
            reason = "markets are few, checked when the portfolio is made"
        )]
        let market = MarketId(strategy.market as u16);
        Self {
            order: OrderRequest {
                leverage: strategy.leverage,
                strategy: index,
                bracket: bracket(strategy),
                hedge: strategy.hedge.map(|hedge| HedgeLeg {
                    account: HEDGE,
                    notional_fraction: hedge.ratio * hedge.leverage
                        / (main_share * strategy.leverage),
                    leverage: hedge.leverage,
                    close_with_main: !hedge.keep_on_reversal,
                }),
                ..OrderRequest::market(market, Side::Buy, Quantity::Quote(0.0))
            },
            main_share,
            net_stop_loss_pct: strategy.hedge.and_then(|hedge| hedge.net_stop_loss_pct),
        }
    }

    /// Distance of the stop as a fraction of the entry price, if there is one.
    #[must_use]
    pub fn stop_fraction(&self) -> Option<f64> {
        self.order.bracket.and_then(|bracket| bracket.stop_fraction)
    }

    /// The entry to `side`. `capital` is that of all legs at the close of the decision.
    #[must_use]
    #[inline]
    pub fn order(&self, side: Side, size: EntrySize, capital: f64) -> OrderRequest {
        let mut order = OrderRequest {
            side,
            quantity: match size {
                EntrySize::Capital(capital) => {
                    Quantity::Quote(capital * self.main_share * self.order.leverage)
                }
                EntrySize::Units(units) => Quantity::Base(units),
            },
            ..self.order
        };
        if let (Some(bracket), Some(pct)) = (&mut order.bracket, self.net_stop_loss_pct) {
            bracket.net_loss = Some(capital * pct / 100.0);
        }
        order
    }
}

/// The bracket of every entry; its net loss depends on the capital and is put in for each.
fn bracket(strategy: &StrategySpec) -> Option<Bracket> {
    let fraction = |pct: Option<f64>| pct.map(|pct| pct / 100.0);
    let net_stop = strategy.hedge.and_then(|hedge| hedge.net_stop_loss_pct);
    let bracket = Bracket {
        stop_fraction: fraction(strategy.stop_loss_pct),
        target_fraction: fraction(strategy.take_profit_pct),
        trail_fraction: fraction(strategy.trailing_stop_pct),
        break_even_fraction: fraction(strategy.break_even_pct),
        net_loss: net_stop,
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
        let order =
            EntryTerms::new(&strategy(), 3).order(Side::Buy, EntrySize::Capital(100.0), 100.0);
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
        let order = EntryTerms::new(&plain, 0).order(Side::Sell, EntrySize::Units(2.0), 200.0);
        assert_eq!(order.bracket, None);
        assert_eq!(order.quantity, Quantity::Base(2.0));
    }
}
