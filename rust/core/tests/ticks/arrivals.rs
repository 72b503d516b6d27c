//! Orders, cancels and replacements on their way, and their races.

use spark_stacker_core::venue::{
    AnswerKind, Latency, OrderId, OrderKind, OrderRequest, OrderState, Quantity, Reason, Side,
    TickRules, TimeInForce,
};

use crate::scene::{MARKET, Scene, limit};

fn slow() -> TickRules {
    TickRules {
        order_latency: Latency::Constant { ns: 3 },
        answer_latency: Latency::Constant { ns: 2 },
        ..TickRules::default()
    }
}

#[test]
fn an_order_meets_the_book_that_stands_when_it_arrives() {
    let mut scene = Scene::with_book(slow());
    let order = scene.market(Side::Buy, 1.0);
    scene.depth(Side::Sell, 100, 1.0);
    assert_eq!(scene.fills(order), []);
    scene.depth(Side::Sell, 102, 1.0);
    scene.depth(Side::Sell, 104, 1.0);
    assert_eq!(scene.fills(order), [(100.0, 1.0)]);
    assert_eq!(scene.venue.fills()[0].time_ns, 7);
    let answer = scene.answers()[0];
    assert_eq!((answer.exchange_ns, answer.time_ns), (7, 9));
    assert!(matches!(
        answer.kind,
        AnswerKind::Filled { whole: true, .. }
    ));
}

#[test]
fn a_fill_wins_the_race_against_a_cancel_on_its_way() {
    let mut scene = Scene::with_book(slow());
    let order = scene.limit(Side::Buy, 100, 1.0);
    for _ in 0..4 {
        scene.depth(Side::Buy, 97, 1.0);
    }
    assert!(scene.venue.cancel(order, scene.now));
    scene.trade(Side::Sell, 100, 5.0);
    for _ in 0..3 {
        scene.depth(Side::Buy, 97, 1.0);
    }
    assert_eq!(scene.fills(order), [(100.0, 1.0)]);
    let kinds: Vec<AnswerKind> = scene.answers().iter().map(|answer| answer.kind).collect();
    assert!(matches!(kinds[0], AnswerKind::Accepted { queue_ahead } if queue_ahead == 0.0));
    assert!(matches!(kinds[1], AnswerKind::Filled { .. }));
    assert_eq!(kinds[2], AnswerKind::Refused(Reason::NotFound));
}

#[test]
fn a_cancel_that_arrives_in_time_ends_the_order() {
    let mut scene = Scene::with_book(TickRules::default());
    let order = scene.limit(Side::Buy, 99, 1.0);
    assert!(scene.venue.cancel(order, scene.now));
    scene.trade(Side::Sell, 98, 50.0);
    assert_eq!(scene.fills(order), []);
    let record = scene.venue.orders()[order.0 as usize];
    assert_eq!(
        (record.state, record.reason),
        (OrderState::Cancelled, Reason::Requested)
    );
    // Whoever has not heard of the end yet asks again, and is told.
    assert!(scene.venue.cancel(order, scene.now));
    scene.trade(Side::Sell, 98, 1.0);
    let last = scene.answers().last().map(|answer| answer.kind);
    assert_eq!(last, Some(AnswerKind::Refused(Reason::NotFound)));
    assert!(!scene.venue.cancel(OrderId(99), scene.now));
}

#[test]
fn a_smaller_size_keeps_its_place_and_a_larger_one_loses_it() {
    let fills_after = |units: f64| {
        let mut scene = Scene::with_book(TickRules::default());
        let order = scene.limit(Side::Buy, 99, 4.0);
        scene.depth(Side::Buy, 99, 20.0);
        let kind = OrderKind::Limit { price: 99.0 };
        let quantity = Some(Quantity::Base(units));
        assert!(scene.venue.replace(order, kind, quantity, scene.now));
        scene.trade(Side::Sell, 99, 12.0);
        scene.fills(order)
    };
    assert_eq!(fills_after(2.0), [(99.0, 2.0)]);
    assert_eq!(fills_after(5.0), []);
}

#[test]
fn a_replacement_at_another_price_joins_its_queue_and_may_take() {
    let mut scene = Scene::with_book(TickRules::default());
    let order = scene.limit(Side::Buy, 99, 4.0);
    assert!(
        scene
            .venue
            .modify(order, OrderKind::Limit { price: 101.0 }, scene.now)
    );
    scene.deliver(scene.now);
    assert_eq!(scene.fills(order), [(101.0, 4.0)]);
}

#[test]
fn messages_do_not_overtake_one_another() {
    let rules = TickRules {
        order_latency: Latency::LogNormal {
            median_ns: 50.0,
            sigma: 2.0,
            floor_ns: 0,
        },
        seed: 5,
        ..TickRules::default()
    };
    let mut scene = Scene::with_book(rules);
    for _ in 0..50 {
        let order = scene.limit(Side::Buy, 90, 1.0);
        scene.venue.cancel(order, scene.now);
    }
    for _ in 0..100_000 {
        scene.now += 1;
        scene.deliver(scene.now);
    }
    let cancelled = scene
        .venue
        .orders()
        .iter()
        .all(|order| order.state == OrderState::Cancelled);
    assert!(cancelled);
}

#[test]
fn a_good_til_date_order_ends_with_the_first_event_from_then_on() {
    let mut scene = Scene::with_book(TickRules::default());
    let order = scene.send(OrderRequest {
        time_in_force: TimeInForce::GoodTilDate(scene.now + 2),
        ..limit(Side::Buy, 99, 1.0)
    });
    scene.depth(Side::Sell, 110, 1.0);
    assert_eq!(
        scene.venue.orders()[order.0 as usize].state,
        OrderState::Open
    );
    scene.depth(Side::Sell, 110, 1.0);
    assert_eq!(
        scene.venue.orders()[order.0 as usize].state,
        OrderState::Expired
    );
    assert_eq!(scene.venue.next_arrival(MARKET), i64::MAX);
}
