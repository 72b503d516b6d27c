//! The threads of a sweep: the one that calls, and helpers that are kept between calls.

use std::hint::spin_loop;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::{Duration, Instant};

use rayon::ThreadPool;

use crate::error::Result;
use crate::threads::pool;

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

/// So long helpers stay awake for the next call: a genetic search asks for its next generation sooner.
const AWAKE: Duration = Duration::from_micros(150);

/// The helpers for the number of threads that was asked for last.
#[derive(Debug, Default)]
pub(super) struct Workers {
    helpers: Mutex<Option<Arc<ThreadPool>>>,
    /// Number of the call.
    call: Arc<AtomicUsize>,
}

impl Workers {
    /// Has each of `tasks` done once, by up to `threads` threads: the calling one begins at once, since waking another takes as long as
    /// running a few sets.
    pub fn share<T: Send>(
        &self,
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
            let pool = self.helpers(threads - 1)?;
            self.call.fetch_add(1, Ordering::Relaxed);
            pool.in_place_scope(|scope| {
                for _ in 0..helpers {
                    scope.spawn(|_| pull());
                }
                pull();
            });
            self.stay_awake(&pool);
        }
        let done = tasks.into_iter();
        Ok(done
            .map(|task| task.into_inner().unwrap_or_else(PoisonError::into_inner))
            .collect())
    }

    /// Keeps the helpers from sleep until the next call, if that comes soon.
    fn stay_awake(&self, pool: &ThreadPool) {
        let this = self.call.load(Ordering::Relaxed);
        pool.spawn_broadcast({
            let call = Arc::clone(&self.call);
            move |_| {
                let until = Instant::now() + AWAKE;
                while call.load(Ordering::Relaxed) == this && Instant::now() < until {
                    spin_loop();
                }
            }
        });
    }

    fn helpers(&self, threads: usize) -> Result<Arc<ThreadPool>> {
        // A panic elsewhere cannot leave the pool half made.
        let mut kept = self.helpers.lock().unwrap_or_else(PoisonError::into_inner);
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
