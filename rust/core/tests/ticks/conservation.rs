//! Over random streams: no fill beyond what was traded or shown, and money always adds up.

use proptest::prelude::*;
use spark_stacker_core::market::EventKind;
use spark_stacker_core::venue::{
    Latency, Liquidity, MAIN, OrderId, OrderRequest, QueueModel, Side, TickRules, TimeInForce,
    VenueRules,
};

use crate::scene::{MARKET, Scene, limit};

#[derive(Debug, Clone)]
enum Step {
    Depth(Side, i32, u8),
    Trade(Side, i32, u8),
    Limit(Side, i32, u8, u8),
    Market(Side, u8),
    Cancel(usize),
}

fn side() -> impl Strategy<Value = Side> {
    prop_oneof![Just(Side::Buy), Just(Side::Sell)]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (side(), 95..106_i32, 0..20_u8).prop_map(|(s, t, q)| Step::Depth(s, t, q)),
        3 => (side(), 95..106_i32, 1..20_u8).prop_map(|(s, t, q)| Step::Trade(s, t, q)),
        2 => (side(), 95..106_i32, 1..9_u8, 0..4_u8).prop_map(|(s, t, q, f)| Step::Limit(s, t, q, f)),
        1 => (side(), 1..30_u8).prop_map(|(s, q)| Step::Market(s, q)),
        1 => (0..40_usize).prop_map(Step::Cancel),
    ]
}

fn model() -> impl Strategy<Value = QueueModel> {
    prop_oneof![
        Just(QueueModel::Conservative),
        (0.5..4.0).prop_map(|power| QueueModel::Proportional { power }),
        Just(QueueModel::Log),
        Just(QueueModel::Fifo),
        Just(QueueModel::Optimistic),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn no_fill_exceeds_what_was_traded_or_shown(
        steps in prop::collection::vec(step(), 1..80),
        queue in model(),
        latency in 0..4_i64,
    ) {
        let rules = TickRules {
            queue,
            order_latency: Latency::Constant { ns: latency },
            ..TickRules::default()
        };
        let venue = VenueRules { maker_fee_rate: -0.0001, taker_fee_rate: 0.0005, ..VenueRules::default() };
        let mut scene = Scene::with(venue, rules);
        scene.fill_book();
        for step in steps {
            let before = scene.venue.fills().len();
            let shown = |scene: &Scene, side: Side| -> f64 {
                scene.venue.book(MARKET).levels(side).map(|(_, size)| size).sum()
            };
            match step {
                Step::Depth(side, tick, size) => scene.depth(side, tick, f64::from(size)),
                Step::Trade(taker, tick, size) => {
                    // Messages first, so that what follows is the trade's doing.
                    scene.now += 1;
                    scene.deliver(scene.now);
                    let before = scene.venue.fills().len();
                    scene.event(EventKind::Trade, if taker == Side::Buy { 1 } else { -1 }, tick, f64::from(size));
                    let makers = scene.venue.fills()[before..].iter();
                    let makers = makers.filter(|fill| fill.liquidity == Liquidity::Maker && fill.time_ns == scene.now);
                    let filled: f64 = makers.filter(|fill| fill.side != taker).map(|fill| fill.quantity).sum();
                    prop_assert!(filled <= f64::from(size) + 1e-9, "{filled} of {size}");
                }
                Step::Limit(side, tick, size, kind) => {
                    let time_in_force = match kind {
                        1 => TimeInForce::ImmediateOrCancel,
                        2 => TimeInForce::FillOrKill,
                        _ => TimeInForce::GoodTilCancelled,
                    };
                    let request = OrderRequest { time_in_force, post_only: kind == 3, ..limit(side, tick, f64::from(size)) };
                    let available = shown(&scene, side.opposite());
                    scene.send(request);
                    let taken: f64 = scene.venue.fills()[before..].iter().map(|fill| fill.quantity).sum();
                    prop_assert!(taken <= available + 1e-9);
                }
                Step::Market(side, size) => {
                    let available = shown(&scene, side.opposite());
                    scene.market(side, f64::from(size));
                    let taken: f64 = scene.venue.fills()[before..].iter().map(|fill| fill.quantity).sum();
                    prop_assert!(taken <= available + 1e-9);
                }
                Step::Cancel(index) => {
                    let record = scene.venue.orders().get(index);
                    if record.is_some_and(|record| !record.is_ended()) {
                        let id = OrderId(u32::try_from(index).unwrap());
                        scene.venue.cancel(id, scene.now);
                        scene.deliver(scene.now);
                    }
                }
            }
            let book = scene.venue.book(MARKET);
            if let (Some(bid), Some(ask)) = (book.best_bid(), book.best_ask()) {
                prop_assert!(bid < ask);
            }
            // Cash and position are what the fills say, to the cent of a cent.
            let (mut cash, mut position) = (1e9, 0.0);
            for fill in scene.venue.fills() {
                cash -= fill.side.sign() * fill.quantity * fill.price + fill.fee;
                position += fill.side.sign() * fill.quantity;
            }
            scene.venue.mark_to_book(MARKET);
            prop_assert!((scene.venue.position(MAIN, MARKET).quantity - position).abs() < 1e-9);
            let value = cash + position * scene.venue.ledger().mark(MARKET);
            prop_assert!((scene.venue.equity() - value).abs() <= 1e-9 * value.abs(), "{} {value}", scene.venue.equity());
        }
        for (index, record) in scene.venue.orders().iter().enumerate() {
            let filled: f64 = scene.venue.fills().iter().filter(|fill| fill.order.0 as usize == index).map(|fill| fill.quantity).sum();
            prop_assert!((filled - record.filled_quantity).abs() < 1e-9);
        }
    }
}
