//! Limits, stops, stop-limits, trailing stops, one-cancels-other, time in force.

use crate::scene::{Scene, limit, market, near, order, stop};
use spark_stacker_core::venue::{
    Liquidity, OrderKind, OrderRequest, OrderState, Quantity, Reason, Side, TimeInForce, VenueRules,
};

#[test]
fn a_limit_needs_a_trade_through_its_price() {
    let mut scene = Scene::new();
    let id = scene.send(limit(Side::Buy, 1.0, 95.0));
    scene.bar([100.0, 101.0, 95.0, 99.0]);
    assert_eq!(scene.record(id).state, OrderState::Open);
    scene.bar([99.0, 101.0, 94.9, 99.0]);
    assert_eq!(scene.last_fill().price, 95.0);
    assert_eq!(scene.last_fill().liquidity, Liquidity::Maker);
}

#[test]
fn touching_fills_when_asked_for() {
    let rules = VenueRules {
        fill_on_touch: true,
        ..VenueRules::default()
    };
    let mut scene = Scene::with(rules, None);
    scene.send(limit(Side::Buy, 1.0, 95.0));
    scene.bar([100.0, 101.0, 95.0, 99.0]);
    assert_eq!(scene.prices(), [95.0]);
}

#[test]
fn a_limit_gapped_through_fills_at_the_better_open() {
    let mut scene = Scene::new();
    scene.send(limit(Side::Buy, 1.0, 95.0));
    scene.send(limit(Side::Sell, 1.0, 105.0));
    scene.bar([90.0, 100.0, 89.0, 99.0]);
    scene.bar([110.0, 111.0, 100.0, 101.0]);
    assert_eq!(scene.prices(), [90.0, 110.0]);
}

#[test]
fn maker_or_taker_follows_from_the_close_of_the_decision() {
    let rules = VenueRules {
        maker_fee_rate: 0.0001,
        taker_fee_rate: 0.001,
        ..VenueRules::default()
    };
    let mut scene = Scene::with(rules, None);
    scene.send(limit(Side::Buy, 1.0, 101.0));
    scene.send(limit(Side::Buy, 1.0, 99.0));
    scene.bar([100.0, 100.0, 98.0, 100.0]);
    let fills = scene.venue.fills();
    assert_eq!(
        (fills[0].price, fills[0].liquidity),
        (100.0, Liquidity::Taker)
    );
    assert_eq!(
        (fills[1].price, fills[1].liquidity),
        (99.0, Liquidity::Maker)
    );
    near(fills[0].fee, 0.1);
    near(fills[1].fee, 0.0099);
}

#[test]
fn post_only_is_rejected_if_it_would_take() {
    let mut scene = Scene::new();
    let post_only = |price| OrderRequest {
        post_only: true,
        ..limit(Side::Buy, 1.0, price)
    };
    let taking = scene.send(post_only(100.0));
    let resting = scene.send(post_only(99.0));
    assert_eq!(
        scene.fate(taking),
        (OrderState::Rejected, Reason::WouldTake)
    );
    assert_eq!(scene.record(resting).state, OrderState::Open);
}

#[test]
fn a_post_only_stop_limit_is_rejected_when_its_trigger_would_take() {
    let mut scene = Scene::new();
    let kind = OrderKind::StopLimit {
        trigger: 105.0,
        price: 106.0,
    };
    let id = scene.send(OrderRequest {
        post_only: true,
        ..order(Side::Buy, 1.0, kind)
    });
    scene.bar([100.0, 110.0, 99.0, 108.0]);
    assert_eq!(scene.fate(id), (OrderState::Rejected, Reason::WouldTake));
}

#[test]
fn a_stop_triggers_on_touch_at_its_trigger() {
    let mut scene = Scene::new();
    scene.send(stop(Side::Buy, 1.0, 105.0));
    scene.bar([100.0, 105.0, 99.0, 101.0]);
    assert_eq!(scene.prices(), [105.0]);
}

#[test]
fn a_stop_gapped_through_fills_at_the_open() {
    let mut scene = Scene::new();
    scene.send(market(Side::Buy, Quantity::Base(1.0)));
    scene.send(stop(Side::Sell, 1.0, 95.0));
    scene.bar([100.0; 4]);
    scene.bar([90.0, 92.0, 89.0, 91.0]);
    assert_eq!(scene.prices(), [100.0, 90.0]);
}

#[test]
fn a_triggered_stop_pays_slippage() {
    let rules = VenueRules {
        slippage: spark_stacker_core::venue::SlippageModel::Fixed { bps: 10.0 },
        ..VenueRules::default()
    };
    let mut scene = Scene::with(rules, None);
    scene.send(stop(Side::Buy, 1.0, 105.0));
    scene.bar([100.0, 106.0, 99.0, 101.0]);
    near(scene.last_fill().price, 105.0 * 1.001);
}

#[test]
fn a_stop_limit_fills_at_the_trigger_if_its_limit_allows() {
    let mut scene = Scene::new();
    let kind = OrderKind::StopLimit {
        trigger: 105.0,
        price: 106.0,
    };
    scene.send(order(Side::Buy, 1.0, kind));
    scene.bar([100.0, 110.0, 99.0, 108.0]);
    assert_eq!(scene.prices(), [105.0]);
}

#[test]
fn a_stop_limit_gapped_beyond_its_limit_rests_there() {
    let mut scene = Scene::new();
    let kind = OrderKind::StopLimit {
        trigger: 105.0,
        price: 106.0,
    };
    let id = scene.send(order(Side::Buy, 1.0, kind));
    scene.bar([110.0, 112.0, 108.0, 109.0]);
    assert_eq!(scene.record(id).state, OrderState::Open);
    scene.bar([109.0, 110.0, 105.5, 107.0]);
    assert_eq!(scene.prices(), [106.0]);
}

#[test]
fn a_trailing_stop_follows_the_extremes_of_earlier_bars() {
    let mut scene = Scene::new();
    scene.send(market(Side::Buy, Quantity::Base(1.0)));
    let kind = OrderKind::TrailingStop {
        distance_fraction: 0.1,
    };
    scene.send(order(Side::Sell, 1.0, kind));
    // Best so far 100: this bar's own high of 120 moves the level to 108 only for its close.
    scene.bar([100.0, 120.0, 95.0, 115.0]);
    assert_eq!(scene.held(), 1.0);
    scene.bar([115.0, 116.0, 107.0, 110.0]);
    assert_eq!(scene.prices(), [100.0, 108.0]);
}

#[test]
fn a_trailing_stop_exits_at_a_close_beyond_the_level_of_its_own_bar() {
    let mut scene = Scene::new();
    scene.send(market(Side::Buy, Quantity::Base(1.0)));
    let kind = OrderKind::TrailingStop {
        distance_fraction: 0.1,
    };
    scene.send(order(Side::Sell, 1.0, kind));
    scene.bar([100.0, 120.0, 99.0, 105.0]);
    assert_eq!(scene.prices(), [100.0, 105.0]);
}

#[test]
fn the_fill_of_one_cancels_the_others_of_its_group() {
    let mut scene = Scene::new();
    let grouped = |request| OrderRequest {
        group: Some(7),
        ..request
    };
    let low = scene.send(grouped(limit(Side::Buy, 1.0, 95.0)));
    let high = scene.send(grouped(stop(Side::Buy, 1.0, 105.0)));
    scene.bar([100.0, 106.0, 94.0, 100.0]);
    // 95 and 105 are equally near: the fall counts as first.
    assert_eq!(scene.fate(low), (OrderState::Filled, Reason::Filled));
    assert_eq!(
        scene.fate(high),
        (OrderState::Cancelled, Reason::GroupFilled)
    );
    assert_eq!(scene.held(), 1.0);
}

#[test]
fn immediate_or_cancel_has_the_next_open_only() {
    let mut scene = Scene::new();
    let immediate = |price| OrderRequest {
        time_in_force: TimeInForce::ImmediateOrCancel,
        ..limit(Side::Buy, 1.0, price)
    };
    let filled = scene.send(immediate(100.0));
    let missed = scene.send(immediate(99.0));
    scene.bar([100.0, 101.0, 95.0, 100.0]);
    assert_eq!(scene.record(filled).state, OrderState::Filled);
    let fate = (OrderState::Rejected, Reason::NotImmediatelyFillable);
    assert_eq!(scene.fate(missed), fate);
}

#[test]
fn fill_or_kill_fills_wholly_at_the_next_open_or_dies() {
    let mut scene = Scene::new();
    let kill = scene.send(OrderRequest {
        time_in_force: TimeInForce::FillOrKill,
        ..limit(Side::Buy, 1.0, 99.0)
    });
    scene.bar([100.0, 101.0, 95.0, 100.0]);
    let fate = (OrderState::Rejected, Reason::NotWhollyFillable);
    assert_eq!(scene.fate(kill), fate);
}

#[test]
fn cancelling_ends_a_waiting_order_once() {
    let mut scene = Scene::new();
    let id = scene.send(limit(Side::Buy, 1.0, 95.0));
    assert!(scene.venue.cancel(id, 5));
    assert!(!scene.venue.cancel(id, 6));
    assert_eq!(scene.fate(id), (OrderState::Cancelled, Reason::Requested));
    assert_eq!(scene.record(id).ended_ns(), Some(5));
    scene.bar([90.0; 4]);
    assert!(scene.venue.fills().is_empty());
}

#[test]
fn a_resting_stop_can_be_moved() {
    let mut scene = Scene::new();
    let id = scene.send(stop(Side::Buy, 1.0, 105.0));
    assert!(
        scene
            .venue
            .modify(id, OrderKind::Stop { trigger: 110.0 }, 1)
    );
    assert!(!scene.venue.modify(id, OrderKind::Limit { price: 90.0 }, 1));
    assert!(!scene.venue.modify(id, OrderKind::Stop { trigger: -1.0 }, 1));
    scene.bar([100.0, 111.0, 99.0, 101.0]);
    assert_eq!(scene.prices(), [110.0]);
}
