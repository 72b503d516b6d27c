"""`BacktestEngine` on made candles: the three ways to a strategy, against an oracle that shares no code."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from made.results import made_candles
from oracles.market_orders import cross_signals, run
from spark_stacker.backtesting import BacktestEngine, BacktestResult, IndicatorBacktestManager
from spark_stacker.config import parse_settings
from spark_stacker.data import DataManager, FrameDataSource
from spark_stacker.errors import ConfigError, DataError, InputError, ParameterError, StrategyError
from spark_stacker.indicators.base_indicator import BaseIndicator
from spark_stacker.indicators.indicator_factory import IndicatorFactory
from spark_stacker.models import SignalDirection

BARS = 1_500


@pytest.fixture(scope="module")
def candles():
    return made_candles(BARS, seed=11)


@pytest.fixture(scope="module")
def engine(candles):
    return made_engine(candles)


def made_engine(candles, **terms):
    manager = DataManager()
    manager.register_source("made", FrameDataSource({("ETH-USD", "1h"): candles}))
    return BacktestEngine(manager, **{"initial_balance": {"USD": 10_000.0}, "taker_fee": 0.0005, **terms})


@pytest.fixture(scope="module")
def expected(candles):
    closes = candles["close"].to_list()
    signals = cross_signals(closes, 10, 30)
    return run(candles["open"].to_list(), closes, signals, balance=10_000.0, fee_rate=0.0005, short=True)


def moving_average(name="ma", **params):
    return IndicatorFactory.create_indicator(name, "ma", {"fast_period": 10, "slow_period": 30, **params})


class CrossInPython(BaseIndicator):
    """The same rule as a Python indicator."""

    def calculate(self, data):
        return data.with_columns(
            fast=pl.col("close").rolling_mean(self.params["fast_period"]),
            slow=pl.col("close").rolling_mean(self.params["slow_period"]),
        )

    def generate_signal(self, data):
        if len(data) < 2 or data["slow"][-2] is None:
            return None
        before, now = (data["fast"][row] - data["slow"][row] for row in (-2, -1))
        if before <= 0 < now:
            return self.signal(data, SignalDirection.BUY, confidence=1.0)
        if before >= 0 > now:
            return self.signal(data, SignalDirection.SELL, confidence=1.0)
        return None


def cross(data, simulation, params):
    fast, slow = data["fast_ma"], data["slow_ma"]
    if len(data) < 31 or np.isnan(slow[-2]):
        return
    before, now = fast[-2] - slow[-2], fast[-1] - slow[-1]
    if before <= 0 < now:
        if simulation.quantity < 0:
            simulation.close_position()
        simulation.buy(value=simulation.equity)
    elif before >= 0 > now:
        if simulation.quantity > 0:
            simulation.close_position()
        simulation.sell(value=simulation.equity)


def test_a_built_in_indicator_trades_as_the_oracle(engine, expected):
    result = engine.run_backtest(symbol="ETH-USD", interval="1h", indicators=[moving_average()])
    assert_equity(result, expected)
    assert result.trades["profit"].to_list() == pytest.approx(expected.profits, rel=1e-9)


def test_a_python_indicator_trades_as_the_built_in_one(engine, candles):
    own = engine.run_backtest(
        symbol="ETH-USD",
        interval="1h",
        indicators=[CrossInPython("own", {"fast_period": 10, "slow_period": 30})],
    )
    built_in = engine.run_backtest(symbol="ETH-USD", interval="1h", indicators=[moving_average()])
    assert own.equity_curve.equals(built_in.equity_curve)
    assert "test_backtest_engine.CrossInPython" in str(own.configuration)
    assert list(own.markets[0].lines.columns) == ["own: fast", "own: slow"]


def test_a_strategy_function_sees_indicators_and_nothing_after_now(engine, candles):
    seen = []

    def look(data, simulation, params):
        row = len(data) - 1
        assert data["close"][-1] == candles["close"][row]
        with pytest.raises(IndexError):
            data["close"][row + 1]
        seen.append((row, params["answer"], "fast_ma" in data))
        if row == 40:
            frame = data.to_frame()
            assert len(frame) == 41
            assert frame["timestamp"][-1] == candles["timestamp"][40]
            assert frame["fast_ma"].null_count() == 9

    result = engine.run_backtest(
        look, "ETH-USD", "1h", strategy_params={"answer": 42}, indicators=[moving_average()]
    )
    assert seen == [(row, 42, True) for row in range(BARS)]
    assert result.metrics["total_trades"] == 0
    assert result.metrics["sharpe_ratio"] is None


def test_a_strategy_function_trades_as_the_oracle(engine, expected):
    result = engine.run_backtest(cross, "ETH-USD", "1h", indicators=[moving_average()])
    # A reversal sized before its close's fee is known differs by that fee.
    assert result.equity_curve["equity"].to_numpy() == pytest.approx(np.array(expected.equity), rel=2e-2)
    assert len(result.trades) == len(expected.profits)


def test_metrics_are_those_of_the_curve_and_its_trades(engine):
    result = engine.run_backtest(symbol="ETH-USD", interval="1h", indicators=[moving_average()])
    profits = result.trades["profit"].to_numpy()
    metrics = result.metrics
    assert metrics["total_trades"] == len(profits)
    assert metrics["win_rate"] == pytest.approx((profits > 0).mean())
    assert metrics["profit_factor"] == pytest.approx(profits[profits > 0].sum() / -profits[profits < 0].sum())
    assert metrics["expectancy"] == pytest.approx(profits.mean())
    assert metrics["fees_paid"] == pytest.approx(result.fills["fee"].sum())
    notional = (result.fills["price"] * result.fills["quantity"]).sum()
    assert metrics["turnover"] == pytest.approx(notional / result.equity_curve["equity"].mean())
    path = np.concatenate([[10_000.0], result.equity_curve["equity"].to_numpy()])
    returns = path[1:] / path[:-1] - 1
    assert metrics["sharpe_ratio"] == pytest.approx(
        returns.mean() / returns.std(ddof=1) * np.sqrt(8760), rel=1e-10
    )
    held = (result.trades["exit_time"] - result.trades["entry_time"]).dt.total_seconds()
    assert metrics["avg_holding_seconds"] == pytest.approx(held.mean())


def test_a_saved_result_of_the_engine_loads_as_it_was(engine, tmp_path):
    result = engine.run_backtest(
        symbol="ETH-USD", interval="1h", indicators=[moving_average()], strategy_params={"stop_loss_pct": 2.0}
    )
    loaded = BacktestResult.load_from_file(result.save_to_file(tmp_path / "r.json"))
    assert loaded.to_dict() == result.to_dict()
    assert loaded.orders.equals(result.orders)


def test_the_range_asked_is_the_range_traded(engine):
    result = engine.run_backtest(
        symbol="ETH-USD",
        interval="1h",
        start_date="2024-01-10",
        end_date="2024-01-20",
        warm_up_bars=48,
        indicators=[moving_average()],
    )
    times = result.equity_curve["timestamp"]
    assert (str(times[0]), len(times)) == ("2024-01-10 00:00:00+00:00", 240)
    assert result.markets[0].lines["ma: slow_ma"].null_count() == 0
    assert len(result.markets[0].lines) == len(result.markets[0].candles) == 240


def test_data_shorter_than_asked_are_an_error_or_a_warning(engine):
    options = {
        "symbol": "ETH-USD",
        "interval": "1h",
        "end_date": "2025-01-01",
        "indicators": [moving_average()],
    }
    with pytest.raises(DataError, match="data end with the bar of"):
        engine.run_backtest(**options)
    result = engine.run_backtest(**options, allow_partial=True)
    assert any("data end with the bar of" in warning for warning in result.warnings)


def test_settings_run_with_their_own_terms(engine):
    settings = parse_settings(
        {
            "initial_balance": 5_000,
            "simulation": {"taker_fee": 0.001, "slippage": {"model": "none"}},
            "strategies": [{"name": "trend", "market": "ETH-USD", "side": "long"}],
            "indicators": [{"name": "ma", "type": "ma", "parameters": {"fast_period": 5, "slow_period": 20}}],
        }
    )
    prepared = engine.prepare(settings)
    first, second = prepared.run(), prepared.run()
    assert first.to_dict() == second.to_dict()
    assert first.initial_balance == 5_000
    fills = first.fills
    assert (fills["fee"] / (fills["price"] * fills["quantity"])).to_numpy() == pytest.approx(0.001)
    assert set(first.trades["side"]) == {"long"}


def test_funding_is_paid_and_said(candles):
    engine = made_engine(candles)
    due = candles["timestamp"].gather_every(8)
    funding = pl.DataFrame({"timestamp": due, "rate": [0.0001] * len(due)})

    def hold(data, simulation, params):
        if len(data) == 1:
            simulation.buy(size=1.0)

    paid = engine.run_backtest(hold, "ETH-USD", "1h", funding=funding)
    free = engine.run_backtest(hold, "ETH-USD", "1h")
    assert paid.metrics["funding_paid"] > 0
    assert paid.metrics["final_equity"] == pytest.approx(
        free.metrics["final_equity"] - paid.metrics["funding_paid"], rel=1e-9
    )
    assert any("funding is not modelled" in sentence for sentence in free.assumptions)
    assert not any("funding is not modelled" in sentence for sentence in paid.assumptions)


def test_spot_cannot_be_sold_short(candles):
    def short(data, simulation, params):
        if len(data) == 1:
            simulation.sell(size=1.0)

    result = made_engine(candles).run_backtest(short, "ETH-USD", "1h", market_type="spot")
    assert result.orders["state"].to_list() == ["rejected"]
    assert result.orders["reason"].to_list() == ["short_on_spot"]
    assert any("traded spot" in sentence for sentence in result.assumptions)


def test_the_same_seed_gives_the_same_slippage(candles):
    def fees(seed):
        engine = made_engine(candles, slippage_model="random", seed=seed)
        return engine.run_backtest(symbol="ETH-USD", interval="1h", indicators=[moving_average()])

    assert fees(1).fills.equals(fees(1).fills)
    assert not fees(1).fills.equals(fees(2).fills)


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
        (
            {"leverage": -1.0, "strategy_func": cross},
            ParameterError,
            "leverage must be a number from 1 to 1000, was -1.0",
        ),
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


@pytest.mark.parametrize("name", ["tomorrow", "close"])
def test_a_function_gets_no_columns_that_look_ahead(engine, name):
    class Prophet(BaseIndicator):
        def calculate(self, data):
            return data.with_columns(pl.col("close").shift(-1).alias(name))

        def generate_signal(self, data):
            return None

    with pytest.raises(StrategyError, match=f"looks ahead: column {name}"):
        engine.run_backtest(lambda *_: None, "ETH-USD", "1h", indicators=[Prophet("prophet")])


def test_signals_given_all_at_once_must_not_look_ahead_either(engine):
    class Prophet(BaseIndicator):
        def calculate(self, data):
            return data

        def generate_signal(self, data):
            return None

        def signals(self, data):
            rises = (pl.col("close").shift(-1) > pl.col("close")).fill_null(value=False)
            return data.select(direction=rises.cast(pl.Int8), confidence=rises.cast(pl.Float64))

    with pytest.raises(StrategyError, match="looks ahead"):
        engine.run_backtest(symbol="ETH-USD", interval="1h", indicators=[Prophet("prophet")])


def test_own_code_that_would_end_the_program_is_told(engine):
    def leave(*_):
        raise SystemExit(3)

    with pytest.raises(StrategyError, match=r"leave failed at .*SystemExit"):
        engine.run_backtest(leave, "ETH-USD", "1h")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"leverage": float("inf")}, "leverage must be a number from 1 to 1000, was inf"),
        ({"leverage": "3"}, "leverage must be a number from 1 to 1000, was '3'"),
        ({"strategy_params": 5}, "strategy_params must be a mapping"),
        ({"indicators": ["rsi"]}, "indicators must be of BaseIndicator, was str"),
    ],
)
def test_arguments_of_the_wrong_kind_are_named(engine, given, message):
    with pytest.raises(ParameterError, match=message):
        engine.run_backtest(lambda *_: None, "ETH-USD", "1h", **given)


@pytest.mark.parametrize(
    ("made", "message"),
    [
        (lambda frame: frame.head(3), "signals must keep all 1500 rows, gave 3"),
        (lambda _: None, "signals must return a Polars frame, gave NoneType"),
        (lambda frame: frame.select(direction=1), "gave 1"),
        (lambda frame: frame.select(direction="close"), "signals must return a column confidence"),
        (
            lambda frame: frame.select(direction=pl.lit(2), confidence=pl.col("close")),
            "direction must be -1, 0 or 1",
        ),
        (
            lambda frame: frame.select(direction=pl.lit(1), confidence=pl.col("close")),
            "confidence must be between",
        ),
        (
            lambda frame: frame.select(direction=pl.lit("up"), confidence="close"),
            "direction must be -1, 0 or 1",
        ),
        (lambda frame: frame.select("nothing"), "failed in signals, row 1499: ColumnNotFoundError"),
    ],
)
def test_wrong_signals_of_an_own_indicator_are_told(engine, made, message):
    class Mine(CrossInPython):
        def signals(self, data):
            return made(data)

    with pytest.raises(StrategyError, match=message):
        engine.run_backtest(symbol="ETH-USD", interval="1h", indicators=[Mine("mine")])


def test_mark_prices_decide_liquidation_of_configured_strategies_only(engine, candles):
    crash = candles.with_columns(low=pl.col("low") * 0.5)
    options = {"symbol": "ETH-USD", "interval": "1h", "leverage": 5.0, "indicators": [moving_average()]}
    marked = engine.run_backtest(**options, mark=crash)
    assert "liquidation" in marked.trades["exit_purpose"].to_list()
    assert "liquidation" not in engine.run_backtest(**options).trades["exit_purpose"].head(1).to_list()
    with pytest.raises(ParameterError, match="mark prices are for configured strategies"):
        engine.run_backtest(cross, "ETH-USD", "1h", mark=crash)


def test_markets_of_one_account_share_a_quote_currency(candles):
    manager = DataManager()
    manager.register_source("made", FrameDataSource({("ETH-USD", "1h"): candles, ("ETH-BTC", "1h"): candles}))
    strategies = [{"name": symbol, "market": symbol} for symbol in ("ETH-USD", "ETH-BTC")]
    settings = parse_settings({"strategies": strategies, "indicators": [{"name": "rsi", "type": "rsi"}]})
    with pytest.raises(ParameterError, match="must share a quote currency, were quoted in BTC, USD"):
        BacktestEngine(manager).run_settings(settings)
    with pytest.raises(ParameterError, match="funding must be of a market traded"):
        BacktestEngine(manager).run_settings(settings, strategies=["ETH-USD"], funding={"BTC-USD": candles})


def test_two_markets_share_one_account(candles):
    other = made_candles(BARS, seed=12)
    manager = DataManager()
    manager.register_source("made", FrameDataSource({("ETH-USD", "1h"): candles, ("BTC-USD", "1h"): other}))
    settings = parse_settings(
        {
            "max_parallel_trades": 2,
            "strategies": [
                {
                    "name": name,
                    "market": f"{name}-USD",
                    "sizing": {"method": "percent_equity", "equity_pct": 40},
                }
                for name in ("ETH", "BTC")
            ],
            "indicators": [{"name": "ma", "type": "ma"}],
        }
    )
    result = BacktestEngine(manager).run_settings(settings)
    assert set(result.trades["market"]) == {"ETH-USD", "BTC-USD"}
    assert [market.symbol for market in result.markets] == ["ETH-USD", "BTC-USD"]
    growth = [frame["close"][-1] / frame["close"][0] - 1 for frame in (candles, other)]
    assert result.metrics["buy_and_hold_return"] == pytest.approx(sum(growth) / 2)
    assert result.plot_equity_curve().data[1].y[-1] == pytest.approx(10_000 * (1 + sum(growth) / 2))


def test_limits_that_forbid_an_entry_are_listed(candles):
    settings = parse_settings(
        {
            "limits": {"max_exposure_pct": 10},
            "strategies": [{"name": "trend", "market": "ETH-USD"}],
            "indicators": [{"name": "ma", "type": "ma"}],
        }
    )
    result = made_engine(candles).run_settings(settings)
    assert result.trades.is_empty()
    row = result.refused.row(0, named=True)
    assert (row["strategy"], row["market"], row["limit"]) == ("trend", "ETH-USD", 10.0)


def test_a_higher_timeframe_python_indicator_is_seen_only_once_closed(engine, candles):
    IndicatorFactory.register_indicator("own_cross", CrossInPython)
    parameters = {"fast_period": 5, "slow_period": 12}
    entries = [
        {"name": "ma", "type": "ma", "parameters": parameters, "timeframe": "4h"},
        {"name": "own", "type": "own_cross", "parameters": parameters, "timeframe": "4h"},
    ]
    results = [
        engine.run_settings(
            parse_settings(
                {
                    "strategies": [{"name": "slow", "market": "ETH-USD", "timeframe": "1h"}],
                    "indicators": [entry],
                }
            )
        )
        for entry in entries
    ]
    assert len(results[0].trades) > 3
    assert results[0].fills.equals(results[1].fills)
    lines = results[0].markets[0].lines
    assert lines["ma: slow_ma"].null_count() == 12 * 4 - 1


def assert_equity(result, expected):
    equity = result.equity_curve["equity"].to_numpy()
    assert equity == pytest.approx(np.array(expected.equity), rel=1e-9)


@pytest.fixture(scope="module")
def manager(engine):
    manager = IndicatorBacktestManager(engine)
    manager.add_indicators([moving_average("fast", fast_period=5), moving_average("slow", slow_period=60)])
    manager.add_indicators_from_config([{"name": "rsi", "type": "rsi", "parameters": {"period": 10}}])
    manager.backtest_all_indicators("ETH-USD", "1h", start_date="2024-01-01", data_source_name="made")
    return manager


class TestManager:
    def test_each_indicator_has_its_result(self, manager):
        assert list(manager.results) == ["fast", "slow", "rsi"]
        assert manager.get_result("rsi").strategies == ("rsi",)

    def test_comparison_ranks_the_best_first(self, manager):
        frame = manager.compare_indicators(metric_name="total_return")
        assert frame.columns[:3] == ["rank", "indicator", "total_return"]
        assert frame["total_return"].is_sorted(descending=True)
        assert manager.best("total_return")[0] == frame["indicator"][0]

    def test_a_smaller_drawdown_is_better(self, manager):
        assert manager.compare_indicators("max_drawdown")["max_drawdown"].is_sorted()

    def test_unknown_names_get_a_suggestion(self, manager):
        with pytest.raises(
            ParameterError, match=r"unknown metric 'sharpe' \(did you mean 'sharpe_ratio'\?\)"
        ):
            manager.compare_indicators("sharpe")
        with pytest.raises(ParameterError, match=r"unknown indicator 'fats' \(did you mean 'fast'\?\)"):
            manager.get_result("fats")
        with pytest.raises(ParameterError, match="'fast' was given twice"):
            manager.add_indicator(moving_average("fast"))

    def test_nothing_to_compare_is_said(self, engine):
        with pytest.raises(ParameterError, match="there are no results to compare"):
            IndicatorBacktestManager(engine).compare_indicators()
        with pytest.raises(ParameterError, match="no indicators were added"):
            IndicatorBacktestManager(engine).backtest_all_indicators("ETH-USD", "1h")

    def test_undefined_values_come_last(self, engine):
        manager = IndicatorBacktestManager(engine)
        manager.add_indicators([moving_average("never", slow_period=1_400), moving_average("often")])
        manager.backtest_all_indicators("ETH-USD", "1h", end_date="2024-02-01")
        frame = manager.compare_indicators("win_rate")
        assert frame["indicator"].to_list() == ["often", "never"]
        assert frame["win_rate"][1] is None

    def test_an_indicator_can_be_taken_out(self, engine):
        manager = IndicatorBacktestManager(engine)
        manager.add_indicator(moving_average())
        manager.backtest_indicator("ma", "ETH-USD", "1h")
        manager.remove_indicator("ma")
        assert (manager.indicators, manager.results) == ({}, {})
