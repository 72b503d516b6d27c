//! Market orders: when, at what price, how much.

use crate::scene::{Scene, bar, close, market, near, stop};
use spark_stacker_core::venue::{
    Liquidity, MAIN, MarketId, OrderRequest, OrderState, Quantity, Reason, Side, TimeInForce,
    Venue, VenueRules,
};

#[test]
fn an_order_decided_at_a_close_fills_at_the_next_open() {
    let mut scene = Scene::new();
    let id = scene.send(market(Side::Buy, Quantity::Base(2.0)));
    assert_eq!(scene.held(), 0.0);
    scene.bar([101.0, 105.0, 100.0, 104.0]);
    let fill = scene.last_fill();
    assert_eq!((fill.price, fill.quantity), (101.0, 2.0));
    assert_eq!(fill.liquidity, Liquidity::Taker);
    assert_eq!(scene.fate(id), (OrderState::Filled, Reason::Filled));
    assert_eq!(scene.venue.equity(), 10_000.0 + 2.0 * 3.0);
}

#[test]
fn an_order_on_the_last_bar_stays_open() {
    let mut scene = Scene::new();
    let id = scene.send(market(Side::Buy, Quantity::Base(2.0)));
    assert_eq!(scene.fate(id), (OrderState::Open, Reason::None));
    assert!(scene.venue.fills().is_empty());
}

#[test]
fn all_of_the_equity_is_spent_fee_included_whatever_the_gap() {
    for (open, fee) in [(100.0, 0.0), (130.0, 0.001), (70.0, 0.01)] {
        let rules = VenueRules {
            taker_fee_rate: fee,
            ..VenueRules::default()
        };
        let mut scene = Scene::with(rules, None);
        let id = scene.send(market(Side::Buy, Quantity::Quote(10_000.0)));
        scene.bar([open; 4]);
        assert_eq!(scene.record(id).state, OrderState::Filled, "open {open}");
        assert_eq!(scene.held(), 10_000.0 / (open * (1.0 + fee)));
        near(scene.venue.free_margin(MAIN), 0.0);
    }
}

#[test]
fn leveraged_value_leaves_room_for_its_fee() {
    let rules = VenueRules {
        taker_fee_rate: 0.001,
        ..VenueRules::default()
    };
    let mut scene = Scene::with(rules, None);
    let id = scene.send(OrderRequest {
        leverage: 10.0,
        ..market(Side::Buy, Quantity::Quote(100_000.0))
    });
    scene.bar([100.0; 4]);
    assert_eq!(scene.record(id).state, OrderState::Filled);
    near(scene.held(), 1000.0 / 1.01);
    near(scene.venue.free_margin(MAIN), 0.0);
}

#[test]
fn reversing_all_of_the_equity_survives_a_gap() {
    let rules = VenueRules {
        taker_fee_rate: 0.001,
        ..VenueRules::default()
    };
    let mut scene = Scene::with(rules, None);
    scene.send(market(Side::Buy, Quantity::Quote(10_000.0)));
    scene.bar([100.0; 4]);
    let equity = scene.venue.equity();
    scene.send(close(Side::Sell));
    let reverse = scene.send(market(Side::Sell, Quantity::Quote(equity)));
    scene.bar([90.0; 4]);
    assert_eq!(scene.record(reverse).state, OrderState::Filled);
    assert!(scene.held() < 0.0);
    near(scene.venue.free_margin(MAIN), 0.0);
}

#[test]
fn of_two_orders_for_all_of_the_equity_the_second_is_rejected_not_filled_with_dust() {
    let mut scene = Scene::new();
    scene.send(market(Side::Buy, Quantity::Quote(10_000.0)));
    let second = scene.send(market(Side::Buy, Quantity::Quote(10_000.0)));
    scene.bar([97.0; 4]);
    assert_eq!(
        scene.fate(second),
        (OrderState::Rejected, Reason::InsufficientMargin)
    );
}

#[test]
fn a_reversal_is_two_fills_and_two_fees() {
    let rules = VenueRules {
        taker_fee_rate: 0.001,
        ..VenueRules::default()
    };
    let mut scene = Scene::with(rules, None);
    scene.send(market(Side::Buy, Quantity::Base(2.0)));
    scene.bar([100.0; 4]);
    let id = scene.send(market(Side::Sell, Quantity::Base(5.0)));
    scene.bar([110.0; 4]);
    let fills = &scene.venue.fills()[1..];
    assert_eq!(fills.len(), 2);
    assert_eq!((fills[0].quantity, fills[1].quantity), (2.0, 3.0));
    near(fills[0].fee, 0.22);
    near(fills[1].fee, 0.33);
    assert_eq!(scene.held(), -3.0);
    assert_eq!(scene.record(id).filled_quantity, 5.0);
    assert_eq!(scene.venue.trades().len(), 1);
}

#[test]
fn reduce_only_is_cut_to_the_position() {
    let mut scene = Scene::new();
    scene.send(market(Side::Buy, Quantity::Base(2.0)));
    let id = scene.send(OrderRequest {
        reduce_only: true,
        ..market(Side::Sell, Quantity::Base(5.0))
    });
    scene.bar([100.0; 4]);
    assert_eq!(scene.held(), 0.0);
    assert_eq!(scene.record(id).filled_quantity, 2.0);
    assert_eq!(scene.record(id).state, OrderState::Filled);
}

#[test]
fn reduce_only_without_a_position_is_rejected() {
    let mut scene = Scene::new();
    let flat = scene.send(close(Side::Sell));
    scene.bar([100.0; 4]);
    let nothing = (OrderState::Rejected, Reason::NothingToReduce);
    assert_eq!(scene.fate(flat), nothing);
    scene.send(market(Side::Buy, Quantity::Base(1.0)));
    let same_side = scene.send(close(Side::Buy));
    scene.bar([100.0; 4]);
    assert_eq!(scene.fate(same_side), nothing);
    assert_eq!(scene.held(), 1.0);
}

#[test]
fn a_bar_without_volume_marks_but_fills_nothing() {
    let mut scene = Scene::new();
    scene.send(market(Side::Buy, Quantity::Base(1.0)));
    scene.bar([100.0; 4]);
    let waiting = scene.send(market(Side::Buy, Quantity::Base(1.0)));
    let resting = scene.send(stop(Side::Sell, 1.0, 95.0));
    scene.bar_with_volume([90.0; 4], 0.0);
    assert_eq!(scene.venue.fills().len(), 1);
    assert_eq!(scene.venue.equity(), 9_990.0);
    assert_eq!(scene.record(waiting).state, OrderState::Open);
    assert_eq!(scene.record(resting).state, OrderState::Open);
    scene.bar([91.0; 4]);
    assert_eq!(scene.prices()[1..], [91.0, 91.0]);
}

#[test]
fn an_order_ends_when_its_date_comes() {
    let mut scene = Scene::new();
    let dated = |minute: i64| OrderRequest {
        time_in_force: TimeInForce::GoodTilDate(minute * crate::scene::MINUTE),
        ..stop(Side::Buy, 1.0, 150.0)
    };
    let past = scene.send(dated(1));
    let soon = scene.send(dated(2));
    let expired = (OrderState::Expired, Reason::TimeInForce);
    assert_eq!(scene.fate(past), expired);
    scene.bar([100.0; 4]);
    assert_eq!(scene.record(soon).state, OrderState::Open);
    scene.bar([160.0; 4]);
    assert_eq!(scene.fate(soon), expired);
    assert!(scene.venue.fills().is_empty());
}

#[test]
fn orders_fill_in_the_order_in_which_they_were_sent() {
    let mut venue = Venue::new(VenueRules::default(), vec![None], &[1000.0]).unwrap();
    let first = venue.submit(market(Side::Buy, Quantity::Base(1.0)), 0);
    let second = venue.submit(market(Side::Sell, Quantity::Base(3.0)), 0);
    venue.on_bar(MarketId(0), &bar(0, [100.0; 4]), None);
    let order: Vec<_> = venue.fills().iter().map(|fill| fill.order).collect();
    assert_eq!(order, [first, second, second]);
}
