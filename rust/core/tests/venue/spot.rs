//! Spot: assets against cash, nothing borrowed.

use crate::scene::{MARKET, Scene, close, limit, market, near, spot_market};
use spark_stacker_core::venue::{
    MAIN, OrderRequest, OrderState, Quantity, Reason, Side, VenueRules,
};

fn scene(rules: VenueRules) -> Scene {
    Scene::with(rules, Some(spot_market()))
}

#[test]
fn a_short_without_the_asset_is_rejected() {
    let mut scene = scene(VenueRules::default());
    let short = scene.send(market(Side::Sell, Quantity::Base(1.0)));
    scene.bar([100.0; 4]);
    let refused = (OrderState::Rejected, Reason::ShortOnSpot);
    assert_eq!(scene.fate(short), refused);
    scene.send(market(Side::Buy, Quantity::Base(1.0)));
    let too_much = scene.send(market(Side::Sell, Quantity::Base(2.0)));
    scene.bar([100.0; 4]);
    assert_eq!(scene.fate(too_much), refused);
    assert_eq!(scene.held(), 1.0);
    assert_eq!(scene.venue.equity(), 10_000.0);
}

#[test]
fn nothing_is_bought_beyond_the_free_balance() {
    let mut scene = scene(VenueRules::default());
    let at_market = scene.send(market(Side::Buy, Quantity::Base(101.0)));
    let resting = scene.send(limit(Side::Buy, 102.0, 99.0));
    scene.bar([100.0; 4]);
    for id in [at_market, resting] {
        assert_eq!(
            scene.fate(id),
            (OrderState::Rejected, Reason::InsufficientBalance)
        );
    }
}

#[test]
fn cash_buys_the_asset_and_the_asset_is_worth_its_price() {
    let mut scene = scene(VenueRules::default());
    scene.send(market(Side::Buy, Quantity::Base(40.0)));
    scene.bar([100.0, 121.0, 99.0, 120.0]);
    assert_eq!(scene.venue.ledger().cash(MAIN), 6_000.0);
    assert_eq!(scene.venue.equity(), 10_800.0);
    assert_eq!(scene.venue.liquidation_level(MAIN, MARKET), None);
    scene.send(close(Side::Sell));
    scene.bar([120.0; 4]);
    assert_eq!(scene.venue.ledger().cash(MAIN), 10_800.0);
    assert_eq!(scene.venue.trades()[0].profit, 800.0);
}

#[test]
fn leverage_is_refused() {
    let mut scene = scene(VenueRules::default());
    let id = scene.send(OrderRequest {
        leverage: 2.0,
        ..market(Side::Buy, Quantity::Base(1.0))
    });
    assert_eq!(scene.record(id).reason, Reason::BadLeverage);
}

#[test]
fn all_of_the_cash_is_spent_when_the_fee_is_in_base() {
    let rules = VenueRules {
        taker_fee_rate: 0.01,
        fee_in_base: true,
        ..VenueRules::default()
    };
    let mut scene = scene(rules);
    scene.send(market(Side::Buy, Quantity::Quote(10_000.0)));
    scene.bar([100.0; 4]);
    near(scene.held(), 99.0);
    near(scene.venue.free_margin(MAIN), 0.0);
}

#[test]
fn a_fee_in_base_comes_out_of_the_units_bought() {
    let rules = VenueRules {
        taker_fee_rate: 0.01,
        fee_in_base: true,
        ..VenueRules::default()
    };
    let mut scene = scene(rules);
    scene.send(market(Side::Buy, Quantity::Base(100.0)));
    scene.bar([100.0; 4]);
    near(scene.held(), 99.0);
    near(scene.venue.ledger().cash(MAIN), 0.0);
    near(scene.venue.equity(), 9_900.0);
    assert!(scene.last_fill().fee_in_base);
    scene.send(close(Side::Sell));
    scene.bar([100.0; 4]);
    near(scene.venue.ledger().cash(MAIN), 9_900.0 * 0.99);
    near(scene.venue.trades()[0].profit, -100.0 - 99.0);
}
