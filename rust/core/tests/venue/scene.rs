//! A venue of one market, driven by bars written as `[open, high, low, close]`.

use spark_stacker_core::market::{Bar, Instrument, MarginTier, MarketType};
use spark_stacker_core::venue::{
    Bracket, Fill, MAIN, MarketId, OrderId, OrderKind, OrderRecord, OrderRequest, OrderState,
    Quantity, Reason, Side, Venue, VenueRules,
};

pub const MARKET: MarketId = MarketId(0);
pub const MINUTE: i64 = 60_000_000_000;

pub fn bar(at: i64, [open, high, low, close]: [f64; 4]) -> Bar {
    Bar {
        open_time_ns: at * MINUTE,
        open,
        high,
        low,
        close,
        volume: 100.0,
    }
}

pub fn market(side: Side, quantity: Quantity) -> OrderRequest {
    OrderRequest::market(MARKET, side, quantity)
}

pub fn order(side: Side, units: f64, kind: OrderKind) -> OrderRequest {
    OrderRequest {
        kind,
        ..market(side, Quantity::Base(units))
    }
}

pub fn limit(side: Side, units: f64, price: f64) -> OrderRequest {
    order(side, units, OrderKind::Limit { price })
}

pub fn stop(side: Side, units: f64, trigger: f64) -> OrderRequest {
    order(side, units, OrderKind::Stop { trigger })
}

pub fn close(side: Side) -> OrderRequest {
    market(side, Quantity::Position)
}

pub fn bracketed(request: OrderRequest, stop: f64, target: f64) -> OrderRequest {
    OrderRequest {
        bracket: Some(Bracket {
            stop_fraction: Some(stop),
            target_fraction: Some(target),
            ..Bracket::default()
        }),
        ..request
    }
}

pub fn margin_market(maintenance_rate: f64) -> Instrument {
    Instrument {
        margin_tiers: vec![MarginTier {
            min_notional: 0.0,
            maintenance_rate,
            deduction: 0.0,
            max_leverage: 100.0,
        }],
        ..Instrument::default()
    }
}

pub fn spot_market() -> Instrument {
    Instrument {
        market_type: MarketType::Spot,
        ..Instrument::default()
    }
}

/// A venue and the number of the next bar.
pub struct Scene {
    pub venue: Venue,
    next: i64,
}

impl Scene {
    /// One market, one account of 10,000, and a first bar that closes at 100.
    pub fn new() -> Self {
        Self::with(VenueRules::default(), None)
    }

    pub fn with(rules: VenueRules, instrument: Option<Instrument>) -> Self {
        Self::over(rules, vec![instrument], &[10_000.0])
    }

    pub fn over(rules: VenueRules, markets: Vec<Option<Instrument>>, balances: &[f64]) -> Self {
        let count = u16::try_from(markets.len()).unwrap();
        let mut venue = Venue::new(rules, markets, balances).unwrap();
        for market in 0..count {
            venue.on_bar(MarketId(market), &bar(0, [100.0; 4]), None);
        }
        Self { venue, next: 1 }
    }

    pub fn send(&mut self, request: OrderRequest) -> OrderId {
        self.venue.submit(request, self.next * MINUTE)
    }

    pub fn bar(&mut self, prices: [f64; 4]) -> &mut Self {
        self.bar_with_volume(prices, 100.0)
    }

    pub fn bar_with_volume(&mut self, prices: [f64; 4], volume: f64) -> &mut Self {
        let bar = Bar {
            volume,
            ..bar(self.next, prices)
        };
        self.venue.on_bar(MARKET, &bar, None);
        self.next += 1;
        self
    }

    pub fn bar_of(&mut self, market: MarketId, prices: [f64; 4]) -> &mut Self {
        self.venue.on_bar(market, &bar(self.next, prices), None);
        self.next += 1;
        self
    }

    pub fn record(&self, id: OrderId) -> &OrderRecord {
        &self.venue.orders()[id.0 as usize]
    }

    pub fn fate(&self, id: OrderId) -> (OrderState, Reason) {
        let record = self.record(id);
        (record.state, record.reason)
    }

    pub fn held(&self) -> f64 {
        self.venue.position(MAIN, MARKET).quantity
    }

    pub fn last_fill(&self) -> &Fill {
        self.venue.fills().last().expect("something has filled")
    }

    /// Prices of all fills.
    pub fn prices(&self) -> Vec<f64> {
        self.venue.fills().iter().map(|fill| fill.price).collect()
    }
}

pub fn near(a: f64, b: f64) {
    assert!((a - b).abs() <= 1e-9 * b.abs().max(1.0), "{a} is not {b}");
}
