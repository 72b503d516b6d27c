//! Rounding to a market's steps: quantities down to the lot, prices to the tick on the sender's better side.

use super::Side;
use crate::market::Instrument;

/// Steps within this of a whole number count as whole: 0.3 / 0.1 is 3.
const SLACK: f64 = 1e-9;

/// `steps` times `step`, exact for steps like 0.001 that are one over a whole number.
fn times(steps: f64, step: f64) -> f64 {
    let inverse = (1.0 / step).round();
    if inverse >= 1.0 && (inverse * step - 1.0).abs() < 1e-12 {
        steps / inverse
    } else {
        steps * step
    }
}

/// A quantity rounded down to the lot.
pub(super) fn to_lot(instrument: &Instrument, quantity: f64) -> f64 {
    match instrument.lot_size {
        None => quantity,
        Some(lot) => times((quantity / lot + SLACK).floor(), lot),
    }
}

/// A price rounded to the tick so that it is never worse for the sender: buys down, sells up, but never to zero.
pub(super) fn to_tick(instrument: &Instrument, side: Side, price: f64) -> f64 {
    match instrument.tick_size {
        None => price,
        Some(tick) => {
            let steps = price / tick;
            let whole = match side {
                Side::Buy => (steps + SLACK).floor().max(1.0),
                Side::Sell => (steps - SLACK).ceil().max(1.0),
            };
            times(whole, tick)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn instrument() -> Instrument {
        Instrument {
            tick_size: Some(0.1),
            lot_size: Some(0.001),
            ..Instrument::default()
        }
    }

    #[test]
    fn quantities_round_down_and_whole_lots_stay() {
        assert_eq!(to_lot(&instrument(), 1.2349), 1.234);
        assert_eq!(to_lot(&instrument(), 0.003), 0.003);
        assert_eq!(to_lot(&instrument(), 0.0009), 0.0);
        assert_eq!(to_lot(&Instrument::default(), 1.23456), 1.23456);
    }

    #[test]
    fn limit_prices_round_to_the_senders_better_side() {
        assert_eq!(to_tick(&instrument(), Side::Buy, 100.19), 100.1);
        assert_eq!(to_tick(&instrument(), Side::Sell, 100.11), 100.2);
        assert_eq!(to_tick(&instrument(), Side::Buy, 0.3), 0.3);
        assert_eq!(to_tick(&instrument(), Side::Sell, 0.3), 0.3);
        assert_eq!(to_tick(&instrument(), Side::Buy, 0.01), 0.1);
    }
}
