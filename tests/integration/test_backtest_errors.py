"""Backtests asked for wrongly, and strategies that go wrong: each gets its own error."""

from __future__ import annotations

import polars as pl
import pytest

from made.backtests import CrossInPython, cross, made_engine, moving_average
from made.results import made_candles
from spark_stacker.errors import ConfigError, DataError, InputError, ParameterError, StrategyError
from spark_stacker.indicators.base_indicator import BaseIndicator

BARS = 1_500


@pytest.fixture(scope="module")
def candles():
    return made_candles(BARS, seed=11)


@pytest.fixture(scope="module")
def engine(candles):
    return made_engine(candles)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"indicators": None}, ParameterError, "strategy_func or indicators must be given"),
        ({"symbol": None}, ParameterError, "symbol must be given"),
        ({"interval": "1x"}, ParameterError, "interval must be"),
        ({"symbol": "ETHUSD"}, ParameterError, "market must be written as"),
        ({"symbol": "BTC-USD"}, DataError, "no frame of BTC-USD 1h"),
        ({"symbol": "ETH-EUR"}, ParameterError, "initial_balance is in USD, but the market is quoted in EUR"),
        ({"data_source_name": "csv"}, ParameterError, "source_name must be a registered source"),
        ({"start_date": "2024-02-01", "end_date": "2024-01-01"}, ParameterError, "must be before end_time"),
        ({"start_date": "soon"}, ParameterError, "start_time must be a time"),
        ({"warm_up_bars": -1}, ParameterError, "warm_up_bars must be 0 or more, was -1"),
        ({"leverage": 0}, ConfigError, "main_leverage"),
        ({"leverage": -1.0, "strategy_func": cross}, ParameterError, "leverage must be at least 1, was -1.0"),
        ({"strategy_func": 3}, ParameterError, "strategy_func must be a function, was int"),
        ({"indicators": ["rsi"]}, ParameterError, "indicators must be of BaseIndicator, was str"),
        ({"indicators": [moving_average(), moving_average()]}, ParameterError, "'ma' was given twice"),
        (
            {"strategy_params": {"stop_loss": 2}},
            ConfigError,
            "stop_loss",
        ),
        (
            {"strategy_params": {"timeframe": "4h"}},
            ParameterError,
            "timeframe of the strategy is given by symbol",
        ),
        ({"market_type": "futures"}, ConfigError, "market_type"),
        ({"strategy": {"sizing": {"method": "all"}}}, ConfigError, "sizing"),
    ],
)
def test_bad_input_gets_its_own_error(engine, options, error, message):
    with pytest.raises(error, match=message):
        engine.run_backtest(
            **{"symbol": "ETH-USD", "interval": "1h", "indicators": [moving_average()], **options}
        )


@pytest.mark.parametrize(
    ("terms", "message"),
    [
        ({"taker_fee": -0.1}, "taker_fee"),
        ({"maker_fee": 0.5}, "maker_fee"),
        ({"slippage_model": "magic"}, "slippage"),
        ({"slippage_model": {"model": "fixed", "bsp": 1}}, "bsp"),
        ({"initial_balance": 0}, "initial_balance must be a positive number, was 0"),
        ({"initial_balance": {"USD": -5.0}}, "must be a positive number"),
        ({"initial_balance": {"EUR": 5.0, "USD": 5.0}}, "initial_balance is in EUR"),
        ({"initial_balance": float("nan")}, "must be a positive number"),
    ],
)
def test_bad_terms_get_their_own_error(candles, terms, message):
    engine = made_engine(candles, **terms)
    with pytest.raises(InputError, match=message):
        engine.run_backtest(symbol="ETH-USD", interval="1h", indicators=[moving_average()])


def test_a_balance_in_another_currency_needs_a_price(candles):
    engine = made_engine(candles, initial_balance={"USD": 4_000.0, "EUR": 5_000.0}, conversion={"EUR": 1.2})
    result = engine.run_backtest(symbol="ETH-USD", interval="1h", indicators=[moving_average()])
    assert result.initial_balance == 10_000.0


def test_a_failing_function_names_itself_and_the_bar(engine):
    def fails(data, simulation, params):
        if len(data) == 3:
            raise KeyError("oops")

    with pytest.raises(
        StrategyError, match=r"fails failed at the close of 2024-01-01 03:00:00: KeyError\('oops'\)"
    ):
        engine.run_backtest(fails, "ETH-USD", "1h")


def test_a_function_that_returns_something_is_told(engine):
    with pytest.raises(StrategyError, match="returns nothing, it returned 'buy'"):
        engine.run_backtest(lambda *_: "buy", "ETH-USD", "1h")


def test_an_indicator_that_looks_ahead_is_refused(engine):
    class Prophet(BaseIndicator):
        def calculate(self, data):
            return data.with_columns(tomorrow=pl.col("close").shift(-1))

        def generate_signal(self, data):
            return None

    with pytest.raises(StrategyError, match="looks ahead"):
        engine.run_backtest(symbol="ETH-USD", interval="1h", indicators=[Prophet("prophet")])


@pytest.mark.parametrize(
    ("made", "message"),
    [
        (lambda frame: frame.head(3), "must return a Polars frame of 1500 rows, gave 3 rows"),
        (lambda _: None, "must return a Polars frame of 1500 rows, gave NoneType"),
        (lambda frame: frame.select(direction=1), "1 rows"),
        (lambda frame: frame.select(direction="close"), "signals must return a column confidence"),
        (
            lambda frame: frame.select(direction=pl.lit(2), confidence=pl.col("close")),
            "direction must be -1, 0 or 1",
        ),
        (
            lambda frame: frame.select(direction=pl.lit(1), confidence=pl.col("close")),
            "confidence must be between",
        ),
        (lambda frame: frame.select(direction=pl.lit("up"), confidence="close"), "'mine': signals:"),
        (lambda frame: frame.select("nothing"), "failed in signals: ColumnNotFoundError"),
    ],
)
def test_wrong_signals_of_an_own_indicator_are_told(engine, made, message):
    class Mine(CrossInPython):
        def signals(self, data):
            return made(data)

    with pytest.raises(StrategyError, match=message):
        engine.run_backtest(symbol="ETH-USD", interval="1h", indicators=[Mine("mine")])
