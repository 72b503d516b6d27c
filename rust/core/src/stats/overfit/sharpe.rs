//! What a Sharpe ratio is worth: the probability that the true one beats a benchmark, and how long a record must be to say so.
//!
//! All Sharpe ratios here are per period, not annualised. Sources: Bailey and López de Prado (2012), "The Sharpe ratio efficient
//! frontier"; (2014), "The deflated Sharpe ratio"; Bailey, Borwein, López de Prado and Zhu (2014), "Pseudo-mathematics and
//! financial charlatanism".

use super::normal::{cdf, quantile};
use super::varies;

/// The Euler–Mascheroni constant.
const EULER_MASCHERONI: f64 = 0.577_215_664_901_532_9;

/// A Sharpe ratio with what its uncertainty depends on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SharpeEstimate {
    /// Mean over standard deviation (n − 1) of the returns, per period.
    pub sharpe: f64,
    /// Third standardised moment (population).
    pub skewness: f64,
    /// Fourth standardised moment (population), 3 for a normal distribution.
    pub kurtosis: f64,
    /// Number of returns.
    pub observations: usize,
}

impl SharpeEstimate {
    /// Moments of `returns`; `None` below two returns or without variance.
    #[must_use]
    pub fn of(returns: &[f64]) -> Option<Self> {
        let n = returns.len() as f64;
        if returns.len() < 2 {
            return None;
        }
        let mean = returns.iter().sum::<f64>() / n;
        let (mut second, mut third, mut fourth) = (0.0, 0.0, 0.0);
        for value in returns {
            let deviation = value - mean;
            let square = deviation * deviation;
            second += square;
            third += square * deviation;
            fourth += square * square;
        }
        if !varies(second, second + n * mean * mean) {
            return None;
        }
        let variance = second / n;
        Some(Self {
            sharpe: mean / (second / (n - 1.0)).sqrt(),
            skewness: third / n / (variance * variance.sqrt()),
            kurtosis: fourth / n / (variance * variance),
            observations: returns.len(),
        })
    }

    /// Probability that the true Sharpe ratio exceeds `benchmark` (2012, equation 11); `None` below two observations, or when the
    /// moments leave the estimate no positive variance.
    #[must_use]
    pub fn probabilistic(&self, benchmark: f64) -> Option<f64> {
        if self.observations < 2 {
            return None;
        }
        let deviation = self.spread()?.sqrt();
        let root = ((self.observations - 1) as f64).sqrt();
        Some(cdf((self.sharpe - benchmark) * root / deviation))
    }

    /// Observations needed to say with `confidence` that the true Sharpe ratio exceeds `benchmark` (2012, equation 13); `None` when
    /// the estimate does not exceed it.
    #[must_use]
    pub fn minimum_track_record(&self, benchmark: f64, confidence: f64) -> Option<f64> {
        if self.sharpe <= benchmark {
            return None;
        }
        let distance = quantile(confidence) / (self.sharpe - benchmark);
        Some(1.0 + self.spread()? * distance * distance)
    }

    /// Variance of the estimate times (n − 1).
    fn spread(&self) -> Option<f64> {
        let spread = 1.0 - self.skewness * self.sharpe
            + (self.kurtosis - 1.0) / 4.0 * self.sharpe * self.sharpe;
        Some(spread).filter(|value| *value > 0.0)
    }
}

/// Trials from which a winner was chosen.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Trials {
    /// How many independent ones there were, or amount to.
    pub number: f64,
    /// Variance of their Sharpe ratios, per period.
    pub sharpe_variance: f64,
}

impl Trials {
    /// Sharpe ratio that the best of the trials is expected to show without any skill (2014, equation 1); the benchmark of the
    /// deflated Sharpe ratio. Zero for a single trial, from which nothing was chosen.
    #[must_use]
    pub fn expected_maximum(&self) -> f64 {
        self.sharpe_variance.sqrt() * expected_normal_maximum(self.number)
    }
}

/// Years of history below which the best of `trials` trials without skill is expected to reach an annualised Sharpe ratio of
/// `sharpe` (2014, "Pseudo-mathematics", theorem 3, before its upper bound); `None` unless `sharpe` is positive.
#[must_use]
pub fn minimum_backtest_years(trials: f64, sharpe: f64) -> Option<f64> {
    (sharpe > 0.0).then(|| (expected_normal_maximum(trials) / sharpe).powi(2))
}

/// Expected largest of `count` standard normal numbers, in its Euler–Mascheroni form.
fn expected_normal_maximum(count: f64) -> f64 {
    if count <= 1.0 {
        return 0.0;
    }
    // Z⁻¹[1 − p] is −Z⁻¹[p], which keeps its digits for a large count.
    let below = -quantile(1.0 / count);
    let further = -quantile(1.0 / (count * std::f64::consts::E));
    ((1.0 - EULER_MASCHERONI) * below + EULER_MASCHERONI * further).max(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;

    #[test]
    fn moments_by_hand() {
        // Mean 1, deviations −1, −1, 0, 2: squares 6, cubes 6, fourth powers 18.
        let estimate = SharpeEstimate::of(&[0.0, 0.0, 1.0, 3.0]).unwrap();
        assert_relative_eq!(estimate.sharpe, 1.0 / 2.0_f64.sqrt(), epsilon = 1e-15);
        assert_relative_eq!(estimate.skewness, 1.5 / 1.5_f64.powf(1.5), epsilon = 1e-15);
        assert_relative_eq!(estimate.kurtosis, 4.5 / 2.25, epsilon = 1e-15);
        assert_eq!(estimate.observations, 4);
    }

    #[test]
    fn without_variance_there_is_no_ratio() {
        assert_eq!(SharpeEstimate::of(&[0.1; 7]), None);
        assert_eq!(SharpeEstimate::of(&[0.0; 7]), None);
        assert_eq!(SharpeEstimate::of(&[0.1]), None);
    }

    #[test]
    fn nothing_is_chosen_from_one_trial() {
        let trials = |number| Trials {
            number,
            sharpe_variance: 0.04,
        };
        assert_eq!(trials(1.0).expected_maximum(), 0.0);
        assert!(trials(1.1).expected_maximum() >= 0.0);
        assert!(trials(100.0).expected_maximum() > trials(10.0).expected_maximum());
    }

    #[test]
    fn no_record_is_long_enough_below_the_benchmark() {
        let estimate = SharpeEstimate {
            sharpe: 0.1,
            skewness: 0.0,
            kurtosis: 3.0,
            observations: 100,
        };
        assert_eq!(estimate.minimum_track_record(0.1, 0.95), None);
        assert_eq!(minimum_backtest_years(10.0, 0.0), None);
    }

    #[test]
    fn impossible_moments_leave_it_undefined() {
        let estimate = SharpeEstimate {
            sharpe: 1.0,
            skewness: 3.0,
            kurtosis: 1.0,
            observations: 100,
        };
        assert_eq!(estimate.probabilistic(0.0), None);
        assert_eq!(estimate.minimum_track_record(0.0, 0.95), None);
    }
}
