//! Runs of strategies that look at books and trades, and what they recorded.

use numpy::{IntoPyArray, PyArray1, PyReadonlyArray1};
use pyo3::prelude::*;
use pyo3::types::PyDict;
use spark_stacker_core::engine::ticks::{
    GridMaker, GridMakerSpec, Schedule, ScheduleSpec, Targets, TargetsSpec, TickRecord, TickRun,
    TickStrategy,
};
use spark_stacker_core::market::EventTape;
use spark_stacker_core::venue::{Side, Venue};
use spark_stacker_core::{Error, Result};

use super::class::{ClassStrategy, Failure};
use super::execution;
use super::rules::SetupDict;
use super::tape::PyEventTape;
use crate::columns;
use crate::errors::{to_python, without_lock};

/// What a run on ticks recorded; columns are made when asked for.
#[pyclass(name = "TickRun", module = "spark_stacker._core", frozen)]
pub struct PyTickRun {
    venue: Venue,
    record: TickRecord,
    tick_size: f64,
}

impl PyTickRun {
    fn of<S: TickStrategy>(run: &TickRun<S>, tick_size: f64) -> Self {
        Self {
            venue: run.venue().clone(),
            record: run.record().clone(),
            tick_size,
        }
    }
}

#[pymethods]
impl PyTickRun {
    /// Events that happened at the exchange.
    #[getter]
    const fn events(&self) -> u64 {
        self.record.events
    }

    /// Gaps among them.
    #[getter]
    const fn gaps(&self) -> u64 {
        self.record.gaps
    }

    /// Equity at the end, marked as at the last record or fill.
    #[getter]
    fn equity(&self) -> f64 {
        self.venue.equity()
    }

    /// Time, equity, position and middle of the book at every recording.
    fn curve<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let record = &self.record;
        let columns = PyDict::new(py);
        columns.set_item("time_ns", PyArray1::from_slice(py, &record.time_ns))?;
        columns.set_item("equity", PyArray1::from_slice(py, &record.equity))?;
        columns.set_item("position", PyArray1::from_slice(py, &record.position))?;
        let mid: Vec<f64> = record.mid.iter().map(|mid| mid * self.tick_size).collect();
        columns.set_item("mid", mid.into_pyarray(py))?;
        Ok(columns)
    }

    fn fills<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        columns::fills(py, self.venue.fills())
    }

    fn orders<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        columns::orders(py, self.venue.orders(), 0)
    }

    fn trades<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        columns::trades(py, self.venue.trades())
    }

    fn open_positions<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        columns::open_positions(py, &self.venue)
    }

    /// The circumstances of every order that the strategy sent; prices in quote currency.
    fn contexts<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        execution::contexts(py, &self.record.executions, &self.venue, &[self.tick_size])
    }

    /// The middle of the book at every fill and 1, 5 and 30 seconds after it; NaN where there is none.
    fn markouts<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        execution::markouts(py, &self.record.executions, &self.venue, &[self.tick_size])
    }
}

/// The settings of a grid market maker.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub struct GridDict {
    interval_ns: i64,
    order_size: f64,
    levels: u32,
    grid_ticks: i32,
    half_spread_ticks: f64,
    skew_ticks: f64,
    max_position: f64,
}

/// The settings of an execution schedule.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub struct ScheduleDict {
    side: String,
    size: f64,
    delay_ns: i64,
    duration_ns: i64,
    weights: Vec<f64>,
    limit_ticks: Option<i32>,
    sweep: bool,
}

/// Plays consecutive tapes of one market, each made only when the one before has been played. `feed` plays one.
fn played<S: TickStrategy>(
    tapes: &Bound<'_, PyAny>,
    setup: SetupDict<'_>,
    strategy: impl FnOnce(f64) -> PyResult<S>,
    feed: impl Fn(&mut TickRun<S>, &EventTape) -> PyResult<()>,
) -> PyResult<PyTickRun> {
    let setup = setup.into_setup()?;
    let mut tapes = tapes.try_iter()?;
    let Some(first) = tapes.next() else {
        let error = Error::parameter("tapes", "none", "at least one");
        return Err(to_python(&error));
    };
    let first = first?.cast_into::<PyEventTape>()?;
    let tick_size = first.get().tape.tick_size();
    let run = TickRun::new(strategy(tick_size)?, &setup, tick_size);
    let mut run = run.map_err(|error| to_python(&error))?;
    feed(&mut run, &first.get().tape)?;
    drop(first);
    for tape in tapes {
        let tape = tape?.cast_into::<PyEventTape>()?;
        let tape = &tape.get().tape;
        if tape.tick_size() != tick_size {
            let requirement = format!("the same for all tapes, {tick_size}");
            let error = Error::parameter("tick_size", tape.tick_size(), requirement);
            return Err(to_python(&error));
        }
        feed(&mut run, tape)?;
    }
    run.finish();
    Ok(PyTickRun::of(&run, tick_size))
}

/// The same with the lock released while a tape is played.
fn played_freely<S: TickStrategy + Send>(
    tapes: &Bound<'_, PyAny>,
    setup: SetupDict<'_>,
    strategy: Result<S>,
) -> PyResult<PyTickRun> {
    let strategy = strategy.map_err(|error| to_python(&error))?;
    let py = tapes.py();
    played(
        tapes,
        setup,
        |_| Ok(strategy),
        |run, tape| {
            without_lock(py, || {
                run.feed(tape.events());
                Ok(())
            })
        },
    )
}

/// Runs the grid market maker over consecutive tapes of one market.
#[pyfunction]
#[expect(
    clippy::needless_pass_by_value,
    reason = "arguments extracted from Python are owned"
)]
pub fn run_grid_maker(
    tapes: Bound<'_, PyAny>,
    setup: SetupDict<'_>,
    strategy: GridDict,
) -> PyResult<PyTickRun> {
    let maker = GridMaker::new(GridMakerSpec {
        interval_ns: strategy.interval_ns,
        order_size: strategy.order_size,
        levels: strategy.levels,
        grid_ticks: strategy.grid_ticks,
        half_spread_ticks: strategy.half_spread_ticks,
        skew_ticks: strategy.skew_ticks,
        max_position: strategy.max_position,
    });
    played_freely(&tapes, setup, maker)
}

/// Runs an execution schedule over consecutive tapes of one market.
#[pyfunction]
#[expect(
    clippy::needless_pass_by_value,
    reason = "arguments extracted from Python are owned"
)]
pub fn run_schedule(
    tapes: Bound<'_, PyAny>,
    setup: SetupDict<'_>,
    strategy: ScheduleDict,
) -> PyResult<PyTickRun> {
    let side = match strategy.side.as_str() {
        "buy" => Side::Buy,
        "sell" => Side::Sell,
        other => return Err(to_python(&Error::unknown("side", other, ["buy", "sell"]))),
    };
    let schedule = Schedule::new(ScheduleSpec {
        side,
        size: strategy.size,
        delay_ns: strategy.delay_ns,
        duration_ns: strategy.duration_ns,
        weights: strategy.weights,
        limit_ticks: strategy.limit_ticks,
        sweep: strategy.sweep,
    });
    played_freely(&tapes, setup, schedule)
}

/// Holds the positions that signals ask for, each from its time on.
#[pyfunction]
#[expect(
    clippy::needless_pass_by_value,
    reason = "arguments extracted from Python are owned"
)]
pub fn run_targets(
    tapes: Bound<'_, PyAny>,
    setup: SetupDict<'_>,
    time_ns: PyReadonlyArray1<'_, i64>,
    position: PyReadonlyArray1<'_, f64>,
) -> PyResult<PyTickRun> {
    let targets = Targets::new(TargetsSpec {
        time_ns: time_ns.as_slice()?.to_vec(),
        position: position.as_slice()?.to_vec(),
    });
    played_freely(&tapes, setup, targets)
}

/// Runs an object with `on_trade`, `on_book`, `on_bar`, `on_timer` and `on_fill`, those of them that it has.
#[pyfunction]
#[expect(
    clippy::needless_pass_by_value,
    reason = "arguments extracted from Python are owned"
)]
pub fn run_tick_class(
    tapes: Bound<'_, PyAny>,
    setup: SetupDict<'_>,
    strategy: Bound<'_, PyAny>,
) -> PyResult<PyTickRun> {
    let failure = Failure::default();
    let outcome = played(
        &tapes,
        setup,
        |tick_size| ClassStrategy::new(&strategy, tick_size, &failure),
        |run, tape| {
            run.feed(tape.events());
            failure.check(&strategy)
        },
    )?;
    // An answer may still have come after the last tape.
    failure.check(&strategy)?;
    Ok(outcome)
}
