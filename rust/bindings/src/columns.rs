//! What a simulation recorded, as dictionaries of columns.

use numpy::ndarray::Array2;
use numpy::{Element, IntoPyArray};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyString};
use spark_stacker_core::engine::RefusedEntry;
use spark_stacker_core::ledger::Trade;
use spark_stacker_core::venue::{Fill, OrderKind, OrderRecord, Quantity, Venue};

use crate::names;

/// Columns under construction.
pub struct Columns<'py>(Bound<'py, PyDict>);

impl<'py> Columns<'py> {
    pub fn new(py: Python<'py>) -> Self {
        Self(PyDict::new(py))
    }

    /// The finished columns.
    pub fn into_dict(self) -> Bound<'py, PyDict> {
        self.0
    }

    pub fn numbers<T>(&self, name: &str, rows: &[T], value: impl Fn(&T) -> f64) -> PyResult<()> {
        let values: Vec<f64> = rows.iter().map(value).collect();
        self.0.set_item(name, values.into_pyarray(self.0.py()))
    }

    pub fn integers<T>(&self, name: &str, rows: &[T], value: impl Fn(&T) -> i64) -> PyResult<()> {
        let values: Vec<i64> = rows.iter().map(value).collect();
        self.0.set_item(name, values.into_pyarray(self.0.py()))
    }

    /// Several columns of numbers in one walk over the rows and in one piece of memory.
    pub fn block<T, E: Element + Copy + Default, const N: usize>(
        &self,
        names: [&str; N],
        rows: &[T],
        values: impl Fn(&T) -> [E; N],
    ) -> PyResult<()> {
        let mut block = Array2::from_elem((N, rows.len()), E::default());
        for (mut cells, row) in block.columns_mut().into_iter().zip(rows) {
            for (cell, value) in cells.iter_mut().zip(values(row)) {
                *cell = value;
            }
        }
        let block = block.into_pyarray(self.0.py());
        for (place, name) in names.into_iter().enumerate() {
            self.0.set_item(name, block.get_item(place)?)?;
        }
        Ok(())
    }

    /// A table has few different words: each becomes a Python string once.
    pub fn words<T>(
        &self,
        name: &str,
        rows: &[T],
        value: impl Fn(&T) -> Option<&'static str>,
    ) -> PyResult<()> {
        let py = self.0.py();
        if let Some((first, others)) = rows.split_first() {
            let first = value(first);
            if others.iter().all(|row| value(row) == first) {
                return self.same(name, first, rows.len());
            }
        }
        let mut known: Vec<(&'static str, Bound<'py, PyString>)> = Vec::new();
        let words = rows.iter().map(|row| {
            value(row).map(|word| {
                if let Some((_, made)) = known.iter().find(|(text, _)| std::ptr::eq(*text, word)) {
                    return made.clone();
                }
                let made = PyString::new(py, word);
                known.push((word, made.clone()));
                made
            })
        });
        self.0.set_item(name, PyList::new(py, words)?)
    }

    pub fn optional_integers<T>(
        &self,
        name: &str,
        rows: &[T],
        value: impl Fn(&T) -> Option<i64>,
    ) -> PyResult<()> {
        self.0
            .set_item(name, PyList::new(self.0.py(), rows.iter().map(value))?)
    }

    pub fn optional<T>(
        &self,
        name: &str,
        rows: &[T],
        value: impl Fn(&T) -> Option<f64>,
    ) -> PyResult<()> {
        if rows.iter().all(|row| value(row).is_none()) {
            return self.same(name, None::<f64>, rows.len());
        }
        self.0
            .set_item(name, PyList::new(self.0.py(), rows.iter().map(value))?)
    }

    /// A column of one value, which Python repeats at once: a call for each row takes as long as all numbers of a row.
    fn same(&self, name: &str, value: Option<impl IntoPyObject<'py>>, rows: usize) -> PyResult<()> {
        let one = PyList::new(self.0.py(), [value])?;
        self.0.set_item(name, one.as_sequence().repeat(rows)?)
    }
}

pub fn fills<'py>(py: Python<'py>, rows: &[Fill]) -> PyResult<Bound<'py, PyDict>> {
    let columns = Columns::new(py);
    columns.integers("order", rows, |fill| i64::from(fill.order.0))?;
    columns.integers("account", rows, |fill| i64::from(fill.account.0))?;
    columns.integers("market", rows, |fill| i64::from(fill.market.0))?;
    columns.integers("strategy", rows, |fill| i64::from(fill.strategy))?;
    columns.words("side", rows, |fill| Some(names::side(fill.side)))?;
    columns.numbers("quantity", rows, |fill| fill.quantity)?;
    columns.numbers("price", rows, |fill| fill.price)?;
    columns.numbers("fee", rows, |fill| fill.fee)?;
    columns.words("liquidity", rows, |fill| {
        Some(names::liquidity(fill.liquidity))
    })?;
    columns.integers("time_ns", rows, |fill| fill.time_ns)?;
    columns.words("purpose", rows, |fill| Some(names::purpose(fill.purpose)))?;
    Ok(columns.0)
}

pub fn trades<'py>(py: Python<'py>, rows: &[Trade]) -> PyResult<Bound<'py, PyDict>> {
    let columns = Columns::new(py);
    columns.block(["account", "market", "strategy"], rows, |trade| {
        [
            i64::from(trade.account.0),
            i64::from(trade.market.0),
            i64::from(trade.strategy),
        ]
    })?;
    columns.words("side", rows, |trade| Some(names::holding(trade.side)))?;
    columns.block(["entry_time_ns", "exit_time_ns"], rows, |trade| {
        [trade.entry_time_ns, trade.exit_time_ns]
    })?;
    let numbers = [
        "quantity",
        "entry_price",
        "exit_price",
        "gross_profit",
        "fees",
        "funding",
        "profit",
        "max_adverse_fraction",
        "max_favourable_fraction",
    ];
    columns.block(numbers, rows, |trade| {
        [
            trade.quantity,
            trade.entry_price,
            trade.exit_price,
            trade.gross_profit,
            trade.fees,
            trade.funding,
            trade.profit,
            trade.max_adverse_fraction,
            trade.max_favourable_fraction,
        ]
    })?;
    columns.optional("initial_stop", rows, |trade| trade.initial_stop)?;
    columns.words("exit_purpose", rows, |trade| {
        Some(names::purpose(trade.exit_purpose))
    })?;
    Ok(columns.0)
}

pub fn orders<'py>(
    py: Python<'py>,
    rows: &[OrderRecord],
    first: usize,
) -> PyResult<Bound<'py, PyDict>> {
    let columns = Columns::new(py);
    let ids: Vec<usize> = (first..first + rows.len()).collect();
    columns.0.set_item("order", ids.into_pyarray(py))?;
    columns.integers("account", rows, |order| i64::from(order.account.0))?;
    columns.integers("market", rows, |order| i64::from(order.market.0))?;
    columns.integers("strategy", rows, |order| i64::from(order.strategy))?;
    columns.words("side", rows, |order| Some(names::side(order.side)))?;
    columns.words("kind", rows, |order| Some(names::kind(&order.kind)))?;
    columns.optional("quantity", rows, |order| match order.quantity {
        Quantity::Base(units) => Some(units),
        _ => None,
    })?;
    columns.optional("quote_quantity", rows, |order| match order.quantity {
        Quantity::Quote(value) => Some(value),
        _ => None,
    })?;
    columns.optional("price", rows, |order| match order.kind {
        OrderKind::Limit { price }
        | OrderKind::StopLimit { price, .. }
        | OrderKind::TakeProfit { price } => Some(price),
        _ => None,
    })?;
    columns.optional("trigger", rows, |order| match order.kind {
        OrderKind::Stop { trigger } | OrderKind::StopLimit { trigger, .. } => Some(trigger),
        _ => None,
    })?;
    columns.words("state", rows, |order| Some(names::state(order.state)))?;
    columns.words("reason", rows, |order| names::reason(order.reason))?;
    columns.words("purpose", rows, |order| Some(names::purpose(order.purpose)))?;
    columns.integers("submitted_ns", rows, |order| order.submitted_ns)?;
    let ended: Vec<Option<i64>> = rows.iter().map(OrderRecord::ended_ns).collect();
    columns.0.set_item("ended_ns", ended)?;
    columns.numbers("filled_quantity", rows, |order| order.filled_quantity)?;
    columns.optional("average_price", rows, |order| {
        (order.filled_quantity > 0.0).then_some(order.average_price)
    })?;
    Ok(columns.0)
}

pub fn open_positions<'py>(py: Python<'py>, venue: &Venue) -> PyResult<Bound<'py, PyDict>> {
    let rows: Vec<_> = venue.ledger().open_positions().collect();
    let columns = Columns::new(py);
    columns.integers("account", &rows, |(account, ..)| i64::from(account.0))?;
    columns.integers("market", &rows, |(_, market, _)| i64::from(market.0))?;
    columns.integers("strategy", &rows, |(.., held)| i64::from(held.strategy))?;
    columns.words("side", &rows, |(.., held)| held.side().map(names::holding))?;
    columns.numbers("quantity", &rows, |(.., held)| held.quantity.abs())?;
    columns.numbers("entry_price", &rows, |(.., held)| held.entry_price)?;
    columns.integers("entry_time_ns", &rows, |(.., held)| held.opened_ns)?;
    columns.numbers("leverage", &rows, |(.., held)| held.leverage)?;
    columns.numbers("margin", &rows, |(.., held)| held.margin)?;
    let mark = |market| venue.ledger().mark(market);
    columns.numbers("mark_price", &rows, |(_, market, _)| mark(*market))?;
    columns.numbers("unrealised_profit", &rows, |(_, market, held)| {
        held.unrealised(mark(*market))
    })?;
    columns.optional("liquidation_price", &rows, |(account, market, _)| {
        venue.liquidation_level(*account, *market)
    })?;
    columns.optional("stop_price", &rows, |(account, market, _)| {
        venue.stop_price(*account, *market)
    })?;
    columns.optional("target_price", &rows, |(account, market, _)| {
        venue.target_price(*account, *market)
    })?;
    Ok(columns.0)
}

pub fn refused<'py>(py: Python<'py>, rows: &[RefusedEntry]) -> PyResult<Bound<'py, PyDict>> {
    let columns = Columns::new(py);
    columns.integers("time_ns", rows, |entry| entry.time_ns)?;
    columns.integers("strategy", rows, |entry| i64::from(entry.strategy))?;
    columns.integers("market", rows, |entry| i64::from(entry.market.0))?;
    columns.words("direction", rows, |entry| {
        Some(names::direction(entry.direction))
    })?;
    columns.words("rule", rows, |entry| Some(entry.refusal.rule))?;
    columns.numbers("limit", rows, |entry| entry.refusal.limit)?;
    columns.numbers("value", rows, |entry| entry.refusal.value)?;
    Ok(columns.0)
}
