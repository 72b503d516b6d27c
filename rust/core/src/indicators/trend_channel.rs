//! The regression channel of `adaptive_trend_finder`: among many lengths, the line that fits log prices best.
//!
//! The windows are nested and grow by one block, so the sums of all of them are running totals over blocks. A block's sums are taken once, when its last bar
//! arrives, relative to that bar's log price, and shifted to the current one when used. Each bar costs one block and one addition a length, whatever the
//! lengths are; nothing accumulates over bars, so nothing drifts, and a window without movement has sums that are exactly zero.

/// Which lengths compete, and how wide the channel is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ChannelRule {
    /// Lengths are multiples of this many bars.
    pub step: usize,
    /// Shortest length.
    pub shortest: usize,
    /// Longest length.
    pub longest: usize,
    /// Half width of the channel in residual deviations.
    pub deviations: f64,
}

impl ChannelRule {
    /// Lengths 20 to 200 by 10, or for the long term 300 to 1200 by 50.
    #[must_use]
    pub const fn new(long_term: bool, deviations: f64) -> Self {
        let (step, shortest, longest) = if long_term {
            (50, 300, 1200)
        } else {
            (10, 20, 200)
        };
        Self {
            step,
            shortest,
            longest,
            deviations,
        }
    }
}

/// The line with the highest absolute correlation and the channel around it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Channel {
    /// Bars in its window.
    pub length: usize,
    /// Correlation of log price with time, in [−1, 1].
    pub correlation: f64,
    /// Growth of the log price a bar.
    pub slope: f64,
    /// Price of the line at the bar.
    pub midline: f64,
    /// Midline × exp(deviations · residual deviation).
    pub upper: f64,
    /// Midline ÷ the same.
    pub lower: f64,
}

/// A longer window must fit better by more than rounding can explain; else the shorter wins.
const TIE: f64 = 1e-12;

/// Most lengths a rule has.
const LENGTHS: usize = 24;

/// Log price of a bar and the sums of the block that ends there. `v` is a log price relative to this bar's, `age` counts bars back from it.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
struct Block {
    log_price: f64,
    sum: f64,
    sum_of_age_times: f64,
    sum_of_squares: f64,
}

/// What a length needs of its own: count, mean age and squared deviation of ages.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
struct Ages {
    count: f64,
    mean: f64,
    variation: f64,
}

/// Sums over a window, relative to the current log price.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
struct Sums {
    sum: f64,
    sum_of_age_times: f64,
    sum_of_squares: f64,
}

/// Prices fed one at a time, the best channel given back.
#[derive(Debug, Clone, PartialEq)]
pub struct TrendChannel {
    rule: ChannelRule,
    ages: [Ages; LENGTHS],
    /// The last bars, newest last; between one and two longest lengths, so that they stay in one piece.
    bars: Vec<Block>,
    seen: usize,
}

impl TrendChannel {
    /// No bar seen.
    #[must_use]
    pub fn new(rule: ChannelRule) -> Self {
        let mut ages = [Ages::default(); LENGTHS];
        for (block, ages) in ages.iter_mut().enumerate() {
            let count = ((block + 1) * rule.step) as f64;
            *ages = Ages {
                count,
                mean: (count - 1.0) / 2.0,
                variation: count * (count * count - 1.0) / 12.0,
            };
        }
        Self {
            rule,
            ages,
            bars: Vec::with_capacity(2 * rule.longest),
            seen: 0,
        }
    }

    /// Takes the next price (positive and finite); the channel, once the longest window is full. `None` also when no window has any movement.
    pub fn update(&mut self, price: f64) -> Option<Channel> {
        let ChannelRule { step, longest, .. } = self.rule;
        if self.bars.len() == 2 * longest {
            self.bars.copy_within(longest + 1.., 0);
            self.bars.truncate(longest - 1);
        }
        self.bars.push(Block {
            log_price: price.ln(),
            ..Block::default()
        });
        self.seen = (self.seen + 1).min(longest);
        if self.bars.len() >= step {
            self.close_block();
        }
        if self.seen < longest {
            return None;
        }
        self.best_channel(price)
    }

    /// Sums the block that ends at the newest bar.
    fn close_block(&mut self) {
        let newest = self.bars.len() - 1;
        let log_price = self.bars[newest].log_price;
        let block = &self.bars[newest + 1 - self.rule.step..];
        let mut closed = Block {
            log_price,
            ..Block::default()
        };
        let mut age = self.rule.step as f64;
        for bar in block {
            age -= 1.0;
            let v = bar.log_price - log_price;
            closed.sum += v;
            closed.sum_of_age_times += age * v;
            closed.sum_of_squares += v * v;
        }
        self.bars[newest] = closed;
    }

    /// Running totals over the blocks back from the newest bar: one window a block.
    fn windows(&self) -> [Sums; LENGTHS] {
        let step = self.rule.step;
        let block_bars = step as f64;
        let ages_in_block = block_bars * (block_bars - 1.0) / 2.0;
        let newest = self.bars.len() - 1;
        let log_price = self.bars[newest].log_price;
        let mut windows = [Sums::default(); LENGTHS];
        let mut total = Sums::default();
        let mut age = 0.0;
        for (index, window) in windows[..self.rule.longest / step].iter_mut().enumerate() {
            let block = &self.bars[newest - index * step];
            let shift = block.log_price - log_price;
            let sum = block.sum + block_bars * shift;
            total.sum += sum;
            total.sum_of_age_times += block.sum_of_age_times + ages_in_block * shift + age * sum;
            total.sum_of_squares += block.sum_of_squares + shift * (block.sum + sum);
            age += block_bars;
            *window = total;
        }
        windows
    }

    fn best_channel(&self, price: f64) -> Option<Channel> {
        let ChannelRule {
            step,
            shortest,
            longest,
            deviations,
        } = self.rule;
        let windows = self.windows();
        let mut fits = [0.0; LENGTHS];
        for ((fit, window), ages) in fits.iter_mut().zip(&windows).zip(&self.ages) {
            let (covariation, variation) = window.about_means(ages);
            *fit = covariation * covariation / (ages.variation * variation);
        }
        let mut best = None;
        let mut best_fit = f64::NEG_INFINITY;
        let competing = fits.iter().enumerate().take(longest / step);
        for (index, &fit) in competing.skip(shortest / step - 1) {
            // The fit of a window without movement is 0/0, which compares as false.
            if fit > best_fit + TIE {
                best_fit = fit;
                best = Some(index);
            }
        }
        let index = best?;
        let (window, ages) = (&windows[index], &self.ages[index]);
        let (covariation, variation) = window.about_means(ages);
        // Ages run backwards in time, hence the signs.
        let slope = -covariation / ages.variation;
        let residual = (variation - covariation * covariation / ages.variation).max(0.0);
        let half_width = deviations * (residual / (ages.count - 1.0)).sqrt();
        let midline = price * (window.sum / ages.count + slope * ages.mean).exp();
        Some(Channel {
            length: (index + 1) * step,
            correlation: (-covariation / (ages.variation * variation).sqrt()).clamp(-1.0, 1.0),
            slope,
            midline,
            upper: midline * half_width.exp(),
            lower: midline * (-half_width).exp(),
        })
    }
}

impl Sums {
    /// Σ(age − mean)(u − mean) and Σ(u − mean)².
    fn about_means(&self, ages: &Ages) -> (f64, f64) {
        let covariation = self.sum_of_age_times - ages.mean * self.sum;
        let variation = self.sum_of_squares - self.sum * self.sum / ages.count;
        (covariation, variation)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn feed(prices: impl IntoIterator<Item = f64>) -> Vec<Option<Channel>> {
        let mut channel = TrendChannel::new(ChannelRule::new(false, 2.0));
        prices.into_iter().map(|p| channel.update(p)).collect()
    }

    #[test]
    fn nothing_is_said_before_the_longest_window_is_full() {
        let channels = feed((0..201).map(|i| 100.0 + f64::from(i)));
        assert!(channels[198].is_none());
        assert!(channels[199].is_some());
    }

    #[test]
    fn on_exact_growth_all_lengths_tie_and_the_shortest_wins() {
        let channel = feed((0..500).map(|i| 100.0 * (0.01 * f64::from(i)).exp()))[499].unwrap();
        assert_eq!(channel.length, 20);
        assert!((channel.slope - 0.01).abs() < 1e-12);
        assert!((channel.correlation - 1.0).abs() < 1e-12);
        assert!((channel.midline / (100.0 * 4.99f64.exp()) - 1.0).abs() < 1e-12);
    }

    #[test]
    fn a_flat_stretch_is_skipped_and_a_market_without_movement_gives_nothing() {
        let prices = (0..300).map(|i| {
            if i < 250 {
                100.0 + f64::from(i % 7)
            } else {
                3.3
            }
        });
        assert!(feed(prices)[299].unwrap().length > 50);
        assert!(feed([42.42; 300])[299].is_none());
    }

    #[test]
    fn a_falling_market_has_negative_slope_and_correlation() {
        let channel = feed((0..300).map(|i| 100.0 * 0.99f64.powi(i)))[299].unwrap();
        assert!(channel.slope < 0.0);
        assert!(channel.correlation < -0.999);
        assert!(channel.lower <= channel.midline && channel.midline <= channel.upper);
    }

    #[test]
    fn the_channel_depends_on_its_window_only() {
        let noise = |i: usize| 100.0 + ((i * 7919) % 101) as f64 / 10.0;
        let whole = feed((0..3000).map(noise));
        let part = feed((2500..3000).map(noise));
        assert_eq!(whole[2999], part[499]);
    }
}
