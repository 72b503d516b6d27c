//! One-dimensional k-means with three clusters over a sliding window.
//!
//! The window is kept sorted, so a cluster is a run of it: an iteration is two binary searches and three differences of prefix sums instead of a pass over all values.

use std::collections::VecDeque;

/// Where the centroids start, as fractions of the window's range, and how long they move.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct KMeansRule {
    /// Values in the window.
    pub window: usize,
    /// Start of the low, middle and high centroid: minimum + range · fraction, ascending.
    pub start_fractions: [f64; 3],
    /// Most rounds of assigning and moving.
    pub max_iterations: usize,
}

/// The cluster of a window's newest value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cluster {
    /// 0 low, 1 middle, 2 high.
    pub index: usize,
    /// Its centroid.
    pub centroid: f64,
}

/// The last values of a series, clustered whenever one arrives.
#[derive(Debug, Clone, PartialEq)]
pub struct SlidingKMeans {
    rule: KMeansRule,
    arrivals: VecDeque<f64>,
    sorted: Vec<f64>,
    /// `prefix_sums[i]` is the sum of the `i` lowest values.
    prefix_sums: Vec<f64>,
}

impl SlidingKMeans {
    /// An empty window.
    #[must_use]
    pub fn new(rule: KMeansRule) -> Self {
        Self {
            rule,
            arrivals: VecDeque::with_capacity(rule.window),
            sorted: Vec::with_capacity(rule.window),
            prefix_sums: vec![0.0; rule.window + 1],
        }
    }

    /// Takes the next value; its cluster, once the window is full.
    pub fn update(&mut self, value: f64) -> Option<Cluster> {
        let place = self.sorted.partition_point(|&x| x < value);
        if self.arrivals.len() == self.rule.window {
            let oldest = self.arrivals.pop_front().expect("a window is never empty");
            let gap = self.sorted.partition_point(|&x| x < oldest);
            if gap < place {
                self.sorted.copy_within(gap + 1..place, gap);
                self.sorted[place - 1] = value;
            } else {
                self.sorted.copy_within(place..gap, place + 1);
                self.sorted[place] = value;
            }
        } else {
            self.sorted.insert(place, value);
        }
        self.arrivals.push_back(value);
        (self.sorted.len() == self.rule.window).then(|| self.cluster(value))
    }

    /// Assign, stop if nothing changed, move; a value as near to two centroids belongs to the lower, an empty cluster stays where it is.
    fn cluster(&mut self, value: f64) -> Cluster {
        let sorted = &self.sorted;
        let mut sum = 0.0;
        for (prefix, x) in self.prefix_sums[1..].iter_mut().zip(sorted) {
            sum += x;
            *prefix = sum;
        }
        let lowest = sorted[0];
        let range = sorted[sorted.len() - 1] - lowest;
        let mut centroids = self.rule.start_fractions.map(|f| lowest + range * f);
        let mut ends = None;
        for _ in 0..self.rule.max_iterations {
            let assigned = cluster_ends(sorted, centroids);
            if ends == Some(assigned) {
                break;
            }
            ends = Some(assigned);
            let bounds = [0, assigned[0], assigned[1], sorted.len()];
            for (cluster, centroid) in centroids.iter_mut().enumerate() {
                let (from, to) = (bounds[cluster], bounds[cluster + 1]);
                if from < to {
                    *centroid =
                        (self.prefix_sums[to] - self.prefix_sums[from]) / (to - from) as f64;
                }
            }
        }
        let [low_end, middle_end] = ends.expect("at least one iteration is required");
        let place = sorted.partition_point(|&x| x < value);
        let index = usize::from(place >= low_end) + usize::from(place >= middle_end);
        Cluster {
            index,
            centroid: centroids[index],
        }
    }
}

/// Where the low and the middle cluster end in the sorted values.
fn cluster_ends(sorted: &[f64], [low, middle, high]: [f64; 3]) -> [usize; 2] {
    let is_low = |x: f64| {
        let distance = (x - low).abs();
        distance <= (x - middle).abs() && distance <= (x - high).abs()
    };
    let is_not_high = |x: f64| (x - low).abs().min((x - middle).abs()) <= (x - high).abs();
    let low_end = sorted.partition_point(|&x| is_low(x));
    let middle_end = low_end + sorted[low_end..].partition_point(|&x| is_not_high(x));
    [low_end, middle_end]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(window: usize) -> KMeansRule {
        KMeansRule {
            window,
            start_fractions: [0.25, 0.5, 0.75],
            max_iterations: 10,
        }
    }

    fn last(values: &[f64]) -> Option<Cluster> {
        let mut window = SlidingKMeans::new(rule(values.len()));
        values.iter().map(|&x| window.update(x)).last().flatten()
    }

    #[test]
    fn three_groups_are_found_and_the_newest_value_is_placed() {
        let found = last(&[1.0, 9.0, 5.0, 1.2, 5.2, 9.2, 1.1]).unwrap();
        assert_eq!(found.index, 0);
        assert!((found.centroid - 1.1).abs() < 1e-15);
        assert_eq!(last(&[1.0, 9.0, 5.0, 5.4]).unwrap().index, 1);
        assert_eq!(last(&[1.0, 5.0, 9.0]).unwrap().index, 2);
    }

    #[test]
    fn a_value_between_two_centroids_goes_to_the_lower() {
        // Centroids start at 1, 2, 3. 1.5 is as far from 1 as from 2, so the low cluster is {0, 1.5}.
        let mut window = SlidingKMeans::new(KMeansRule {
            max_iterations: 1,
            ..rule(4)
        });
        let found = [0.0, 4.0, 2.0, 1.5].map(|x| window.update(x))[3].unwrap();
        let expected = Cluster {
            index: 0,
            centroid: 0.75,
        };
        assert_eq!(found, expected);
    }

    #[test]
    fn equal_values_all_belong_to_the_low_cluster() {
        assert_eq!(
            last(&[2.0; 8]).unwrap(),
            Cluster {
                index: 0,
                centroid: 2.0
            }
        );
    }

    #[test]
    fn an_empty_cluster_keeps_its_centroid() {
        // Two groups only: the middle centroid stays at 5, so 10 is high by itself.
        let found = last(&[0.0, 0.5, 10.0]).unwrap();
        assert_eq!(
            found,
            Cluster {
                index: 2,
                centroid: 10.0
            }
        );
    }

    #[test]
    fn the_window_forgets_what_left_it() {
        let mut window = SlidingKMeans::new(rule(5));
        let values = [7.0, 3.0, 3.0, 9.0, 1.0, 4.0, 4.0, 8.0, 2.0, 6.0, 5.0];
        for (row, &value) in values.iter().enumerate() {
            let found = window.update(value);
            let expected = (row >= 4).then(|| last(&values[row - 4..=row]).unwrap());
            assert_eq!(found, expected, "row {row}");
        }
    }
}
