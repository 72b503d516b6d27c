//! Stretches of bars in which nothing can happen, so that an engine may scan over them instead of stepping through them.

#![expect(
    clippy::inline_always,
    reason = "what runs inside the dispatch is compiled for the wider processor only when inlined into it"
)]

use super::{AccountId, MarginMode, MarketId, Side, TimeInForce, Venue};
use crate::indicators::simd::{Work, dispatch};
use crate::market::{higher, lower};

impl Venue {
    /// Prices between which a bar of this market only marks: every bar with `low > band.0` and `high < band.1`.
    ///
    /// `None`: the bar must be stepped through [`Venue::on_bar`], for a market order is pending, an order ends by time, a stop trails,
    /// liquidation is judged on mark candles, or a cross account holds several positions.
    #[must_use]
    pub fn quiet_band(&self, market: MarketId) -> Option<(f64, f64)> {
        let state = self.state(market);
        if !state.pending.is_empty() {
            return None;
        }
        let mut band = Band {
            low: 0.0,
            high: f64::INFINITY,
        };
        for order in state.resting.iter() {
            if order.is_trailing() || order.request.time_in_force != TimeInForce::GoodTilCancelled {
                return None;
            }
            band.bound(order.acts_on_fall(), order.level());
        }
        for account in self.account_ids() {
            if self.position(account, market).is_open() {
                self.bound_by_position(account, market, &mut band)?;
            }
        }
        Some((band.low, band.high))
    }

    fn bound_by_position(
        &self,
        account: AccountId,
        market: MarketId,
        band: &mut Band,
    ) -> Option<()> {
        let position = self.position(account, market);
        let protection = self.protection(account, market);
        let spot = self.ledger.is_spot(market);
        let long = position.side() == Some(Side::Buy);
        if self.state(market).has_mark && !spot {
            return None;
        }
        if self.rules.margin_mode == MarginMode::Cross && !spot && self.holds_several(account) {
            return None;
        }
        if let Some(bracket) = &protection.bracket {
            if bracket.trail_fraction.is_some() {
                return None;
            }
            if let Some(level) = self.break_even_trigger(account, market) {
                band.bound(!long, level);
            }
        }
        for child in protection.children.iter().flatten() {
            band.bound(child.falls, child.level);
        }
        if let Some(level) = self.liquidation_level(account, market) {
            band.bound(long, level);
        }
        Some(())
    }

    fn holds_several(&self, account: AccountId) -> bool {
        self.ledger
            .open_positions()
            .filter(|(of, ..)| *of == account)
            .nth(1)
            .is_some()
    }

    /// Plays a stretch of bars that all lie within [`Venue::quiet_band`]; the first may have been opened by [`Venue::open_bar`].
    /// It leaves what [`Venue::on_bar`] over the same bars leaves, bit for bit.
    pub fn mark_quiet(&mut self, market: MarketId, lows: &[f64], highs: &[f64], closes: &[f64]) {
        let Some(&close) = closes.last() else { return };
        if self
            .account_ids()
            .any(|account| self.position(account, market).is_open())
        {
            let (low, high) = Extremes { lows, highs }.find();
            for account in self.account_ids() {
                let position = self.ledger.position_mut(account, market);
                if position.is_open() {
                    position.saw(low);
                    position.saw(high);
                }
            }
        }
        self.ledger.set_mark(market, close);
        let state = self.state_mut(market);
        state.last_close = Some(close);
        state.bar_volume = 0.0;
        state.volume_taken = 0.0;
        state.volatility.push_all(closes);
    }
}

struct Band {
    low: f64,
    high: f64,
}

impl Band {
    fn bound(&mut self, falls: bool, level: f64) {
        if falls {
            self.low = self.low.max(level);
        } else {
            self.high = self.high.min(level);
        }
    }
}

/// Lowest and highest price of a stretch.
struct Extremes<'a> {
    lows: &'a [f64],
    highs: &'a [f64],
}

const LANES: usize = 4;

impl Extremes<'_> {
    fn find(self) -> (f64, f64) {
        let (low, high) = dispatch(self);
        (
            low.into_iter().fold(f64::INFINITY, lower),
            high.into_iter().fold(0.0, higher),
        )
    }
}

impl Work for Extremes<'_> {
    type Output = ([f64; LANES], [f64; LANES]);

    #[inline(always)]
    fn run(self) -> Self::Output {
        let (mut low, mut high) = ([f64::INFINITY; LANES], [0.0; LANES]);
        let (lows, low_rest) = self.lows.as_chunks::<LANES>();
        let (highs, high_rest) = self.highs.as_chunks::<LANES>();
        for (lows, highs) in lows.iter().zip(highs) {
            low = std::array::from_fn(|lane| lower(low[lane], lows[lane]));
            high = std::array::from_fn(|lane| higher(high[lane], highs[lane]));
        }
        for (lane, (a_low, a_high)) in low_rest.iter().zip(high_rest).enumerate() {
            low[lane] = lower(low[lane], *a_low);
            high[lane] = higher(high[lane], *a_high);
        }
        (low, high)
    }
}
