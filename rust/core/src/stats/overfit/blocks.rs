//! What cross-validation needs of the returns of a set: count, sum and sum of squares of each block of time.

use crate::error::{Error, Result};

/// Blocks that the cross-validation of the papers uses, and the most it can take.
pub const BLOCKS: usize = 16;

/// Count, Σr and Σr² of a block.
pub type BlockSum = [f64; 3];

/// First row of block `block` of `blocks`; of block number `blocks` it is the end. Blocks differ by one row at most.
#[must_use]
pub const fn block_start(rows: usize, blocks: usize, block: usize) -> usize {
    rows * block / blocks
}

/// Sums of consecutive blocks of nearly equal length.
///
/// # Errors
/// [`Error`] when there are fewer returns than blocks, or one is not finite.
pub fn block_sums(returns: &[f64], blocks: usize) -> Result<Vec<BlockSum>> {
    check_blocks(blocks)?;
    let rows = returns.len();
    if rows < blocks {
        return Err(Error::parameter(
            "returns",
            format!("{rows} values"),
            format!("one for each of {blocks} blocks"),
        ));
    }
    if let Some(row) = returns.iter().position(|value| !value.is_finite()) {
        return Err(Error::data(
            "returns",
            row,
            returns[row],
            "return must be finite",
        ));
    }
    let sums = (0..blocks).map(|block| {
        let values =
            &returns[block_start(rows, blocks, block)..block_start(rows, blocks, block + 1)];
        let squares = values.iter().map(|value| value * value).sum();
        [values.len() as f64, values.iter().sum(), squares]
    });
    Ok(sums.collect())
}

/// Checks that the blocks can be halved.
pub(super) fn check_blocks(blocks: usize) -> Result<()> {
    if (2..=BLOCKS).contains(&blocks) && blocks.is_multiple_of(2) {
        return Ok(());
    }
    Err(Error::parameter(
        "blocks",
        blocks,
        format!("even, from 2 to {BLOCKS}"),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_cover_every_row_once() {
        let returns: Vec<f64> = (0..37).map(f64::from).collect();
        let sums = block_sums(&returns, 16).unwrap();
        assert!(sums.iter().all(|sum| sum[0] == 2.0 || sum[0] == 3.0));
        let total = |part: usize| sums.iter().map(|sum| sum[part]).sum::<f64>();
        assert_eq!((total(0), total(1), total(2)), (37.0, 666.0, 16_206.0));
        assert_eq!(sums[0], [2.0, 1.0, 1.0]);
    }

    #[test]
    fn what_cannot_be_halved_or_filled_is_refused() {
        let message =
            |returns: &[f64], blocks| block_sums(returns, blocks).unwrap_err().to_string();
        assert_eq!(
            message(&[0.0; 9], 3),
            "blocks must be even, from 2 to 16, was 3"
        );
        assert_eq!(
            message(&[0.0; 3], 4),
            "returns must be one for each of 4 blocks, was 3 values"
        );
        assert_eq!(
            message(&[0.0, f64::NAN], 2),
            "column returns, row 1: return must be finite, was NaN"
        );
    }
}
