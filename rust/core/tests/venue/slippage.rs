//! Slippage as the venue applies it.

use crate::scene::{Scene, limit, market, near};
use spark_stacker_core::venue::{
    OrderRequest, OrderState, Quantity, Reason, Side, SlippageModel, TimeInForce, VenueRules,
};

fn with(slippage: SlippageModel) -> Scene {
    let rules = VenueRules {
        slippage,
        seed: 42,
        ..VenueRules::default()
    };
    Scene::with(rules, None)
}

const SHARE: SlippageModel = SlippageModel::VolumeShare {
    base_bps: 1.0,
    coefficient_bps: 100.0,
    max_share_fraction: 0.1,
};

#[test]
fn fixed_slippage_is_against_the_order() {
    let mut scene = with(SlippageModel::Fixed { bps: 10.0 });
    scene.send(market(Side::Buy, Quantity::Base(1.0)));
    scene.bar([100.0; 4]);
    scene.send(market(Side::Sell, Quantity::Base(1.0)));
    scene.bar([100.0; 4]);
    near(scene.prices()[0], 100.1);
    near(scene.prices()[1], 99.9);
}

#[test]
fn limits_have_no_slippage() {
    let mut scene = with(SlippageModel::Fixed { bps: 10.0 });
    scene.send(limit(Side::Buy, 1.0, 101.0));
    scene.bar([100.0; 4]);
    assert_eq!(scene.prices(), [100.0]);
}

#[test]
fn a_value_is_turned_into_units_at_the_slipped_price() {
    let mut scene = with(SlippageModel::Fixed { bps: 100.0 });
    scene.send(market(Side::Buy, Quantity::Quote(10_000.0)));
    scene.bar([100.0; 4]);
    near(scene.held(), 10_000.0 / 101.0);
}

#[test]
fn an_order_beyond_the_share_of_volume_goes_on_at_the_next_bar() {
    let mut scene = with(SHARE);
    let id = scene.send(market(Side::Buy, Quantity::Base(15.0)));
    scene.bar([100.0; 4]);
    assert_eq!(scene.held(), 10.0);
    assert_eq!(scene.record(id).state, OrderState::PartiallyFilled);
    // 1 + 100 · 0.1² = 2 bps
    near(scene.prices()[0], 100.02);
    scene.bar([100.0; 4]);
    assert_eq!(scene.held(), 15.0);
    assert_eq!(scene.fate(id), (OrderState::Filled, Reason::Filled));
}

#[test]
fn orders_of_one_bar_share_its_volume() {
    let mut scene = with(SHARE);
    scene.send(market(Side::Buy, Quantity::Base(6.0)));
    let second = scene.send(market(Side::Buy, Quantity::Base(6.0)));
    scene.bar([100.0; 4]);
    assert_eq!(scene.record(second).filled_quantity, 4.0);
}

#[test]
fn time_in_force_decides_about_the_rest() {
    let with_force = |time_in_force| OrderRequest {
        time_in_force,
        ..market(Side::Buy, Quantity::Base(15.0))
    };
    let mut scene = with(SHARE);
    let kill = scene.send(with_force(TimeInForce::FillOrKill));
    let immediate = scene.send(with_force(TimeInForce::ImmediateOrCancel));
    let late = scene.send(with_force(TimeInForce::ImmediateOrCancel));
    scene.bar([100.0; 4]);
    assert_eq!(
        scene.fate(kill),
        (OrderState::Rejected, Reason::NotWhollyFillable)
    );
    assert_eq!(
        scene.fate(immediate),
        (OrderState::Cancelled, Reason::NotImmediatelyFillable)
    );
    assert_eq!(scene.fate(late), (OrderState::Rejected, Reason::NoVolume));
    assert_eq!(scene.held(), 10.0);
}

#[test]
fn random_slippage_depends_on_seed_and_order_only() {
    let run = |bars_before: usize| {
        let mut scene = with(SlippageModel::Random { max_bps: 50.0 });
        for _ in 0..bars_before {
            scene.bar([100.0; 4]);
        }
        scene.send(market(Side::Buy, Quantity::Base(1.0)));
        scene.bar([100.0; 4]);
        scene.prices()[0]
    };
    assert_eq!(run(0), run(5));
    assert!(run(0) > 100.0 && run(0) < 100.5);
}

#[test]
fn square_root_impact_grows_with_volatility() {
    let mut scene = with(SlippageModel::SquareRoot {
        spread_bps: 2.0,
        coefficient: 1.0,
        volatility_bars: 2,
    });
    scene.bar([100.0, 110.0, 100.0, 110.0]);
    scene.bar([110.0, 110.0, 99.0, 99.0]);
    scene.send(market(Side::Buy, Quantity::Base(4.0)));
    scene.bar([100.0; 4]);
    // Returns +10 % and −10 %: 1 bp + √0.02 · √(4/100)
    near(
        scene.prices()[0],
        100.0 * (1.0 + 1e-4 + 0.02_f64.sqrt() * 0.2),
    );
}
