//! The loop over bars that joins everything, and what it records.
