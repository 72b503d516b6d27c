//! Core errors become exceptions of `spark_stacker.errors`, here and nowhere else.

use std::panic::{AssertUnwindSafe, catch_unwind};

use pyo3::prelude::*;
use pyo3::types::PyModule;
use spark_stacker_core::Error;

/// The Python exception of a core error.
pub fn to_python(error: &Error) -> PyErr {
    let class = match error {
        Error::Parameter { .. } | Error::Unknown { .. } => "ParameterError",
        Error::Data { .. } | Error::Length { .. } => "DataError",
    };
    raise(class, error.to_string())
}

/// Runs core code with the lock released; errors and panics come back as our own exceptions.
pub fn without_lock<T: Send>(
    py: Python<'_>,
    work: impl FnOnce() -> Result<T, Error> + Send,
) -> PyResult<T> {
    match py.detach(|| catch_unwind(AssertUnwindSafe(work))) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(to_python(&error)),
        Err(panic) => {
            let message = panic
                .downcast_ref::<&str>()
                .map(ToString::to_string)
                .or_else(|| panic.downcast_ref::<String>().cloned())
                .unwrap_or_else(|| "panic without a message".to_owned());
            Err(raise("InternalError", message))
        }
    }
}

/// An exception of `spark_stacker.errors` by its name.
pub fn raise(class: &str, message: String) -> PyErr {
    Python::attach(|py| {
        let exception = PyModule::import(py, "spark_stacker.errors")
            .and_then(|module| module.getattr(class))
            .and_then(|class| class.call1((message,)));
        match exception {
            Ok(value) => PyErr::from_value(value),
            Err(error) => error,
        }
    })
}
