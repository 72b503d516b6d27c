"""Single mistakes in a working configuration: each has its key, its words, and exit code 3."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from spark_stacker.cli import main
from spark_stacker.config import parse_settings

if TYPE_CHECKING:
    from pathlib import Path

DELETE = object()

MISTAKES: list[tuple[str, object, str, str]] = [
    # place to change, value to put there, key reported, part of the message
    ("log_level", "LOUD", "log_level", 'must be one of DEBUG, INFO, WARNING, ERROR, CRITICAL, was "LOUD"'),
    ("log_level", 3, "log_level", "must be one of DEBUG, INFO, WARNING, ERROR, CRITICAL, was 3"),
    ("log_levle", "INFO", "log_levle", 'unknown key; did you mean "log_level"?'),
    ("max_parallel_trades", 0, "max_parallel_trades", "must be at least 1, was 0"),
    ("max_parallel_trades", 1.5, "max_parallel_trades", "must be a whole number, was 1.5"),
    ("polling_interval", "60", "polling_interval", 'must be a number, was "60"'),
    ("polling_interval", 0, "polling_interval", "must be greater than 0, was 0"),
    ("dry_run", False, "dry_run", "live orders are not part of this version"),
    ("dry_run", "yes", "dry_run", 'must be true or false, was "yes"'),
    ("initial_balance", -1, "initial_balance", "must be greater than 0, was -1"),
    ("initial_balance", {"USD": 1000}, "initial_balance", "must be a number, was a table"),
    ("webhook_enabled", 1, "webhook_enabled", "must be true or false, was 1"),
    ("webhook_port", 70000, "webhook_port", "must be at most 65535, was 70000"),
    ("webhook_host", "", "webhook_host", 'must not be empty, was ""'),
    ("exchanges", {}, "exchanges", "must be a list, was a table"),
    ("exchanges.0", "hyperliquid", "exchanges[0]", 'must be a table (object), was "hyperliquid"'),
    ("exchanges.0.name", DELETE, "exchanges[0].name", "is required"),
    ("exchanges.0.name", "hyperlquid", "exchanges[0].exchange_type", 'did you mean "hyperliquid"?'),
    ("exchanges.0.exchange_type", "krakn", "exchanges[0].exchange_type", 'did you mean "kraken"?'),
    ("exchanges.0.private_key", "0xabc", "exchanges[0].private_key", "must not stand in the configuration"),
    ("exchanges.0.private_key", 5, "exchanges[0].private_key", "must be text"),
    ("exchanges.0.api_key", "${UNSET_API_KEY}", "exchanges[0].api_key", "UNSET_API_KEY is not set"),
    ("exchanges.0.api_key", "${9}", "exchanges[0].api_key", "must name a variable as ${NAME}, was ${9}"),
    ("exchanges.0.api_secret_file", "no", "exchanges[0].api_secret_file", "cannot be read"),
    ("exchanges.0.walet_address", "x", "exchanges[0].walet_address", 'did you mean "wallet_address"?'),
    ("exchanges.0.files", ["a"], "exchanges[0].files", "belongs to exchange_type replay, not hyperliquid"),
    ("exchanges.0.speed", 0, "exchanges[0].speed", 'must be "max" or a number above 0, was 0'),
    ("exchanges.0.speed", "fast", "exchanges[0].speed", 'must be "max" or a number above 0, was "fast"'),
    ("exchanges.0.quote_currency", "US D", "exchanges[0].quote_currency", "must be a currency such as USD"),
    ("exchanges.0.quote_currency", "ETH", "strategies[0].market", "must have two different currencies"),
    ("exchanges.0.files", [3], "exchanges[0].files[0]", "must be a path, was 3"),
    ("plugins", "own.py", "plugins", 'must be a list, was "own.py"'),
    ("initial_balance", 10**400, "initial_balance", f"must be a number, was 1{'0' * 56}…"),
    ("exchanges.1", {"name": "hyperliquid"}, "exchanges[1].name", '"hyperliquid" is taken by exchanges[0]'),
    (
        "exchanges.1",
        {"name": "kraken", "use_as_main": True},
        "exchanges[1].use_as_main",
        "is already set in exchanges[0]",
    ),
    ("strategies.0.name", DELETE, "strategies[0].name", "is required"),
    ("strategies.0.market", DELETE, "strategies[0].market", "is required"),
    ("strategies.0.market", "", "strategies[0].market", "must be written as ETH-USD or ETH"),
    ("strategies.0.market", "ETHUSD", "strategies[0].market", 'did you mean "ETH-USD"?'),
    ("strategies.0.market", "A-B-C", "strategies[0].market", "must be written as ETH-USD or ETH"),
    ("strategies.0.market", 7, "strategies[0].market", "must be text, was 7"),
    ("strategies.0.exchange", "kraken", "strategies[0].exchange", "must be one of hyperliquid"),
    ("strategies.0.timeframe", "1x", "strategies[0].timeframe", 'such as 1m, 15m, 1h, 4h or 1d, was "1x"'),
    ("strategies.0.timeframe", "0h", "strategies[0].timeframe", "must be a whole number and one of"),
    ("strategies.0.timeframe", 60, "strategies[0].timeframe", "must be text, was 60"),
    ("strategies.0.main_leverage", 0, "strategies[0].main_leverage", "must be at least 1, was 0"),
    ("strategies.0.main_leverage", -3, "strategies[0].main_leverage", "must be at least 1, was -3"),
    ("strategies.0.main_leverage", True, "strategies[0].main_leverage", "must be a number, was true"),
    ("strategies.0.leverage", 5, "strategies[0].leverage", 'unknown key; did you mean "main_leverage"?'),
    ("strategies.0.hedge_ratio", 1, "strategies[0].hedge_ratio", "must be less than 1, was 1"),
    ("strategies.0.hedge_ratio", -0.1, "strategies[0].hedge_ratio", "must be at least 0, was -0.1"),
    ("strategies.0.hedge_leverage", 0.5, "strategies[0].hedge_leverage", "must be at least 1, was 0.5"),
    ("strategies.0.hedge_reduce_by_pct", 120, "strategies[0].hedge_reduce_by_pct", "must be at most 100"),
    ("strategies.0.stop_loss_pct", -5, "strategies[0].stop_loss_pct", "must be greater than 0, was -5"),
    ("strategies.0.stop_loss_pct", 100, "strategies[0].stop_loss_pct", "must be less than 100, was 100"),
    ("strategies.0.stopLossPct", 5, "strategies[0].stopLossPct", 'did you mean "stop_loss_pct"?'),
    ("strategies.0.take_profit_pct", 0, "strategies[0].take_profit_pct", "must be greater than 0, was 0"),
    ("strategies.0.trailing_stop_pct", "5%", "strategies[0].trailing_stop_pct", 'must be a number, was "5%"'),
    ("strategies.0.max_position_size", 0, "strategies[0].max_position_size", "must be greater than 0"),
    ("strategies.0.max_holding_time", "soon", "strategies[0].max_holding_time", 'was "soon"'),
    ("strategies.0.max_entries", 0, "strategies[0].max_entries", "must be at least 1, was 0"),
    ("strategies.0.pyramiding", 2, "strategies[0].pyramiding", 'unknown key; did you mean "max_entries"?'),
    ("strategies.0.signal_mode", "majorty", "strategies[0].signal_mode", 'did you mean "majority"?'),
    ("strategies.0.min_confidence", 70, "strategies[0].min_confidence", "must be at most 1, was 70"),
    ("strategies.0.side", "sell", "strategies[0].side", "must be one of long, short, both"),
    ("strategies.0.indicators", [], "strategies[0].indicators", "must name at least one indicator"),
    ("strategies.0.indicators", "eth_rsi", "strategies[0].indicators", "must be a list"),
    ("strategies.0.indicators", ["eth_rs"], "strategies[0].indicators[0]", 'did you mean "eth_rsi"?'),
    ("strategies.0.indicators", ["eth_rsi"] * 2, "strategies[0].indicators[1]", "is named twice"),
    (
        "strategies.0.indicators",
        [{"name": "eth_rsi", "weight": 0}],
        "strategies[0].indicators[0].weight",
        "must be greater than 0, was 0",
    ),
    ("strategies.0.sizing", "kelly", "strategies[0].sizing", 'must be a table (object), was "kelly"'),
    ("strategies.0.sizing", {}, "strategies[0].sizing.method", "must be one of fixed_usd, percent_equity"),
    ("strategies.0.sizing", {"method": "kely"}, "strategies[0].sizing.method", 'did you mean "kelly"?'),
    ("strategies.0.sizing", {"method": "fixed_usd"}, "strategies[0].sizing.amount", "is required"),
    (
        "strategies.0.sizing",
        {"method": "fixed_usd", "amount": 5, "units": 1},
        "strategies[0].sizing.units",
        "unknown key",
    ),
    (
        "strategies.0.sizing",
        {"method": "equity_percentage", "equity_pct": 101},
        "strategies[0].sizing.equity_pct",
        "must be at most 100, was 101",
    ),
    (
        "strategies.0.sizing",
        {"method": "kelly_criterion", "win_rate": 55, "payoff": 2},
        "strategies[0].sizing.win_rate",
        "must be at most 1, was 55",
    ),
    (
        "strategies.0.sizing",
        {"method": "kelly", "win_rate": 0.5},
        "strategies[0].sizing.payoff",
        "is required; only kelly_from_trades may do without both win_rate and payoff",
    ),
    (
        "strategies.0.sizing",
        {"method": "kelly", "payoff": 2, "kelly_from_trades": True},
        "strategies[0].sizing.win_rate",
        "is required; only kelly_from_trades may do without both win_rate and payoff",
    ),
    (
        "strategies.0.sizing",
        {"method": "fixed_units", "units": 1, "min_notional": 9, "max_notional": 5},
        "strategies[0].sizing.min_notional",
        "must be at most max_notional 5, was 9",
    ),
    (
        "strategies.1",
        {"name": "b", "market": "BTC", "sizing": {"method": "risk_based", "risk_pct": 1}},
        "strategies[1].stop_loss_pct",
        "is required by sizing method risk_based",
    ),
    (
        "strategies.1",
        {"name": "b", "market": "BTC", "hedge_net_stop_loss_pct": 5},
        "strategies[1].hedge_net_stop_loss_pct",
        "needs a hedge_ratio above 0",
    ),
    (
        "strategies.1",
        {"name": "rsi_eth_strategy", "market": "BTC"},
        "strategies[1].name",
        "is taken by strategies[0]",
    ),
    (
        "strategies.1",
        {"name": "b", "market": "BTC", "hedge_ratio": 0.5},
        "strategies[1].hedge_ratio",
        "must be 0.2 as in strategies[0], was 0.5",
    ),
    ("indicators", [], "strategies[0].indicators", "needs an enabled indicator"),
    ("indicators.0.enabled", False, "strategies[0].indicators", "needs an enabled indicator"),
    ("indicators.0.name", "", "indicators[0].name", "must not be empty"),
    ("indicators.0.type", "rsii", "indicators[0].type", 'was "rsii"; did you mean "rsi"?'),
    ("indicators.0.type", DELETE, "indicators[0].type", "is required"),
    ("indicators.0.params", {}, "indicators[0].params", 'unknown key; did you mean "parameters"?'),
    ("indicators.0.timeframe", "1 h", "indicators[0].timeframe", 'was "1 h"'),
    ("indicators.0.signal_ttl", 0, "indicators[0].signal_ttl", "must be at least 1, was 0"),
    ("indicators.0.parameters.perod", 14, "indicators[0].parameters.perod", 'did you mean "period"?'),
    ("indicators.0.parameters.period", 0, "indicators[0].parameters.period", "was 0"),
    ("indicators.0.parameters.period", "14", "indicators[0].parameters.period", 'was "14"'),
    ("indicators.0.parameters.period", None, "indicators[0].parameters.period", "was null"),
    ("indicators.0.parameters.period", [14], "indicators[0].parameters.period", "was a list"),
    ("simulation", {"maker_fee": -0.1}, "simulation.maker_fee", "must be at least 0, was -0.1"),
    ("simulation", {"taker_fee": 0.5}, "simulation.taker_fee", "must be less than 0.1, was 0.5"),
    ("simulation", {"venue": "krakn"}, "simulation.venue", 'did you mean "kraken"?'),
    ("simulation", {"venue": "kraken", "tier": "futures"}, "simulation.tier", 'did you mean "futures_0"?'),
    ("simulation", {"tier": "spot_0"}, "simulation.tier", "needs simulation.venue"),
    ("simulation", {"slippage": {"model": "fixd"}}, "simulation.slippage.model", 'did you mean "fixed"?'),
    ("simulation", {"slippage": {"model": "fixed", "bps": -1}}, "simulation.slippage.bps", "at least 0"),
    ("simulation", {"margin_mode": "crossed"}, "simulation.margin_mode", 'did you mean "cross"?'),
    ("simulation", {"seed": -1}, "simulation.seed", "must be at least 0, was -1"),
    ("limits", {"max_drawdown_pct": 0}, "limits.max_drawdown_pct", "must be greater than 0, was 0"),
    ("limits", {"max_exposure": 5}, "limits.max_exposure", 'did you mean "max_exposure_pct"?'),
    ("metrics", {"port": -1}, "metrics.port", "must be at least 0, was -1"),
    ("live", {"history_bars": 0}, "live.history_bars", "must be at least 1, was 0"),
    ("instruments", {"ETH": {}}, 'instruments["ETH"]', "must be written as ETH-USD"),
    ("instruments", {"ETH-USD": {"tick": 1}}, 'instruments["ETH-USD"].tick', 'did you mean "tick_size"?'),
    ("instruments", {"ETH-USD": {"lot_size": 0}}, 'instruments["ETH-USD"].lot_size', "greater than 0"),
    ("instruments", {"ETH-USD": {}, "eth/usd": {}}, 'instruments["eth/usd"]', 'same market as "ETH-USD"'),
    (
        "instruments",
        {"ETH-USD": {"max_leverage": 3}},
        "strategies[0].main_leverage",
        "must be at most 3, the instrument's limit for ETH-USD, was 5",
    ),
    (
        "instruments",
        {"ETH-USD": {"margin_tiers": [{"min_notional": 5, "maintenance_rate": 0.1, "max_leverage": 5}]}},
        'instruments["ETH-USD"].margin_tiers[0].min_notional',
        "must be 0 in the first tier, was 5",
    ),
]


def broken(seed: dict[str, Any], place: str, value: object) -> dict[str, Any]:
    *path, last = place.split(".")
    target: Any = seed
    for part in path:
        target = target[int(part)] if part.isdigit() else target[part]
    if value is DELETE:
        del target[last]
    elif last.isdigit() and int(last) == len(target):
        target.append(value)
    else:
        target[int(last) if last.isdigit() else last] = value
    return seed


@pytest.mark.parametrize(
    ("place", "value", "key", "part"),
    MISTAKES,
    ids=[f"{place}={'missing' if value is DELETE else value}"[:60] for place, value, _, _ in MISTAKES],
)
def test_a_single_mistake_is_named_with_key_and_reason(
    tmp_path: Path, seed: dict[str, Any], *, place: str, value: object, key: str, part: str
) -> None:
    path = tmp_path / "config.json"
    path.write_text(json.dumps(broken(seed, place, value)))
    result = CliRunner().invoke(main, ["config", "check", str(path), "--json"])
    assert result.exit_code == 3
    assert result.stdout == ""
    error = json.loads(result.stderr)["error"]
    assert error["type"] == "ConfigError"
    assert [problem["key"] for problem in error["problems"]] == [key]
    assert part in error["problems"][0]["message"]
    assert error["message"].startswith(f"{path}: {key}: ")


def test_the_table_breaks_something_that_works(seed: dict[str, Any]) -> None:
    assert parse_settings(seed).strategies
