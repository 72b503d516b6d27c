//! Random histories for properties: markets, orders, bars.

use crate::scene::{MINUTE, margin_market, spot_market};
use proptest::prelude::*;
use spark_stacker_core::market::{Bar, Instrument};
use spark_stacker_core::venue::{
    AccountId, Bracket, HEDGE, HedgeLeg, MAIN, MarginMode, MarketId, OrderKind, OrderRequest,
    Quantity, Side, SlippageModel, TimeInForce, VenueRules,
};

/// One step of a history.
#[derive(Debug, Clone)]
pub enum Step {
    /// An order; prices in it are fractions of the last close.
    Order(OrderRequest),
    /// A bar: returns to open, close and the two wicks, and its volume.
    Bar {
        market: u16,
        gap: f64,
        body: f64,
        wicks: (f64, f64),
        volume: f64,
    },
    Funding {
        market: u16,
        rate: f64,
    },
    /// Cancels the order this far back.
    Cancel(u32),
    Transfer {
        fraction: f64,
    },
}

/// Rules, markets and the way taken.
#[derive(Debug, Clone)]
pub struct History {
    pub rules: VenueRules,
    pub instruments: Vec<Option<Instrument>>,
    pub steps: Vec<Step>,
}

/// How many histories a property plays: `SPARK_STACKER_HISTORIES`, else 10,000.
pub fn config() -> ProptestConfig {
    let asked = std::env::var("SPARK_STACKER_HISTORIES").ok();
    ProptestConfig {
        cases: asked.map_or(10_000, |count| count.parse().expect("a number")),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

fn slippage() -> impl Strategy<Value = SlippageModel> {
    prop_oneof![
        3 => Just(SlippageModel::None),
        1 => Just(SlippageModel::Fixed { bps: 7.0 }),
        1 => Just(SlippageModel::Random { max_bps: 20.0 }),
        1 => Just(SlippageModel::VolumeShare {
            base_bps: 1.0,
            coefficient_bps: 50.0,
            max_share_fraction: 0.2,
        }),
        1 => Just(SlippageModel::SquareRoot {
            spread_bps: 2.0,
            coefficient: 0.7,
            volatility_bars: 5,
        }),
    ]
}

pub fn rules() -> impl Strategy<Value = VenueRules> {
    let flags = (any::<bool>(), any::<bool>(), any::<bool>());
    (0.0..0.002, slippage(), flags, any::<u64>()).prop_map(
        |(fee, slippage, (cross, on_touch, in_base), seed)| VenueRules {
            maker_fee_rate: fee * 0.4 - 0.0001,
            taker_fee_rate: fee,
            liquidation_fee_rate: 0.005,
            fee_in_base: in_base,
            slippage,
            margin_mode: if cross {
                MarginMode::Cross
            } else {
                MarginMode::Isolated
            },
            fill_on_touch: on_touch,
            seed,
        },
    )
}

fn instrument() -> impl Strategy<Value = Option<Instrument>> {
    prop_oneof![
        Just(None),
        Just(Some(margin_market(0.01))),
        Just(Some(spot_market())),
        Just(Some(Instrument {
            tick_size: Some(0.1),
            lot_size: Some(0.001),
            min_notional: Some(40.0),
            ..margin_market(0.02)
        })),
    ]
}

fn quantity() -> impl Strategy<Value = Quantity> {
    prop_oneof![
        2 => (0.01..60.0).prop_map(Quantity::Base),
        2 => (5.0..6_000.0).prop_map(Quantity::Quote),
        1 => Just(Quantity::Position),
    ]
}

fn kind() -> impl Strategy<Value = OrderKind> {
    let near = || 0.93..1.07;
    prop_oneof![
        4 => Just(OrderKind::Market),
        1 => near().prop_map(|price| OrderKind::Limit { price }),
        1 => near().prop_map(|trigger| OrderKind::Stop { trigger }),
        1 => (near(), near()).prop_map(|(trigger, price)| OrderKind::StopLimit { trigger, price }),
        1 => near().prop_map(|price| OrderKind::TakeProfit { price }),
        1 => (0.01..0.1).prop_map(|distance_fraction| OrderKind::TrailingStop { distance_fraction }),
    ]
}

fn bracket() -> impl Strategy<Value = Bracket> {
    let fraction = || prop::option::of(0.005..0.08);
    let net_loss = prop::option::weighted(0.3, 1.0..200.0);
    (fraction(), fraction(), fraction(), fraction(), net_loss).prop_map(
        |(stop_fraction, target_fraction, trail_fraction, break_even_fraction, net_loss)| Bracket {
            stop_fraction,
            target_fraction,
            trail_fraction: trail_fraction.filter(|_| target_fraction.is_none()),
            break_even_fraction,
            net_loss,
        },
    )
}

fn time_in_force() -> impl Strategy<Value = TimeInForce> {
    prop_oneof![
        6 => Just(TimeInForce::GoodTilCancelled),
        1 => Just(TimeInForce::ImmediateOrCancel),
        1 => Just(TimeInForce::FillOrKill),
        1 => (1_i64..60).prop_map(|minute| TimeInForce::GoodTilDate(minute * MINUTE)),
    ]
}

fn hedge() -> impl Strategy<Value = HedgeLeg> {
    (0.05..0.6, 1.0..10.0, any::<bool>()).prop_map(
        |(notional_fraction, leverage, close_with_main)| HedgeLeg {
            account: HEDGE,
            notional_fraction,
            leverage,
            close_with_main,
        },
    )
}

pub fn order(markets: u16) -> impl Strategy<Value = OrderRequest> {
    let place = (0..markets, any::<bool>(), prop::bool::weighted(0.2));
    let terms = (quantity(), kind(), time_in_force(), 1.0..15.0);
    let flags = (prop::bool::weighted(0.1), prop::bool::weighted(0.2));
    let attached = (
        prop::option::weighted(0.4, bracket()),
        prop::option::weighted(0.2, hedge()),
        prop::option::weighted(0.1, 0_u32..3),
    );
    (place, terms, flags, attached).prop_map(
        |(
            (market, buy, on_hedge),
            (quantity, kind, time_in_force, leverage),
            (post_only, reduce_only),
            (bracket, hedge, group),
        )| OrderRequest {
            account: if on_hedge { HEDGE } else { MAIN },
            kind,
            time_in_force,
            post_only,
            reduce_only,
            leverage: if leverage < 4.0 { 1.0 } else { leverage },
            bracket,
            hedge: hedge.filter(|_| !on_hedge),
            group,
            ..OrderRequest::market(
                MarketId(market),
                if buy { Side::Buy } else { Side::Sell },
                quantity,
            )
        },
    )
}

pub fn step(markets: u16) -> impl Strategy<Value = Step> {
    let volume = prop_oneof![1 => Just(0.0), 9 => 10.0..500.0];
    let wick = || prop_oneof![4 => 0.0..0.02, 1 => 0.0..0.15];
    let gap = prop_oneof![6 => -0.002..0.002, 1 => -0.2..0.2];
    prop_oneof![
        6 => (0..markets, gap, -0.03..0.03, (wick(), wick()), volume).prop_map(
            |(market, gap, body, wicks, volume)| Step::Bar { market, gap, body, wicks, volume }
        ),
        5 => order(markets).prop_map(Step::Order),
        1 => (0..markets, -0.002..0.004).prop_map(|(market, rate)| Step::Funding { market, rate }),
        1 => (0_u32..6).prop_map(Step::Cancel),
        1 => (0.0..1.0).prop_map(|fraction| Step::Transfer { fraction }),
    ]
}

pub fn history() -> impl Strategy<Value = History> {
    prop::collection::vec(instrument(), 1..3).prop_flat_map(|instruments| {
        let markets = u16::try_from(instruments.len()).unwrap();
        let steps = prop::collection::vec(step(markets), 1..50);
        (rules(), Just(instruments), steps).prop_map(|(rules, instruments, steps)| History {
            rules,
            instruments,
            steps,
        })
    })
}

/// An order whose fractions are turned into prices around `last`.
pub fn priced(request: OrderRequest, last: f64) -> OrderRequest {
    let kind = match request.kind {
        OrderKind::Limit { price } => OrderKind::Limit {
            price: price * last,
        },
        OrderKind::TakeProfit { price } => OrderKind::TakeProfit {
            price: price * last,
        },
        OrderKind::Stop { trigger } => OrderKind::Stop {
            trigger: trigger * last,
        },
        OrderKind::StopLimit { trigger, price } => OrderKind::StopLimit {
            trigger: trigger * last,
            price: price * last,
        },
        other => other,
    };
    OrderRequest { kind, ..request }
}

/// The bar that a step describes, after a close of `last`.
pub fn bar_after(last: f64, minute: i64, step: &Step) -> Option<(MarketId, Bar)> {
    let Step::Bar {
        market,
        gap,
        body,
        wicks,
        volume,
    } = *step
    else {
        return None;
    };
    let open = last * (1.0 + gap);
    let close = open * (1.0 + body);
    let bar = Bar {
        open_time_ns: minute * MINUTE,
        open,
        high: open.max(close) * (1.0 + wicks.0),
        low: open.min(close) * (1.0 - wicks.1),
        close,
        volume,
    };
    Some((MarketId(market), bar))
}

pub const ACCOUNTS: [AccountId; 2] = [MAIN, HEDGE];
