//! What an account can carry.

use crate::scene::{MARKET, Scene, limit, margin_market, market, near};
use spark_stacker_core::venue::{
    AccountId, MAIN, MarginMode, MarketId, OrderRequest, OrderState, Quantity, Reason, Side,
    VenueRules,
};

#[test]
fn a_million_of_notional_on_ten_thousand_is_rejected() {
    let mut scene = Scene::new();
    let at_market = scene.send(market(Side::Buy, Quantity::Base(10_000.0)));
    let by_value = scene.send(market(Side::Buy, Quantity::Quote(1e6)));
    let resting = scene.send(limit(Side::Buy, 10_000.0, 99.0));
    scene.bar([100.0; 4]);
    let refused = (OrderState::Rejected, Reason::InsufficientMargin);
    for id in [at_market, by_value, resting] {
        assert_eq!(scene.fate(id), refused);
    }
    assert_eq!(scene.venue.equity(), 10_000.0);
}

#[test]
fn a_leverage_one_long_counts_its_profit_once() {
    let mut scene = Scene::new();
    scene.send(market(Side::Buy, Quantity::Quote(10_000.0)));
    scene.bar([100.0, 111.0, 99.0, 110.0]);
    assert_eq!(scene.venue.equity(), 11_000.0);
    scene.send(market(Side::Sell, Quantity::Position));
    scene.bar([110.0; 4]);
    assert_eq!(scene.venue.equity(), 11_000.0);
    assert_eq!(scene.venue.ledger().cash(MAIN), 11_000.0);
    assert_eq!(scene.venue.trades()[0].profit, 1000.0);
}

#[test]
fn initial_margin_is_notional_over_leverage() {
    let mut scene = Scene::new();
    let leveraged = |units| OrderRequest {
        leverage: 10.0,
        ..market(Side::Sell, Quantity::Base(units))
    };
    scene.send(leveraged(600.0));
    scene.bar([100.0; 4]);
    assert_eq!(scene.venue.position(MAIN, MARKET).margin, 6_000.0);
    assert_eq!(scene.venue.free_margin(MAIN), 4_000.0);
    let too_much = scene.send(leveraged(401.0));
    let enough = scene.send(leveraged(400.0));
    scene.bar([100.0; 4]);
    assert_eq!(scene.record(too_much).reason, Reason::InsufficientMargin);
    assert_eq!(scene.record(enough).state, OrderState::Filled);
}

#[test]
fn a_refused_reversal_keeps_its_close() {
    let mut scene = Scene::new();
    scene.send(market(Side::Buy, Quantity::Base(1.0)));
    scene.bar([100.0; 4]);
    let id = scene.send(market(Side::Sell, Quantity::Base(1000.0)));
    scene.bar([100.0; 4]);
    assert_eq!(scene.held(), 0.0);
    assert_eq!(
        scene.fate(id),
        (OrderState::Cancelled, Reason::InsufficientMargin)
    );
    assert_eq!(scene.record(id).filled_quantity, 1.0);
}

#[test]
fn isolated_profit_is_not_margin_but_cross_profit_is() {
    for (mode, free) in [
        (MarginMode::Isolated, 9_000.0),
        (MarginMode::Cross, 10_000.0),
    ] {
        let rules = VenueRules {
            margin_mode: mode,
            ..VenueRules::default()
        };
        let mut scene = Scene::with(rules, None);
        scene.send(OrderRequest {
            leverage: 10.0,
            ..market(Side::Buy, Quantity::Base(100.0))
        });
        scene.bar([100.0, 110.0, 100.0, 110.0]);
        assert_eq!(scene.venue.free_margin(MAIN), free);
    }
}

#[test]
fn the_equity_line_is_the_equity_to_the_bit() {
    let markets = vec![Some(margin_market(0.01)), None];
    let mut scene = Scene::over(VenueRules::default(), markets, &[777.7, 333.3]);
    scene.send(market(Side::Buy, Quantity::Base(0.37)));
    scene.send(OrderRequest {
        account: AccountId(1),
        ..market(Side::Sell, Quantity::Base(0.11))
    });
    scene.bar([100.3, 101.7, 99.1, 100.9]);
    let line = scene.venue.equity_line(MARKET).unwrap();
    for close in [100.1, 99.7, 101.3] {
        scene.venue.mark_quiet(MARKET, &[close], &[close], &[close]);
        assert_eq!(line.at(close).to_bits(), scene.venue.equity().to_bits());
    }
    assert_eq!(scene.venue.equity_line(MarketId(1)), None);
}

#[test]
fn funds_move_between_own_accounts_as_far_as_they_are_free() {
    let mut scene = Scene::over(VenueRules::default(), vec![None], &[100.0, 50.0]);
    let hedge = AccountId(1);
    scene.send(market(Side::Buy, Quantity::Base(0.6)));
    scene.bar([100.0; 4]);
    let error = scene.venue.transfer(MAIN, hedge, 41.0).unwrap_err();
    assert!(error.to_string().starts_with("amount must be"), "{error}");
    assert!(scene.venue.transfer(MAIN, AccountId(2), 1.0).is_err());
    scene.venue.transfer(MAIN, hedge, 40.0).unwrap();
    near(scene.venue.account_equity(hedge), 90.0);
    near(scene.venue.equity(), 150.0);
}
