//! The threads of a sweep: the one that calls, and helpers.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};

use crate::error::Result;
use crate::threads::lend;

/// An entry that no other thread has, of at least as many as there are threads at work.
pub(super) fn free_one<T>(entries: &[Mutex<T>]) -> MutexGuard<'_, T> {
    loop {
        for entry in entries {
            match entry.try_lock() {
                Ok(free) => return free,
                // A panic ends the whole call, and nothing half made is looked at.
                Err(TryLockError::Poisoned(error)) => return error.into_inner(),
                Err(TryLockError::WouldBlock) => {}
            }
        }
    }
}

/// Has each of `tasks` done once, by up to `threads` threads: the calling one begins at once, since waking another takes as long as running a
/// few sets.
pub(super) fn share<T: Send>(
    threads: usize,
    tasks: impl IntoIterator<Item = T>,
    work: impl Fn(&mut T) + Sync,
) -> Result<Vec<T>> {
    let tasks: Vec<Mutex<T>> = tasks.into_iter().map(Mutex::new).collect();
    let next = AtomicUsize::new(0);
    let pull = || {
        while let Some(task) = tasks.get(next.fetch_add(1, Ordering::Relaxed)) {
            work(&mut task.lock().unwrap_or_else(PoisonError::into_inner));
        }
    };
    let helpers = threads.min(tasks.len()).saturating_sub(1);
    if helpers == 0 {
        pull();
    } else {
        lend(threads - 1)?.beside((0..helpers).map(|_| &pull), pull);
    }
    let done = tasks.into_iter();
    Ok(done
        .map(|task| task.into_inner().unwrap_or_else(PoisonError::into_inner))
        .collect())
}
