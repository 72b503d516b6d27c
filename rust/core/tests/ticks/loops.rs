//! The loop over market events: order of time, chunks, what is recorded.

use proptest::prelude::*;
use spark_stacker_core::engine::ticks::{
    GridMaker, GridMakerSpec, Schedule, ScheduleSpec, TickDesk, TickRun, TickSetup, TickStrategy,
};
use spark_stacker_core::market::{EventColumns, EventKind, EventTape};
use spark_stacker_core::venue::{Answer, Latency, Reason, Side, TickRules, VenueRules};

fn setup(order_ns: i64) -> TickSetup {
    TickSetup {
        venue: VenueRules {
            maker_fee_rate: -0.00005,
            taker_fee_rate: 0.0007,
            ..VenueRules::default()
        },
        ticks: TickRules {
            order_latency: Latency::Constant { ns: order_ns },
            answer_latency: Latency::Constant { ns: order_ns },
            ..TickRules::default()
        },
        instrument: None,
        initial_balance: 1e6,
        leverage: 1.0,
        feed_latency_ns: None,
        start_ns: None,
        record_interval_ns: 50,
    }
}

/// A seeded walk of a book around 1,000 with trades at its touch.
fn tape(seed: u64, rows: usize) -> EventTape {
    let mut state = seed | 1;
    let mut draw = |limit: u64| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state % limit
    };
    let (mut exchange, mut local, mut kind, mut side, mut price, mut size) =
        (vec![], vec![], vec![], vec![], vec![], vec![]);
    let mut now = 1000;
    let mut mid = 1000;
    for _ in 0..rows {
        now += i64::try_from(draw(12)).unwrap();
        mid += i64::try_from(draw(3)).unwrap() - 1;
        let bid = draw(2) == 0;
        let away = 1 + i64::try_from(draw(5)).unwrap();
        let trade = draw(8) == 0;
        exchange.push(now);
        local.push(now + i64::try_from(draw(40)).unwrap());
        kind.push(if trade {
            EventKind::Trade as u8
        } else {
            EventKind::Depth as u8
        });
        side.push(if bid { 1 } else { -1 });
        let tick = match (trade, bid) {
            (true, true) | (false, false) => mid + away,
            _ => mid - away,
        };
        #[expect(clippy::cast_precision_loss, reason = "small")]
        price.push(tick as f64);
        #[expect(clippy::cast_precision_loss, reason = "small")]
        size.push((1 + draw(9)) as f64);
    }
    let last = vec![true; rows];
    let columns = EventColumns {
        exchange_ns: &exchange,
        local_ns: &local,
        kind: &kind,
        side: &side,
        price: &price,
        size: &size,
        last: &last,
    };
    EventTape::new(&columns, 1.0).unwrap()
}

fn maker() -> GridMaker {
    GridMaker::new(GridMakerSpec {
        interval_ns: 30,
        order_size: 1.0,
        levels: 3,
        grid_ticks: 1,
        half_spread_ticks: 1.0,
        skew_ticks: 0.2,
        max_position: 8.0,
    })
    .unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn chunks_of_a_tape_play_as_the_whole(seed in any::<u64>(), chunk in 1..700_usize, latency in 0..60_i64) {
        let tape = tape(seed, 2000);
        let setup = setup(latency);
        let mut whole = TickRun::new(maker(), &setup, 1.0).unwrap();
        whole.run(&tape);
        let mut parts = TickRun::new(maker(), &setup, 1.0).unwrap();
        for events in tape.events().chunks(chunk) {
            parts.feed(events);
        }
        parts.finish();
        prop_assert!(!whole.venue().fills().is_empty());
        prop_assert_eq!(whole.venue().fills(), parts.venue().fills());
        prop_assert_eq!(whole.venue().orders(), parts.venue().orders());
        let text = |run: &TickRun<GridMaker>| format!("{:?}", run.record());
        prop_assert_eq!(text(&whole), text(&parts));
        // What the strategy was told adds up to what it holds.
        let held = whole.venue().position(spark_stacker_core::venue::MAIN, spark_stacker_core::venue::MarketId(0)).quantity;
        prop_assert!((whole.own().position() - held).abs() < 1e-9);
    }
}

/// Notes what its clock shows and what it sees.
struct Watcher {
    next: i64,
    seen: Vec<(i64, Option<i32>)>,
}

impl TickStrategy for Watcher {
    fn start(&mut self, first_ns: i64) {
        self.next = first_ns;
    }

    fn next_timer_ns(&self) -> i64 {
        self.next
    }

    fn on_timer(&mut self, desk: &mut TickDesk<'_>) {
        self.seen.push((desk.now_ns, desk.book.best_bid()));
        self.next += 10;
    }
}

#[test]
fn a_strategy_sees_an_event_when_it_has_reached_it_and_not_before() {
    let columns = EventColumns {
        exchange_ns: &[0, 100],
        local_ns: &[25, 130],
        kind: &[2, 2],
        side: &[1, 1],
        price: &[50.0, 60.0],
        size: &[1.0, 1.0],
        last: &[true, true],
    };
    let tape = EventTape::new(&columns, 1.0).unwrap();
    let watcher = Watcher {
        next: i64::MAX,
        seen: vec![],
    };
    let mut run = TickRun::new(watcher, &setup(0), 1.0).unwrap();
    run.run(&tape);
    let bids: Vec<Option<i32>> = run.strategy().seen.iter().map(|(_, bid)| *bid).collect();
    let times: Vec<i64> = run.strategy().seen.iter().map(|(time, _)| *time).collect();
    assert_eq!(times, (0..13).map(|step| step * 10).collect::<Vec<_>>());
    assert_eq!(bids[..3], [None, None, None]);
    assert!(bids[3..].iter().all(|bid| *bid == Some(50)));
}

/// Sends an order whenever its timer rings, and one for every answer, so that there is always something on its way.
struct Restless {
    next: i64,
    answers: usize,
}

impl TickStrategy for Restless {
    fn start(&mut self, first_ns: i64) {
        self.next = first_ns;
    }

    fn next_timer_ns(&self) -> i64 {
        self.next
    }

    fn on_timer(&mut self, desk: &mut TickDesk<'_>) {
        desk.market(Side::Buy, 1.0);
        self.next += 10;
    }

    fn on_answer(&mut self, _: &Answer, desk: &mut TickDesk<'_>) {
        self.answers += 1;
        desk.market(Side::Sell, 1.0);
    }
}

#[test]
fn a_strategy_that_always_has_orders_on_their_way_ends_with_the_data() {
    let tape = tape(5, 100);
    let last = tape
        .events()
        .iter()
        .map(|event| event.local_ns.max(event.exchange_ns))
        .max();
    let restless = Restless {
        next: i64::MAX,
        answers: 0,
    };
    let mut run = TickRun::new(restless, &setup(60), 1.0).unwrap();
    run.run(&tape);
    let orders = run.venue().orders();
    assert!(orders.len() > 10);
    for order in orders {
        // What was sent in time has arrived, been answered and ended; what was sent later has not arrived.
        assert_eq!(
            order.is_ended(),
            Some(order.submitted_ns) <= last,
            "{order:?}"
        );
    }
    let ended = orders.iter().filter(|order| order.is_ended()).count();
    assert!(run.strategy().answers >= ended);
}

#[test]
fn markouts_and_contexts_are_kept_for_every_fill_and_order() {
    let tape = tape(7, 3000);
    let mut run = TickRun::new(maker(), &setup(20), 1.0).unwrap();
    run.run(&tape);
    let record = run.record();
    assert_eq!(record.executions.markouts.len(), run.venue().fills().len());
    assert_eq!(record.executions.contexts.len(), run.venue().orders().len());
    for (context, order) in record.executions.contexts.iter().zip(run.venue().orders()) {
        assert_eq!(context.decided_ns, order.submitted_ns);
        if let Some(arrived) = context.arrived_ns {
            assert_eq!(arrived, context.decided_ns + 20);
        }
    }
    let buys = run
        .venue()
        .fills()
        .iter()
        .filter(|fill| fill.side == Side::Buy)
        .count();
    assert!(buys > 10, "{buys}");
}

#[test]
fn a_schedule_fills_all_of_its_size_by_its_end() {
    for (limit_ticks, sweep) in [(None, false), (Some(0), true), (Some(1), false)] {
        let schedule = Schedule::new(ScheduleSpec {
            side: Side::Buy,
            size: 40.0,
            delay_ns: 500,
            duration_ns: 10_000,
            weights: vec![1.0, 3.0, 2.0, 1.0],
            limit_ticks,
            sweep,
        })
        .unwrap();
        let mut run = TickRun::new(schedule, &setup(15), 1.0).unwrap();
        run.run(&tape(11, 4000));
        let filled: f64 = run.venue().fills().iter().map(|fill| fill.quantity).sum();
        let short = run
            .venue()
            .orders()
            .iter()
            .any(|order| order.reason == Reason::NoLiquidity);
        assert!(filled <= 40.0 + 1e-9, "{filled}");
        assert!(
            (filled - 40.0).abs() < 1e-9 || short,
            "{filled} {limit_ticks:?}"
        );
    }
}
