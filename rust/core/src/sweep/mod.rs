//! Searches: many sets of parameters over the same history.

pub mod lean;
