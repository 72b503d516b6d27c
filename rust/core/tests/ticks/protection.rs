//! Stops, brackets, liquidation, funding and marks on ticks.

use spark_stacker_core::market::EventKind;
use spark_stacker_core::venue::{
    Bracket, MAIN, OrderKind, OrderRequest, OrderState, Purpose, Quantity, Side, TickRules,
};

use crate::scene::{MARKET, Scene};

fn entered(bracket: Bracket) -> Scene {
    let mut scene = Scene::with_book(TickRules::default());
    scene.send(OrderRequest {
        bracket: Some(bracket),
        ..OrderRequest::market(MARKET, Side::Buy, Quantity::Base(5.0))
    });
    scene
}

#[test]
fn a_stop_triggers_on_a_trade_and_takes_from_the_book() {
    let mut scene = entered(Bracket {
        stop_fraction: Some(0.02),
        ..Bracket::default()
    });
    // Entered at 101: the stop stands at 98.98.
    scene.trade(Side::Sell, 99, 1.0);
    assert!(scene.venue.position(MAIN, MARKET).is_open());
    scene.trade(Side::Sell, 98, 1.0);
    assert!(!scene.venue.position(MAIN, MARKET).is_open());
    let exit = scene.venue.fills().last().unwrap();
    assert_eq!((exit.price, exit.purpose), (99.0, Purpose::StopLoss));
}

#[test]
fn a_target_needs_a_trade_through_and_fills_at_its_price() {
    let mut scene = entered(Bracket {
        target_fraction: Some(1.0 / 101.0),
        ..Bracket::default()
    });
    scene.trade(Side::Buy, 102, 1.0);
    assert!(scene.venue.position(MAIN, MARKET).is_open());
    scene.trade(Side::Buy, 105, 1.0);
    let exit = scene.venue.fills().last().unwrap();
    assert_eq!((exit.price, exit.purpose), (102.0, Purpose::TakeProfit));
}

#[test]
fn a_trailing_stop_follows_every_trade() {
    let mut scene = entered(Bracket {
        trail_fraction: Some(0.1),
        ..Bracket::default()
    });
    scene.trade(Side::Buy, 200, 1.0);
    scene.depth(Side::Buy, 179, 10.0);
    scene.trade(Side::Sell, 181, 1.0);
    assert!(scene.venue.position(MAIN, MARKET).is_open());
    scene.trade(Side::Sell, 180, 1.0);
    let exit = scene.venue.fills().last().unwrap();
    assert_eq!((exit.price, exit.purpose), (179.0, Purpose::TrailingStop));
}

#[test]
fn a_resting_stop_order_acts_once() {
    let mut scene = Scene::with_book(TickRules::default());
    let order = scene.send(OrderRequest {
        kind: OrderKind::Stop { trigger: 102.0 },
        ..OrderRequest::market(MARKET, Side::Buy, Quantity::Base(1.0))
    });
    scene.trade(Side::Buy, 101, 1.0);
    assert_eq!(scene.fills(order), []);
    scene.trade(Side::Buy, 102, 1.0);
    assert_eq!(scene.fills(order), [(101.0, 1.0)]);
    scene.trade(Side::Buy, 103, 1.0);
    assert_eq!(scene.fills(order).len(), 1);
}

#[test]
fn a_stop_limit_rests_where_it_does_not_take() {
    let mut scene = Scene::with_book(TickRules::default());
    let order = scene.send(OrderRequest {
        kind: OrderKind::StopLimit {
            trigger: 102.0,
            price: 100.0,
        },
        ..OrderRequest::market(MARKET, Side::Buy, Quantity::Base(1.0))
    });
    scene.trade(Side::Buy, 102, 1.0);
    assert_eq!(
        scene.venue.orders()[order.0 as usize].state,
        OrderState::Open
    );
    scene.trade(Side::Sell, 100, 1.0);
    assert_eq!(scene.fills(order), [(100.0, 1.0)]);
}

#[test]
fn a_leveraged_position_is_liquidated_by_trades_or_by_marks_when_there_are_any() {
    let entered = || {
        let mut scene = Scene::with_book(TickRules::default());
        scene.send(OrderRequest {
            leverage: 10.0,
            ..OrderRequest::market(MARKET, Side::Buy, Quantity::Base(1.0))
        });
        scene
    };
    let mut scene = entered();
    scene.trade(Side::Sell, 90, 1.0);
    assert_eq!(
        scene.venue.fills().last().unwrap().purpose,
        Purpose::Liquidation
    );
    let mut scene = entered();
    scene.event(EventKind::Mark, 0, 0, 100.0);
    scene.trade(Side::Sell, 80, 1.0);
    assert!(scene.venue.position(MAIN, MARKET).is_open());
    scene.event(EventKind::Mark, 0, 0, 90.0);
    assert!(!scene.venue.position(MAIN, MARKET).is_open());
}

#[test]
fn funding_is_paid_on_the_mark_price() {
    let mut scene = Scene::with_book(TickRules::default());
    scene.market(Side::Buy, 2.0);
    let before = scene.venue.ledger().cash(MAIN);
    scene.event(EventKind::Mark, 0, 0, 110.0);
    scene.event(EventKind::Funding, 0, 0, 0.001);
    let paid = before - scene.venue.ledger().cash(MAIN);
    assert!((paid - 2.0 * 110.0 * 0.001).abs() < 1e-6, "{paid}");
}
