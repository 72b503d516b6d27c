//! Round trips: partial exits averaged, profit net of costs, excursions.

use crate::scene::{Scene, close, limit, market, near};
use spark_stacker_core::venue::{OrderRequest, Purpose, Quantity, Side, VenueRules};

fn fees() -> VenueRules {
    VenueRules {
        taker_fee_rate: 0.001,
        maker_fee_rate: 0.001,
        ..VenueRules::default()
    }
}

#[test]
fn a_trade_is_net_of_fees_and_names_its_ends() {
    let mut scene = Scene::with(fees(), None);
    scene.send(OrderRequest {
        strategy: 3,
        ..market(Side::Sell, Quantity::Base(10.0))
    });
    scene.bar([100.0; 4]);
    scene.send(OrderRequest {
        purpose: Purpose::OppositeSignal,
        ..close(Side::Buy)
    });
    scene.bar([90.0; 4]);
    let trade = &scene.venue.trades()[0];
    assert_eq!((trade.side, trade.strategy), (Side::Sell, 3));
    assert_eq!((trade.entry_price, trade.exit_price), (100.0, 90.0));
    assert_eq!(trade.gross_profit, 100.0);
    near(trade.fees, 1.9);
    near(trade.profit, 98.1);
    assert_eq!(trade.exit_purpose, Purpose::OppositeSignal);
    let minute = crate::scene::MINUTE;
    assert_eq!(
        (trade.entry_time_ns, trade.exit_time_ns),
        (minute, 2 * minute)
    );
}

#[test]
fn partial_exits_and_adds_average_into_one_trade() {
    let mut scene = Scene::with(fees(), None);
    scene.send(market(Side::Buy, Quantity::Base(2.0)));
    scene.bar([100.0; 4]);
    scene.send(market(Side::Sell, Quantity::Base(1.0)));
    scene.bar([110.0; 4]);
    scene.send(market(Side::Buy, Quantity::Base(2.0)));
    scene.bar([106.0; 4]);
    assert_eq!(scene.venue.trades().len(), 0);
    scene.send(close(Side::Sell));
    scene.bar([120.0; 4]);
    let trade = &scene.venue.trades()[0];
    assert_eq!(trade.quantity, 4.0);
    near(trade.entry_price, (200.0 + 212.0) / 4.0);
    near(trade.exit_price, (110.0 + 360.0) / 4.0);
    near(trade.gross_profit, 470.0 - 412.0);
    near(trade.fees, (412.0 + 470.0) * 0.001);
    near(scene.venue.equity(), 10_000.0 + trade.profit);
}

#[test]
fn excursions_are_fractions_of_the_entry() {
    let mut scene = Scene::new();
    scene.send(market(Side::Buy, Quantity::Base(1.0)));
    scene.bar([100.0, 108.0, 97.0, 101.0]);
    scene.bar([101.0, 103.0, 96.0, 102.0]);
    scene.send(close(Side::Sell));
    // Closed at this open: what follows in the bar is not the trade's.
    scene.bar([104.0, 150.0, 50.0, 100.0]);
    let trade = &scene.venue.trades()[0];
    near(trade.max_adverse_fraction, 0.04);
    near(trade.max_favourable_fraction, 0.08);
}

#[test]
fn of_the_bar_inside_which_a_position_is_entered_only_the_adverse_side_counts() {
    let mut scene = Scene::new();
    scene.send(limit(Side::Buy, 1.0, 95.0));
    scene.bar([100.0, 120.0, 94.0, 96.0]);
    scene.send(close(Side::Sell));
    scene.bar([95.5; 4]);
    let trade = &scene.venue.trades()[0];
    near(trade.max_adverse_fraction, 1.0 / 95.0);
    near(trade.max_favourable_fraction, 1.0 / 95.0);
}

#[test]
fn dust_of_floating_point_does_not_keep_a_position_open() {
    let mut scene = Scene::new();
    for (side, units) in [(Side::Buy, 0.3), (Side::Sell, 0.1), (Side::Sell, 0.2)] {
        scene.send(market(side, Quantity::Base(units)));
        scene.bar([100.0; 4]);
    }
    assert_eq!(scene.held(), 0.0);
    assert_eq!(scene.venue.trades().len(), 1);
}
