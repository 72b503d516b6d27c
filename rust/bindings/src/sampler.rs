//! Genetic searches that are asked for sets and told their scores.

use numpy::{
    IntoPyArray, PyArray2, PyArrayMethods, PyReadonlyArray1, PyReadonlyArray2,
    PyUntypedArrayMethods,
};
use pyo3::prelude::*;
use spark_stacker_core::Error;
use spark_stacker_core::sweep::{BreedingRules, Genetic, Nsga};

use crate::errors::to_python;

/// A genetic search for one goal.
#[pyclass(name = "Genetic", module = "spark_stacker._core")]
pub struct PyGenetic {
    search: Genetic,
}

#[pymethods]
impl PyGenetic {
    #[new]
    #[pyo3(signature = (lengths, *, population_size, generations, tournament_size, crossover_rate, mutation_rate, elite, stagnation, seed))]
    #[expect(clippy::too_many_arguments, reason = "the rules, each by name")]
    fn new(
        lengths: Vec<usize>,
        population_size: usize,
        generations: usize,
        tournament_size: usize,
        crossover_rate: f64,
        mutation_rate: Option<f64>,
        elite: usize,
        stagnation: Option<usize>,
        seed: u64,
    ) -> PyResult<Self> {
        let rules = BreedingRules {
            population_size,
            generations,
            tournament_size,
            crossover_rate,
            mutation_rate,
            seed,
        };
        let search = Genetic::new(&lengths, &rules, elite, stagnation);
        Ok(Self {
            search: search.map_err(|error| to_python(&error))?,
        })
    }

    fn ask<'py>(&mut self, py: Python<'py>) -> PyResult<Bound<'py, PyArray2<u32>>> {
        let digits = self.search.ask().map_err(|error| to_python(&error))?;
        rows(py, digits, self.search.width())
    }

    fn tell(&mut self, scores: PyReadonlyArray1<'_, f64>) -> PyResult<()> {
        let told = self.search.tell(scores.as_slice()?);
        told.map_err(|error| to_python(&error))
    }
}

/// A genetic search for several goals at once.
#[pyclass(name = "Nsga", module = "spark_stacker._core")]
pub struct PyNsga {
    search: Nsga,
}

#[pymethods]
impl PyNsga {
    #[new]
    #[pyo3(signature = (lengths, *, goals, population_size, generations, tournament_size, crossover_rate, mutation_rate, seed))]
    #[expect(clippy::too_many_arguments, reason = "the rules, each by name")]
    fn new(
        lengths: Vec<usize>,
        goals: usize,
        population_size: usize,
        generations: usize,
        tournament_size: usize,
        crossover_rate: f64,
        mutation_rate: Option<f64>,
        seed: u64,
    ) -> PyResult<Self> {
        let rules = BreedingRules {
            population_size,
            generations,
            tournament_size,
            crossover_rate,
            mutation_rate,
            seed,
        };
        let search = Nsga::new(&lengths, &rules, goals);
        Ok(Self {
            search: search.map_err(|error| to_python(&error))?,
        })
    }

    fn ask<'py>(&mut self, py: Python<'py>) -> PyResult<Bound<'py, PyArray2<u32>>> {
        let digits = self.search.ask().map_err(|error| to_python(&error))?;
        rows(py, digits, self.search.width())
    }

    fn tell(&mut self, scores: PyReadonlyArray2<'_, f64>) -> PyResult<()> {
        if scores.shape()[1] != self.search.goals() || !scores.is_c_contiguous() {
            return Err(to_python(&Error::parameter(
                "scores",
                format!("of shape {:?}", scores.shape()),
                format!("C-contiguous, of shape (sets, {})", self.search.goals()),
            )));
        }
        let told = self.search.tell(scores.as_slice()?);
        told.map_err(|error| to_python(&error))
    }
}

/// Digits as an array of `width` columns.
fn rows(py: Python<'_>, digits: Vec<u32>, width: usize) -> PyResult<Bound<'_, PyArray2<u32>>> {
    let shape = [digits.len() / width, width];
    digits.into_pyarray(py).reshape(shape)
}
