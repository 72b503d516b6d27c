//! How far a run has come in a stretch of a tape: at the exchange, and with its strategy.

use crate::market::Event;

/// How far the exchange and the strategy are in a stretch of events.
pub(super) struct Places<'a> {
    events: &'a [Event],
    exchange: usize,
    local: usize,
}

impl<'a> Places<'a> {
    pub fn new(events: &'a [Event]) -> Self {
        Self {
            events,
            exchange: next_place(events, 0, Event::is_at_exchange),
            local: next_place(events, 0, Event::is_at_local),
        }
    }

    /// Events that have not reached the strategy yet.
    pub fn not_received(&self) -> impl Iterator<Item = Event> {
        let rest = &self.events[self.local.min(self.events.len())..];
        rest.iter().filter(|event| event.is_at_local()).copied()
    }

    #[inline]
    pub fn at_exchange(&self) -> Option<&'a Event> {
        self.events.get(self.exchange)
    }

    #[inline]
    pub fn at_local(&self) -> Option<&'a Event> {
        self.events.get(self.local)
    }

    #[inline]
    pub fn pass_exchange(&mut self) {
        self.exchange = next_place(self.events, self.exchange + 1, Event::is_at_exchange);
    }

    #[inline]
    pub fn pass_local(&mut self) {
        self.local = next_place(self.events, self.local + 1, Event::is_at_local);
    }

    pub fn take_local(&mut self) -> Option<Event> {
        let event = self.at_local().copied();
        self.pass_local();
        event
    }
}

/// The next row from `place` on that is of a kind.
#[inline]
fn next_place(events: &[Event], mut place: usize, wanted: impl Fn(&Event) -> bool) -> usize {
    while events.get(place).is_some_and(|event| !wanted(event)) {
        place += 1;
    }
    place
}
