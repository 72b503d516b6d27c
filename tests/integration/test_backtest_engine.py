"""`BacktestEngine` on made candles: the three ways to a strategy, against an oracle that shares no code."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from made.backtests import CrossInPython, cross, made_engine, moving_average
from made.results import made_candles
from oracles.market_orders import cross_signals, run
from spark_stacker.backtesting import BacktestEngine, BacktestResult
from spark_stacker.config import parse_settings
from spark_stacker.data import DataManager, FrameDataSource
from spark_stacker.errors import DataError, ParameterError
from spark_stacker.indicators.indicator_factory import IndicatorFactory

BARS = 1_500


@pytest.fixture(scope="module")
def candles():
    return made_candles(BARS, seed=11)


@pytest.fixture(scope="module")
def engine(candles):
    return made_engine(candles)


@pytest.fixture(scope="module")
def expected(candles):
    closes = candles["close"].to_list()
    signals = cross_signals(closes, 10, 30)
    return run(candles["open"].to_list(), closes, signals, balance=10_000.0, fee_rate=0.0005, short=True)


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
    assert "made.backtests.CrossInPython" in str(own.configuration)
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
    assert_equity(result, expected)
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


def test_mark_prices_decide_liquidation_of_configured_strategies_only(engine, candles):
    crash = candles.with_columns(low=pl.col("low") * 0.5)
    options = {"symbol": "ETH-USD", "interval": "1h", "leverage": 5.0, "indicators": [moving_average()]}
    marked = engine.run_backtest(**options, mark=crash)
    assert "liquidation" in marked.trades["exit_purpose"].to_list()
    assert "liquidation" not in engine.run_backtest(**options).trades["exit_purpose"].head(1).to_list()
    with pytest.raises(ParameterError, match="mark prices are for configured strategies"):
        engine.run_backtest(cross, "ETH-USD", "1h", mark=crash)


@pytest.mark.parametrize("how", [{"strategy_func": cross}, {"indicators": [moving_average()]}])
def test_a_spot_market_pays_no_funding(engine, candles, how):
    funding = candles.select("timestamp", rate=pl.lit(1e-4))
    with pytest.raises(ParameterError, match="funding must be of a market on margin, ETH-USD is traded spot"):
        engine.run_backtest(
            **how, symbol="ETH-USD", interval="1h", leverage=1.0, market_type="spot", funding=funding
        )


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
