//! Slippage as the venue applies it.

use std::sync::Arc;

use crate::scene::{Scene, limit, market, near};
use spark_stacker_core::market::{ImpactCurve, ImpactLaw, ImpactModel, Instrument};
use spark_stacker_core::venue::{
    OrderRequest, OrderState, Quantity, Reason, Side, SlippageModel, TimeInForce, Venue, VenueRules,
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

/// A market where √N · 0.04 bps come upon 2 bps, and at one o'clock N · 0.0001 upon 5.
fn calibrated() -> Instrument {
    let curve = |half_spread_bps, coefficient_bps, exponent| {
        let law = ImpactLaw::Power {
            coefficient_bps,
            exponent,
        };
        ImpactCurve::new(half_spread_bps, law).unwrap()
    };
    let model = ImpactModel::new(curve(2.0, 0.04, 0.5), [(1, curve(5.0, 1e-4, 1.0))]);
    Instrument {
        impact: Some(Arc::new(model.unwrap())),
        ..Instrument::default()
    }
}

#[test]
fn calibrated_slippage_is_that_of_size_and_hour() {
    let rules = VenueRules {
        slippage: SlippageModel::Calibrated { factor: 2.0 },
        ..VenueRules::default()
    };
    let mut scene = Scene::with(rules, Some(calibrated()));
    // Bars of a minute: the first order fills in the first hour, the second in the next, the third after it.
    for bars in [1, 59, 60] {
        for _ in 1..bars {
            scene.bar([100.0; 4]);
        }
        scene.send(market(Side::Buy, Quantity::Base(25.0)));
        scene.bar([100.0; 4]);
    }
    // 2,500: twice 2 + 0.04 · 50 bps, and at one o'clock twice 5 + 0.25 bps.
    for (price, expected) in scene.prices().into_iter().zip([100.08, 100.105, 100.08]) {
        near(price, expected);
    }
    assert_eq!(scene.prices().len(), 3);
}

#[test]
fn calibrated_slippage_needs_a_model_of_every_market() {
    let rules = VenueRules {
        slippage: SlippageModel::Calibrated { factor: 1.0 },
        ..VenueRules::default()
    };
    let error = Venue::new(rules, vec![Some(calibrated()), None], &[1.0]).unwrap_err();
    let expected =
        "instruments[1].impact must be a calibrated model, as slippage is calibrated, was none";
    assert_eq!(error.to_string(), expected);
    let rules = VenueRules {
        slippage: SlippageModel::Calibrated { factor: -1.0 },
        ..VenueRules::default()
    };
    let error = Venue::new(rules, vec![Some(calibrated())], &[1.0]).unwrap_err();
    assert!(error.to_string().starts_with("slippage.factor"), "{error}");
}
