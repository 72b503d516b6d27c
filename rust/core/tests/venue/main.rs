//! The simulated venue and its ledger, seen from outside: one behaviour a test.

mod accounting;
mod brackets;
mod choices;
mod door;
mod funding;
mod hedge;
mod histories;
mod liquidation;
mod margin;
mod market_orders;
mod path;
mod properties;
mod quiet;
mod resting_orders;
mod scene;
mod slippage;
mod spot;
