//! A genetic search for one goal: tournaments, uniform crossover, mutation and an elite that lives on.

use super::breeding::{Breeding, BreedingRules, check_nothing_asked, check_told, joined};
use crate::error::{Error, Result};

/// Proposes sets a generation at a time and learns from their scores; no set is proposed twice.
///
/// ```
/// use spark_stacker_core::sweep::{BreedingRules, Genetic};
/// let rules = BreedingRules {
///     population_size: 10,
///     generations: 20,
///     tournament_size: 3,
///     crossover_rate: 0.8,
///     mutation_rate: None,
///     seed: 7,
/// };
/// let mut search = Genetic::new(&[30, 30], &rules, 2, None)?;
/// let mut best = 0.0_f64;
/// loop {
///     let digits = search.ask()?;
///     if digits.is_empty() {
///         break;
///     }
///     let score = |set: &[u32]| f64::from(set[0]) - (f64::from(set[1]) - 12.0).abs();
///     let scores: Vec<f64> = digits.chunks(2).map(score).collect();
///     best = scores.iter().copied().fold(best, f64::max);
///     search.tell(&scores)?;
/// }
/// assert!(best > 24.0, "{best} of 29");
/// # Ok::<(), spark_stacker_core::Error>(())
/// ```
#[derive(Debug)]
pub struct Genetic {
    breeding: Breeding,
    rules: BreedingRules,
    elite: usize,
    stagnation: Option<usize>,
    /// Best first.
    population: Vec<Member>,
    asked: Vec<Box<[u32]>>,
    generation: usize,
    /// The best score so far, which without an elite no member may have any more.
    best: Option<f64>,
    generations_without_gain: usize,
}

#[derive(Debug)]
struct Member {
    set: Box<[u32]>,
    score: f64,
}

impl Genetic {
    /// A search over axes of these lengths. The best `elite` sets of a generation stay among the parents of the next; after `stagnation` generations without a better set it ends.
    ///
    /// # Errors
    /// When a rule cannot be, or the elite would leave no room for children.
    pub fn new(
        lengths: &[usize],
        rules: &BreedingRules,
        elite: usize,
        stagnation: Option<usize>,
    ) -> Result<Self> {
        let breeding = Breeding::new(lengths, rules)?;
        if elite >= rules.population_size {
            let requirement = format!("below the population_size {}", rules.population_size);
            return Err(Error::parameter("elite", elite, requirement));
        }
        if stagnation == Some(0) {
            return Err(Error::parameter("stagnation", 0, "at least 1"));
        }
        Ok(Self {
            breeding,
            rules: rules.clone(),
            elite,
            stagnation,
            population: Vec::new(),
            asked: Vec::new(),
            generation: 0,
            best: None,
            generations_without_gain: 0,
        })
    }

    /// Digits of a set.
    #[must_use]
    pub const fn width(&self) -> usize {
        self.breeding.width()
    }

    /// Digits of the next generation's new sets, one after another; none when the search has ended.
    ///
    /// # Errors
    /// When the scores of the last ones have not been told.
    pub fn ask(&mut self) -> Result<Vec<u32>> {
        check_nothing_asked(self.asked.len())?;
        if self.has_ended() {
            return Ok(Vec::new());
        }
        self.asked = if self.population.is_empty() {
            self.breeding.random_sets(self.rules.population_size)
        } else {
            let children = self.rules.population_size - self.elite;
            (0..children).map_while(|_| self.child()).collect()
        };
        Ok(joined(&self.asked))
    }

    /// Takes the scores of the sets that were asked for, in their order. Higher is better, NaN is worst.
    ///
    /// # Errors
    /// When there are not as many.
    pub fn tell(&mut self, scores: &[f64]) -> Result<()> {
        check_told(scores.len(), self.asked.len())?;
        self.population.truncate(self.elite);
        let children = self.asked.drain(..).zip(scores);
        self.population.extend(children.map(|(set, score)| Member {
            set,
            score: if score.is_nan() {
                f64::NEG_INFINITY
            } else {
                *score
            },
        }));
        // Stable, so that of equals the elder stays in front.
        self.population.sort_by(|a, b| b.score.total_cmp(&a.score));
        let leader = self.population[0].score;
        if self.best.is_none_or(|best| leader > best) {
            self.best = Some(leader);
            self.generations_without_gain = 0;
        } else {
            self.generations_without_gain += 1;
        }
        self.generation += 1;
        Ok(())
    }

    fn has_ended(&self) -> bool {
        let stagnates = |limit| self.generations_without_gain >= limit;
        self.generation >= self.rules.generations || self.stagnation.is_some_and(stagnates)
    }

    fn child(&mut self) -> Option<Box<[u32]>> {
        let (one, other) = (self.parent(), self.parent());
        let population = &self.population;
        self.breeding
            .child(&population[one].set, &population[other].set)
    }

    /// The best of a tournament. The population stands in order, so that is the lowest place.
    fn parent(&mut self) -> usize {
        let places = (0..self.rules.tournament_size)
            .map(|_| self.breeding.draw.below(self.population.len()));
        places.min().expect("a tournament has at least one place")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    fn rules(population_size: usize, generations: usize) -> BreedingRules {
        BreedingRules {
            population_size,
            generations,
            tournament_size: 3,
            crossover_rate: 0.8,
            mutation_rate: None,
            seed: 3,
        }
    }

    fn run(search: &mut Genetic, score: impl Fn(&[u32]) -> f64) -> Vec<Vec<Vec<u32>>> {
        let mut generations = Vec::new();
        loop {
            let digits = search.ask().unwrap();
            if digits.is_empty() {
                return generations;
            }
            let sets: Vec<Vec<u32>> = digits.chunks(search.width()).map(<[u32]>::to_vec).collect();
            let scores: Vec<f64> = sets.iter().map(|set| score(set)).collect();
            search.tell(&scores).unwrap();
            generations.push(sets);
        }
    }

    #[test]
    fn no_set_is_proposed_twice_and_a_small_space_is_searched_whole() {
        let mut search = Genetic::new(&[3, 4, 2], &rules(6, 50), 1, None).unwrap();
        let sets: Vec<_> = run(&mut search, |set| f64::from(set[0])).concat();
        assert_eq!(sets.len(), 24);
        assert_eq!(sets.iter().collect::<HashSet<_>>().len(), 24);
    }

    #[test]
    fn later_generations_are_better_than_chance() {
        let mut search = Genetic::new(&[100, 100, 100], &rules(20, 10), 2, None).unwrap();
        let score = |set: &[u32]| {
            -set.iter()
                .map(|digit| (f64::from(*digit) - 70.0).abs())
                .sum::<f64>()
        };
        let generations = run(&mut search, score);
        let best = |sets: &[Vec<u32>]| {
            sets.iter()
                .map(|set| score(set))
                .fold(f64::NEG_INFINITY, f64::max)
        };
        assert_eq!(
            generations.iter().map(Vec::len).collect::<Vec<_>>(),
            [&[20][..], &[18; 9]].concat()
        );
        assert!(best(&generations[9]) > best(&generations[0]) + 10.0);
    }

    #[test]
    fn equal_seeds_propose_equal_sets() {
        let propose = || {
            run(
                &mut Genetic::new(&[9, 9], &rules(8, 4), 2, None).unwrap(),
                |set| f64::from(set[1]),
            )
        };
        assert_eq!(propose(), propose());
    }

    #[test]
    fn a_search_that_stagnates_ends() {
        let mut search = Genetic::new(&[1000, 1000], &rules(10, 100), 2, Some(3)).unwrap();
        assert_eq!(run(&mut search, |_| 1.0).len(), 4);
    }

    #[test]
    fn without_an_elite_a_search_stagnates_by_the_best_it_ever_had() {
        let mut search = Genetic::new(&[1000, 1000], &rules(2, 100), 0, Some(3)).unwrap();
        for scores in [[9.0, 0.0], [1.0, 0.0], [2.0, 0.0], [3.0, 0.0]] {
            assert!(!search.ask().unwrap().is_empty());
            search.tell(&scores).unwrap();
        }
        assert!(search.ask().unwrap().is_empty());
    }

    #[test]
    fn undefined_scores_lose() {
        let mut search = Genetic::new(&[50, 50], &rules(10, 2), 1, None).unwrap();
        let digits = search.ask().unwrap();
        let mut scores = vec![f64::NAN; 10];
        scores[4] = -5.0;
        search.tell(&scores).unwrap();
        assert_eq!(&*search.population[0].set, &digits[8..10]);
    }

    #[test]
    fn misuse_is_told() {
        let mut search = Genetic::new(&[50], &rules(10, 2), 1, None).unwrap();
        search.ask().unwrap();
        assert!(search.ask().is_err());
        assert_eq!(
            search.tell(&[1.0]).unwrap_err().to_string(),
            "column scores has 1 rows, expected 10"
        );
        assert!(Genetic::new(&[], &rules(10, 2), 1, None).is_err());
        assert!(Genetic::new(&[5, 0], &rules(10, 2), 1, None).is_err());
        assert!(Genetic::new(&[5], &rules(10, 2), 10, None).is_err());
        assert!(Genetic::new(&[5], &rules(1, 2), 0, None).is_err());
    }
}
