//! The threads of a sweep, kept between calls.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rayon::ThreadPool;

use crate::error::Result;
use crate::threads::pool;

/// What the thread of the pool that calls this has for itself, of one entry a thread.
pub(super) fn of_this_thread<T>(entries: &[Mutex<T>]) -> MutexGuard<'_, T> {
    let thread = rayon::current_thread_index().expect("called on a thread of the pool");
    // A panic ends the whole call, and nothing half made is looked at.
    entries[thread]
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
}

/// A pool of the size that was asked for last.
#[derive(Debug, Default)]
pub(super) struct Workers {
    pool: Mutex<Option<Arc<ThreadPool>>>,
}

impl Workers {
    /// Does `work` on `threads` threads.
    pub fn install<T: Send>(&self, threads: usize, work: impl FnOnce() -> T + Send) -> Result<T> {
        Ok(self.pool(threads)?.install(work))
    }

    fn pool(&self, threads: usize) -> Result<Arc<ThreadPool>> {
        // A panic elsewhere cannot leave the pool half made.
        let mut kept = self.pool.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(pool) = kept
            .as_ref()
            .filter(|pool| pool.current_num_threads() == threads)
        {
            return Ok(Arc::clone(pool));
        }
        let pool = Arc::new(pool(threads)?);
        *kept = Some(Arc::clone(&pool));
        Ok(pool)
    }
}
