//! The venue itself: what it holds, and what can be read from it.

use super::live_order::Places;
use super::market_state::MarketState;
use super::protection::Protection;
use super::record::{OrderLog, OrderRecord};
use super::{AccountId, Fill, MarketId, SlippageModel, VenueRules};
use crate::error::{Error, Result};
use crate::ledger::{EquityLine, Ledger, Position, Trade};
use crate::market::{Bar, Instrument, MarketType};

/// A simulated exchange with its accounts, driven bar by bar. Deterministic: the same calls give the same bits.
///
/// ```
/// use spark_stacker_core::market::Bar;
/// use spark_stacker_core::venue::{MAIN, MarketId, OrderRequest, Quantity, Side, Venue, VenueRules};
///
/// let market = MarketId(0);
/// let mut venue = Venue::new(VenueRules::default(), vec![None], &[1000.0])?;
/// venue.submit(OrderRequest::market(market, Side::Buy, Quantity::Quote(1000.0)), 0);
/// let bar = Bar { open_time_ns: 0, open: 100.0, high: 111.0, low: 99.0, close: 110.0, volume: 5.0 };
/// venue.on_bar(market, &bar, None);
/// assert_eq!(venue.position(MAIN, market).quantity, 10.0);
/// assert_eq!(venue.equity(), 1100.0);
/// # Ok::<(), spark_stacker_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Venue {
    pub(super) rules: VenueRules,
    pub(super) ledger: Ledger,
    pub(super) markets: Vec<MarketState>,
    /// By account, then market, as the ledger's positions.
    pub(super) protections: Vec<Protection>,
    pub(super) log: OrderLog,
    pub(super) fills: Vec<Fill>,
    pub(super) places: Places,
    /// Fills on which answers have been sent, where markets trade tick by tick.
    pub(super) fills_answered: usize,
    /// Counts what may move a level that prices are compared with, where markets trade tick by tick.
    pub(super) stirred: u64,
}

impl Venue {
    /// A venue with one market per entry of `instruments` and one account per entry of `balances` (quote currency).
    ///
    /// A market without an instrument trades on margin, without rounding, minimum or tier.
    ///
    /// # Errors
    /// [`Error::Parameter`] naming the rule, instrument field or balance that cannot be used.
    pub fn new(
        rules: VenueRules,
        instruments: Vec<Option<Instrument>>,
        balances: &[f64],
    ) -> Result<Self> {
        rules.check()?;
        if balances.is_empty() || balances.len() > usize::from(u8::MAX) {
            return Err(Error::parameter(
                "balances",
                balances.len(),
                "1 to 255 accounts",
            ));
        }
        if instruments.is_empty() || instruments.len() > usize::from(u16::MAX) {
            let requirement = "1 to 65535 markets";
            return Err(Error::parameter(
                "instruments",
                instruments.len(),
                requirement,
            ));
        }
        for (account, balance) in balances.iter().enumerate() {
            if !(balance.is_finite() && *balance >= 0.0) {
                let name = format!("balances[{account}]");
                return Err(Error::parameter(name, balance, "finite and not negative"));
            }
        }
        for instrument in instruments.iter().flatten() {
            instrument.check()?;
        }
        if matches!(rules.slippage, SlippageModel::Calibrated { .. }) {
            let lacks = |instrument: &Option<Instrument>| {
                instrument.as_ref().is_none_or(|it| it.impact.is_none())
            };
            if let Some(place) = instruments.iter().position(lacks) {
                let name = format!("instruments[{place}].impact");
                let requirement = "a calibrated model, as slippage is calibrated";
                return Err(Error::parameter(name, "none", requirement));
            }
        }
        let markets: Vec<MarketState> = instruments
            .into_iter()
            .map(|instrument| MarketState::new(instrument.unwrap_or_default(), rules.slippage))
            .collect();
        let spot = markets
            .iter()
            .map(|market| market.instrument.market_type == MarketType::Spot)
            .collect();
        Ok(Self {
            rules,
            ledger: Ledger::new(balances, spot, rules.margin_mode),
            protections: vec![Protection::default(); balances.len() * markets.len()],
            markets,
            log: OrderLog::default(),
            fills: Vec::new(),
            places: Places::default(),
            fills_answered: 0,
            stirred: 0,
        })
    }

    /// Makes room for this many orders, their fills and trades, so that lists do not move while they grow.
    pub fn reserve(&mut self, orders: usize) {
        self.log.reserve(orders);
        self.fills.reserve(orders);
        self.ledger.reserve(orders / 2);
    }

    /// Plays one closed bar of a market: open, path, close. Funding due at its open is booked before, by [`Venue::apply_funding`].
    ///
    /// `mark` is the mark-price candle of the same time, on which liquidation is judged when given. A bar without volume fills nothing, but marks.
    pub fn on_bar(&mut self, market: MarketId, bar: &Bar, mark: Option<&Bar>) {
        self.open_bar(market, bar, mark.is_some());
        self.play_bar(market, bar, mark);
    }

    /// Plays the open of a bar: ends the orders whose date has come and fills the pending ones.
    ///
    /// The rest of the bar follows, by [`Venue::play_bar`], or by [`Venue::mark_quiet`] if it lies within the [`Venue::quiet_band`] there is now.
    pub fn open_bar(&mut self, market: MarketId, bar: &Bar, with_mark: bool) {
        self.begin_bar(market, bar, with_mark);
        if bar.volume > 0.0 {
            self.fill_pending(market, bar);
        }
    }

    /// Plays the rest of a bar that [`Venue::open_bar`] has opened.
    pub fn play_bar(&mut self, market: MarketId, bar: &Bar, mark: Option<&Bar>) {
        if bar.volume > 0.0 && !self.nothing_waits(market) {
            self.act_at_open(market, bar, mark);
            self.trade_path(market, bar, mark);
        }
        self.end_bar(market, bar, mark);
    }

    /// Books funding on every position in a market: cash −= signed quantity · price · rate, the price being `mark_price` or else the last close.
    ///
    /// `rate` is relative and for the interval that ends now; positive: longs pay.
    pub fn apply_funding(&mut self, market: MarketId, rate: f64, mark_price: Option<f64>) {
        self.stirred += 1;
        let price = mark_price.unwrap_or_else(|| self.ledger.mark(market));
        self.ledger.apply_funding(market, price, rate);
        for account in self.account_ids() {
            self.settle_liquidation_level(account, market);
        }
    }

    /// Moves cash between own accounts.
    ///
    /// # Errors
    /// [`Error::Parameter`] when an account does not exist, or the amount is not positive and finite or not free.
    pub fn transfer(&mut self, from: AccountId, to: AccountId, amount: f64) -> Result<()> {
        self.stirred += 1;
        self.ledger.transfer(from, to, amount)
    }

    /// The rules it trades by.
    #[must_use]
    pub fn rules(&self) -> &VenueRules {
        &self.rules
    }

    /// The specification of a market; the default one where none was given.
    #[must_use]
    pub fn instrument(&self, market: MarketId) -> &Instrument {
        &self.markets[usize::from(market.0)].instrument
    }

    /// Cash, positions and trades of all accounts.
    #[must_use]
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// The position of an account in a market; flat when its quantity is zero.
    #[must_use]
    #[inline]
    pub fn position(&self, account: AccountId, market: MarketId) -> &Position {
        self.ledger.position(account, market)
    }

    /// Cash plus the value of every position at the last prices, all accounts.
    #[must_use]
    pub fn equity(&self) -> f64 {
        self.ledger.equity()
    }

    /// The equity as a function of one market's price; see [`Ledger::equity_line`].
    #[must_use]
    pub fn equity_line(&self, market: MarketId) -> Option<EquityLine> {
        self.ledger.equity_line(market)
    }

    /// Cash plus the value of every position of one account.
    #[must_use]
    pub fn account_equity(&self, account: AccountId) -> f64 {
        self.ledger.account_equity(account)
    }

    /// What an account may still set aside as margin, or spend.
    #[must_use]
    pub fn free_margin(&self, account: AccountId) -> f64 {
        self.ledger.free_margin(account)
    }

    /// Executions in order.
    #[must_use]
    pub fn fills(&self) -> &[Fill] {
        &self.fills
    }

    /// Every order ever sent; the index is the id.
    #[must_use]
    pub fn orders(&self) -> &[OrderRecord] {
        self.log.records()
    }

    /// Round trips in the order in which they ended.
    #[must_use]
    pub fn trades(&self) -> &[Trade] {
        self.ledger.trades()
    }

    pub(super) fn state(&self, market: MarketId) -> &MarketState {
        &self.markets[usize::from(market.0)]
    }

    pub(super) fn state_mut(&mut self, market: MarketId) -> &mut MarketState {
        &mut self.markets[usize::from(market.0)]
    }

    pub(super) fn protection(&self, account: AccountId, market: MarketId) -> &Protection {
        &self.protections[self.ledger.row(account, market)]
    }

    pub(super) fn protection_mut(
        &mut self,
        account: AccountId,
        market: MarketId,
    ) -> &mut Protection {
        let row = self.ledger.row(account, market);
        &mut self.protections[row]
    }

    pub(super) fn account_ids(&self) -> impl Iterator<Item = AccountId> + use<> {
        (0_u8..).take(self.ledger.accounts()).map(AccountId)
    }
}
