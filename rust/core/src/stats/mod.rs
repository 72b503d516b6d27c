//! Performance metrics.
