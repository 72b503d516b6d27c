//! Events of books and trades, and runs on them.

mod class;
mod desk;
mod execution;
mod rules;
mod run;
mod session;
mod tape;

pub use desk::{PyFill, PyTickBar, PyTickDesk, PyTrade};
pub use run::{PyTickRun, run_grid_maker, run_schedule, run_targets, run_tick_class};
pub use session::PyTickSession;
pub use tape::PyEventTape;
