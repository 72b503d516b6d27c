//! Summaries of a window: its mean, its trend, its spread. Where the price stands still all three are exact.

use super::window::Summary;

/// The mean.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Mean;

impl Summary<1, 1> for Mean {
    #[inline(always)]
    fn of_rows([values]: [&[f64]; 1], [mean]: [&mut [f64]; 1]) {
        mean.copy_from_slice(values);
    }

    #[inline(always)]
    fn join([newer]: [&[f64]; 1], [older]: [&[f64]; 1], _: f64, [mean]: [&mut [f64]; 1]) {
        for (mean, (newer, older)) in mean.iter_mut().zip(newer.iter().zip(older)) {
            // Halving is exact, and so is the mean of two equal prices.
            *mean = 0.5 * (newer + older);
        }
    }

    #[inline(always)]
    fn append([oldest]: [&[f64]; 1], size: f64, [mean]: [&mut [f64]; 1]) {
        let weight = 1.0 / (size + 1.0);
        for (mean, oldest) in mean.iter_mut().zip(oldest) {
            *mean = weight.mul_add(oldest - *mean, *mean);
        }
    }
}

/// The mean, and the sum of each value times its age, the age being counted from the middle of the window.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Trend;

impl Summary<1, 2> for Trend {
    #[inline(always)]
    fn of_rows(values: [&[f64]; 1], [mean, moment]: [&mut [f64]; 2]) {
        Mean::of_rows(values, [mean]);
        moment.fill(0.0);
    }

    /// The middles of the runs lie `size` apart, and `size / 2` is what the difference of their means counts for.
    #[inline(always)]
    fn join(newer: [&[f64]; 2], older: [&[f64]; 2], size: f64, [mean, moment]: [&mut [f64]; 2]) {
        let lever = 0.5 * size * size;
        let means = newer[0].iter().zip(older[0]);
        let moments = newer[1].iter().zip(older[1]);
        for (moment, (means, moments)) in moment.iter_mut().zip(means.zip(moments)) {
            *moment = lever.mul_add(means.1 - means.0, moments.0 + moments.1);
        }
        Mean::join([newer[0]], [older[0]], size, [mean]);
    }

    #[inline(always)]
    fn append(oldest: [&[f64]; 2], size: f64, [mean, moment]: [&mut [f64]; 2]) {
        let lever = 0.5 * size;
        for (moment, (mean, oldest)) in moment.iter_mut().zip(mean.iter().zip(oldest[0])) {
            *moment = lever.mul_add(oldest - mean, *moment);
        }
        Mean::append([oldest[0]], size, [mean]);
    }
}

/// The mean, and the sum of squared deviations from it, which is never negative.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Spread;

impl Summary<1, 2> for Spread {
    #[inline(always)]
    fn of_rows(values: [&[f64]; 1], [mean, squares]: [&mut [f64]; 2]) {
        Mean::of_rows(values, [mean]);
        squares.fill(0.0);
    }

    /// Chan, Golub and LeVeque, "Updating formulae and a pairwise algorithm for computing sample variances" (1979).
    #[inline(always)]
    fn join(newer: [&[f64]; 2], older: [&[f64]; 2], size: f64, [mean, squares]: [&mut [f64]; 2]) {
        let weight = 0.5 * size;
        let means = newer[0].iter().zip(older[0]);
        let both = newer[1].iter().zip(older[1]);
        for (squares, (means, both)) in squares.iter_mut().zip(means.zip(both)) {
            let apart = means.1 - means.0;
            *squares = (weight * apart).mul_add(apart, both.0 + both.1);
        }
        Mean::join([newer[0]], [older[0]], size, [mean]);
    }

    #[inline(always)]
    fn append(oldest: [&[f64]; 2], size: f64, [mean, squares]: [&mut [f64]; 2]) {
        let weight = size / (size + 1.0);
        for (squares, (mean, oldest)) in squares.iter_mut().zip(mean.iter().zip(oldest[0])) {
            let apart = oldest - mean;
            *squares = (weight * apart).mul_add(apart, *squares);
        }
        Mean::append([oldest[0]], size, [mean]);
    }
}
