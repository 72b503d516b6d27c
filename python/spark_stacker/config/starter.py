"""The commented configuration that ``spark-stacker init`` writes."""

from __future__ import annotations

__all__ = ["STARTER"]

STARTER = """\
# Spark Stacker: what to trade, how, and under which limits.
# Check it:  spark-stacker config check FILE
# Run it:    spark-stacker live --config FILE --scenario bull
# Every key with its default: docs/configuration.md

log_level = "INFO"

# Simulated orders. This version has no other.
dry_run = true

# Cash at the start of a backtest or dry run, quote currency.
initial_balance = 10000.0

# Positions open at once, hedge legs not counted.
max_parallel_trades = 1

# ---------------------------------------------------------------- exchanges
# Secrets never stand here. Take them from the environment, as below, or from
# a file (private_key_file = "…") or the keyring (private_key_keyring = "service:account").

[[exchanges]]
name = "hyperliquid"
wallet_address = "${HYPERLIQUID_WALLET_ADDRESS:-}"
private_key = "${HYPERLIQUID_PRIVATE_KEY:-}"
testnet = true
use_as_main = true
use_as_hedge = true

# Plays recorded candles instead of a live feed:
# [[exchanges]]
# name = "replay"
# files = ["data"]          # files or directories
# speed = "max"             # or a multiple of real time, such as 60

# --------------------------------------------------------------- indicators
# spark-stacker indicators list shows every type with its parameters.

[[indicators]]
name = "eth_rsi"
type = "rsi"
parameters = { period = 14, overbought = 70, oversold = 30 }

[[indicators]]
name = "eth_trend"
type = "ma"
timeframe = "4h"            # default: the strategy's
signal_ttl = 6              # closed bars for which a signal stands
parameters = { fast_period = 10, slow_period = 30, ma_type = "ema" }

# --------------------------------------------------------------- strategies

[[strategies]]
name = "rsi_with_trend"
market = "ETH"              # completed to ETH-USD by the exchange's quote currency
timeframe = "1h"            # decisions at the close of these candles
indicators = ["eth_rsi", "eth_trend"]
signal_mode = "any"         # any, all, majority, weighted
side = "both"               # long, short, both

main_leverage = 5.0
stop_loss_pct = 5.0         # percent of the entry price
take_profit_pct = 10.0
max_holding_time = "3d"
max_position_size = 1000.0  # margin capital of a trade at most, quote currency

# A fifth of a trade's capital margins a position the other way.
hedge_ratio = 0.2
hedge_leverage = 2.0

# Capital of a trade: fixed_usd, percent_equity, risk_based, fixed_units or kelly.
[strategies.sizing]
method = "risk_based"
risk_pct = 1.0              # percent of the equity lost at the stop

# ------------------------------------------------------------------- limits

[limits]
max_exposure_pct = 300.0    # gross notional, percent of the equity
max_daily_loss_pct = 5.0    # no new position after this loss in a day (UTC)
max_drawdown_pct = 25.0

# --------------------------------------------------------------- instruments
# What the venue demands of orders: look yours up. A market without an entry is
# traded without rounding and minimum, and results say so.

[instruments.ETH-USD]
tick_size = 0.1             # smallest price step, quote currency
lot_size = 0.0001           # smallest quantity step, base units
min_notional = 10.0         # smallest order value, quote currency
max_leverage = 25.0         # maintenance margin: half the initial margin at this leverage

# ---------------------------------------------------------------- simulation

[simulation]
venue = "hyperliquid"       # fee schedule; or maker_fee and taker_fee
slippage = { model = "fixed", bps = 1.0 }

# ------------------------------------------------------------------- metrics

[metrics]
enabled = true              # Prometheus, on http://127.0.0.1:8000/metrics
port = 8000
"""
