//! Threads: as many as the caller names, kept from one call to the next, since to start one takes as long as a hundred thousand averages.

use std::hint::spin_loop;
use std::process;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::error::{Error, Result};

const MOST_THREADS: usize = 1024;

/// Most teams that wait for the next call.
const MOST_IDLE: usize = 2;

/// So long a team stays awake for the next call: a genetic search asks for its next generation sooner.
const AWAKE: Duration = Duration::from_micros(150);

/// Teams that nobody has.
static IDLE: Mutex<Vec<Team>> = Mutex::new(Vec::new());

/// Some threads that belong together.
#[derive(Debug)]
struct Team {
    pool: ThreadPool,
    /// The process that its threads live in: they do not come along where that forks.
    process: u32,
    /// Number of the call.
    call: Arc<AtomicUsize>,
}

/// A team that nobody else has as long as this lasts; it is kept for the next call.
#[derive(Debug)]
pub(crate) struct Lent(Option<Team>);

impl Lent {
    fn pool(&self) -> &ThreadPool {
        let team = self.0.as_ref().expect("given back only when dropped");
        &team.pool
    }

    /// Does `work` here and each of `helps` on one of the threads, side by side; returns when all is done.
    pub fn beside<T>(
        &self,
        helps: impl IntoIterator<Item = impl FnOnce() + Send>,
        work: impl FnOnce() -> T,
    ) -> T {
        let left = AtomicUsize::new(0);
        self.pool().in_place_scope(|scope| {
            for help in helps {
                left.fetch_add(1, Ordering::Relaxed);
                let ends = Ends(&left);
                scope.spawn(move |_| {
                    let _ends = ends;
                    help();
                });
            }
            let done = work();
            // One of the threads themselves looks for other work meanwhile.
            if self.pool().current_thread_index().is_none() {
                // To be woken takes longer than most helpers are late.
                let until = Instant::now() + AWAKE;
                stay_awake_while(until, || left.load(Ordering::Acquire) > 0);
                // The helpers' last words.
                (0..16).for_each(|_| spin_loop());
            }
            done
        })
    }
}

/// Counts a helper off when it is dropped, also by a panic.
struct Ends<'a>(&'a AtomicUsize);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Release);
    }
}

/// Waits as long as `waits` tells, but no longer than `until`.
fn stay_awake_while(until: Instant, waits: impl Fn() -> bool) {
    while waits() && Instant::now() < until {
        spin_loop();
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        let Some(team) = self.0.take() else { return };
        team.stay_awake();
        // Nobody waits here for another: a team too many ends, outside the lock.
        let surplus = match IDLE.try_lock() {
            Ok(mut idle) => {
                idle.push(team);
                (idle.len() > MOST_IDLE).then(|| idle.remove(0))
            }
            Err(_) => Some(team),
        };
        drop(surplus);
    }
}

impl Team {
    fn start(threads: usize) -> Result<Self> {
        check_threads(threads)?;
        let pool = ThreadPoolBuilder::new().num_threads(threads).build();
        let pool = pool.map_err(|error| {
            let requirement = format!("a number that can start ({error})");
            Error::parameter("threads", threads, requirement)
        })?;
        Ok(Self {
            pool,
            process: process::id(),
            call: Arc::default(),
        })
    }

    /// Keeps the threads from sleep until the next call, if that comes soon.
    fn stay_awake(&self) {
        let this = self.call.load(Ordering::Relaxed);
        let call = Arc::clone(&self.call);
        // The same moment for all: those that find no processor until then do not begin to wait.
        let until = Instant::now() + AWAKE;
        self.pool.spawn_broadcast(move |_| {
            stay_awake_while(until, || call.load(Ordering::Relaxed) == this);
        });
    }
}

/// Checks a number of threads before anything is made for each of them.
pub(crate) fn check_threads(threads: usize) -> Result<()> {
    if (1..=MOST_THREADS).contains(&threads) {
        return Ok(());
    }
    let requirement = format!("at least 1 and at most {MOST_THREADS}");
    Err(Error::parameter("threads", threads, requirement))
}

/// So many threads that wait for work.
pub(crate) fn lend(threads: usize) -> Result<Lent> {
    // In a process that was forked while another thread held the lock, it stays locked: every call starts a team of its own there.
    if let Ok(mut idle) = IDLE.try_lock() {
        let process = process::id();
        while let Some(lost) = idle.iter().position(|team| team.process != process) {
            // To end it would be to wait for threads that are not here.
            std::mem::forget(idle.remove(lost));
        }
        let fits = |team: &Team| team.pool.current_num_threads() == threads;
        // The one that came back last, which may be awake.
        let fitting = idle.iter().rposition(fits);
        if let Some(place) = fitting {
            let team = idle.remove(place);
            team.call.fetch_add(1, Ordering::Relaxed);
            return Ok(Lent(Some(team)));
        }
    }
    Ok(Lent(Some(Team::start(threads)?)))
}

/// Runs `work` where parallel iterators use `threads` threads.
pub(crate) fn on_threads<T: Send>(threads: usize, work: impl FnOnce() -> T + Send) -> Result<T> {
    Ok(lend(threads)?.pool().install(work))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_call_has_a_team_of_its_own() {
        let (first, second) = (lend(2).unwrap(), lend(2).unwrap());
        let thread = |lent: &Lent| lent.pool().install(|| std::thread::current().id());
        assert_ne!(thread(&first), thread(&second));
        assert_eq!(first.pool().current_num_threads(), 2);
    }

    #[test]
    fn a_team_that_came_back_is_lent_again() {
        // Other tests may have it in between, or have let it go.
        let is_lent_again = (0..100).any(|_| {
            let id = || {
                let lent = lend(5).unwrap();
                lent.pool().broadcast(|_| std::thread::current().id())
            };
            id() == id()
        });
        assert!(is_lent_again);
    }

    #[test]
    fn a_help_that_panics_is_heard_of_after_all_have_ended() {
        let lent = lend(1).unwrap();
        let heard = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            lent.beside([|| panic!("lost")], || 7)
        }));
        assert_eq!(heard.unwrap_err().downcast_ref(), Some(&"lost"));
        let mut helped = 0;
        assert_eq!(lent.beside([|| helped += 1], || 7), 7);
        assert_eq!(helped, 1);
    }

    #[test]
    fn no_threads_and_too_many_are_refused() {
        assert!(lend(0).is_err());
        assert!(lend(MOST_THREADS + 1).is_err());
    }
}
