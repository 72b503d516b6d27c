//! What the rules leave open, and what was chosen.

use crate::scene::{MARKET, Scene, close, limit, market, near, stop};
use spark_stacker_core::market::Instrument;
use spark_stacker_core::venue::{
    Bracket, HEDGE, HedgeLeg, MAIN, MarginMode, OrderRequest, OrderState, Quantity, Reason, Side,
    SlippageModel, VenueRules,
};

#[test]
fn a_partial_exit_of_the_main_leg_leaves_the_hedge_as_it_is() {
    let mut scene = Scene::over(VenueRules::default(), vec![None], &[800.0, 200.0]);
    scene.send(OrderRequest {
        hedge: Some(HedgeLeg {
            account: HEDGE,
            notional_fraction: 0.25,
            leverage: 1.0,
            close_with_main: true,
        }),
        ..market(Side::Buy, Quantity::Base(8.0))
    });
    scene.bar([100.0; 4]);
    scene.send(market(Side::Sell, Quantity::Base(4.0)));
    scene.bar([100.0; 4]);
    assert_eq!(scene.held(), 4.0);
    assert_eq!(scene.venue.position(HEDGE, MARKET).quantity, -2.0);
}

#[test]
fn the_net_stop_counts_prices_and_not_fees() {
    let rules = VenueRules {
        taker_fee_rate: 0.01,
        ..VenueRules::default()
    };
    let mut scene = Scene::with(rules, None);
    scene.send(OrderRequest {
        bracket: Some(Bracket {
            net_loss: Some(10.0),
            ..Bracket::default()
        }),
        ..market(Side::Buy, Quantity::Base(5.0))
    });
    scene.bar([100.0; 4]);
    scene.bar([100.0, 100.0, 97.0, 99.0]);
    assert_eq!(scene.last_fill().price, 98.0);
}

#[test]
fn a_flat_account_meets_the_nearer_of_two_levels_first_and_of_equals_the_lower() {
    // Both are one group: only the first to be met fills.
    for (above, first) in [(103.0, 98.0), (102.0, 98.0), (101.0, 101.0)] {
        let mut scene = Scene::new();
        scene.send(OrderRequest {
            group: Some(1),
            ..stop(Side::Buy, 1.0, above)
        });
        scene.send(OrderRequest {
            group: Some(1),
            ..stop(Side::Sell, 1.0, 98.0)
        });
        scene.bar([100.0, 104.0, 96.0, 100.0]);
        assert_eq!(scene.prices(), [first], "{above}");
    }
}

#[test]
fn a_position_entered_by_a_stop_inside_the_bar_takes_no_profit_in_it() {
    let mut scene = Scene::new();
    scene.send(OrderRequest {
        bracket: Some(Bracket {
            target_fraction: Some(0.02),
            ..Bracket::default()
        }),
        ..stop(Side::Buy, 1.0, 101.0)
    });
    scene.bar([100.0, 110.0, 100.0, 105.0]);
    assert_eq!(scene.prices(), [101.0]);
    // The target, 103.02, is passed by the next open.
    scene.bar([104.0; 4]);
    assert_eq!(scene.prices(), [101.0, 104.0]);
}

#[test]
fn closes_are_exempt_from_minimums_and_a_whole_close_from_the_lot() {
    let instrument = Instrument {
        lot_size: Some(1.0),
        min_quantity: Some(5.0),
        min_notional: Some(500.0),
        ..Instrument::default()
    };
    let mut scene = Scene::with(VenueRules::default(), Some(instrument));
    scene.send(market(Side::Buy, Quantity::Base(6.0)));
    scene.bar([100.0; 4]);
    scene.send(OrderRequest {
        reduce_only: true,
        ..market(Side::Sell, Quantity::Base(3.7))
    });
    scene.bar([100.0; 4]);
    assert_eq!(scene.held(), 3.0, "part of a position closes in whole lots");
    scene.send(close(Side::Sell));
    scene.bar([1.0; 4]);
    assert_eq!(scene.held(), 0.0);
}

#[test]
fn nothing_is_reserved_for_an_order_that_waits() {
    let mut scene = Scene::new();
    let first = scene.send(limit(Side::Buy, 100.0, 99.0));
    let second = scene.send(limit(Side::Buy, 100.0, 98.0));
    near(scene.venue.free_margin(MAIN), 10_000.0);
    scene.bar([100.0, 100.0, 90.0, 95.0]);
    assert_eq!(scene.record(first).state, OrderState::Filled);
    assert_eq!(
        scene.fate(second),
        (OrderState::Rejected, Reason::InsufficientMargin)
    );
}

#[test]
fn a_waiting_entry_beyond_the_free_margin_is_rejected_at_the_door_and_a_market_order_at_its_fill() {
    let mut scene = Scene::new();
    let resting = scene.send(limit(Side::Buy, 200.0, 99.0));
    let at_market = scene.send(market(Side::Buy, Quantity::Base(200.0)));
    let lacking = (OrderState::Rejected, Reason::InsufficientMargin);
    assert_eq!(scene.fate(resting), lacking);
    assert_eq!(scene.fate(at_market), (OrderState::Open, Reason::None));
    scene.bar([100.0; 4]);
    assert_eq!(scene.fate(at_market), lacking);
}

#[test]
fn a_flat_cross_account_below_zero_is_brought_to_zero_by_the_venue() {
    let rules = VenueRules {
        margin_mode: MarginMode::Cross,
        liquidation_fee_rate: 0.01,
        taker_fee_rate: 0.001,
        ..VenueRules::default()
    };
    let mut scene = Scene::with(rules, None);
    scene.send(OrderRequest {
        leverage: 10.0,
        ..market(Side::Buy, Quantity::Base(900.0))
    });
    scene.bar([100.0; 4]);
    scene.bar([50.0; 4]);
    // The liquidation's fee alone: 1 % of 45,000, no taker's beside it.
    near(scene.last_fill().fee, 450.0);
    assert_eq!(scene.venue.equity(), 0.0);
    // 10,000 − 90 of entry fee − 45,000 of loss − 450.
    near(scene.venue.ledger().borne_by_venue(MAIN), 35_540.0);
}

#[test]
fn an_order_that_cannot_go_on_is_cancelled_if_a_part_had_filled() {
    let rules = VenueRules {
        slippage: SlippageModel::VolumeShare {
            base_bps: 0.0,
            coefficient_bps: 0.0,
            max_share_fraction: 0.5,
        },
        ..VenueRules::default()
    };
    let mut scene = Scene::with(rules, None);
    let id = scene.send(market(Side::Buy, Quantity::Base(99.0)));
    scene.bar([100.0; 4]);
    assert_eq!(scene.record(id).state, OrderState::PartiallyFilled);
    assert_eq!(scene.held(), 50.0);
    // The rest costs more than is free now.
    scene.bar([200.0; 4]);
    assert_eq!(
        scene.fate(id),
        (OrderState::Cancelled, Reason::InsufficientMargin)
    );
}
