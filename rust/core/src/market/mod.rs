//! What is traded and what is known of it: bars, intervals, instruments, events and books.

mod bars;
mod book;
mod candles;
mod crossed;
mod event;
mod instrument;
mod interval;
mod ladder;
mod permuted;
mod tape;

pub use bars::{Bar, BarColumns, Bars, RawColumns};
pub use book::{Book, Walk};
pub use candles::Candles;
pub use crossed::Crossings;
pub use event::{AT_EXCHANGE, AT_LOCAL, Event, EventKind, LAST};
pub use instrument::{Instrument, MarginTier, MarketType};
pub use interval::Interval;
pub use permuted::permuted;
pub use tape::{EventColumns, EventTape};
