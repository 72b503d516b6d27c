//! Liquidation: where, what it costs, who bears what is beyond the margin.

use crate::scene::{MARKET, Scene, bar, margin_market, market, near};
use spark_stacker_core::market::{Instrument, MarginTier};
use spark_stacker_core::venue::{
    MAIN, MarginMode, Margined, MarketId, OrderId, OrderRequest, Purpose, Quantity, Reason, Side,
    VenueRules, maintenance_margin,
};

fn leveraged(side: Side, units: f64, leverage: f64) -> OrderRequest {
    OrderRequest {
        leverage,
        ..market(side, Quantity::Base(units))
    }
}

fn rules() -> VenueRules {
    VenueRules {
        liquidation_fee_rate: 0.01,
        ..VenueRules::default()
    }
}

#[test]
fn at_twenty_times_the_liquidation_price_is_not_the_entry() {
    // (100 − 5) / (1 − 0.01) and (100 + 5) / (1 + 0.01), by hand.
    for (side, expected) in [
        (Side::Buy, 95.959_595_959_6),
        (Side::Sell, 103.960_396_039_6),
    ] {
        let mut scene = Scene::with(rules(), Some(margin_market(0.01)));
        scene.send(leveraged(side, 1.0, 20.0));
        scene.bar([100.0; 4]);
        let level = scene.venue.liquidation_level(MAIN, MARKET).unwrap();
        assert!((level - expected).abs() < 1e-9, "{level}");
    }
}

#[test]
fn an_isolated_position_is_liquidated_at_its_price_with_the_fee() {
    let mut scene = Scene::with(rules(), Some(margin_market(0.02)));
    scene.send(leveraged(Side::Buy, 10.0, 10.0));
    scene.bar([100.0; 4]);
    scene.bar([100.0, 100.0, 85.0, 99.0]);
    let price = 900.0 / 9.8;
    near(scene.last_fill().price, price);
    near(scene.last_fill().fee, 10.0 * price * 0.01);
    assert_eq!(scene.last_fill().purpose, Purpose::Liquidation);
    near(
        scene.venue.equity(),
        10_000.0 + 10.0 * (price - 100.0) - 10.0 * price * 0.01,
    );
    assert!(scene.venue.ledger().is_liquidated(MAIN));
}

#[test]
fn touching_the_liquidation_price_is_not_falling_below_maintenance() {
    let mut scene = Scene::with(rules(), None);
    scene.send(leveraged(Side::Buy, 1.0, 10.0));
    scene.bar([100.0, 100.0, 90.0, 100.0]);
    assert_eq!(scene.held(), 1.0);
}

#[test]
fn an_isolated_loss_ends_at_the_margin_and_the_venue_bears_the_gap() {
    let mut scene = Scene::with(rules(), Some(margin_market(0.02)));
    scene.send(leveraged(Side::Buy, 10.0, 10.0));
    scene.bar([100.0; 4]);
    scene.bar([70.0; 4]);
    assert_eq!(scene.last_fill().price, 70.0);
    near(scene.venue.equity(), 9_900.0);
    // Loss 300 and fee 7 against a margin of 100.
    near(scene.venue.ledger().borne_by_venue(MAIN), 207.0);
    near(scene.venue.trades()[0].profit, -100.0);
}

#[test]
fn a_short_is_liquidated_when_the_price_has_risen_by_its_margin() {
    let mut scene = Scene::new();
    scene.send(market(Side::Sell, Quantity::Base(100.0)));
    scene.bar([100.0; 4]);
    scene.bar([150.0, 250.0, 140.0, 150.0]);
    assert_eq!(scene.prices(), [100.0, 200.0]);
    near(scene.venue.equity(), 0.0);
    let next = scene.send(market(Side::Buy, Quantity::Base(1.0)));
    assert_eq!(scene.record(next).reason, Reason::AccountLiquidated);
}

#[test]
fn mark_candles_decide_when_they_are_given() {
    let mut scene = Scene::with(rules(), Some(margin_market(0.02)));
    scene.send(leveraged(Side::Buy, 10.0, 10.0));
    scene.bar([100.0; 4]);
    let wick = bar(2, [100.0, 100.0, 80.0, 100.0]);
    let calm = bar(2, [100.0, 100.0, 95.0, 100.0]);
    scene.venue.on_bar(MARKET, &wick, Some(&calm));
    assert_eq!(scene.held(), 10.0);
    let (wick, calm) = (
        bar(3, [100.0, 100.0, 80.0, 100.0]),
        bar(3, [100.0, 100.0, 95.0, 100.0]),
    );
    scene.venue.on_bar(MARKET, &calm, Some(&wick));
    assert_eq!(scene.held(), 0.0);
    // The level, 91.8, never traded: the worst price that did.
    assert_eq!(scene.last_fill().price, 95.0);
}

#[test]
fn maintenance_follows_the_tier_of_the_notional() {
    let tier = |min_notional, maintenance_rate, deduction| MarginTier {
        min_notional,
        maintenance_rate,
        deduction,
        max_leverage: 50.0,
    };
    let tiers = [tier(0.0, 0.005, 0.0), tier(10_000.0, 0.01, 50.0)];
    assert_eq!(maintenance_margin(&tiers, 5_000.0), 25.0);
    assert_eq!(maintenance_margin(&tiers, 20_000.0), 150.0);
    assert_eq!(maintenance_margin(&[], 20_000.0), 0.0);
    // At the price given, margin and loss leave exactly the maintenance of the tier that holds there.
    for (side, quantity) in [(Side::Buy, 50.0), (Side::Buy, 105.0), (Side::Sell, 98.0)] {
        let position = Margined {
            side,
            quantity,
            entry_price: 100.0,
            margin: quantity * 10.0,
        };
        let price = position.liquidation_price(&tiers).unwrap();
        let left = position.margin + side.sign() * quantity * (price - 100.0);
        near(left, maintenance_margin(&tiers, quantity * price));
    }
}

#[test]
fn a_cross_account_stands_with_all_its_equity() {
    let rules = VenueRules {
        margin_mode: MarginMode::Cross,
        ..rules()
    };
    let mut scene = Scene::with(rules, Some(margin_market(0.02)));
    scene.send(leveraged(Side::Buy, 200.0, 10.0));
    scene.bar([100.0; 4]);
    scene.bar([100.0, 100.0, 60.0, 70.0]);
    assert_eq!(scene.held(), 200.0);
    // (20,000 − 10,000) / (200 · 0.98)
    let level = 10_000.0 / 196.0;
    near(scene.venue.liquidation_level(MAIN, MARKET).unwrap(), level);
    scene.bar([70.0, 70.0, 50.0, 60.0]);
    near(scene.last_fill().price, level);
}

#[test]
fn a_cross_account_loses_its_largest_loss_first() {
    let rules = VenueRules {
        margin_mode: MarginMode::Cross,
        liquidation_fee_rate: 0.0,
        ..VenueRules::default()
    };
    let instrument = || Some(margin_market(0.01));
    let mut scene = Scene::over(rules, vec![instrument(), instrument()], &[1_000.0]);
    let other = MarketId(1);
    scene.send(leveraged(Side::Buy, 20.0, 10.0));
    scene.send(OrderRequest {
        market: other,
        ..leveraged(Side::Buy, 20.0, 10.0)
    });
    scene.bar([100.0, 100.0, 100.0, 100.0]);
    scene.bar_of(other, [100.0, 100.0, 60.0, 60.0]);
    assert_eq!(scene.venue.position(MAIN, other).quantity, 20.0);
    // 200 of equity left; the first market falls until 30 or so are maintained. The other has the larger loss and goes.
    scene.bar([100.0, 100.0, 91.0, 91.0]);
    assert_eq!(scene.last_fill().market, other);
    assert_eq!(scene.last_fill().price, 60.0);
    assert_eq!(scene.held(), 20.0);
}

#[test]
fn liquidation_ends_the_bracket_of_the_position() {
    let mut scene = Scene::with(rules(), Some(Instrument::default()));
    scene.send(OrderRequest {
        leverage: 50.0,
        ..crate::scene::bracketed(market(Side::Buy, Quantity::Base(1.0)), 0.05, 0.05)
    });
    scene.bar([100.0, 101.0, 97.0, 100.0]);
    for id in [OrderId(1), OrderId(2)] {
        assert_eq!(scene.record(id).reason, Reason::PositionClosed);
    }
}
