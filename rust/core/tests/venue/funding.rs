//! Funding: longs pay a positive rate on the mark price, before the open.

use crate::scene::{MARKET, Scene, close, market, near, spot_market};
use spark_stacker_core::venue::{MAIN, OrderRequest, Quantity, Side, VenueRules};

#[test]
fn a_positive_rate_takes_from_longs_and_gives_to_shorts() {
    for (side, paid) in [(Side::Buy, 1.0), (Side::Sell, -1.0)] {
        let mut scene = Scene::new();
        scene.send(market(side, Quantity::Base(10.0)));
        scene.bar([100.0; 4]);
        scene.venue.apply_funding(MARKET, 0.001, None);
        near(scene.venue.equity(), 10_000.0 - paid);
        assert_eq!(scene.venue.position(MAIN, MARKET).funding, paid);
        scene.send(close(side.opposite()));
        scene.bar([100.0; 4]);
        let trade = &scene.venue.trades()[0];
        assert_eq!((trade.funding, trade.profit), (paid, -paid));
    }
}

#[test]
fn the_mark_price_counts_when_it_is_known() {
    let mut scene = Scene::new();
    scene.send(market(Side::Buy, Quantity::Base(10.0)));
    scene.bar([100.0; 4]);
    scene.venue.apply_funding(MARKET, 0.001, Some(200.0));
    near(scene.venue.equity(), 9_998.0);
}

#[test]
fn funding_beyond_the_free_balance_comes_from_the_positions_margin() {
    let mut scene = Scene::new();
    scene.send(OrderRequest {
        leverage: 10.0,
        ..market(Side::Buy, Quantity::Quote(100_000.0))
    });
    scene.bar([100.0; 4]);
    let before = scene.venue.liquidation_level(MAIN, MARKET).unwrap();
    scene.venue.apply_funding(MARKET, 0.01, None);
    near(scene.venue.position(MAIN, MARKET).margin, 9_000.0);
    assert!(scene.venue.liquidation_level(MAIN, MARKET).unwrap() > before);
    scene.bar([50.0; 4]);
    near(scene.venue.equity(), 0.0);
}

#[test]
fn owned_assets_pay_no_funding() {
    let mut scene = Scene::with(VenueRules::default(), Some(spot_market()));
    scene.send(market(Side::Buy, Quantity::Base(10.0)));
    scene.bar([100.0; 4]);
    scene.venue.apply_funding(MARKET, 0.01, None);
    assert_eq!(scene.venue.equity(), 10_000.0);
}
