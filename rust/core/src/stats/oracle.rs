//! A plain implementation of the definitions as oracle over random curves.

use approx::assert_relative_eq;
use proptest::prelude::*;

use super::tests::{daily, record, times};
use super::{Record, summarise};

/// The definitions, written down plainly.
struct Plain {
    sharpe: f64,
    sortino: f64,
    drawdown: f64,
    amount: f64,
    longest: usize,
    beta: f64,
}

fn plain(initial: f64, equity: &[f64], market: &[f64]) -> Plain {
    let changes = |start: f64, values: &[f64]| -> Vec<f64> {
        std::iter::once(start)
            .chain(values.iter().copied())
            .zip(values)
            .map(|(before, now)| now / before - 1.0)
            .collect()
    };
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let (r, b) = (changes(initial, equity), changes(market[0], market));
    let covariance = |x: &[f64], y: &[f64]| {
        let (mx, my) = (mean(x), mean(y));
        let products: f64 = x.iter().zip(y).map(|(x, y)| (x - mx) * (y - my)).sum();
        products / (x.len() - 1) as f64
    };
    let downside = r.iter().map(|r| r.min(0.0).powi(2)).sum::<f64>() / r.len() as f64;
    let root = 365.0_f64.sqrt();
    let (mut peak, mut since) = (initial, 0);
    let (mut drawdown, mut amount, mut longest) = (0.0_f64, 0.0_f64, 0);
    for (row, value) in equity.iter().enumerate() {
        if *value >= peak {
            if row + 1 - since > 1 {
                longest = longest.max(row + 1 - since);
            }
            (peak, since) = (*value, row + 1);
        } else {
            longest = longest.max(row + 1 - since);
        }
        drawdown = drawdown.max(1.0 - value / peak);
        amount = amount.max(peak - value);
    }
    Plain {
        sharpe: mean(&r) / covariance(&r, &r).sqrt() * root,
        sortino: mean(&r) / downside.sqrt() * root,
        drawdown,
        amount,
        longest,
        beta: covariance(&r, &b) / covariance(&b, &b),
    }
}

proptest! {
    #[test]
    fn equals_the_plain_definitions(
        changes in prop::collection::vec((-0.05..0.05_f64, -0.05..0.05_f64), 2..700),
        drift in prop::sample::select(vec![0.0, 0.04, -0.04]),
        still in 0..4_usize,
    ) {
        let (mut value, mut price) = (100.0, 7.0);
        let mut equity = Vec::new();
        let mut market = Vec::new();
        for (row, (own, other)) in changes.iter().enumerate() {
            // Some curves stand still for stretches, as without a position.
            if still == 0 || row % (still * 100) < 60 {
                value *= 1.0 + own + drift;
            }
            price *= 1.0 + other;
            equity.push(value);
            market.push(price);
        }
        let expected = plain(100.0, &equity, &market);
        let times = times(equity.len(), daily());
        let metrics = summarise(&Record { benchmark: Some(&market), ..record(&times, &equity) }).unwrap();
        assert_relative_eq!(metrics.sharpe_ratio.unwrap(), expected.sharpe, max_relative = 1e-11, epsilon = 1e-11);
        if let Some(sortino) = metrics.sortino_ratio {
            assert_relative_eq!(sortino, expected.sortino, max_relative = 1e-11, epsilon = 1e-11);
        }
        prop_assert_eq!(metrics.max_drawdown, expected.drawdown);
        prop_assert_eq!(metrics.max_drawdown_abs, expected.amount);
        prop_assert_eq!(metrics.longest_drawdown_seconds, expected.longest as f64 * 86_400.0);
        assert_relative_eq!(metrics.beta.unwrap(), expected.beta, max_relative = 1e-10, epsilon = 1e-11);
    }
}
