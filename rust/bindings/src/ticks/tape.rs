//! Event columns, copied once into the core.

use numpy::{PyArray1, PyReadonlyArray1};
use pyo3::prelude::*;
use pyo3::types::PyDict;
use spark_stacker_core::market::{Book, Crossings, EventColumns, EventTape};
use spark_stacker_core::venue::Side;

use crate::errors::without_lock;

/// Events of one market inside the core: checked and ordered by both clocks.
#[pyclass(name = "EventTape", module = "spark_stacker._core", frozen)]
pub struct PyEventTape {
    pub tape: EventTape,
}

#[pymethods]
impl PyEventTape {
    #[new]
    #[pyo3(signature = (exchange_ns, local_ns, kind, side, price, size, last, *, tick_size))]
    #[expect(
        clippy::too_many_arguments,
        reason = "one argument a column, as an event has"
    )]
    fn new(
        py: Python<'_>,
        exchange_ns: PyReadonlyArray1<'_, i64>,
        local_ns: PyReadonlyArray1<'_, i64>,
        kind: PyReadonlyArray1<'_, u8>,
        side: PyReadonlyArray1<'_, i8>,
        price: PyReadonlyArray1<'_, f64>,
        size: PyReadonlyArray1<'_, f64>,
        last: PyReadonlyArray1<'_, bool>,
        tick_size: f64,
    ) -> PyResult<Self> {
        let columns = EventColumns {
            exchange_ns: exchange_ns.as_slice()?,
            local_ns: local_ns.as_slice()?,
            kind: kind.as_slice()?,
            side: side.as_slice()?,
            price: price.as_slice()?,
            size: size.as_slice()?,
            last: last.as_slice()?,
        };
        let tape = without_lock(py, || EventTape::new(&columns, tick_size))?;
        Ok(Self { tape })
    }

    fn __len__(&self) -> usize {
        self.tape.events().len()
    }

    /// Quote currency a tick.
    #[getter]
    fn tick_size(&self) -> f64 {
        self.tape.tick_size()
    }

    /// Levels of the book left out, beyond 2³¹ ticks.
    #[getter]
    fn left_out(&self) -> usize {
        self.tape.left_out()
    }

    /// Messages that leave the book crossed, and the row of the first.
    fn crossings(&self, py: Python<'_>) -> PyResult<(usize, Option<usize>)> {
        let found = without_lock(py, || Ok(Crossings::of(&self.tape)))?;
        Ok((found.messages, found.first_row))
    }

    /// The book as it was received by each of `times_ns` (ascending): up to `levels` a side, one row a level.
    fn book_samples<'py>(
        &self,
        py: Python<'py>,
        times_ns: PyReadonlyArray1<'_, i64>,
        levels: usize,
    ) -> PyResult<Bound<'py, PyDict>> {
        let times = times_ns.as_slice()?;
        let samples = without_lock(py, || Ok(sample(&self.tape, times, levels)))?;
        let columns = PyDict::new(py);
        columns.set_item("time_ns", PyArray1::from_vec(py, samples.time_ns))?;
        columns.set_item("side", PyArray1::from_vec(py, samples.side))?;
        columns.set_item("level", PyArray1::from_vec(py, samples.level))?;
        columns.set_item("price", PyArray1::from_vec(py, samples.price))?;
        columns.set_item("size", PyArray1::from_vec(py, samples.size))?;
        Ok(columns)
    }
}

#[derive(Default)]
struct Samples {
    time_ns: Vec<i64>,
    side: Vec<i8>,
    level: Vec<i64>,
    price: Vec<f64>,
    size: Vec<f64>,
}

fn sample(tape: &EventTape, times_ns: &[i64], levels: usize) -> Samples {
    let mut samples = Samples::default();
    let mut book = Book::default();
    let mut received = tape.events().iter().filter(|event| event.is_at_local());
    let mut next = received.next();
    for &time_ns in times_ns {
        while let Some(event) = next.filter(|event| event.local_ns <= time_ns) {
            book.apply(event);
            next = received.next();
        }
        for (side, sign) in [(Side::Buy, 1), (Side::Sell, -1)] {
            for (level, (tick, size)) in (0_i64..).zip(book.levels(side)).take(levels) {
                samples.time_ns.push(time_ns);
                samples.side.push(sign);
                samples.level.push(level);
                samples.price.push(f64::from(tick) * tape.tick_size());
                samples.size.push(size);
            }
        }
    }
    samples
}
