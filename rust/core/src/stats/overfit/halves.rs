//! Sharpe ratios of sets over every half of the blocks, from tables of sums over the subsets of a few blocks, shown to the winners of the
//! splits.

#![expect(
    clippy::inline_always,
    reason = "what runs inside the dispatch is compiled for the wider processor only when inlined into it"
)]

use super::blocks::BLOCKS;
use super::cross_validation::SetBlocks;
use super::splits::Winner;
use crate::indicators::simd::{Work, dispatch};

/// Blocks in a group, and subsets of them.
const GROUP: usize = 4;
const SUBSETS: usize = 1 << GROUP;
const GROUPS: usize = BLOCKS / GROUP;
/// Subsets of the two groups that a task fixes.
pub(super) const LEFT: u32 = 1 << (2 * GROUP);
/// What is done with the winner of a half: it meets the ratios that choose and those that judge.
pub(super) type Visit = fn(&mut Winner, &[f64], &[f64]);

/// All splits that have the same lower half of blocks.
pub(super) struct Task {
    left: u32,
    /// The upper halves, each with the winners of the split and of its complement.
    rights: Vec<u32>,
    pub winners: Vec<[Winner; 2]>,
}

impl Task {
    pub fn new(left: u32, blocks: usize) -> Self {
        let all = all_of(blocks);
        let is_half = |right: &u32| {
            let mask = left | right << (2 * GROUP);
            mask & !all == 0 && mask.count_ones() as usize == blocks / 2
        };
        let rights: Vec<u32> = (0..LEFT).filter(is_half).collect();
        Self {
            left,
            winners: vec![<[Winner; 2]>::default(); rights.len()],
            rights,
        }
    }
}

/// The mask of all blocks.
const fn all_of(blocks: usize) -> u32 {
    u32::MAX >> (u32::BITS as usize - blocks)
}

/// Sums over every subset of each group of blocks: a column of sets for each of count, Σr and Σr².
pub(super) struct Tables {
    sets: usize,
    blocks: usize,
    columns: Vec<f64>,
}

/// The three columns of one subset.
#[derive(Clone, Copy)]
struct Columns<'a> {
    count: &'a [f64],
    sum: &'a [f64],
    squares: &'a [f64],
}

impl Tables {
    pub fn new(data: &SetBlocks<'_>) -> Self {
        let sets = data.sets;
        let mut columns = vec![0.0; GROUPS * SUBSETS * 3 * sets];
        for (table, rows) in columns.chunks_exact_mut(3 * sets).enumerate() {
            let (group, subset) = (table / SUBSETS, table % SUBSETS);
            for block in (group * GROUP..data.blocks.min((group + 1) * GROUP))
                .filter(|block| subset >> (block % GROUP) & 1 == 1)
            {
                for (part, column) in rows.chunks_exact_mut(sets).enumerate() {
                    for (set, total) in column.iter_mut().enumerate() {
                        *total += data.sums[(set * data.blocks + block) * 3 + part];
                    }
                }
            }
        }
        Self {
            sets,
            blocks: data.blocks,
            columns,
        }
    }

    fn subset(&self, group: usize, mask: u32) -> Columns<'_> {
        let subset = mask as usize >> (group * GROUP) & (SUBSETS - 1);
        let start = (group * SUBSETS + subset) * 3 * self.sets;
        Columns::of(&self.columns[start..start + 3 * self.sets], self.sets)
    }

    /// Shows the winners of a task's splits the Sharpe ratios of these sets.
    pub fn visit(&self, task: &mut Task, visit: Visit) {
        if task.rights.is_empty() {
            return;
        }
        let all = all_of(self.blocks);
        let mut scratch = Scratch::new(self.sets);
        for (totals, mask) in scratch.left.iter_mut().zip([task.left, all & !task.left]) {
            dispatch(Add(totals, self.subset(0, mask), self.subset(1, mask)));
        }
        for (right, winners) in task.rights.iter().zip(&mut task.winners) {
            let mask = task.left | right << (2 * GROUP);
            for (side, mask) in [mask, all & !mask].into_iter().enumerate() {
                dispatch(Sharpes {
                    ratios: &mut scratch.sharpes[side],
                    parts: [
                        Columns::of(&scratch.left[side], self.sets),
                        self.subset(2, mask),
                        self.subset(3, mask),
                    ],
                });
            }
            let [one, two] = &scratch.sharpes;
            visit(&mut winners[0], one, two);
            visit(&mut winners[1], two, one);
        }
    }
}

impl<'a> Columns<'a> {
    fn of(rows: &'a [f64], sets: usize) -> Self {
        let (count, rest) = rows.split_at(sets);
        let (sum, squares) = rest.split_at(sets);
        Self {
            count,
            sum,
            squares,
        }
    }
}

struct Scratch {
    /// Sums over the left half of the blocks, for a split and its complement.
    left: [Vec<f64>; 2],
    sharpes: [Vec<f64>; 2],
}

impl Scratch {
    fn new(sets: usize) -> Self {
        Self {
            left: [vec![0.0; 3 * sets], vec![0.0; 3 * sets]],
            sharpes: [vec![0.0; sets], vec![0.0; sets]],
        }
    }
}

/// Writes the sums of two subsets, three columns one after another.
struct Add<'a>(&'a mut [f64], Columns<'a>, Columns<'a>);

impl Work for Add<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self(totals, one, two) = self;
        let sets = one.count.len();
        for (total, (x, y)) in totals.chunks_exact_mut(sets).zip([
            (one.count, two.count),
            (one.sum, two.sum),
            (one.squares, two.squares),
        ]) {
            for (total, (x, y)) in total.iter_mut().zip(x.iter().zip(y)) {
                *total = x + y;
            }
        }
    }
}

/// Writes the Sharpe ratio of every set over the sum of three parts; −∞ where it is undefined, so that it loses.
struct Sharpes<'a> {
    ratios: &'a mut [f64],
    parts: [Columns<'a>; 3],
}

impl Work for Sharpes<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let sets = self.ratios.len();
        let [a, b, c] = self.parts.map(|part| Columns {
            count: &part.count[..sets],
            sum: &part.sum[..sets],
            squares: &part.squares[..sets],
        });
        for set in 0..sets {
            let n = a.count[set] + b.count[set] + c.count[set];
            let sum = a.sum[set] + b.sum[set] + c.sum[set];
            let squares = a.squares[set] + b.squares[set] + c.squares[set];
            // n·Σ(r − r̄)², and mean over deviation by it in one division.
            let spread = n * squares - sum * sum;
            let ratio = sum * ((n - 1.0) / (n * spread)).sqrt();
            // `varies` of this module's parent, without its branch; a single return has no spread either.
            self.ratios[set] = if spread > 1e-14 * (n * squares) {
                ratio
            } else {
                f64::NEG_INFINITY
            };
        }
    }
}
