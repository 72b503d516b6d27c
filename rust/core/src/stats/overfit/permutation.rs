//! How often a search finds as much where nothing can be found: the same search over permuted bars ([`crate::market::permuted`]).

use crate::error::{Error, Result};

/// p = (1 + #≥)/(1 + B): the share of the B + 1 searches, the real one among them, whose best is at least `observed` (Davison and
/// Hinkley 1997, section 4.2; never zero, and valid for any B).
///
/// `permuted` holds the best of each search over permuted bars, higher is better; NaN says that the search found no set with a
/// defined result, and loses.
///
/// # Errors
/// [`Error::Parameter`] when `observed` is NaN or nothing was permuted.
pub fn p_value(observed: f64, permuted: &[f64]) -> Result<f64> {
    if observed.is_nan() {
        return Err(Error::parameter("observed", observed, "a number"));
    }
    if permuted.is_empty() {
        return Err(Error::parameter(
            "permuted",
            "empty",
            "the best of at least one permuted search",
        ));
    }
    let as_good = permuted.iter().filter(|best| **best >= observed).count();
    Ok((1 + as_good) as f64 / (1 + permuted.len()) as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_real_search_counts_itself() {
        assert_eq!(p_value(2.0, &[0.0; 19]), Ok(0.05));
        assert_eq!(p_value(2.0, &[3.0, 2.0, 1.0]), Ok(0.75));
        assert_eq!(p_value(2.0, &[f64::NAN, 1.0, f64::INFINITY]), Ok(0.5));
    }

    #[test]
    fn nothing_to_compare_with_is_an_error() {
        assert!(p_value(f64::NAN, &[1.0]).is_err());
        assert!(p_value(1.0, &[]).is_err());
    }
}
