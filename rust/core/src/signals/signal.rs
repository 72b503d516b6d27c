//! A signal: which way, how sure, and what set it off. No signal is the neutral one.

/// Which way a signal points.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// Up.
    Buy,
    /// Down.
    Sell,
}

impl Direction {
    /// +1 up, −1 down.
    #[must_use]
    pub const fn sign(self) -> f64 {
        match self {
            Self::Buy => 1.0,
            Self::Sell => -1.0,
        }
    }
}

/// What set a signal off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Trigger {
    /// RSI below the oversold or above the overbought level, or leaving that zone.
    Oversold,
    /// Mirror of `Oversold`.
    Overbought,
    /// A line crossed above another.
    CrossAbove,
    /// A line crossed below another.
    CrossBelow,
    /// Fast average above slow.
    GoldenCross,
    /// Fast average below slow.
    DeathCross,
    /// Close crossed a band.
    BandCross,
    /// %b turned back from beyond its threshold.
    MeanReversion,
    /// The trend flipped.
    TrendFlip,
    /// Price returned into a channel.
    ChannelReturn,
    /// Price crossed a moving average.
    PriceCross,
    /// Given from outside.
    External,
}

impl Trigger {
    /// The name shown to users.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Oversold => "oversold",
            Self::Overbought => "overbought",
            Self::CrossAbove => "cross_above",
            Self::CrossBelow => "cross_below",
            Self::GoldenCross => "golden_cross",
            Self::DeathCross => "death_cross",
            Self::BandCross => "band_cross",
            Self::MeanReversion => "mean_reversion",
            Self::TrendFlip => "trend_flip",
            Self::ChannelReturn => "channel_return",
            Self::PriceCross => "price_cross",
            Self::External => "external",
        }
    }
}

/// A signal on a closed bar.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Signal {
    /// Which way.
    pub direction: Direction,
    /// How sure, in [0, 1].
    pub confidence: f64,
    /// What set it off.
    pub trigger: Trigger,
}

/// A signal with the row of the bar that gave it; lists of these are ascending by row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SignalEvent {
    /// Row of the bar.
    pub row: usize,
    /// The signal.
    pub signal: Signal,
}
