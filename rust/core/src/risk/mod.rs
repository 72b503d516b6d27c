//! Pure checks of an intended order against limits and the ledger.
