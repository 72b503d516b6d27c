//! How many independent trials a search amounts to: neighbouring sets trade nearly alike.

use super::varies;
use crate::error::{Error, Result};

/// Mean pairwise correlation of many return series, one after another, in the memory of one.
///
/// With z the standardised returns of M series over T bars, Σₜ(Σₘ zₘₜ)² = T·(M + M(M − 1)·ρ̄), so that a running sum of z is enough.
#[derive(Debug, Clone, PartialEq)]
pub struct MeanCorrelation {
    sum: Vec<f64>,
    series: usize,
}

impl MeanCorrelation {
    /// For series of `rows` returns.
    #[must_use]
    pub fn new(rows: usize) -> Self {
        Self {
            sum: vec![0.0; rows],
            series: 0,
        }
    }

    /// Takes a series; one without variance correlates with nothing and is left out.
    ///
    /// # Errors
    /// [`Error::Length`] when it has another number of rows.
    pub fn add(&mut self, returns: &[f64]) -> Result<()> {
        self.same_length(returns.len())?;
        let n = returns.len() as f64;
        let mean = returns.iter().sum::<f64>() / n;
        let squares: f64 = returns.iter().map(|r| (r - mean) * (r - mean)).sum();
        if varies(squares, squares + n * mean * mean) {
            let scale = 1.0 / (squares / n).sqrt();
            for (sum, value) in self.sum.iter_mut().zip(returns) {
                *sum += (value - mean) * scale;
            }
            self.series += 1;
        }
        Ok(())
    }

    /// Takes what another one has seen. Merge in a fixed order to get the same bits.
    ///
    /// # Errors
    /// [`Error::Length`] when it is for another number of rows.
    pub fn merge(&mut self, other: &Self) -> Result<()> {
        self.same_length(other.sum.len())?;
        for (sum, value) in self.sum.iter_mut().zip(&other.sum) {
            *sum += value;
        }
        self.series += other.series;
        Ok(())
    }

    /// Series taken, those without variance left out.
    #[must_use]
    pub const fn series(&self) -> usize {
        self.series
    }

    /// The mean over all pairs; `None` below two series.
    #[must_use]
    pub fn mean(&self) -> Option<f64> {
        if self.series < 2 {
            return None;
        }
        let m = self.series as f64;
        let squares: f64 = self.sum.iter().map(|sum| sum * sum).sum();
        Some((squares / self.sum.len() as f64 - m) / (m * (m - 1.0)))
    }

    fn same_length(&self, length: usize) -> Result<()> {
        if length == self.sum.len() {
            return Ok(());
        }
        Err(Error::Length {
            column: "returns".to_owned(),
            length,
            expected: self.sum.len(),
        })
    }
}

/// Independent trials that `trials` of mean correlation `correlation` amount to: ρ̄ + (1 − ρ̄)·M (Bailey and López de Prado 2014,
/// appendix A.3), at most as many as there were and at least one.
#[must_use]
pub fn effective_trials(trials: usize, correlation: f64) -> f64 {
    let count = trials as f64;
    (correlation + (1.0 - correlation) * count)
        .min(count)
        .max(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn correlation(x: &[f64], y: &[f64]) -> f64 {
        let n = x.len() as f64;
        let (mx, my) = (x.iter().sum::<f64>() / n, y.iter().sum::<f64>() / n);
        let product = |x: &[f64], mx: f64, y: &[f64], my: f64| {
            x.iter()
                .zip(y)
                .map(|(x, y)| (x - mx) * (y - my))
                .sum::<f64>()
        };
        product(x, mx, y, my) / (product(x, mx, x, mx) * product(y, my, y, my)).sqrt()
    }

    fn series() -> Vec<Vec<f64>> {
        (1..6)
            .map(|k| {
                (0..40)
                    .map(|t| f64::from(t * k).sin() + 0.3 * f64::from(t).cos())
                    .collect()
            })
            .collect()
    }

    #[test]
    fn the_running_sum_gives_the_mean_of_all_pairs() {
        let series = series();
        let (mut total, mut pairs) = (0.0, 0.0);
        for i in 0..series.len() {
            for j in 0..i {
                total += correlation(&series[i], &series[j]);
                pairs += 1.0;
            }
        }
        let mut running = MeanCorrelation::new(40);
        for returns in &series {
            running.add(returns).unwrap();
        }
        assert!((running.mean().unwrap() - total / pairs).abs() < 1e-14);
    }

    #[test]
    fn merged_parts_are_the_whole() {
        let series = series();
        let (mut first, mut second) = (MeanCorrelation::new(40), MeanCorrelation::new(40));
        let mut whole = MeanCorrelation::new(40);
        for (k, returns) in series.iter().enumerate() {
            if k < 2 { &mut first } else { &mut second }
                .add(returns)
                .unwrap();
            whole.add(returns).unwrap();
        }
        first.merge(&second).unwrap();
        assert_eq!(first.series(), 5);
        assert!((first.mean().unwrap() - whole.mean().unwrap()).abs() < 1e-14);
    }

    #[test]
    fn a_set_that_never_traded_is_left_out() {
        let mut running = MeanCorrelation::new(40);
        running.add(&[0.0; 40]).unwrap();
        running.add(&series()[0]).unwrap();
        assert_eq!((running.series(), running.mean()), (1, None));
        let message = running.add(&[0.0; 3]).unwrap_err().to_string();
        assert_eq!(message, "column returns has 3 rows, expected 40");
    }

    #[test]
    fn twins_are_one_trial_and_strangers_are_many() {
        assert_eq!(effective_trials(50, 1.0), 1.0);
        assert_eq!(effective_trials(50, 0.0), 50.0);
        assert_eq!(effective_trials(50, 0.5), 25.5);
        assert_eq!(effective_trials(50, -0.02), 50.0);
    }
}
