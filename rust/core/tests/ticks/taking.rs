//! Orders that take from the book.

use spark_stacker_core::market::EventKind;
use spark_stacker_core::venue::{
    OrderRequest, OrderState, Quantity, Reason, Side, SlippageModel, TickRules, TimeInForce,
    VenueRules,
};

use crate::scene::{MARKET, Scene, limit};

#[test]
fn a_market_order_walks_the_book_level_by_level() {
    let mut scene = Scene::with_book(TickRules::default());
    let order = scene.market(Side::Buy, 15.0);
    assert_eq!(scene.fills(order), [(101.0, 10.0), (103.0, 5.0)]);
    assert_eq!(
        scene
            .venue
            .position(spark_stacker_core::venue::MAIN, MARKET)
            .quantity,
        15.0
    );
}

#[test]
fn what_the_book_cannot_fill_is_cancelled() {
    let mut scene = Scene::with_book(TickRules::default());
    let order = scene.market(Side::Sell, 25.0);
    assert_eq!(scene.fills(order), [(99.0, 10.0), (98.0, 10.0)]);
    let record = scene.venue.orders()[order.0 as usize];
    assert_eq!(
        (record.state, record.reason),
        (OrderState::Cancelled, Reason::NoLiquidity)
    );
}

#[test]
fn taken_depth_is_gone_until_its_level_is_updated() {
    let mut scene = Scene::with_book(TickRules::default());
    scene.market(Side::Buy, 4.0);
    let second = scene.market(Side::Buy, 8.0);
    assert_eq!(scene.fills(second), [(101.0, 6.0), (103.0, 2.0)]);
    scene.depth(Side::Sell, 101, 10.0);
    let third = scene.market(Side::Buy, 9.0);
    assert_eq!(scene.fills(third), [(101.0, 9.0)]);
}

#[test]
fn depth_that_is_not_consumed_fills_again() {
    let rules = TickRules {
        consume_depth: false,
        ..TickRules::default()
    };
    let mut scene = Scene::with_book(rules);
    let orders = [scene.market(Side::Buy, 10.0), scene.market(Side::Buy, 10.0)];
    for order in orders {
        assert_eq!(scene.fills(order), [(101.0, 10.0)]);
    }
}

#[test]
fn a_marketable_limit_takes_up_to_its_price_and_rests_with_what_is_left() {
    let mut scene = Scene::with_book(TickRules::default());
    let order = scene.limit(Side::Buy, 102, 15.0);
    assert_eq!(scene.fills(order), [(101.0, 10.0)]);
    assert_eq!(
        scene.venue.orders()[order.0 as usize].state,
        OrderState::PartiallyFilled
    );
    scene.trade(Side::Sell, 102, 3.0);
    assert_eq!(scene.fills(order), [(101.0, 10.0), (102.0, 3.0)]);
}

#[test]
fn immediate_or_cancel_keeps_nothing_and_fill_or_kill_takes_nothing_by_halves() {
    let mut scene = Scene::with_book(TickRules::default());
    let request = |time_in_force| OrderRequest {
        time_in_force,
        ..limit(Side::Buy, 101, 15.0)
    };
    let killed = scene.send(request(TimeInForce::FillOrKill));
    let record = scene.venue.orders()[killed.0 as usize];
    assert_eq!(
        (record.state, record.reason),
        (OrderState::Rejected, Reason::NotWhollyFillable)
    );
    let taken = scene.send(request(TimeInForce::ImmediateOrCancel));
    assert_eq!(scene.fills(taken), [(101.0, 10.0)]);
    let record = scene.venue.orders()[taken.0 as usize];
    assert_eq!(
        (record.state, record.reason),
        (OrderState::Cancelled, Reason::NotImmediatelyFillable)
    );
}

#[test]
fn post_only_is_rejected_when_it_would_take() {
    let mut scene = Scene::with_book(TickRules::default());
    let order = scene.send(OrderRequest {
        post_only: true,
        ..limit(Side::Sell, 99, 1.0)
    });
    let record = scene.venue.orders()[order.0 as usize];
    assert_eq!(
        (record.state, record.reason),
        (OrderState::Rejected, Reason::WouldTake)
    );
}

#[test]
fn an_order_that_would_meet_an_own_one_is_cancelled_and_the_older_stays() {
    let mut scene = Scene::with_book(TickRules::default());
    let resting = scene.limit(Side::Sell, 102, 1.0);
    let order = scene.market(Side::Buy, 12.0);
    assert_eq!(scene.fills(order), [(101.0, 10.0)]);
    let record = scene.venue.orders()[order.0 as usize];
    assert_eq!(
        (record.state, record.reason),
        (OrderState::Cancelled, Reason::SelfTrade)
    );
    assert_eq!(
        scene.venue.orders()[resting.0 as usize].state,
        OrderState::Open
    );
}

#[test]
fn without_a_book_the_last_trade_and_the_slippage_model_are_the_price() {
    let slippage = SlippageModel::Fixed { bps: 100.0 };
    let venue = VenueRules {
        slippage,
        ..VenueRules::default()
    };
    let mut scene = Scene::with(venue, TickRules::default());
    let early = scene.market(Side::Buy, 1.0);
    let record = scene.venue.orders()[early.0 as usize];
    assert_eq!(
        (record.state, record.reason),
        (OrderState::Rejected, Reason::NoLiquidity)
    );
    scene.trade(Side::Buy, 200, 1.0);
    let order = scene.market(Side::Buy, 2.0);
    assert_eq!(scene.fills(order), [(202.0, 2.0)]);
}

#[test]
fn a_quote_is_a_book_of_one_level() {
    let mut scene = Scene::new(TickRules::default());
    scene.event(EventKind::Quote, 1, 99, 2.0);
    scene.event(EventKind::Quote, -1, 101, 3.0);
    let order = scene.market(Side::Buy, 5.0);
    assert_eq!(scene.fills(order), [(101.0, 3.0)]);
}

#[test]
fn nothing_fills_against_a_book_with_a_gap_until_the_next_snapshot() {
    let mut scene = Scene::with_book(TickRules::default());
    scene.event(EventKind::Gap, 0, 0, 0.0);
    scene.depth(Side::Sell, 101, 5.0);
    let order = scene.market(Side::Buy, 1.0);
    let record = scene.venue.orders()[order.0 as usize];
    assert_eq!(
        (record.state, record.reason),
        (OrderState::Rejected, Reason::NoBook)
    );
    scene.event(EventKind::Clear, 0, 0, 0.0);
    scene.event(EventKind::Snapshot, -1, 104, 5.0);
    let order = scene.market(Side::Buy, 1.0);
    assert_eq!(scene.fills(order), [(104.0, 1.0)]);
}

#[test]
fn a_value_is_turned_into_units_at_the_price_of_its_first_level() {
    let mut scene = Scene::with_book(TickRules::default());
    let order = scene.send(OrderRequest::market(
        MARKET,
        Side::Buy,
        Quantity::Quote(1515.0),
    ));
    assert_eq!(scene.fills(order), [(101.0, 10.0), (103.0, 5.0)]);
}
