//! Daily closes of a curve.

use crate::indicators::simd::fetch_ahead;

const DAY_NS: i64 = 86_400_000_000_000;

/// Days from the one looked at to the one fetched: a day is a few steps, memory takes some hundred.
const DAYS_AHEAD: usize = 16;

/// The last equity of every UTC day that has a bar; `None` when bars are longer than a day.
pub(super) fn daily_closes(
    open_time_ns: &[i64],
    equity: &[f64],
    interval_ns: i64,
) -> Option<Vec<f64>> {
    let fetch = |row: usize| fetch_ahead(equity, row);
    last_rows(open_time_ns, interval_ns, fetch, |row| equity[row])
}

/// The row of the last bar of every UTC day that has one; `None` when bars are longer than a day.
pub(super) fn day_ends(open_time_ns: &[i64], interval_ns: i64) -> Option<Vec<usize>> {
    last_rows(open_time_ns, interval_ns, |_| (), |row| row)
}

/// What `read` gives for the last row of every day. `fetch` is told a row that will be read soon.
fn last_rows<T>(
    open_time_ns: &[i64],
    interval_ns: i64,
    fetch: impl Fn(usize),
    read: impl Fn(usize) -> T,
) -> Option<Vec<T>> {
    let bars_per_day = usize::try_from(DAY_NS / interval_ns)
        .ok()
        .filter(|bars| *bars > 0)?;
    let rows = open_time_ns.len();
    let mut found = Vec::with_capacity(rows / bars_per_day + 2);
    let mut row = 0;
    while row < rows {
        let later = row + DAYS_AHEAD * bars_per_day;
        fetch_ahead(open_time_ns, later);
        fetch(later);
        let midnight_ns = (open_time_ns[row].div_euclid(DAY_NS) + 1) * DAY_NS;
        let expected = (row + bars_per_day).min(rows);
        let next = if open_time_ns[expected - 1] < midnight_ns
            && open_time_ns
                .get(expected)
                .is_none_or(|time| *time >= midnight_ns)
        {
            expected
        } else {
            row + open_time_ns[row..].partition_point(|time| *time < midnight_ns)
        };
        found.push(read(next - 1));
        row = next;
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR_NS: i64 = DAY_NS / 24;

    #[test]
    fn a_day_closes_with_its_last_bar() {
        let times: Vec<i64> = (0..50).map(|hour| hour * HOUR_NS).collect();
        let equity: Vec<f64> = (0..50).map(f64::from).collect();
        assert_eq!(
            daily_closes(&times, &equity, HOUR_NS),
            Some(vec![23.0, 47.0, 49.0])
        );
    }

    #[test]
    fn a_start_inside_a_day_and_gaps_do_not_shift_the_closes() {
        let times: Vec<i64> = [20, 23, 24, 30, 47, 96, 97]
            .map(|hour| hour * HOUR_NS)
            .to_vec();
        let equity = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0];
        assert_eq!(
            daily_closes(&times, &equity, HOUR_NS),
            Some(vec![2.0, 5.0, 7.0])
        );
        assert_eq!(day_ends(&times, HOUR_NS), Some(vec![1, 4, 6]));
    }

    #[test]
    fn weekly_bars_have_no_daily_closes() {
        assert_eq!(daily_closes(&[0], &[1.0], 7 * DAY_NS), None);
    }
}
