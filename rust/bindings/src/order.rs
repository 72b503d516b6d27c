//! The properties of an order as Python writes them.

use pyo3::prelude::*;
use spark_stacker_core::Error;
use spark_stacker_core::venue::{OrderKind, Quantity, Side, TimeInForce};

use crate::errors::to_python;

/// How much, in the unit named.
pub fn quantity_of(quantity: Option<f64>, unit: &str) -> PyResult<Quantity> {
    match unit {
        "position" => Ok(Quantity::Position),
        "base" => needed("quantity", quantity).map(Quantity::Base),
        "quote" => needed("quantity", quantity).map(Quantity::Quote),
        other => Err(unknown("unit", other, &["base", "quote", "position"])),
    }
}

/// Price conditions; each kind needs its own prices.
pub fn order_kind(
    kind: &str,
    price: Option<f64>,
    trigger: Option<f64>,
    distance_fraction: Option<f64>,
) -> PyResult<OrderKind> {
    Ok(match kind {
        "market" => OrderKind::Market,
        "limit" => OrderKind::Limit {
            price: needed("price", price)?,
        },
        "stop" => OrderKind::Stop {
            trigger: needed("trigger", trigger)?,
        },
        "stop_limit" => OrderKind::StopLimit {
            trigger: needed("trigger", trigger)?,
            price: needed("price", price)?,
        },
        "take_profit" => OrderKind::TakeProfit {
            price: needed("price", price)?,
        },
        "trailing_stop" => OrderKind::TrailingStop {
            distance_fraction: needed("distance_fraction", distance_fraction)?,
        },
        other => {
            let known = [
                "market",
                "limit",
                "stop",
                "stop_limit",
                "take_profit",
                "trailing_stop",
            ];
            return Err(unknown("order type", other, &known));
        }
    })
}

/// How long the order stands; `gtd` needs its date.
pub fn time_in_force_of(name: &str, expires_ns: Option<i64>) -> PyResult<TimeInForce> {
    Ok(match (name, expires_ns) {
        ("gtc", _) => TimeInForce::GoodTilCancelled,
        ("ioc", _) => TimeInForce::ImmediateOrCancel,
        ("fok", _) => TimeInForce::FillOrKill,
        ("gtd", Some(ns)) => TimeInForce::GoodTilDate(ns),
        ("gtd", None) => {
            return Err(to_python(&Error::parameter(
                "expires",
                "missing",
                "given with GTD",
            )));
        }
        (other, _) => {
            return Err(unknown(
                "time in force",
                other,
                &["gtc", "ioc", "fok", "gtd"],
            ));
        }
    })
}

/// Buy or sell.
pub fn side_of(name: &str) -> PyResult<Side> {
    match name {
        "buy" => Ok(Side::Buy),
        "sell" => Ok(Side::Sell),
        other => Err(unknown("side", other, &["buy", "sell"])),
    }
}

fn needed(name: &str, value: Option<f64>) -> PyResult<f64> {
    value.ok_or_else(|| to_python(&Error::parameter(name, "missing", "given for this order")))
}

fn unknown(kind: &str, name: &str, known: &[&str]) -> PyErr {
    to_python(&Error::unknown(kind, name, known.iter().copied()))
}
