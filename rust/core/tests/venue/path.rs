//! Which of several levels inside one bar acts first.

use crate::scene::{Scene, bracketed, limit, margin_market, market, near, stop};
use spark_stacker_core::venue::{OrderRequest, Purpose, Quantity, Side, VenueRules};

#[test]
fn a_position_entered_by_a_limit_inside_the_bar_may_be_stopped_out_in_it() {
    let mut scene = Scene::new();
    scene.send(bracketed(limit(Side::Buy, 1.0, 95.0), 0.02, 0.02));
    scene.bar([100.0, 101.0, 90.0, 99.0]);
    assert_eq!(scene.prices(), [95.0, 95.0 * 0.98]);
}

#[test]
fn a_position_entered_by_a_limit_inside_the_bar_takes_no_profit_in_it() {
    let mut scene = Scene::new();
    scene.send(bracketed(limit(Side::Buy, 1.0, 95.0), 0.1, 0.02));
    scene.bar([100.0, 101.0, 94.0, 99.0]);
    assert_eq!(scene.prices(), [95.0]);
    scene.bar([96.0, 98.0, 95.0, 97.0]);
    near(scene.last_fill().price, 95.0 * 1.02);
}

#[test]
fn a_position_entered_by_a_stop_inside_the_bar_may_be_stopped_out_on_the_way_back() {
    let mut scene = Scene::new();
    scene.send(bracketed(stop(Side::Buy, 1.0, 105.0), 0.02, 0.02));
    scene.bar([100.0, 110.0, 99.0, 108.0]);
    assert_eq!(scene.prices(), [105.0, 105.0 * 0.98]);
}

#[test]
fn a_limit_that_the_open_improves_may_take_profit_in_the_bar() {
    let mut scene = Scene::new();
    scene.send(bracketed(limit(Side::Buy, 1.0, 105.0), 0.1, 0.05));
    scene.bar([100.0, 106.0, 99.0, 101.0]);
    assert_eq!(scene.prices(), [100.0, 105.0]);
}

#[test]
fn a_stop_acts_before_the_liquidation_behind_it() {
    let mut scene = Scene::with(VenueRules::default(), Some(margin_market(0.0)));
    scene.send(OrderRequest {
        leverage: 10.0,
        ..bracketed(market(Side::Buy, Quantity::Base(1.0)), 0.05, 0.5)
    });
    scene.bar([100.0, 101.0, 80.0, 100.0]);
    assert_eq!(scene.prices(), [100.0, 95.0]);
}

#[test]
fn liquidation_acts_before_the_stop_behind_it() {
    let mut scene = Scene::with(VenueRules::default(), Some(margin_market(0.0)));
    scene.send(OrderRequest {
        leverage: 20.0,
        ..bracketed(market(Side::Buy, Quantity::Base(1.0)), 0.1, 0.5)
    });
    scene.bar([100.0, 101.0, 80.0, 100.0]);
    assert_eq!(scene.prices(), [100.0, 95.0]);
    assert_eq!(scene.last_fill().purpose, Purpose::Liquidation);
}

#[test]
fn adding_and_stopping_happen_in_the_order_in_which_the_price_falls() {
    let mut scene = Scene::new();
    scene.send(bracketed(market(Side::Buy, Quantity::Base(1.0)), 0.05, 0.5));
    scene.send(limit(Side::Buy, 1.0, 97.0));
    scene.bar([100.0, 101.0, 90.0, 92.0]);
    // The average entry of 98.5 moves the stop to 93.575.
    assert_eq!(scene.prices()[..2], [100.0, 97.0]);
    near(scene.prices()[2], 98.5 * 0.95);
    assert_eq!(scene.last_fill().quantity, 2.0);
}
