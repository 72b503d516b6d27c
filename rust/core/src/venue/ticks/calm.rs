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
