//! Resting orders, their queue, and what fills them.

use spark_stacker_core::market::EventKind;
use spark_stacker_core::venue::{
    FillRule, Liquidity, OrderKind, OrderRequest, QueueModel, Side, TickRules, Venue, VenueRules,
};

use crate::scene::{MARKET, Scene, limit};

#[test]
fn a_limit_fills_once_what_stood_before_it_has_traded() {
    let mut scene = Scene::with_book(TickRules::default());
    let order = scene.limit(Side::Buy, 99, 4.0);
    scene.trade(Side::Sell, 99, 9.0);
    assert_eq!(scene.fills(order), []);
    scene.trade(Side::Sell, 99, 3.0);
    assert_eq!(scene.fills(order), [(99.0, 2.0)]);
    scene.trade(Side::Sell, 99, 50.0);
    assert_eq!(scene.fills(order), [(99.0, 2.0), (99.0, 2.0)]);
    assert_eq!(scene.venue.fills()[0].liquidity, Liquidity::Maker);
}

#[test]
fn a_trade_through_the_price_fills_up_to_its_size() {
    let mut scene = Scene::with_book(TickRules::default());
    let order = scene.limit(Side::Sell, 101, 8.0);
    scene.trade(Side::Buy, 102, 5.0);
    assert_eq!(scene.fills(order), [(101.0, 5.0)]);
}

#[test]
fn one_trade_fills_the_best_price_first_and_no_more_than_its_size() {
    let mut scene = Scene::with_book(TickRules::default());
    let far = scene.limit(Side::Buy, 98, 4.0);
    let near = scene.limit(Side::Buy, 100, 4.0);
    scene.trade(Side::Sell, 97, 6.0);
    assert_eq!(scene.fills(near), [(100.0, 4.0)]);
    assert_eq!(scene.fills(far), [(98.0, 2.0)]);
}

#[test]
fn the_taker_side_decides_which_orders_a_trade_reaches() {
    let mut scene = Scene::with_book(TickRules::default());
    let order = scene.limit(Side::Buy, 100, 4.0);
    scene.trade(Side::Buy, 99, 50.0);
    assert_eq!(scene.fills(order), []);
    scene.event(EventKind::Trade, 0, 99, 1.0);
    assert_eq!(scene.fills(order), [(100.0, 1.0)]);
}

#[test]
fn cancels_ahead_shorten_the_queue_by_the_model() {
    let fills_after = |queue| {
        let rules = TickRules {
            queue,
            ..TickRules::default()
        };
        let mut scene = Scene::with_book(rules);
        let order = scene.limit(Side::Buy, 99, 1.0);
        scene.depth(Side::Buy, 99, 16.0);
        // Eight leave: at most the six behind did not stand ahead.
        scene.depth(Side::Buy, 99, 8.0);
        scene.trade(Side::Sell, 99, 5.0);
        scene.fills(order).len()
    };
    assert_eq!(fills_after(QueueModel::Fifo), 0);
    assert_eq!(fills_after(QueueModel::Conservative), 0);
    // 10 − 8 · 10/16 = 5: the trade takes just what stands ahead.
    assert_eq!(fills_after(QueueModel::Proportional { power: 1.0 }), 0);
    assert_eq!(fills_after(QueueModel::Optimistic), 1);
}

#[test]
fn a_snapshot_does_not_bring_an_order_to_the_front() {
    let mut scene = Scene::with_book(TickRules::default());
    let order = scene.limit(Side::Buy, 99, 1.0);
    scene.event(EventKind::Clear, 0, 0, 0.0);
    scene.event(EventKind::Snapshot, 1, 99, 10.0);
    scene.trade(Side::Sell, 99, 10.0);
    assert_eq!(scene.fills(order), []);
}

#[test]
fn a_shown_level_that_meets_an_order_fills_it_up_to_its_size() {
    let mut scene = Scene::with_book(TickRules::default());
    let order = scene.limit(Side::Buy, 100, 4.0);
    scene.depth(Side::Sell, 100, 3.0);
    assert_eq!(scene.fills(order), [(100.0, 3.0)]);
    assert_eq!(scene.venue.book(MARKET).best_ask(), Some(101));
}

#[test]
fn after_a_gap_an_order_stands_behind_everything_shown() {
    let mut scene = Scene::with_book(TickRules::default());
    let order = scene.limit(Side::Buy, 99, 1.0);
    scene.trade(Side::Sell, 99, 9.0);
    scene.event(EventKind::Gap, 0, 0, 0.0);
    scene.trade(Side::Sell, 99, 100.0);
    assert_eq!(scene.fills(order), []);
    scene.event(EventKind::Clear, 0, 0, 0.0);
    scene.event(EventKind::Snapshot, 1, 99, 20.0);
    scene.trade(Side::Sell, 99, 20.0);
    assert_eq!(scene.fills(order), []);
    scene.trade(Side::Sell, 99, 1.0);
    assert_eq!(scene.fills(order), [(99.0, 1.0)]);
}

#[test]
fn without_a_book_only_a_trade_through_fills_unless_touching_is_enough() {
    let fills = |fill_on_touch| {
        let rules = VenueRules {
            fill_on_touch,
            ..VenueRules::default()
        };
        let mut scene = Scene::with(rules, TickRules::default());
        let order = scene.limit(Side::Buy, 99, 1.0);
        scene.trade(Side::Sell, 99, 5.0);
        let at_touch = scene.fills(order).len();
        scene.trade(Side::Sell, 98, 5.0);
        (at_touch, scene.fills(order).len())
    };
    assert_eq!(fills(false), (0, 1));
    assert_eq!(fills(true), (1, 1));
}

#[test]
fn the_comparison_mode_fills_wholly() {
    let rules = TickRules {
        fills: FillRule::Whole,
        consume_depth: false,
        ..TickRules::default()
    };
    let mut scene = Scene::with_book(rules);
    let taker = scene.market(Side::Buy, 15.0);
    assert_eq!(scene.fills(taker), [(101.0, 15.0)]);
    let maker = scene.limit(Side::Buy, 99, 40.0);
    scene.trade(Side::Sell, 99, 11.0);
    assert_eq!(scene.fills(maker), [(99.0, 40.0)]);
}

#[test]
fn a_limit_is_met_at_its_tick_though_the_prices_differ_in_the_last_bit() {
    let mut scene = Scene::new(TickRules::default());
    scene.venue = Venue::new(VenueRules::default(), vec![None], &[1e9]).unwrap();
    scene
        .venue
        .use_ticks(MARKET, TickRules::default(), 0.1)
        .unwrap();
    assert!(f64::from(991) * 0.1 > 99.1);
    scene.depth(Side::Buy, 991, 2.0);
    scene.depth(Side::Sell, 1001, 2.0);
    let request = OrderRequest {
        kind: OrderKind::Limit { price: 99.1 },
        ..limit(Side::Buy, 99, 1.0)
    };
    let order = scene.venue.submit(request, scene.now);
    // Trades in between let it be known that nothing is near.
    scene.trade(Side::Sell, 1000, 1.0);
    scene.trade(Side::Sell, 1000, 1.0);
    scene.trade(Side::Sell, 991, 5.0);
    assert_eq!(scene.fills(order), [(f64::from(991) * 0.1, 1.0)]);
}
