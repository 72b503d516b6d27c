//! The simulated exchange: orders, matching, fees, slippage, margin, funding, liquidation.

mod order;
mod rules;

pub use order::{
    AccountId, Bracket, Fill, HEDGE, HedgeLeg, Liquidity, MAIN, MarketId, OrderId, OrderKind,
    OrderRequest, OrderState, Purpose, Quantity, Reason, Side, TimeInForce,
};
pub use rules::{MarginMode, SlippageModel, VenueRules};
