//! Books as level columns: what sizes cost, checksums, and probes of recorded ones.

use numpy::{PyArray1, PyArray2, PyArrayMethods, PyReadonlyArray1};
use pyo3::prelude::*;
use pyo3::types::PyDict;
use spark_stacker_core::market::{Book, BookFilm, BookProbe, FilmRows, KrakenSpot, Walker};
use spark_stacker_core::venue::Side;

use crate::errors::{raise, without_lock};
use crate::ticks::PyEventTape;

type PyColumn<'py> = Bound<'py, PyArray1<f64>>;

/// What takers of `quantities` base units get from one side of a book: units filled, average price, worst price.
#[pyfunction]
pub fn walk_levels<'py>(
    py: Python<'py>,
    price: PyReadonlyArray1<'_, f64>,
    size: PyReadonlyArray1<'_, f64>,
    quantities: PyReadonlyArray1<'_, f64>,
) -> PyResult<(PyColumn<'py>, PyColumn<'py>, PyColumn<'py>)> {
    let (price, size) = (price.as_slice()?, size.as_slice()?);
    let quantities = quantities.as_slice()?;
    let walked = without_lock(py, || Walker::of_levels(price, size)?.walk_many(quantities))?;
    Ok((
        PyArray1::from_vec(py, walked.filled),
        PyArray1::from_vec(py, walked.average),
        PyArray1::from_vec(py, walked.worst),
    ))
}

/// Kraken's checksum of a spot book given by the ticks and sizes of its asks and bids.
#[pyfunction]
#[pyo3(signature = (ask_tick, ask_size, bid_tick, bid_size, *, tick_size, price_places, size_places))]
#[expect(
    clippy::too_many_arguments,
    reason = "one argument a column, and the market's places by name"
)]
pub fn kraken_checksum(
    py: Python<'_>,
    ask_tick: PyReadonlyArray1<'_, i32>,
    ask_size: PyReadonlyArray1<'_, f64>,
    bid_tick: PyReadonlyArray1<'_, i32>,
    bid_size: PyReadonlyArray1<'_, f64>,
    tick_size: f64,
    price_places: u32,
    size_places: u32,
) -> PyResult<u32> {
    let asks = (ask_tick.as_slice()?, ask_size.as_slice()?);
    let bids = (bid_tick.as_slice()?, bid_size.as_slice()?);
    without_lock(py, || {
        let mut book = Book::default();
        for (side, (ticks, sizes)) in [(Side::Sell, asks), (Side::Buy, bids)] {
            for (tick, size) in ticks.iter().zip(sizes) {
                book.set(side, *tick, *size);
            }
        }
        Ok(KrakenSpot::new(tick_size, price_places, size_places)?.of(&book))
    })
}

/// Follows a recorded book through consecutive tapes and notes what it shows at given times.
#[pyclass(name = "BookProbe", module = "spark_stacker._core")]
pub struct PyBookProbe {
    /// None once it has been read.
    probe: Option<BookProbe>,
}

#[pymethods]
impl PyBookProbe {
    /// `times_ns` of receipt, ascending; `sizes` in base units; `distances` from the mid price as fractions of it.
    #[new]
    #[pyo3(signature = (times_ns, *, sizes, distances))]
    fn new(times_ns: Vec<i64>, sizes: Vec<f64>, distances: Vec<f64>) -> PyResult<Self> {
        let probe = BookProbe::new(times_ns, sizes, distances);
        let probe = probe.map_err(|error| crate::errors::to_python(&error))?;
        Ok(Self { probe: Some(probe) })
    }

    /// Goes on through the events of a tape.
    fn feed(&mut self, py: Python<'_>, tape: Bound<'_, PyEventTape>) -> PyResult<()> {
        let probe = self.probe.as_mut().ok_or_else(has_been_read)?;
        let tape = &tape.get().tape;
        without_lock(py, || probe.feed(tape))
    }

    /// What was found, as columns; the probe ends.
    fn finish<'py>(&mut self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let probe = self.probe.take().ok_or_else(has_been_read)?;
        let found = without_lock(py, || Ok(probe.finish()))?;
        let columns = PyDict::new(py);
        for (name, column) in [
            ("bid", found.bid),
            ("ask", found.ask),
            ("traded", found.traded),
            ("cost", found.cost),
            ("depth", found.depth),
        ] {
            columns.set_item(name, PyArray1::from_vec(py, column))?;
        }
        Ok(columns)
    }
}

/// Follows the exchange's book through consecutive tapes and notes the depth at given times, in rows of prices.
#[pyclass(name = "BookFilm", module = "spark_stacker._core")]
pub struct PyBookFilm {
    /// None once it has been read.
    film: Option<BookFilm>,
    rows: usize,
}

#[pymethods]
impl PyBookFilm {
    /// `times_ns` of the exchange, ascending; `rows` of `row_ticks` ticks each from `first_tick` on.
    #[new]
    #[pyo3(signature = (times_ns, *, first_tick, row_ticks, rows))]
    fn new(times_ns: Vec<i64>, first_tick: i32, row_ticks: u32, rows: usize) -> PyResult<Self> {
        let shown = FilmRows {
            first_tick,
            row_ticks,
            rows,
        };
        let film = BookFilm::new(times_ns, shown);
        let film = film.map_err(|error| crate::errors::to_python(&error))?;
        Ok(Self {
            film: Some(film),
            rows,
        })
    }

    /// Goes on through the events of a tape.
    fn feed(&mut self, py: Python<'_>, tape: Bound<'_, PyEventTape>) -> PyResult<()> {
        let film = self.film.as_mut().ok_or_else(has_been_read)?;
        let tape = &tape.get().tape;
        without_lock(py, || {
            film.feed(tape);
            Ok(())
        })
    }

    /// Base units by time and row; the film ends.
    fn finish<'py>(&mut self, py: Python<'py>) -> PyResult<Bound<'py, PyArray2<f64>>> {
        let film = self.film.take().ok_or_else(has_been_read)?;
        let size = without_lock(py, || Ok(film.finish()))?;
        let times = size.len() / self.rows;
        PyArray1::from_vec(py, size).reshape([times, self.rows])
    }
}

fn has_been_read() -> PyErr {
    raise(
        "ParameterError",
        "what has been read takes no more events".to_owned(),
    )
}
