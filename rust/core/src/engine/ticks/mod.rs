//! The loop over market events: a strategy that sees what has reached it, an exchange that sees what has happened.
//!
//! - `run`: the loop. Four streams are merged by time; at equal times a market event reaches the strategy first, then an answer, then an event
//!   happens at the exchange, then a message arrives there, and last of all the strategy's timer rings.
//! - `setup`, `places`: what a run trades by, how far it has come in a tape.
//! - `desk`: what a strategy sees and may ask for.
//! - `own`: the strategy's knowledge of its own orders and position, as it was told.
//! - `record`: what is kept of a run: equity, and how its orders were executed.
//! - `grid_maker`, `schedule`, `targets`: strategies wholly in the core: a market maker with a grid of quotes, the execution of a large
//!   order in slices, and positions that precomputed signals ask for.

mod desk;
mod grid_maker;
mod own;
mod places;
mod record;
mod run;
mod schedule;
mod setup;
mod targets;

pub use desk::{TickDesk, TickStrategy};
pub use grid_maker::{GridMaker, GridMakerSpec};
pub use own::{OwnOrder, OwnOrders, Standing};
pub use record::TickRecord;
pub use run::TickRun;
pub use schedule::{Schedule, ScheduleSpec};
pub use setup::TickSetup;
pub use targets::{Targets, TargetsSpec};
