//! What a call leaves for the next one, so that a search in many small steps computes it once.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::Span;
use super::bank::Bank;
use super::lean::Growth;

/// Kept between calls; empty at first, and while another call has it.
#[derive(Debug, Default)]
pub(super) struct Kept {
    bank: Mutex<Option<Bank>>,
    /// What was made last, and for which span.
    growth: Mutex<Option<(Span, Arc<Growth>)>>,
}

impl Kept {
    /// The bank of an earlier call, or an empty one.
    pub fn bank(&self) -> Bank {
        lock(&self.bank).take().unwrap_or_default()
    }

    pub fn keep_bank(&self, bank: Bank) {
        *lock(&self.bank) = Some(bank);
    }

    /// What `make` gives for a span, or gave before.
    pub fn growth(&self, span: Span, make: impl FnOnce() -> Growth) -> Arc<Growth> {
        let mut kept = lock(&self.growth);
        if let Some((of, made)) = &*kept
            && *of == span
        {
            return Arc::clone(made);
        }
        let made = Arc::new(make());
        *kept = Some((span, Arc::clone(&made)));
        made
    }
}

fn lock<T>(entry: &Mutex<T>) -> MutexGuard<'_, T> {
    // Whatever is put here is whole.
    entry.lock().unwrap_or_else(PoisonError::into_inner)
}
