//! Threads: as many as the caller names.

use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::error::{Error, Result};

const MOST_THREADS: usize = 1024;

/// Checks a number of threads before anything is made for each of them.
pub(crate) fn check_threads(threads: usize) -> Result<()> {
    if (1..=MOST_THREADS).contains(&threads) {
        return Ok(());
    }
    let requirement = format!("at least 1 and at most {MOST_THREADS}");
    Err(Error::parameter("threads", threads, requirement))
}

/// Threads that wait for work.
pub(crate) fn pool(threads: usize) -> Result<ThreadPool> {
    check_threads(threads)?;
    let pool = ThreadPoolBuilder::new().num_threads(threads).build();
    pool.map_err(|error| {
        let requirement = format!("a number that can start ({error})");
        Error::parameter("threads", threads, requirement)
    })
}

/// Runs `work` where parallel iterators use `threads` threads.
pub(crate) fn on_threads<T: Send>(threads: usize, work: impl FnOnce() -> T + Send) -> Result<T> {
    Ok(pool(threads)?.install(work))
}
