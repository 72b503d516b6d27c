//! How orders were executed, as columns.

use pyo3::prelude::*;
use pyo3::types::PyDict;
use spark_stacker_core::engine::Executions;
use spark_stacker_core::venue::Venue;

use crate::columns::Columns;

/// The circumstances of every order that was sent; prices in quote currency. One tick size a market.
pub fn contexts<'py>(
    py: Python<'py>,
    executions: &Executions,
    venue: &Venue,
    tick_sizes: &[f64],
) -> PyResult<Bound<'py, PyDict>> {
    let rows = &executions.contexts;
    let orders = venue.orders();
    let tick = |id: u32| tick_sizes[usize::from(orders[id as usize].market.0)];
    let columns = Columns::new(py);
    columns.integers("order", rows, |row| i64::from(row.order.0))?;
    columns.integers("decided_ns", rows, |row| row.decided_ns)?;
    columns.optional_integers("arrived_ns", rows, |row| row.arrived_ns)?;
    columns.optional_integers("answered_ns", rows, |row| row.answered_ns)?;
    columns.numbers("decision_mid", rows, |row| {
        row.decision_mid * tick(row.order.0)
    })?;
    columns.numbers("arrival_mid", rows, |row| {
        row.arrival_mid * tick(row.order.0)
    })?;
    columns.numbers("queue_ahead", rows, |row| row.queue_ahead)?;
    Ok(columns.into_dict())
}

/// The middle of the book at every fill and 1, 5 and 30 seconds after it; NaN where there is none.
pub fn markouts<'py>(
    py: Python<'py>,
    executions: &Executions,
    venue: &Venue,
    tick_sizes: &[f64],
) -> PyResult<Bound<'py, PyDict>> {
    let rows: Vec<_> = executions.markouts.iter().zip(venue.fills()).collect();
    let tick = |market: u16| tick_sizes[usize::from(market)];
    let columns = Columns::new(py);
    columns.numbers("mid", &rows, |(row, fill)| row.mid * tick(fill.market.0))?;
    for (place, name) in ["mid_1s", "mid_5s", "mid_30s"].into_iter().enumerate() {
        columns.numbers(name, &rows, |(row, fill)| {
            row.later[place] * tick(fill.market.0)
        })?;
    }
    Ok(columns.into_dict())
}
