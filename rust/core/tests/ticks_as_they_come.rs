//! Events played when they are received, as in a dry run, do the same as whole tapes, to the last bit.

#[expect(dead_code, reason = "shared with tests that need all of it")]
mod made;

use made::{Dice, portfolio};
use proptest::prelude::*;
use spark_stacker_core::engine::TickedEngine;
use spark_stacker_core::market::{Event, EventColumns, EventKind, EventTape};
use spark_stacker_core::venue::{Latency, TickRules};

const TICK: f64 = 0.01;
const LONGEST_NS: i64 = 90_000_000_000;

/// One event in the order of its receipt: happened, received, kind, side, ticks, size.
type Row = (i64, i64, u8, i8, i64, f64);

/// Trades and levels around a walking price; messages overtake one another.
fn rows(dice: &mut Dice, count: usize) -> Vec<Row> {
    let mut happened = 0_i64;
    let mut middle = 10_000_i64;
    let mut rows = Vec::new();
    for _ in 0..count {
        happened += i64::try_from(dice.below(60_000)).unwrap() * 1_000_000;
        let latency = i64::try_from(dice.below(90)).unwrap() * 1_000_000_000;
        middle = (middle + i64::try_from(dice.below(9)).unwrap() - 4).max(1_000);
        let side = if dice.below(2) == 0 { 1 } else { -1 };
        let is_trade = dice.below(3) == 0;
        let kind = if is_trade {
            EventKind::Trade
        } else {
            EventKind::Depth
        };
        let away = i64::try_from(dice.below(5)).unwrap() * i64::from(side);
        let tick = if is_trade {
            middle
        } else {
            middle - i64::from(side) - away
        };
        let size = dice.between(1.0, 51.0);
        rows.push((happened, happened + latency, kind as u8, side, tick, size));
    }
    rows.sort_by_key(|row| row.1);
    rows
}

fn tape(rows: &[Row]) -> EventTape {
    let column = |value: fn(&Row) -> i64| rows.iter().map(value).collect::<Vec<_>>();
    let price: Vec<f64> = rows
        .iter()
        .map(|row| f64::from(i32::try_from(row.4).unwrap()) * TICK)
        .collect();
    let columns = EventColumns {
        exchange_ns: &column(|row| row.0),
        local_ns: &column(|row| row.1),
        kind: &rows.iter().map(|row| row.2).collect::<Vec<_>>(),
        side: &rows.iter().map(|row| row.3).collect::<Vec<_>>(),
        price: &price,
        size: &rows.iter().map(|row| row.5).collect::<Vec<_>>(),
        last: &vec![true; rows.len()],
    };
    EventTape::new(&columns, TICK).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn events_as_they_come_are_whole_tapes(seed in any::<u64>(), markets in 1..4_usize) {
        let mut dice = Dice(seed);
        let portfolio = portfolio(&mut dice, markets);
        let feeds: Vec<Vec<Row>> = portfolio.markets.iter().map(|_| rows(&mut dice, 6_000)).collect();
        let tapes: Vec<EventTape> = feeds.iter().map(|rows| tape(rows)).collect();
        let rules = TickRules { order_latency: Latency::Constant { ns: 60_000_000_000 }, ..TickRules::default() };
        let ticks = vec![TICK; tapes.len()];
        let mut whole = TickedEngine::new(&portfolio, &rules, &ticks).unwrap();
        whole.play(&tapes.iter().collect::<Vec<_>>()).unwrap();

        let mut received: Vec<(usize, Event)> = Vec::new();
        for (market, tape) in tapes.iter().enumerate() {
            let events = tape.events().iter().filter(|event| event.is_at_local());
            received.extend(events.map(|event| (market, *event)));
        }
        received.sort_by_key(|(_, event)| event.local_ns);
        let mut live = TickedEngine::new(&portfolio, &rules, &ticks).unwrap();
        for (market, event) in &received {
            live.receive(*market, event);
            if dice.below(3) == 0 {
                while live.elapse(event.local_ns - LONGEST_NS) {}
            }
        }
        while live.finish() {}

        let (one, other) = (whole.engine().simulation(), live.engine().simulation());
        prop_assert_eq!(one.venue.fills(), other.venue.fills());
        prop_assert_eq!(one.venue.orders(), other.venue.orders());
        prop_assert_eq!(&one.record().equity, &other.record().equity);
    }
}
