//! Work on a number of threads that the caller names.

use crate::error::{Error, Result};

/// Runs `work` where parallel iterators use `threads` threads.
pub(super) fn on_threads<T: Send>(threads: usize, work: impl FnOnce() -> T + Send) -> Result<T> {
    if threads == 0 {
        return Err(Error::parameter("threads", threads, "at least 1"));
    }
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build()
        .map_err(|error| {
            Error::parameter(
                "threads",
                threads,
                format!("a number that can start ({error})"),
            )
        })?;
    Ok(pool.install(work))
}
