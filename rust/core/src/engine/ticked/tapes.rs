//! Whole tapes, merged by time.

use super::TickedEngine;
use crate::error::{Error, Result};
use crate::market::{Event, EventTape};

impl TickedEngine {
    /// Plays whole tapes, one a market, to their ends.
    ///
    /// # Errors
    /// When there is not one tape a market.
    pub fn play(&mut self, tapes: &[&EventTape]) -> Result<()> {
        if tapes.len() != self.markets.len() {
            let requirement = format!("one for each of {} markets", self.markets.len());
            return Err(Error::parameter("tapes", tapes.len(), requirement));
        }
        let mut rows = vec![0; tapes.len()];
        let mut left: Vec<_> = tapes.iter().copied().map(Some).collect();
        while let Some(market) = self.play_on(&left, &mut rows) {
            left[market] = None;
        }
        while self.finish() {}
        Ok(())
    }

    /// Plays a tape of every market, merged by time, from `rows` on, until the end of one is reached: of the market returned the next one
    /// is needed. A market whose last tape has been played has none; when that is so of all, nothing is returned.
    pub fn play_on(&mut self, tapes: &[Option<&EventTape>], rows: &mut [usize]) -> Option<usize> {
        // What happened earlier is only noted for its receipt, and must not keep back what follows it on the tape.
        let time = |event: &Event| {
            if event.is_at_exchange() {
                event.exchange_ns
            } else {
                i64::MIN
            }
        };
        loop {
            let mut next: Option<(i64, usize)> = None;
            for (market, tape) in tapes.iter().enumerate() {
                let Some(tape) = tape else { continue };
                let Some(event) = tape.events().get(rows[market]) else {
                    return Some(market);
                };
                let front = (time(event), market);
                next = Some(next.map_or(front, |next| next.min(front)));
            }
            let (_, market) = next?;
            let event = tapes[market]?.events()[rows[market]];
            rows[market] += 1;
            self.push(market, &event);
        }
    }
}
