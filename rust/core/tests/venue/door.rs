//! What is turned away at the door, and why; rounding to the market's steps.

use crate::scene::{Scene, limit, market, order, stop};
use spark_stacker_core::market::{Instrument, MarginTier};
use spark_stacker_core::venue::{
    AccountId, Bracket, HedgeLeg, MAIN, MarketId, OrderKind, OrderRequest, OrderState, Quantity,
    Reason, Side, SlippageModel, Venue, VenueRules,
};

#[test]
fn unusable_orders_are_rejected_with_their_reason() {
    let buy = market(Side::Buy, Quantity::Base(1.0));
    let cases = [
        (market(Side::Buy, Quantity::Base(0.0)), Reason::BadQuantity),
        (market(Side::Buy, Quantity::Base(-1.0)), Reason::BadQuantity),
        (
            market(Side::Buy, Quantity::Quote(f64::NAN)),
            Reason::BadQuantity,
        ),
        (limit(Side::Buy, 1.0, -5.0), Reason::BadPrice),
        (stop(Side::Buy, 1.0, f64::INFINITY), Reason::BadPrice),
        (
            order(
                Side::Sell,
                1.0,
                OrderKind::TrailingStop {
                    distance_fraction: 1.0,
                },
            ),
            Reason::BadPrice,
        ),
        (
            OrderRequest {
                bracket: Some(Bracket {
                    stop_fraction: Some(1.5),
                    ..Bracket::default()
                }),
                ..buy
            },
            Reason::BadPrice,
        ),
        (
            OrderRequest {
                leverage: 0.5,
                ..buy
            },
            Reason::BadLeverage,
        ),
        (
            OrderRequest {
                market: MarketId(3),
                ..buy
            },
            Reason::UnknownMarket,
        ),
        (
            OrderRequest {
                account: AccountId(1),
                ..buy
            },
            Reason::UnknownMarket,
        ),
        (
            OrderRequest {
                hedge: Some(HedgeLeg {
                    account: MAIN,
                    notional_fraction: 0.1,
                    leverage: 1.0,
                    close_with_main: true,
                }),
                ..buy
            },
            Reason::UnknownMarket,
        ),
    ];
    for (request, reason) in cases {
        let mut scene = Scene::new();
        let id = scene.send(request);
        assert_eq!(
            scene.fate(id),
            (OrderState::Rejected, reason),
            "{request:?}"
        );
        assert_eq!(scene.record(id).ended_ns(), Some(crate::scene::MINUTE));
    }
}

fn stepped() -> Instrument {
    Instrument {
        tick_size: Some(0.5),
        lot_size: Some(0.01),
        min_quantity: Some(0.05),
        min_notional: Some(10.0),
        ..Instrument::default()
    }
}

#[test]
fn sizes_round_down_to_the_lot() {
    let mut scene = Scene::with(VenueRules::default(), Some(stepped()));
    scene.send(market(Side::Buy, Quantity::Base(1.2399)));
    scene.send(market(Side::Buy, Quantity::Quote(55.9)));
    scene.bar([100.0; 4]);
    let sizes: Vec<_> = scene.venue.fills().iter().map(|f| f.quantity).collect();
    assert_eq!(sizes, [1.23, 0.55]);
}

#[test]
fn limits_round_to_the_senders_better_tick() {
    let mut scene = Scene::with(VenueRules::default(), Some(stepped()));
    let buy = scene.send(limit(Side::Buy, 1.0, 95.3));
    let sell = scene.send(limit(Side::Sell, 1.0, 105.3));
    assert_eq!(scene.record(buy).kind, OrderKind::Limit { price: 95.0 });
    assert_eq!(scene.record(sell).kind, OrderKind::Limit { price: 105.5 });
}

#[test]
fn sizes_below_a_minimum_are_rejected_with_the_rule() {
    let cases = [
        (market(Side::Buy, Quantity::Base(0.009)), Reason::BelowLot),
        (market(Side::Buy, Quantity::Quote(0.5)), Reason::BelowLot),
        (
            market(Side::Buy, Quantity::Base(0.04)),
            Reason::BelowMinQuantity,
        ),
        (
            market(Side::Buy, Quantity::Base(0.06)),
            Reason::BelowMinNotional,
        ),
        (limit(Side::Buy, 0.06, 90.0), Reason::BelowMinNotional),
    ];
    for (request, reason) in cases {
        let mut scene = Scene::with(VenueRules::default(), Some(stepped()));
        let id = scene.send(request);
        scene.bar([100.0; 4]);
        assert_eq!(
            scene.fate(id),
            (OrderState::Rejected, reason),
            "{request:?}"
        );
    }
}

#[test]
fn leverage_is_bounded_by_the_tier_of_the_notional() {
    let tier = |min_notional, max_leverage| MarginTier {
        min_notional,
        maintenance_rate: 0.01,
        deduction: 0.0,
        max_leverage,
    };
    let instrument = Instrument {
        margin_tiers: vec![tier(0.0, 20.0), tier(50_000.0, 5.0)],
        ..Instrument::default()
    };
    let leveraged = |leverage, units| OrderRequest {
        leverage,
        ..market(Side::Buy, Quantity::Base(units))
    };
    let mut scene = Scene::with(VenueRules::default(), Some(instrument));
    let above_all = scene.send(leveraged(25.0, 1.0));
    let above_tier = scene.send(leveraged(10.0, 600.0));
    let within = scene.send(leveraged(10.0, 400.0));
    scene.bar([100.0; 4]);
    let refused = (OrderState::Rejected, Reason::BadLeverage);
    assert_eq!(scene.fate(above_all), refused);
    assert_eq!(scene.fate(above_tier), refused);
    assert_eq!(scene.record(within).state, OrderState::Filled);
}

#[test]
fn unusable_rules_are_named() {
    let refuse = |rules: VenueRules, balances: &[f64]| {
        let error = Venue::new(rules, vec![None], balances).unwrap_err();
        error.to_string()
    };
    let rules = VenueRules::default();
    let fee = VenueRules {
        taker_fee_rate: -0.1,
        ..rules
    };
    let slippage = VenueRules {
        slippage: SlippageModel::Fixed { bps: f64::NAN },
        ..rules
    };
    assert!(refuse(fee, &[1.0]).starts_with("taker_fee_rate must be"));
    assert!(refuse(slippage, &[1.0]).starts_with("slippage.bps must be"));
    assert!(refuse(rules, &[-1.0]).starts_with("balances[0] must be"));
    assert!(refuse(rules, &[]).starts_with("balances must be"));
}
