//! The plan of a portfolio: a dictionary made by `spark_stacker.config` becomes the core's specification.

use pyo3::prelude::*;
use pyo3::types::PyDict;
use spark_stacker_core::indicators::IndicatorSpec;
use spark_stacker_core::market::{Instrument, Interval, MarginTier, MarketType};
use spark_stacker_core::plan::{
    AllowedSide, Edge, HedgeSpec, IndicatorUse, LimitSpec, MarketSpec, PortfolioSpec, SignalSource,
    Sizing, SizingMethod, StrategySpec,
};
use spark_stacker_core::signals::SignalMode;
use spark_stacker_core::venue::{MarginMode, SlippageModel, VenueRules};
use spark_stacker_core::{Error, Result as CoreResult};

use crate::errors::to_python;
use crate::impact::ImpactDict;
use crate::indicator::parameters_from;

/// A checked plan: venue, markets, limits and strategies.
#[pyclass(name = "Portfolio", module = "spark_stacker._core", frozen)]
pub struct PyPortfolio {
    pub spec: PortfolioSpec,
}

#[pymethods]
impl PyPortfolio {
    #[new]
    fn new(plan: PlanDict<'_>) -> PyResult<Self> {
        let spec = plan.into_spec()?;
        spec.check().map_err(|error| to_python(&error))?;
        Ok(Self { spec })
    }
}

#[derive(FromPyObject)]
#[pyo3(from_item_all)]
struct PlanDict<'py> {
    initial_balance: f64,
    venue: VenueDict<'py>,
    markets: Vec<MarketDict<'py>>,
    limits: LimitsDict,
    strategies: Vec<StrategyDict<'py>>,
}

/// Fees and rules of the venue.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub struct VenueDict<'py> {
    maker_fee_rate: f64,
    taker_fee_rate: f64,
    liquidation_fee_rate: f64,
    fee_in_base: bool,
    fill_on_touch: bool,
    margin_mode: String,
    seed: u64,
    slippage: Bound<'py, PyDict>,
}

#[derive(FromPyObject)]
#[pyo3(from_item_all)]
struct MarketDict<'py> {
    symbol: String,
    interval_ns: i64,
    instrument: Option<InstrumentDict>,
    impact: Option<ImpactDict<'py>>,
}

/// Steps and limits of a market.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub struct InstrumentDict {
    market_type: String,
    tick_size: Option<f64>,
    lot_size: Option<f64>,
    min_quantity: Option<f64>,
    min_notional: Option<f64>,
    margin_tiers: Vec<TierDict>,
}

#[derive(FromPyObject)]
#[pyo3(from_item_all)]
struct TierDict {
    min_notional: f64,
    maintenance_rate: f64,
    deduction: f64,
    max_leverage: f64,
}

#[derive(FromPyObject)]
#[pyo3(from_item_all)]
struct LimitsDict {
    max_parallel_trades: Option<u32>,
    max_exposure_pct: Option<f64>,
    max_market_exposure_pct: Option<f64>,
    max_daily_loss_pct: Option<f64>,
    max_drawdown_pct: Option<f64>,
    close_on_breach: bool,
}

#[derive(FromPyObject)]
#[pyo3(from_item_all)]
struct StrategyDict<'py> {
    name: String,
    market: usize,
    timeframe_ns: i64,
    indicators: Vec<IndicatorDict<'py>>,
    signal_mode: String,
    min_confidence: f64,
    side: String,
    exit_on_opposite: bool,
    max_entries: u32,
    sizing: Bound<'py, PyDict>,
    leverage: f64,
    stop_loss_pct: Option<f64>,
    take_profit_pct: Option<f64>,
    trailing_stop_pct: Option<f64>,
    break_even_pct: Option<f64>,
    max_holding_ns: Option<i64>,
    hedge: Option<HedgeDict>,
}

#[derive(FromPyObject)]
#[pyo3(from_item_all)]
struct IndicatorDict<'py> {
    name: String,
    r#type: Option<String>,
    parameters: Bound<'py, PyDict>,
    timeframe_ns: i64,
    weight: f64,
    signal_ttl: u32,
}

#[derive(FromPyObject)]
#[pyo3(from_item_all)]
struct HedgeDict {
    ratio: f64,
    leverage: f64,
    net_stop_loss_pct: Option<f64>,
    reduce_at_pct: Option<f64>,
    reduce_by_pct: f64,
    keep_on_reversal: bool,
}

impl PlanDict<'_> {
    fn into_spec(self) -> PyResult<PortfolioSpec> {
        let limits = self.limits;
        Ok(PortfolioSpec {
            initial_balance: self.initial_balance,
            venue: self.venue.into_rules()?,
            markets: self
                .markets
                .into_iter()
                .map(MarketDict::into_spec)
                .collect::<PyResult<_>>()?,
            limits: LimitSpec {
                max_parallel_trades: limits.max_parallel_trades,
                max_exposure_pct: limits.max_exposure_pct,
                max_market_exposure_pct: limits.max_market_exposure_pct,
                max_daily_loss_pct: limits.max_daily_loss_pct,
                max_drawdown_pct: limits.max_drawdown_pct,
                close_on_breach: limits.close_on_breach,
            },
            strategies: self
                .strategies
                .into_iter()
                .map(StrategyDict::into_spec)
                .collect::<PyResult<_>>()?,
        })
    }
}

impl VenueDict<'_> {
    pub fn into_rules(self) -> PyResult<VenueRules> {
        Ok(VenueRules {
            maker_fee_rate: self.maker_fee_rate,
            taker_fee_rate: self.taker_fee_rate,
            liquidation_fee_rate: self.liquidation_fee_rate,
            fee_in_base: self.fee_in_base,
            slippage: slippage(&self.slippage)?,
            margin_mode: named("venue.margin_mode", &self.margin_mode, MarginMode::NAMES)?,
            fill_on_touch: self.fill_on_touch,
            seed: self.seed,
        })
    }
}

impl MarketDict<'_> {
    fn into_spec(self) -> PyResult<MarketSpec> {
        let instrument = self.instrument.map(InstrumentDict::into_instrument);
        let mut instrument = instrument.transpose()?;
        if let Some(impact) = self.impact {
            instrument.get_or_insert_default().impact = Some(impact.into_model()?);
        }
        Ok(MarketSpec {
            symbol: self.symbol,
            interval: interval(self.interval_ns)?,
            instrument,
        })
    }
}

impl InstrumentDict {
    pub fn into_instrument(self) -> PyResult<Instrument> {
        let tier = |tier: TierDict| MarginTier {
            min_notional: tier.min_notional,
            maintenance_rate: tier.maintenance_rate,
            deduction: tier.deduction,
            max_leverage: tier.max_leverage,
        };
        Ok(Instrument {
            market_type: named(
                "market_type",
                &self.market_type,
                &[("margin", MarketType::Margin), ("spot", MarketType::Spot)],
            )?,
            tick_size: self.tick_size,
            lot_size: self.lot_size,
            min_quantity: self.min_quantity,
            min_notional: self.min_notional,
            margin_tiers: self.margin_tiers.into_iter().map(tier).collect(),
            impact: None,
        })
    }
}

impl StrategyDict<'_> {
    fn into_spec(self) -> PyResult<StrategySpec> {
        Ok(StrategySpec {
            name: self.name,
            market: self.market,
            timeframe: interval(self.timeframe_ns)?,
            indicators: self
                .indicators
                .into_iter()
                .map(IndicatorDict::into_use)
                .collect::<PyResult<_>>()?,
            signal_mode: named("signal_mode", &self.signal_mode, SignalMode::NAMES)?,
            min_confidence: self.min_confidence,
            side: named("side", &self.side, AllowedSide::NAMES)?,
            exit_on_opposite: self.exit_on_opposite,
            max_entries: self.max_entries,
            sizing: sizing(&self.sizing)?,
            leverage: self.leverage,
            stop_loss_pct: self.stop_loss_pct,
            take_profit_pct: self.take_profit_pct,
            trailing_stop_pct: self.trailing_stop_pct,
            break_even_pct: self.break_even_pct,
            max_holding_ns: self.max_holding_ns,
            hedge: self.hedge.map(|hedge| HedgeSpec {
                ratio: hedge.ratio,
                leverage: hedge.leverage,
                net_stop_loss_pct: hedge.net_stop_loss_pct,
                reduce_at_pct: hedge.reduce_at_pct,
                reduce_by_pct: hedge.reduce_by_pct,
                keep_on_reversal: hedge.keep_on_reversal,
            }),
        })
    }
}

impl IndicatorDict<'_> {
    fn into_use(self) -> PyResult<IndicatorUse> {
        let source = match self.r#type {
            None => SignalSource::External,
            Some(kind) => SignalSource::BuiltIn(checked(IndicatorSpec::from_parameters(
                &kind,
                &parameters_from(&self.parameters)?,
            ))?),
        };
        Ok(IndicatorUse {
            name: self.name,
            source,
            timeframe: interval(self.timeframe_ns)?,
            weight: self.weight,
            signal_ttl: self.signal_ttl,
        })
    }
}

pub fn slippage(dict: &Bound<'_, PyDict>) -> PyResult<SlippageModel> {
    let number = |key| item::<f64>(dict, key);
    match item::<String>(dict, "model")?.as_str() {
        "none" => Ok(SlippageModel::None),
        "fixed" => Ok(SlippageModel::Fixed {
            bps: number("bps")?,
        }),
        "random" => Ok(SlippageModel::Random {
            max_bps: number("max_bps")?,
        }),
        "volume_share" => Ok(SlippageModel::VolumeShare {
            base_bps: number("base_bps")?,
            coefficient_bps: number("coefficient_bps")?,
            max_share_fraction: number("max_share_fraction")?,
        }),
        "square_root" => Ok(SlippageModel::SquareRoot {
            spread_bps: number("spread_bps")?,
            coefficient: number("coefficient")?,
            volatility_bars: item(dict, "volatility_bars")?,
        }),
        "calibrated" => Ok(SlippageModel::Calibrated {
            factor: number("factor")?,
        }),
        other => {
            let known = [
                "none",
                "fixed",
                "random",
                "volume_share",
                "square_root",
                "calibrated",
            ];
            Err(unknown("slippage model", other, &known))
        }
    }
}

pub fn sizing(dict: &Bound<'_, PyDict>) -> PyResult<Sizing> {
    let number = |key| item::<f64>(dict, key);
    let method = match item::<String>(dict, "method")?.as_str() {
        "fixed_usd" => SizingMethod::FixedUsd {
            amount: number("amount")?,
        },
        "percent_equity" => SizingMethod::PercentEquity {
            equity_pct: number("equity_pct")?,
        },
        "risk_based" => SizingMethod::RiskBased {
            risk_pct: number("risk_pct")?,
        },
        "fixed_units" => SizingMethod::FixedUnits {
            units: number("units")?,
        },
        "kelly" => SizingMethod::Kelly {
            edge: item::<Option<f64>>(dict, "win_rate")?
                .zip(item::<Option<f64>>(dict, "payoff")?)
                .map(|(win_rate, payoff)| Edge { win_rate, payoff }),
            fraction: number("fraction")?,
            cap_pct: number("cap_pct")?,
            from_trades: item(dict, "from_trades")?,
        },
        other => {
            let known = [
                "fixed_usd",
                "percent_equity",
                "risk_based",
                "fixed_units",
                "kelly",
            ];
            return Err(unknown("sizing method", other, &known));
        }
    };
    Ok(Sizing {
        method,
        scale_by_confidence: item(dict, "scale_by_confidence")?,
        max_position_size: item(dict, "max_position_size")?,
        min_notional: item(dict, "min_notional")?,
        max_notional: item(dict, "max_notional")?,
    })
}

pub fn item<'py, T: FromPyObjectOwned<'py>>(dict: &Bound<'py, PyDict>, key: &str) -> PyResult<T> {
    dict.as_any().get_item(key)?.extract().map_err(Into::into)
}

fn named<T: Copy>(what: &str, name: &str, known: &[(&str, T)]) -> PyResult<T> {
    known
        .iter()
        .find(|(candidate, _)| *candidate == name)
        .map(|(_, value)| *value)
        .ok_or_else(|| {
            to_python(&Error::unknown(
                what,
                name,
                known.iter().map(|(candidate, _)| *candidate),
            ))
        })
}

fn unknown(what: &str, name: &str, known: &[&str]) -> PyErr {
    to_python(&Error::unknown(what, name, known.iter().copied()))
}

fn interval(ns: i64) -> PyResult<Interval> {
    checked(Interval::from_ns(ns))
}

fn checked<T>(result: CoreResult<T>) -> PyResult<T> {
    result.map_err(|error| to_python(&error))
}
