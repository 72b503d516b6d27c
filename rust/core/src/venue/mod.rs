//! The simulated exchange: orders, matching, fees, slippage, margin, funding, liquidation.
//!
//! One bar of one market passes through [`Venue::on_bar`] in this order, each step in a file of its own:
//!
//! - `submit`: checks at the door; cancelling; changing protective orders.
//! - `open`: funding before it, then pending market orders, then whatever the open has passed.
//! - `path`: stops, limits, targets and liquidation along the path inside the bar.
//! - `close`: trailing and break-even exits at the close, marking.
//! - `quiet`: stretches of bars in which nothing can happen.
//!
//! A market may trade tick by tick instead, on a book of its own: see `ticks`.
//!
//! Beneath them: `execute` (size, margin, fills), `pricing`, `protection` (brackets), `hedge`, `liquidation`, `margin` (formulas), `slippage`,
//! `rounding` (tick and lot), `live_order` and `market_state` (what waits where), `record` (what became of every order).

mod close;
mod execute;
mod hedge;
mod liquidation;
mod live_order;
mod margin;
mod market_state;
mod open;
mod order;
mod path;
mod pricing;
mod protection;
mod quiet;
mod record;
mod rounding;
mod rules;
mod simulated;
mod slippage;
mod submit;
mod ticks;

pub use margin::{Margined, maintenance_margin};
pub use order::{
    AccountId, Bracket, Fill, HEDGE, HedgeLeg, Liquidity, MAIN, MarketId, OrderId, OrderKind,
    OrderRequest, OrderState, Purpose, Quantity, Reason, Side, TimeInForce,
};
pub use record::OrderRecord;
pub use rules::{MarginMode, SlippageModel, VenueRules};
pub use simulated::Venue;
pub(crate) use slippage::{Taking, against};
pub use slippage::{TakingColumns, slippage_bps};
pub use ticks::{Answer, AnswerKind, FillRule, Latency, QueueModel, RecordedLatency, TickRules};
