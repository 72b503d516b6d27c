//! Stretches in which nothing can happen: played at once they leave what stepping leaves, bit for bit.

use crate::histories::{History, Step, bar_after, config, history, priced};
use crate::scene::{MARKET, Scene, bracketed, limit, market, stop};
use proptest::prelude::*;
use spark_stacker_core::market::Bar;
use spark_stacker_core::venue::{
    Bracket, MarketId, OrderKind, OrderRequest, Quantity, Side, TimeInForce, Venue,
};

#[test]
fn the_band_lies_between_the_nearest_levels() {
    let mut scene = Scene::new();
    assert_eq!(scene.venue.quiet_band(MARKET), Some((0.0, f64::INFINITY)));
    scene.send(bracketed(
        market(Side::Buy, Quantity::Base(1.0)),
        0.05,
        0.25,
    ));
    assert_eq!(scene.venue.quiet_band(MARKET), None);
    scene.bar([100.0; 4]);
    assert_eq!(scene.venue.quiet_band(MARKET), Some((95.0, 125.0)));
    scene.send(limit(Side::Buy, 1.0, 97.0));
    scene.send(stop(Side::Buy, 1.0, 104.0));
    assert_eq!(scene.venue.quiet_band(MARKET), Some((97.0, 104.0)));
}

#[test]
fn a_break_even_trigger_bounds_the_band() {
    let mut scene = Scene::new();
    scene.send(OrderRequest {
        bracket: Some(Bracket {
            stop_fraction: Some(0.05),
            break_even_fraction: Some(0.25),
            ..Bracket::default()
        }),
        ..market(Side::Buy, Quantity::Base(1.0))
    });
    scene.bar([100.0; 4]);
    assert_eq!(scene.venue.quiet_band(MARKET), Some((95.0, 125.0)));
}

#[test]
fn liquidation_bounds_the_band() {
    let mut scene = Scene::new();
    scene.send(OrderRequest {
        leverage: 10.0,
        ..market(Side::Sell, Quantity::Base(1.0))
    });
    scene.bar([100.0; 4]);
    assert_eq!(scene.venue.quiet_band(MARKET), Some((0.0, 110.0)));
}

#[test]
fn what_moves_by_itself_is_never_quiet() {
    let trailing = OrderKind::TrailingStop {
        distance_fraction: 0.1,
    };
    let dated = OrderRequest {
        time_in_force: TimeInForce::GoodTilDate(i64::MAX),
        ..limit(Side::Buy, 1.0, 50.0)
    };
    for request in [crate::scene::order(Side::Sell, 1.0, trailing), dated] {
        let mut scene = Scene::new();
        scene.send(request);
        assert_eq!(scene.venue.quiet_band(MARKET), None);
    }
}

/// Plays a history; whenever the next bars of a market are quiet, plays them at once instead of step by step.
fn play(history: &History, at_once: bool) -> Venue {
    let balances = [10_000.0; 2];
    let mut venue = Venue::new(history.rules, history.instruments.clone(), &balances).unwrap();
    let mut last = vec![100.0; history.instruments.len()];
    let mut stretch: Vec<(MarketId, Bar)> = Vec::new();
    for (minute, step) in (1_i64..).zip(&history.steps) {
        if let Step::Bar { market, .. } = step {
            let close = &mut last[usize::from(*market)];
            let (id, bar) = bar_after(*close, minute, step).unwrap();
            *close = bar.close;
            let same = stretch.last().is_none_or(|(before, _)| *before == id);
            let quiet = venue
                .quiet_band(id)
                .is_some_and(|(low, high)| bar.low > low && bar.high < high);
            if !same {
                flush(&mut venue, &mut stretch);
            }
            if at_once && quiet {
                stretch.push((id, bar));
            } else {
                flush(&mut venue, &mut stretch);
                venue.on_bar(id, &bar, None);
            }
            continue;
        }
        flush(&mut venue, &mut stretch);
        match step {
            Step::Order(request) => {
                let request = priced(*request, last[usize::from(request.market.0)]);
                venue.submit(request, minute);
            }
            Step::Funding { market, rate } => venue.apply_funding(MarketId(*market), *rate, None),
            _ => {}
        }
    }
    flush(&mut venue, &mut stretch);
    venue
}

fn flush(venue: &mut Venue, stretch: &mut Vec<(MarketId, Bar)>) {
    let Some((market, _)) = stretch.first().copied() else {
        return;
    };
    let column = |of: fn(&Bar) -> f64| stretch.iter().map(|(_, bar)| of(bar)).collect::<Vec<_>>();
    let (lows, highs, closes) = (column(|b| b.low), column(|b| b.high), column(|b| b.close));
    venue.mark_quiet(market, &lows, &highs, &closes);
    stretch.clear();
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_quiet_stretch_leaves_what_stepping_leaves(history in history()) {
        prop_assert_eq!(play(&history, true), play(&history, false));
    }
}
