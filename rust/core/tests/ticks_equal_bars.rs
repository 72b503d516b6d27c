//! Strategies that only send market orders do the same on trades as on the candles of those trades, to the last bit.

#[expect(dead_code, reason = "shared with tests that need all of it")]
mod made;

use made::{Dice, HOUR_NS, candles, portfolio};
use proptest::prelude::*;
use spark_stacker_core::engine::{Engine, History, TickedEngine};
use spark_stacker_core::market::{
    BarColumns, EventColumns, EventKind, EventTape, Interval, RawColumns,
};
use spark_stacker_core::plan::{PortfolioSpec, SizingMethod};
use spark_stacker_core::venue::{Fill, Latency, Purpose, SlippageModel, TickRules};

const TICK: f64 = 0.01;

fn on_grid(price: f64) -> f64 {
    (price / TICK).round().max(1.0) * TICK
}

/// Candles without gaps and without empty bars, on the tick grid.
fn dense_candles(dice: &mut Dice, rows: usize) -> BarColumns {
    let rough = candles(dice, rows);
    let rough = rough.view();
    let mut raw = RawColumns::default();
    for row in 0..rows {
        raw.open_time_ns.push(HOUR_NS * i64::try_from(row).unwrap());
        raw.open.push(on_grid(rough.open[row]));
        raw.high.push(on_grid(rough.high[row]));
        raw.low.push(on_grid(rough.low[row]));
        raw.close.push(on_grid(rough.close[row]));
        raw.volume.push(1.0 + rough.volume[row]);
    }
    BarColumns::new(raw, Interval::from_ns(HOUR_NS).unwrap()).unwrap()
}

/// Four trades a bar: its open at its start, then low and high, its close at its end.
fn trades_of(candles: &BarColumns, latency_ns: i64) -> EventTape {
    let bars = candles.view();
    let (mut times, mut prices) = (Vec::new(), Vec::new());
    for row in 0..bars.len() {
        let start = bars.open_time_ns[row];
        let within = [0, 10, 20, HOUR_NS - 1 - latency_ns];
        times.extend(within.map(|offset| start + offset));
        prices.extend([
            bars.open[row],
            bars.low[row],
            bars.high[row],
            bars.close[row],
        ]);
    }
    let local: Vec<i64> = times.iter().map(|time| time + latency_ns).collect();
    let rows = times.len();
    let columns = EventColumns {
        exchange_ns: &times,
        local_ns: &local,
        kind: &vec![EventKind::Trade as u8; rows],
        side: &vec![0; rows],
        price: &prices,
        size: &vec![1.0; rows],
        last: &vec![true; rows],
    };
    EventTape::new(&columns, TICK).unwrap()
}

/// Strategies without orders that act inside a bar.
fn plain(dice: &mut Dice) -> PortfolioSpec {
    // Bars of several markets are played one market after the other, trades are not.
    let mut portfolio = portfolio(dice, 1);
    portfolio.venue.slippage = dice.pick(&[
        SlippageModel::None,
        SlippageModel::Fixed { bps: 3.0 },
        SlippageModel::Random { max_bps: 5.0 },
    ]);
    for strategy in &mut portfolio.strategies {
        if matches!(strategy.sizing.method, SizingMethod::RiskBased { .. }) {
            strategy.sizing.method = SizingMethod::PercentEquity { equity_pct: 40.0 };
        }
        strategy.leverage = 1.0;
        // A nanosecond decides which close is the first after it.
        strategy.max_holding_ns = None;
        strategy.stop_loss_pct = None;
        strategy.take_profit_pct = None;
        strategy.trailing_stop_pct = None;
        strategy.break_even_pct = None;
        if let Some(hedge) = &mut strategy.hedge {
            hedge.leverage = 1.0;
            hedge.net_stop_loss_pct = None;
        }
    }
    portfolio
}

/// What a fill is but for its time.
fn outcome(fill: &Fill) -> (u32, f64, f64, f64) {
    (fill.order.0, fill.quantity, fill.price, fill.fee)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn market_orders_on_trades_are_market_orders_on_candles(seed in any::<u64>(), latency_ns in 0..3_i64) {
        let mut dice = Dice(seed);
        let portfolio = plain(&mut dice);
        let columns: Vec<BarColumns> =
            portfolio.markets.iter().map(|_| dense_candles(&mut dice, 150)).collect();
        let histories: Vec<History<'_>> = columns
            .iter()
            .map(|columns| History { bars: columns.view(), start: 0, mark: None, funding: &[] })
            .collect();
        let bars = Engine::run(&portfolio, &histories, &[]).unwrap();
        // Between two trades nobody liquidates at a level.
        prop_assume!(bars.simulation().venue.fills().iter().all(|fill| fill.purpose != Purpose::Liquidation));

        let tapes: Vec<EventTape> =
            columns.iter().map(|columns| trades_of(columns, latency_ns)).collect();
        // An order sent at a close arrives after the next open has traded.
        let rules = TickRules { order_latency: Latency::Constant { ns: 1 }, ..TickRules::default() };
        let ticks = vec![TICK; tapes.len()];
        let mut ticked = TickedEngine::new(&portfolio, &rules, &ticks).unwrap();
        ticked.play(&tapes.iter().collect::<Vec<_>>()).unwrap();

        let fills: Vec<_> = bars.simulation().venue.fills().iter().map(outcome).collect();
        let ticked_fills = ticked.engine().simulation().venue.fills();
        prop_assert_eq!(&fills, &ticked_fills.iter().map(outcome).collect::<Vec<_>>());
        let equity = &bars.simulation().record().equity;
        let ticked_equity = &ticked.engine().simulation().record().equity;
        // The last bar has not ended with its last trade.
        prop_assert_eq!(&equity[..equity.len() - 1], &ticked_equity[..]);
        for (fill, before) in ticked_fills.iter().zip(bars.simulation().venue.fills()) {
            prop_assert_eq!(fill.time_ns, before.time_ns + 1);
        }
    }
}
