//! What can be asked of the venue, and what becomes of it.

/// Identifies an order; rises by one with every submission, refused ones included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OrderId(pub u32);

/// Index of an account of the venue. Hedge legs live on an account of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountId(pub u8);

/// The account of main legs.
pub const MAIN: AccountId = AccountId(0);
/// The account of hedge legs.
pub const HEDGE: AccountId = AccountId(1);

/// Index of a market of the venue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MarketId(pub u16);

/// Buy or sell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Side {
    /// Adds to a long or reduces a short.
    Buy,
    /// Adds to a short or reduces a long.
    Sell,
}

impl Side {
    /// +1 for a buy, −1 for a sell.
    #[must_use]
    pub const fn sign(self) -> f64 {
        match self {
            Self::Buy => 1.0,
            Self::Sell => -1.0,
        }
    }

    /// The other side.
    #[must_use]
    pub const fn opposite(self) -> Self {
        match self {
            Self::Buy => Self::Sell,
            Self::Sell => Self::Buy,
        }
    }
}

/// How much to trade.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Quantity {
    /// Units of the base asset.
    Base(f64),
    /// Notional in quote currency, turned into units at the fill price so that margin and fee together take `value / leverage`:
    /// units = value / (price · (1 + leverage · fee rate)).
    Quote(f64),
    /// The whole position that stands when the order fills; always reduce-only.
    Position,
}

/// Price conditions of an order. Prices are in quote currency per base unit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum OrderKind {
    /// At the next open, or now when triggered.
    Market,
    /// At `price` or better.
    Limit {
        /// Worst acceptable price.
        price: f64,
    },
    /// A market order once the price touches `trigger` moving against the order (up for a buy, down for a sell).
    Stop {
        /// Trigger price.
        trigger: f64,
    },
    /// A limit order once `trigger` is touched.
    StopLimit {
        /// Trigger price.
        trigger: f64,
        /// Limit of the order that the trigger releases.
        price: f64,
    },
    /// A limit at `price` that takes profit: a sell above the market or a buy below it.
    TakeProfit {
        /// Limit price.
        price: f64,
    },
    /// A stop that follows the best price since it became active, `distance_fraction` away from it.
    TrailingStop {
        /// Distance from the extreme, as a fraction of it.
        distance_fraction: f64,
    },
}

/// How long an order stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TimeInForce {
    /// Until cancelled.
    #[default]
    GoodTilCancelled,
    /// What can fill at the first opportunity, the rest is cancelled.
    ImmediateOrCancel,
    /// Wholly at the first opportunity or not at all.
    FillOrKill,
    /// Until a time in UTC nanoseconds.
    GoodTilDate(i64),
}

/// Protective orders that come to life with an entry's fill, sized by what stands and relative to the position's average entry price.
/// They are reduce-only, and the fill of one cancels the others.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Bracket {
    /// Stop this fraction of the entry price away on the losing side.
    pub stop_fraction: Option<f64>,
    /// Limit this fraction away on the winning side.
    pub target_fraction: Option<f64>,
    /// Stop that trails the best price by this fraction.
    pub trail_fraction: Option<f64>,
    /// Once the price has moved this fraction in favour, the stop moves to the entry price.
    pub break_even_fraction: Option<f64>,
    /// Stop where the price loss of both legs of a hedge, before fees and funding, reaches this amount of quote currency; both legs close.
    /// The amounts of several entries into one position add up.
    pub net_loss: Option<f64>,
}

/// A hedge leg that opens when the order that carries it fills, and closes with it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HedgeLeg {
    /// Account of the leg.
    pub account: AccountId,
    /// Hedge notional as a fraction of the main leg's filled notional.
    pub notional_fraction: f64,
    /// Leverage of the leg.
    pub leverage: f64,
    /// Whether the leg also closes when the main leg is closed on the opposite signal; any other end of the main leg ends it.
    pub close_with_main: bool,
}

/// An order as its sender writes it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OrderRequest {
    /// Account that trades.
    pub account: AccountId,
    /// Market traded.
    pub market: MarketId,
    /// Buy or sell.
    pub side: Side,
    /// How much.
    pub quantity: Quantity,
    /// Price conditions.
    pub kind: OrderKind,
    /// How long it stands.
    pub time_in_force: TimeInForce,
    /// Reject instead of taking liquidity.
    pub post_only: bool,
    /// Only ever shrink the position.
    pub reduce_only: bool,
    /// Leverage of the position that it opens.
    pub leverage: f64,
    /// Protective orders to attach.
    pub bracket: Option<Bracket>,
    /// Hedge leg to attach.
    pub hedge: Option<HedgeLeg>,
    /// Orders of the same group cancel one another (one-cancels-other).
    pub group: Option<u32>,
    /// Index of the strategy that sent it.
    pub strategy: u16,
    /// Why it was sent.
    pub purpose: Purpose,
}

impl OrderRequest {
    /// A plain market order of the main account.
    #[must_use]
    pub const fn market(market: MarketId, side: Side, quantity: Quantity) -> Self {
        Self {
            account: MAIN,
            market,
            side,
            quantity,
            kind: OrderKind::Market,
            time_in_force: TimeInForce::GoodTilCancelled,
            post_only: false,
            reduce_only: matches!(quantity, Quantity::Position),
            leverage: 1.0,
            bracket: None,
            hedge: None,
            group: None,
            strategy: 0,
            purpose: Purpose::Entry,
        }
    }
}

/// Why an order was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// Opens or adds to a position.
    Entry,
    /// Closes on the opposite signal.
    OppositeSignal,
    /// Closes after the maximum holding time.
    HoldingTime,
    /// Protective stop.
    StopLoss,
    /// Profit target.
    TakeProfit,
    /// Trailing stop.
    TrailingStop,
    /// Stop moved to the entry price.
    BreakEven,
    /// Stop on the net result of both legs.
    NetStop,
    /// Opens a hedge leg.
    HedgeEntry,
    /// Closes or reduces a hedge leg.
    HedgeExit,
    /// Closed by the venue.
    Liquidation,
    /// Closed because an account limit was reached.
    RiskLimit,
    /// Sent by a strategy function or by hand.
    Manual,
}

/// Where an order stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OrderState {
    /// Waiting for the market.
    Open,
    /// Partly filled and still waiting.
    PartiallyFilled,
    /// Wholly filled.
    Filled,
    /// Ended by its sender, its group, its time in force or its position's end; what had filled stays filled.
    Cancelled,
    /// Never accepted.
    Rejected,
    /// Past its time.
    Expired,
}

/// Why an order ended as it did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reason {
    /// Not ended yet.
    None,
    /// Filled.
    Filled,
    /// Cancelled by its sender.
    Requested,
    /// Another order of its group filled.
    GroupFilled,
    /// The position it belonged to is closed.
    PositionClosed,
    /// Replaced by a newer protective order.
    Replaced,
    /// Immediate-or-cancel, and nothing more could fill.
    NotImmediatelyFillable,
    /// Fill-or-kill, and not all could fill.
    NotWhollyFillable,
    /// Its date came.
    TimeInForce,
    /// Post-only, but would have taken liquidity.
    WouldTake,
    /// Reduce-only, but nothing to reduce.
    NothingToReduce,
    /// Quantity not finite or not positive.
    BadQuantity,
    /// Price not finite or not positive.
    BadPrice,
    /// Leverage below 1, not finite, or above what the market's tier allows.
    BadLeverage,
    /// Rounded down to the lot, nothing is left.
    BelowLot,
    /// Below the market's minimum quantity.
    BelowMinQuantity,
    /// Below the market's minimum notional.
    BelowMinNotional,
    /// The account cannot carry it.
    InsufficientMargin,
    /// Spot: more than the free balance.
    InsufficientBalance,
    /// Spot: selling what is not owned.
    ShortOnSpot,
    /// The bar has no volume left for it.
    NoVolume,
    /// Market or account does not exist.
    UnknownMarket,
    /// The account has been liquidated.
    AccountLiquidated,
    /// The book has nothing, or nothing more, for it.
    NoLiquidity,
    /// The book is not known since events are missing.
    NoBook,
    /// It would have met an own order, which stays.
    SelfTrade,
    /// A cancel or a replacement found no such order any more.
    NotFound,
}

/// Whether a fill made or took liquidity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Liquidity {
    /// Rested in the book.
    Maker,
    /// Took from the book.
    Taker,
}

/// One execution.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fill {
    /// Order executed.
    pub order: OrderId,
    /// Account.
    pub account: AccountId,
    /// Market.
    pub market: MarketId,
    /// Side.
    pub side: Side,
    /// Base units, positive.
    pub quantity: f64,
    /// Price paid or received, slippage included.
    pub price: f64,
    /// Fee in quote currency; negative for a rebate.
    pub fee: f64,
    /// The fee was taken from the units bought, worth `fee` at this price.
    pub fee_in_base: bool,
    /// Maker or taker.
    pub liquidity: Liquidity,
    /// Open time of the bar in which it happened, UTC nanoseconds.
    pub time_ns: i64,
    /// Why the order had been sent.
    pub purpose: Purpose,
    /// Strategy that sent the order.
    pub strategy: u16,
}
