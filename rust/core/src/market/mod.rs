//! What is traded and what is known of it: bars, intervals, instruments, events and books.

mod bars;
mod book;
mod candles;
mod checksum;
mod crossed;
mod depth;
mod event;
mod extremes;
mod film;
mod impact;
mod instrument;
mod interval;
mod ladder;
mod permuted;
mod probe;
mod received;
mod tape;
mod walker;

pub use bars::{Bar, BarColumns, Bars, RawColumns};
pub use book::{Book, Walk};
pub use candles::Candles;
pub use checksum::KrakenSpot;
pub use crossed::Crossings;
pub use depth::{DepthSampler, DepthSamples, Sampling};
pub use event::{AT_EXCHANGE, AT_LOCAL, Event, EventKind, LAST};
pub(crate) use extremes::{higher, lower};
pub use film::{BookFilm, FilmRows};
pub use impact::{ImpactCurve, ImpactLaw, ImpactModel};
pub use instrument::{Instrument, MarginTier, MarketType};
pub use interval::Interval;
pub use permuted::permuted;
pub use probe::{BookProbe, Probed};
pub use tape::{EventColumns, EventTape};
pub use walker::{Taken, Walked, Walker};
