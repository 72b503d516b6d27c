//! Trades that concern nobody are passed over: most are.

use crate::market::Event;
use crate::venue::{MarketId, Side, Venue};

/// Prices strictly between which a trade does nothing but set prices, as long as nothing has stirred since.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::venue) struct Calm {
    low: f64,
    high: f64,
    /// What `Venue::stirred` was.
    stirred: u64,
    /// A position is open, whose extremes follow the price.
    holds: bool,
}

impl Calm {
    /// Of a market of which nothing is known yet.
    pub const NONE: Self = Self {
        low: f64::INFINITY,
        high: 0.0,
        stirred: u64::MAX,
        holds: false,
    };
}

impl Venue {
    /// Plays a trade that concerns neither orders nor positions; `false`, and nothing done, if it may.
    #[inline]
    pub(super) fn passes_calmly(&mut self, market: MarketId, event: &Event) -> bool {
        let state = &mut self.markets[usize::from(market.0)];
        let Some(ticks) = state.ticks.as_deref_mut() else {
            return false;
        };
        let (calm, interest) = (ticks.calm, &ticks.interest);
        let price = ticks.price(event.tick);
        // Limits stand at ticks, whose price need not be the order's to the last bit.
        let concerns = calm.stirred != self.stirred
            || price <= calm.low
            || price >= calm.high
            || event.exchange_ns >= interest.expiry_ns
            || interest.is_met(Side::Buy, event.tick)
            || interest.is_met(Side::Sell, event.tick);
        if concerns {
            return false;
        }
        ticks.last_trade = Some(price);
        state.last_close = Some(price);
        self.ledger.set_mark(market, price);
        if calm.holds {
            for account in self.account_ids() {
                self.ledger.position_mut(account, market).saw(price);
            }
        }
        true
    }

    /// Works out where trades do nothing from now on, if something has stirred since the last time.
    pub(super) fn calm_down(&mut self, market: MarketId) {
        if self.ticks(market).calm.stirred == self.stirred {
            return;
        }
        let (low, high) = self.quiet_band(market).unwrap_or((f64::INFINITY, 0.0));
        let holds = self
            .account_ids()
            .any(|account| self.position(account, market).is_open());
        let stirred = self.stirred;
        self.ticks_mut(market).calm = Calm {
            low,
            high,
            stirred,
            holds,
        };
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::market::{AT_EXCHANGE, AT_LOCAL, Event, EventKind, LAST};
    use crate::venue::{
        Bracket, MAIN, MarketId, OrderId, OrderKind, OrderRequest, Quantity, Side, TickRules,
        Venue, VenueRules,
    };

    const MARKET: MarketId = MarketId(0);
    /// One whose multiples are not exact.
    const TICK: f64 = 0.1;

    #[derive(Debug, Clone)]
    enum Step {
        Trade(i32, f64, i8),
        Depth(i32, f64, i8),
        Send(OrderRequest),
        Cancel(u32),
        Funding(f64),
        Mark(f64),
    }

    fn side() -> impl Strategy<Value = Side> {
        prop_oneof![Just(Side::Buy), Just(Side::Sell)]
    }

    fn bracket() -> impl Strategy<Value = Bracket> {
        let fraction = || proptest::option::of(0.002..0.02_f64);
        (fraction(), fraction(), fraction(), fraction()).prop_map(
            |(stop_fraction, target_fraction, break_even_fraction, trail_fraction)| Bracket {
                stop_fraction,
                target_fraction,
                break_even_fraction: break_even_fraction.filter(|_| stop_fraction.is_some()),
                trail_fraction: trail_fraction.filter(|_| break_even_fraction.is_none()),
                ..Bracket::default()
            },
        )
    }

    fn request() -> impl Strategy<Value = OrderRequest> {
        let price = (960..1040_i32).prop_map(|tick| f64::from(tick) / 10.0);
        let kind = prop_oneof![
            2 => Just(OrderKind::Market),
            3 => price.clone().prop_map(|price| OrderKind::Limit { price }),
            1 => price.prop_map(|trigger| OrderKind::Stop { trigger }),
            1 => (0.002..0.02_f64)
                .prop_map(|distance_fraction| OrderKind::TrailingStop { distance_fraction }),
        ];
        let size = prop_oneof![Just(1.0), Just(3.0)];
        (
            side(),
            kind,
            size,
            proptest::option::of(bracket()),
            1..60_i32,
        )
            .prop_map(|(side, kind, units, bracket, leverage)| OrderRequest {
                kind,
                bracket,
                leverage: f64::from(leverage),
                ..OrderRequest::market(MARKET, side, Quantity::Base(units))
            })
    }

    fn step() -> impl Strategy<Value = Step> {
        let size = || prop_oneof![Just(0.5), Just(2.0), Just(20.0)];
        let sign = || prop_oneof![Just(1_i8), Just(-1)];
        prop_oneof![
            // Mostly near one another, as trades are, and now and then far away.
            12 => (990..1010_i32, size(), sign()).prop_map(|(at, size, side)| Step::Trade(at, size, side)),
            2 => (950..1050_i32, size(), sign()).prop_map(|(at, size, side)| Step::Trade(at, size, side)),
            3 => (1..30_i32, size(), sign()).prop_map(|(away, size, side)| {
                Step::Depth(1000 - i32::from(side) * away, size, side)
            }),
            3 => request().prop_map(Step::Send),
            1 => (0..20_u32).prop_map(Step::Cancel),
            1 => (-0.001..0.001_f64).prop_map(Step::Funding),
            1 => (95.0..105.0_f64).prop_map(Step::Mark),
        ]
    }

    fn venue() -> Venue {
        let mut venue = Venue::new(VenueRules::default(), vec![None], &[1_000.0]).expect("valid");
        venue
            .use_ticks(MARKET, TickRules::default(), TICK)
            .expect("valid");
        venue
    }

    /// Plays steps a nanosecond apart. `looks_closely` lets no trade be passed over.
    fn played(steps: &[Step], looks_closely: bool) -> (Venue, usize) {
        let (mut venue, mut passed) = (venue(), 0);
        for (now, step) in (1..).zip(steps) {
            let event = |kind, tick, size, side| Event {
                exchange_ns: now,
                local_ns: now,
                size,
                tick,
                kind,
                side,
                flags: AT_EXCHANGE | AT_LOCAL | LAST,
            };
            if looks_closely {
                venue.stirred += 1;
            }
            match step {
                Step::Trade(tick, size, side) => {
                    let event = event(EventKind::Trade, *tick, *size, *side);
                    passed += usize::from(!venue.on_event(MARKET, &event));
                }
                Step::Depth(tick, size, side) => {
                    venue.on_event(MARKET, &event(EventKind::Depth, *tick, *size, *side));
                }
                Step::Funding(rate) => {
                    venue.on_event(MARKET, &event(EventKind::Funding, 0, *rate, 0));
                }
                Step::Mark(price) => {
                    venue.on_event(MARKET, &event(EventKind::Mark, 0, *price, 0));
                }
                Step::Send(request) => {
                    venue.submit(*request, now);
                }
                Step::Cancel(order) => {
                    venue.cancel(OrderId(*order), now);
                }
            }
            while venue.next_arrival(MARKET) <= now {
                venue.arrive(MARKET);
            }
        }
        (venue, passed)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn passing_over_trades_leaves_what_looking_at_each_leaves(
            steps in proptest::collection::vec(step(), 1..160)
        ) {
            let (quick, _) = played(&steps, false);
            let (slow, passed) = played(&steps, true);
            prop_assert_eq!(passed, 0);
            prop_assert_eq!(quick.orders(), slow.orders());
            prop_assert_eq!(quick.fills(), slow.fills());
            prop_assert_eq!(quick.trades(), slow.trades());
            // With the extremes that it has seen.
            prop_assert_eq!(quick.position(MAIN, MARKET), slow.position(MAIN, MARKET));
            prop_assert_eq!(quick.equity(), slow.equity());
        }
    }

    #[test]
    fn most_trades_are_passed_over() {
        let trade = |tick| Step::Trade(tick, 1.0, 1);
        let order = OrderRequest {
            bracket: Some(Bracket {
                stop_fraction: Some(0.05),
                ..Bracket::default()
            }),
            ..OrderRequest::market(MARKET, Side::Buy, Quantity::Base(1.0))
        };
        let mut steps = vec![trade(1000), Step::Send(order)];
        steps.extend((0..100).map(|row| trade(1000 + row % 7)));
        assert_eq!(played(&steps, false).1, 99);
    }
}
