//! Parameters of indicators as Python gives them.

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyFloat, PyInt, PyString};
use spark_stacker_core::indicators::ParameterValue;

/// The parameters of a dictionary, by name.
pub fn parameters_from(dict: &Bound<'_, PyDict>) -> PyResult<Vec<(String, ParameterValue)>> {
    dict.iter()
        .map(|(name, value)| {
            let value = if value.is_instance_of::<PyBool>() {
                ParameterValue::Bool(value.extract()?)
            } else if value.is_instance_of::<PyInt>() {
                ParameterValue::Integer(value.extract()?)
            } else if value.is_instance_of::<PyFloat>() {
                ParameterValue::Number(value.extract()?)
            } else if value.is_instance_of::<PyString>() {
                ParameterValue::Text(value.extract()?)
            } else {
                return Err(PyTypeError::new_err(format!(
                    "parameter {name}: {}",
                    value.get_type()
                )));
            };
            Ok((name.extract()?, value))
        })
        .collect()
}
