//! Fills: what an order costs and leaves, as venue and ledger book it.

#![expect(
    clippy::inline_always,
    reason = "what runs inside the dispatch is compiled for the wider processor only when inlined into it"
)]

use super::entry::{Amount, Order, SLACK};
use super::guard::{Guard, Met, positive};
use super::leg::Fill;
use super::simulate::Simulation;
use super::terms::{ABSENT, Hedge};
use crate::venue::{HEDGE, MAIN, Purpose, Side, SlippageModel, Taking, against};

/// A value is not cut to less than this fraction of what was asked, as at the venue.
const LEAST_CUT: f64 = 1e-3;

impl Simulation<'_> {
    /// Fills an entry at the open of `row`. Returns whether a position stands.
    ///
    /// Gives up when the hedge outweighs the main leg, so that the net stop lies on the winning side.
    #[inline(always)]
    pub(super) fn open(&mut self, order: &Order, row: usize) -> Option<bool> {
        self.skip_funding(row);
        let at = self.traded.bars.open[row];
        let time_ns = self.traded.bars.open_time_ns[row];
        let leverage = self.terms.strategy.leverage;
        let Some((units, fill)) = self.carried(
            order.side,
            order.quantity,
            leverage,
            self.main.free(),
            order.cut_to_free,
            (at, time_ns),
        ) else {
            return Some(false);
        };
        self.main.enter(order.side, units, leverage, &fill);
        self.guard = Guard::default();
        self.guard.set(&self.terms.levels, order.side, &self.main);
        self.main.initial_stop = self.guard.initial_stop();
        if let Some(hedge) = self.terms.hedge {
            self.open_hedge(order, &hedge, units * fill.price, (at, time_ns));
            self.guard.net = self.net_stop(order);
            let net_quantity = self.main.quantity + self.hedge.quantity;
            if !self.guard.net.is_nan() && (net_quantity > 0.0) != self.main.is_long() {
                return None;
            }
        }
        Some(true)
    }

    #[inline(always)]
    fn open_hedge(
        &mut self,
        order: &Order,
        hedge: &Hedge,
        main_notional: f64,
        (at, time_ns): (f64, i64),
    ) {
        let notional = main_notional * hedge.notional_fraction;
        let value = notional * (1.0 + hedge.leverage * self.terms.rules.taker_fee_rate);
        let free = self.hedge.free();
        let cut_to_free = notional / hedge.leverage <= free * (1.0 + SLACK);
        let side = order.side.opposite();
        let carried = self.carried(
            side,
            Amount::Quote(value),
            hedge.leverage,
            free,
            cut_to_free,
            (at, time_ns),
        );
        if let Some((units, fill)) = carried {
            self.hedge.enter(side, units, hedge.leverage, &fill);
        }
    }

    /// The price at which both legs together have lost what the order allows.
    #[inline(always)]
    fn net_stop(&self, order: &Order) -> f64 {
        let quantity = self.main.quantity + self.hedge.quantity;
        if quantity == 0.0 {
            return ABSENT;
        }
        let cost = self.main.quantity * self.main.entry_price
            + self.hedge.quantity * self.hedge.entry_price;
        positive((cost - order.net_loss) / quantity)
    }

    /// Units that the account can carry, and their fill.
    #[inline(always)]
    fn carried(
        &mut self,
        side: Side,
        quantity: Amount,
        leverage: f64,
        free: f64,
        cut_to_free: bool,
        (at, time_ns): (f64, i64),
    ) -> Option<(f64, Fill)> {
        let fee_rate = self.terms.rules.taker_fee_rate;
        let price = self.slipped(side, at);
        let wanted = match quantity {
            Amount::Base(units) => units,
            Amount::Quote(value) => value / (price * (1.0 + leverage * fee_rate)),
        };
        let mut units = wanted;
        let cost = 1.0 / leverage + fee_rate;
        if units * price * cost > free * (1.0 + SLACK) {
            let affordable = free / (price * cost);
            if !cut_to_free || affordable < wanted * LEAST_CUT {
                return None;
            }
            units = affordable;
        }
        if units <= 0.0 {
            return None;
        }
        let fill = self.fill(units, price, fee_rate, time_ns);
        self.fills_taken += 1;
        Some((units, fill))
    }

    #[inline(always)]
    fn slipped(&self, side: Side, price: f64) -> f64 {
        let model = &self.terms.rules.slippage;
        if *model == SlippageModel::None {
            return price;
        }
        let taking = Taking {
            number: self.fills_taken,
            seed: self.terms.rules.seed,
            quantity: 0.0,
            notional: 0.0,
            time_ns: 0,
            bar_volume: 0.0,
            impact: None,
        };
        against(side, price, model.fraction(&taking, || 0.0))
    }

    #[inline(always)]
    fn fill(&mut self, quantity: f64, price: f64, fee_rate: f64, time_ns: i64) -> Fill {
        let fee = quantity * price * fee_rate;
        self.totals.traded_notional += quantity * price;
        self.totals.fees_paid += fee;
        Fill {
            price,
            fee,
            time_ns,
        }
    }

    /// Closes both legs at a point of the bar at `row`. Gives up where the hedge is liquidated on the way there.
    #[inline(always)]
    pub(super) fn close(&mut self, at: f64, row: usize, met: Met) -> Option<()> {
        let time_ns = self.traded.bars.open_time_ns[row];
        let side = if self.main.is_long() {
            Side::Sell
        } else {
            Side::Buy
        };
        let rules = self.terms.rules;
        let quantity = self.main.quantity.abs();
        let fill = match met {
            Met::Stop(_) => {
                let price = self.slipped(side, at);
                let fill = self.fill(quantity, price, rules.taker_fee_rate, time_ns);
                self.fills_taken += 1;
                fill
            }
            Met::Target => self.fill(quantity, at, rules.maker_fee_rate, time_ns),
        };
        let trades = &mut self.scratch.trades;
        trades.push(self.main.close(MAIN, met.purpose(), &fill));
        if self.terms.keeps_profits {
            let profit = trades.last().map(|trade| trade.profit);
            self.scratch.profits.extend(profit);
        }
        if self.hedge.is_open() {
            if self.hedge.is_liquidated_at(at) {
                return None;
            }
            let quantity = self.hedge.quantity.abs();
            let price = self.slipped(side.opposite(), at);
            let fill = self.fill(quantity, price, rules.taker_fee_rate, time_ns);
            self.fills_taken += 1;
            let trades = &mut self.scratch.trades;
            trades.push(self.hedge.close(HEDGE, Purpose::HedgeExit, &fill));
        }
        Some(())
    }
}
