//! Protective orders: relative to the average entry, always of the position's size, gone with it.

use crate::scene::{MARKET, Scene, bracketed, close, limit, market, near, stop};
use spark_stacker_core::venue::{
    Bracket, MAIN, OrderId, OrderKind, OrderRequest, OrderState, Purpose, Quantity, Reason, Side,
    SlippageModel, TimeInForce, VenueRules,
};

fn with_bracket(bracket: Bracket) -> OrderRequest {
    OrderRequest {
        bracket: Some(bracket),
        ..market(Side::Buy, Quantity::Base(1.0))
    }
}

#[test]
fn a_position_opened_at_the_open_is_protected_in_the_same_bar() {
    let mut scene = Scene::new();
    scene.send(bracketed(market(Side::Buy, Quantity::Base(1.0)), 0.05, 0.1));
    scene.bar([100.0, 101.0, 94.0, 96.0]);
    assert_eq!(scene.prices(), [100.0, 95.0]);
    let trade = &scene.venue.trades()[0];
    assert_eq!(trade.exit_purpose, Purpose::StopLoss);
    assert_eq!(trade.initial_stop, Some(95.0));
    assert_eq!(trade.profit, -5.0);
}

#[test]
fn the_target_fills_at_its_limit_and_ends_the_stop() {
    let mut scene = Scene::new();
    scene.send(bracketed(
        market(Side::Sell, Quantity::Base(1.0)),
        0.05,
        0.1,
    ));
    scene.bar([100.0, 101.0, 89.0, 96.0]);
    assert_eq!(scene.prices(), [100.0, 90.0]);
    assert_eq!(scene.last_fill().purpose, Purpose::TakeProfit);
    let (stop, target) = (OrderId(1), OrderId(2));
    assert_eq!(
        scene.fate(stop),
        (OrderState::Cancelled, Reason::GroupFilled)
    );
    assert_eq!(scene.fate(target), (OrderState::Filled, Reason::Filled));
}

#[test]
fn a_bar_that_meets_stop_and_target_takes_the_stop() {
    let mut scene = Scene::new();
    scene.send(bracketed(market(Side::Buy, Quantity::Base(1.0)), 0.05, 0.1));
    scene.bar([100.0, 120.0, 80.0, 110.0]);
    assert_eq!(scene.prices(), [100.0, 95.0]);
}

#[test]
fn a_target_gapped_through_fills_at_the_better_open() {
    let mut scene = Scene::new();
    scene.send(bracketed(market(Side::Buy, Quantity::Base(1.0)), 0.05, 0.1));
    scene.bar([100.0; 4]);
    scene.bar([115.0, 116.0, 90.0, 100.0]);
    assert_eq!(scene.prices(), [100.0, 115.0]);
}

#[test]
fn closing_by_hand_ends_the_protective_orders() {
    let mut scene = Scene::new();
    scene.send(bracketed(market(Side::Buy, Quantity::Base(1.0)), 0.05, 0.1));
    scene.bar([100.0; 4]);
    scene.send(close(Side::Sell));
    scene.bar([100.0; 4]);
    for id in [OrderId(1), OrderId(2)] {
        assert_eq!(
            scene.fate(id),
            (OrderState::Cancelled, Reason::PositionClosed)
        );
    }
    scene.bar([50.0; 4]);
    assert_eq!(scene.held(), 0.0);
}

#[test]
fn adding_moves_the_levels_to_the_average_entry() {
    let mut scene = Scene::new();
    scene.send(bracketed(market(Side::Buy, Quantity::Base(1.0)), 0.05, 0.5));
    scene.bar([100.0; 4]);
    scene.send(market(Side::Buy, Quantity::Base(1.0)));
    scene.bar([110.0; 4]);
    assert_eq!(
        scene.record(OrderId(1)).kind,
        OrderKind::Stop { trigger: 99.75 }
    );
    scene.bar([110.0, 110.0, 99.0, 100.0]);
    assert_eq!(scene.last_fill().price, 99.75);
    assert_eq!(scene.last_fill().quantity, 2.0);
    assert_eq!(scene.held(), 0.0);
}

#[test]
fn the_stop_has_the_right_size_after_a_partial_exit() {
    let mut scene = Scene::new();
    scene.send(bracketed(market(Side::Buy, Quantity::Base(3.0)), 0.05, 0.5));
    scene.bar([100.0; 4]);
    scene.send(limit(Side::Sell, 2.0, 104.0));
    scene.bar([100.0, 105.0, 100.0, 101.0]);
    scene.bar([101.0, 101.0, 90.0, 92.0]);
    assert_eq!(scene.last_fill().quantity, 1.0);
    assert_eq!(scene.held(), 0.0);
    assert_eq!(scene.venue.trades().len(), 1);
}

#[test]
fn a_stop_cut_by_volume_goes_on_at_the_next_open() {
    let rules = VenueRules {
        slippage: SlippageModel::VolumeShare {
            base_bps: 0.0,
            coefficient_bps: 0.0,
            max_share_fraction: 0.1,
        },
        ..VenueRules::default()
    };
    let mut scene = Scene::with(rules, None);
    scene.send(bracketed(
        market(Side::Buy, Quantity::Base(10.0)),
        0.05,
        0.5,
    ));
    scene.bar_with_volume([100.0; 4], 100.0);
    scene.bar_with_volume([100.0, 100.0, 90.0, 92.0], 60.0);
    assert_eq!(scene.held(), 4.0);
    assert_eq!(scene.record(OrderId(1)).state, OrderState::PartiallyFilled);
    scene.bar_with_volume([91.0; 4], 100.0);
    assert_eq!(scene.prices(), [100.0, 95.0, 91.0]);
    assert_eq!(scene.record(OrderId(1)).state, OrderState::Filled);
    assert_eq!(scene.record(OrderId(1)).filled_quantity, 10.0);
}

#[test]
fn a_trailing_bracket_uses_earlier_extremes_and_the_close() {
    let trail = Bracket {
        trail_fraction: Some(0.1),
        ..Bracket::default()
    };
    let mut scene = Scene::new();
    scene.send(with_bracket(trail));
    scene.bar([100.0, 120.0, 91.0, 115.0]);
    assert_eq!(scene.held(), 1.0);
    scene.bar([115.0, 118.0, 107.0, 117.0]);
    assert_eq!(scene.prices(), [100.0, 108.0]);
    assert_eq!(scene.last_fill().purpose, Purpose::TrailingStop);

    let mut scene = Scene::new();
    scene.send(with_bracket(trail));
    scene.bar([100.0, 120.0, 99.0, 107.0]);
    assert_eq!(scene.prices(), [100.0, 107.0]);
}

#[test]
fn break_even_moves_the_stop_to_the_entry_from_the_next_bar_on() {
    let bracket = Bracket {
        stop_fraction: Some(0.05),
        break_even_fraction: Some(0.1),
        ..Bracket::default()
    };
    let mut scene = Scene::new();
    scene.send(with_bracket(bracket));
    scene.bar([100.0, 110.5, 99.0, 105.0]);
    assert_eq!(
        scene.record(OrderId(1)).kind,
        OrderKind::Stop { trigger: 100.0 }
    );
    scene.bar([105.0, 106.0, 98.0, 99.0]);
    assert_eq!(scene.prices(), [100.0, 100.0]);
    assert_eq!(scene.last_fill().purpose, Purpose::BreakEven);
    assert_eq!(scene.venue.trades()[0].initial_stop, Some(95.0));
}

#[test]
fn a_close_beneath_the_entry_after_break_even_exits_at_the_close() {
    let bracket = Bracket {
        break_even_fraction: Some(0.1),
        ..Bracket::default()
    };
    let mut scene = Scene::new();
    scene.send(with_bracket(bracket));
    scene.bar([100.0, 111.0, 97.0, 98.0]);
    assert_eq!(scene.prices(), [100.0, 98.0]);
}

#[test]
fn a_close_that_is_refused_leaves_the_stop_standing() {
    let mut scene = Scene::new();
    scene.send(bracketed(market(Side::Buy, Quantity::Base(1.0)), 0.05, 0.5));
    scene.bar([100.0; 4]);
    let refused = scene.send(OrderRequest {
        kind: OrderKind::Limit { price: 110.0 },
        time_in_force: TimeInForce::ImmediateOrCancel,
        ..close(Side::Sell)
    });
    scene.bar([100.0; 4]);
    assert_eq!(scene.record(refused).state, OrderState::Rejected);
    assert_eq!(scene.record(OrderId(1)).state, OrderState::Open);
    scene.bar([100.0, 100.0, 90.0, 92.0]);
    assert_eq!(scene.last_fill().price, 95.0);
}

#[test]
fn an_orphaned_reduce_only_order_ends_with_its_position() {
    let mut scene = Scene::new();
    scene.send(market(Side::Buy, Quantity::Base(1.0)));
    scene.bar([100.0; 4]);
    let orphan = scene.send(OrderRequest {
        reduce_only: true,
        ..stop(Side::Sell, 1.0, 90.0)
    });
    scene.send(close(Side::Sell));
    scene.bar([100.0; 4]);
    assert_eq!(
        scene.fate(orphan),
        (OrderState::Cancelled, Reason::PositionClosed)
    );
}

#[test]
fn a_standing_position_can_be_given_another_bracket() {
    let mut scene = Scene::new();
    let bracket = Bracket {
        stop_fraction: Some(0.02),
        ..Bracket::default()
    };
    assert!(!scene.venue.set_bracket(MAIN, MARKET, bracket, 0));
    scene.send(bracketed(market(Side::Buy, Quantity::Base(1.0)), 0.05, 0.1));
    scene.bar([100.0; 4]);
    assert!(scene.venue.set_bracket(MAIN, MARKET, bracket, 0));
    assert_eq!(
        scene.record(OrderId(1)).kind,
        OrderKind::Stop { trigger: 98.0 }
    );
    assert_eq!(
        scene.fate(OrderId(2)),
        (OrderState::Cancelled, Reason::Replaced)
    );
    scene.bar([100.0, 120.0, 97.0, 100.0]);
    near(scene.last_fill().price, 98.0);
}
