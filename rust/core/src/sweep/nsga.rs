//! A genetic search for several goals at once: NSGA-II (Deb et al. 2002).

use std::cmp::Ordering;

use super::breeding::{Breeding, BreedingRules, check_nothing_asked, check_told, joined};
use crate::error::{Error, Result};

/// Proposes sets a generation at a time; those that no other beats in every goal lead. No set is proposed twice.
#[derive(Debug)]
pub struct Nsga {
    breeding: Breeding,
    rules: BreedingRules,
    goals: usize,
    population: Vec<Member>,
    asked: Vec<Box<[u32]>>,
    generation: usize,
}

#[derive(Debug, Clone)]
struct Member {
    set: Box<[u32]>,
    scores: Vec<f64>,
    /// Fronts that dominate it.
    rank: usize,
    /// How far its neighbours in its front are.
    crowding: f64,
}

impl Nsga {
    /// A search over axes of these lengths for so many goals.
    ///
    /// # Errors
    /// When a rule cannot be, or there is no goal.
    pub fn new(lengths: &[usize], rules: &BreedingRules, goals: usize) -> Result<Self> {
        if goals == 0 {
            return Err(Error::parameter("goals", 0, "at least 1"));
        }
        Ok(Self {
            breeding: Breeding::new(lengths, rules)?,
            rules: rules.clone(),
            goals,
            population: Vec::new(),
            asked: Vec::new(),
            generation: 0,
        })
    }

    /// Digits of a set.
    #[must_use]
    pub const fn width(&self) -> usize {
        self.breeding.width()
    }

    /// Scores of a set.
    #[must_use]
    pub const fn goals(&self) -> usize {
        self.goals
    }

    /// Digits of the next generation's sets, one after another; none when the search has ended.
    ///
    /// # Errors
    /// When the scores of the last ones have not been told.
    pub fn ask(&mut self) -> Result<Vec<u32>> {
        check_nothing_asked(self.asked.len())?;
        if self.generation >= self.rules.generations {
            return Ok(Vec::new());
        }
        let size = self.rules.population_size;
        self.asked = if self.population.is_empty() {
            self.breeding.random_sets(size)
        } else {
            (0..size).map_while(|_| self.child()).collect()
        };
        Ok(joined(&self.asked))
    }

    /// Takes the scores of the sets that were asked for, set by set. Higher is better; a set with a NaN is worst in every goal.
    ///
    /// # Errors
    /// When there are not as many.
    pub fn tell(&mut self, scores: &[f64]) -> Result<()> {
        check_told(scores.len(), self.asked.len() * self.goals)?;
        let children = self.asked.drain(..).zip(scores.chunks_exact(self.goals));
        self.population.extend(children.map(|(set, scores)| Member {
            set,
            scores: if scores.iter().any(|score| score.is_nan()) {
                vec![f64::NEG_INFINITY; scores.len()]
            } else {
                scores.to_vec()
            },
            rank: 0,
            crowding: 0.0,
        }));
        rank(&mut self.population);
        self.population.sort_by(leads);
        self.population.truncate(self.rules.population_size);
        self.generation += 1;
        Ok(())
    }

    fn child(&mut self) -> Option<Box<[u32]>> {
        let (one, other) = (self.parent(), self.parent());
        let population = &self.population;
        self.breeding
            .child(&population[one].set, &population[other].set)
    }

    /// The winner of a tournament. The population stands in order, so that is the lowest place.
    fn parent(&mut self) -> usize {
        let places = (0..self.rules.tournament_size)
            .map(|_| self.breeding.draw.below(self.population.len()));
        places.min().expect("a tournament has at least one place")
    }
}

/// The crowded comparison: the better front first, within it the lonelier.
fn leads(a: &Member, b: &Member) -> Ordering {
    a.rank.cmp(&b.rank).then(b.crowding.total_cmp(&a.crowding))
}

/// Whether `a` is no worse in any goal and better in one.
fn dominates(a: &Member, b: &Member) -> bool {
    let mut pairs = a.scores.iter().zip(&b.scores);
    pairs.clone().all(|(a, b)| a >= b) && pairs.any(|(a, b)| a > b)
}

/// Sorts members into fronts, each of those that only earlier fronts dominate.
fn rank(members: &mut [Member]) {
    let beaten_by = |member: &Member| {
        members
            .iter()
            .filter(|other| dominates(other, member))
            .count()
    };
    let mut dominators: Vec<usize> = members.iter().map(beaten_by).collect();
    let mut front: Vec<usize> = (0..members.len())
        .filter(|index| dominators[*index] == 0)
        .collect();
    let mut rank = 0;
    while !front.is_empty() {
        crowd(members, &front);
        let mut next = Vec::new();
        for &index in &front {
            members[index].rank = rank;
            for other in 0..members.len() {
                if dominates(&members[index], &members[other]) {
                    dominators[other] -= 1;
                    if dominators[other] == 0 {
                        next.push(other);
                    }
                }
            }
        }
        next.sort_unstable();
        front = next;
        rank += 1;
    }
}

/// Measures how far the neighbours of each member of a front are, as the share of each goal's range; the ends are infinitely lonely.
fn crowd(members: &mut [Member], front: &[usize]) {
    for &index in front {
        members[index].crowding = 0.0;
    }
    for goal in 0..members[front[0]].scores.len() {
        let mut order = front.to_vec();
        order.sort_by(|a, b| members[*a].scores[goal].total_cmp(&members[*b].scores[goal]));
        let (first, last) = (order[0], order[order.len() - 1]);
        let range = members[last].scores[goal] - members[first].scores[goal];
        members[first].crowding = f64::INFINITY;
        members[last].crowding = f64::INFINITY;
        if !(range.is_finite() && range > 0.0) {
            continue;
        }
        for places in order.windows(3) {
            let gap = members[places[2]].scores[goal] - members[places[0]].scores[goal];
            members[places[1]].crowding += gap / range;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(scores: &[f64]) -> Member {
        Member {
            set: Box::default(),
            scores: scores.to_vec(),
            rank: 9,
            crowding: -1.0,
        }
    }

    #[test]
    fn fronts_and_crowding_of_a_hand_made_population() {
        let scores = [
            [1.0, 5.0],
            [2.0, 3.0],
            [4.0, 1.0],
            [1.0, 3.0],
            [0.0, 0.0],
            [3.0, 2.0],
        ];
        let mut members: Vec<_> = scores.iter().map(|scores| member(scores)).collect();
        rank(&mut members);
        let ranks: Vec<_> = members.iter().map(|member| member.rank).collect();
        assert_eq!(ranks, [0, 0, 0, 1, 2, 0]);
        assert_eq!(members[0].crowding, f64::INFINITY);
        assert_eq!(members[2].crowding, f64::INFINITY);
        // Neighbours (1, 5) and (3, 2) in ranges of 3 and 4.
        assert_eq!(members[1].crowding, 2.0 / 3.0 + 3.0 / 4.0);
        assert_eq!(members[5].crowding, 2.0 / 3.0 + 2.0 / 4.0);
    }

    #[test]
    fn the_population_nears_the_front_of_two_goals_at_odds() {
        let rules = BreedingRules {
            population_size: 20,
            generations: 25,
            tournament_size: 2,
            crossover_rate: 0.9,
            mutation_rate: None,
            seed: 5,
        };
        let mut search = Nsga::new(&[41, 41], &rules, 2).unwrap();
        // Schaffer's problem with a second digit that only harms: the front is the first digit from 10 to 30 with the second at 20.
        let scores = |set: &[u32]| {
            let (x, harm) = (f64::from(set[0]), (f64::from(set[1]) - 20.0).abs());
            [-(x - 10.0).powi(2) - harm, -(x - 30.0).powi(2) - harm]
        };
        loop {
            let digits = search.ask().unwrap();
            if digits.is_empty() {
                break;
            }
            let told: Vec<f64> = digits.chunks(2).flat_map(scores).collect();
            search.tell(&told).unwrap();
        }
        let on_front = |member: &&Member| (10..=30).contains(&member.set[0]) && member.set[1] == 20;
        let found = search.population.iter().filter(on_front).count();
        assert!(found >= 16, "{found} of 20");
    }

    #[test]
    fn a_set_with_an_undefined_score_is_dominated_by_all_others() {
        let rules = BreedingRules {
            population_size: 4,
            generations: 2,
            tournament_size: 2,
            crossover_rate: 0.9,
            mutation_rate: None,
            seed: 1,
        };
        let mut search = Nsga::new(&[100], &rules, 2).unwrap();
        let asked = search.ask().unwrap();
        search
            .tell(&[9.0, f64::NAN, 1.0, 1.0, 2.0, 0.0, 0.0, -3.0])
            .unwrap();
        assert_eq!(&*search.population[3].set, &asked[..1]);
        assert!(search.tell(&[1.0]).is_err());
        assert!(Nsga::new(&[100], &rules, 0).is_err());
    }
}
