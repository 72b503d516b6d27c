//! Hedge legs on an account of their own.

use crate::scene::{MARKET, Scene, close, limit, market, near};
use spark_stacker_core::venue::{
    Bracket, HEDGE, HedgeLeg, MAIN, OrderId, OrderRequest, OrderState, Purpose, Quantity, Reason,
    Side, VenueRules,
};

const LEG: HedgeLeg = HedgeLeg {
    account: HEDGE,
    notional_fraction: 0.125,
    leverage: 5.0,
    close_with_main: true,
};

/// Capital 100, hedge ratio 0.2, 10x and 5x: long 800, short 100.
fn worked_example(rules: VenueRules, request: OrderRequest) -> Scene {
    let mut scene = Scene::over(rules, vec![None], &[80.0, 20.0]);
    scene.send(OrderRequest {
        leverage: 10.0,
        hedge: request.hedge.or(Some(LEG)),
        ..request
    });
    scene
}

fn long_800() -> OrderRequest {
    market(Side::Buy, Quantity::Quote(800.0))
}

#[test]
fn the_worked_example_gains_and_loses_35() {
    for (close, equity) in [(105.0, 135.0), (95.0, 65.0)] {
        let mut scene = worked_example(VenueRules::default(), long_800());
        let (low, high) = (f64::min(close, 100.0), f64::max(close, 100.0));
        scene.bar([100.0, high, low, close]);
        assert_eq!(scene.venue.position(MAIN, MARKET).quantity, 8.0);
        assert_eq!(scene.venue.position(HEDGE, MARKET).quantity, -1.0);
        assert_eq!(scene.venue.position(MAIN, MARKET).margin, 80.0);
        assert_eq!(scene.venue.position(HEDGE, MARKET).margin, 20.0);
        near(scene.venue.equity(), equity);
    }
}

#[test]
fn the_hedge_opens_where_the_main_limit_fills_and_not_before() {
    let entry = OrderRequest {
        ..limit(Side::Buy, 8.0, 95.0)
    };
    let mut scene = worked_example(VenueRules::default(), entry);
    scene.bar([100.0, 101.0, 96.0, 100.0]);
    assert!(!scene.venue.position(HEDGE, MARKET).is_open());
    scene.bar([100.0, 101.0, 94.0, 100.0]);
    assert_eq!(scene.prices(), [95.0, 95.0]);
    assert_eq!(scene.venue.fills()[1].purpose, Purpose::HedgeEntry);
    near(scene.venue.position(HEDGE, MARKET).quantity, -1.0);
}

#[test]
fn without_a_main_leg_there_is_no_hedge() {
    let entry = market(Side::Buy, Quantity::Base(100.0));
    let mut scene = worked_example(VenueRules::default(), entry);
    scene.bar([100.0; 4]);
    assert_eq!(scene.record(OrderId(0)).reason, Reason::InsufficientMargin);
    assert_eq!(scene.venue.orders().len(), 1);
}

#[test]
fn the_hedge_closes_with_the_main_leg_at_the_same_point() {
    let entry = OrderRequest {
        bracket: Some(Bracket {
            stop_fraction: Some(0.05),
            ..Bracket::default()
        }),
        ..long_800()
    };
    let mut scene = worked_example(VenueRules::default(), entry);
    scene.bar([100.0; 4]);
    scene.bar([100.0, 101.0, 94.0, 100.0]);
    assert_eq!(scene.prices()[2..], [95.0, 95.0]);
    assert_eq!(scene.last_fill().purpose, Purpose::HedgeExit);
    assert_eq!(scene.venue.trades().len(), 2);
    near(scene.venue.equity(), 65.0);
}

#[test]
fn a_hedge_told_to_stay_stays_on_the_opposite_signal() {
    let entry = OrderRequest {
        hedge: Some(HedgeLeg {
            close_with_main: false,
            ..LEG
        }),
        ..long_800()
    };
    let mut scene = worked_example(VenueRules::default(), entry);
    scene.bar([100.0; 4]);
    scene.send(OrderRequest {
        purpose: Purpose::OppositeSignal,
        ..close(Side::Sell)
    });
    scene.bar([100.0; 4]);
    assert_eq!(scene.held(), 0.0);
    assert_eq!(scene.venue.position(HEDGE, MARKET).quantity, -1.0);
}

#[test]
fn any_other_end_of_the_main_leg_ends_a_hedge_told_to_stay() {
    let entry = OrderRequest {
        hedge: Some(HedgeLeg {
            close_with_main: false,
            ..LEG
        }),
        ..long_800()
    };
    let mut scene = worked_example(VenueRules::default(), entry);
    scene.bar([100.0; 4]);
    scene.send(close(Side::Sell));
    scene.bar([100.0; 4]);
    assert!(!scene.venue.position(HEDGE, MARKET).is_open());
}

#[test]
fn the_net_stop_counts_what_a_hedge_lost_before_it_ended() {
    let entry = OrderRequest {
        bracket: Some(Bracket {
            net_loss: Some(30.0),
            ..Bracket::default()
        }),
        ..long_800()
    };
    let mut scene = worked_example(VenueRules::default(), entry);
    scene.bar([100.0; 4]);
    scene.bar([100.0, 110.0, 100.0, 110.0]);
    scene.send(OrderRequest {
        account: HEDGE,
        ..close(Side::Buy)
    });
    scene.bar([110.0; 4]);
    // The hedge has lost 10: the main leg may lose 20, 2.5 a unit.
    near(scene.venue.stop_price(MAIN, MARKET).unwrap(), 97.5);
}

#[test]
fn the_net_stop_closes_both_legs_where_their_loss_is_reached() {
    let entry = OrderRequest {
        bracket: Some(Bracket {
            net_loss: Some(21.0),
            ..Bracket::default()
        }),
        hedge: Some(HedgeLeg {
            close_with_main: false,
            ..LEG
        }),
        ..long_800()
    };
    let mut scene = worked_example(VenueRules::default(), entry);
    scene.bar([100.0; 4]);
    // 8 − 1 units net: −21 is reached at 97.
    scene.bar([100.0, 101.0, 96.0, 100.0]);
    assert_eq!(scene.prices()[2..], [97.0, 97.0]);
    assert_eq!(scene.venue.fills()[2].purpose, Purpose::NetStop);
    near(scene.venue.equity(), 79.0);
    assert!(!scene.venue.position(HEDGE, MARKET).is_open());
}

#[test]
fn the_fee_of_a_hedge_on_all_of_its_capital_is_cut_from_its_size() {
    let rules = VenueRules {
        taker_fee_rate: 0.001,
        ..VenueRules::default()
    };
    let leg = HedgeLeg {
        leverage: 20.0,
        notional_fraction: 0.5,
        ..LEG
    };
    let entry = OrderRequest {
        hedge: Some(leg),
        ..long_800()
    };
    let mut scene = worked_example(rules, entry);
    scene.bar([100.0; 4]);
    let hedge = scene.venue.position(HEDGE, MARKET);
    assert!(hedge.is_open());
    assert!(scene.venue.free_margin(HEDGE) > -1e-9);
}

#[test]
fn a_hedge_that_its_account_cannot_carry_is_rejected_in_plain_sight() {
    let entry = OrderRequest {
        hedge: Some(HedgeLeg {
            notional_fraction: 1.0,
            leverage: 1.0,
            ..LEG
        }),
        ..long_800()
    };
    let mut scene = worked_example(VenueRules::default(), entry);
    scene.bar([100.0; 4]);
    assert_eq!(scene.held(), 8.0);
    let hedge = scene.record(OrderId(1));
    assert_eq!(hedge.purpose, Purpose::HedgeEntry);
    assert_eq!(hedge.state, OrderState::Rejected);
    assert_eq!(hedge.reason, Reason::InsufficientMargin);
}
