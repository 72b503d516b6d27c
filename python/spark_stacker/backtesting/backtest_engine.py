"""`BacktestEngine`: backtests of strategy functions, of configured strategies and of indicators."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from spark_stacker.backtesting.account import opening_account
from spark_stacker.backtesting.configured import prepare_settings
from spark_stacker.backtesting.function_backtest import StrategyFunction, prepare_function
from spark_stacker.backtesting.histories import Span, only_source
from spark_stacker.backtesting.indicator_strategy import strategy_of_indicators
from spark_stacker.backtesting.search.calls import SearchCalls
from spark_stacker.backtesting.terms import Slippage, VenueTerms
from spark_stacker.config import parse_symbol
from spark_stacker.data.times import interval_us
from spark_stacker.errors import ParameterError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from spark_stacker.backtesting.account import Balance
    from spark_stacker.backtesting.prepared import PreparedBacktest
    from spark_stacker.backtesting.result import BacktestResult
    from spark_stacker.config import InstrumentSettings, Settings, StrategySettings
    from spark_stacker.data import DataManager
    from spark_stacker.data.times import TimeLike
    from spark_stacker.indicators.base_indicator import BaseIndicator

__all__ = ["BacktestEngine", "strategy_values"]


class BacktestEngine(SearchCalls):
    """Runs backtests on the candles of a data manager.

    Fees are fractions of a fill's notional. ``slippage_model`` is ``none``, ``fixed``, ``random``,
    ``volume_share`` or ``square_root`` with default numbers, ``calibrated`` (as `spark-stacker slippage
    calibrate` has stored it), or a model with its own numbers, ``{"model": "fixed", "bps": 2}``. A
    balance in another currency than the market's quote needs ``conversion``, prices by currency.

    >>> from spark_stacker.data import DataManager, FrameDataSource, synthesise
    >>> made = synthesise("choppy", interval="1h", bars=500, seed=1, start="2024-01-01")
    >>> manager = DataManager()
    >>> manager.register_source("made", FrameDataSource({(made.symbol, "1h"): made.frame}))
    >>> def hold(data, simulation, params):
    ...     if len(data) == 1:
    ...         simulation.buy()
    >>> engine = BacktestEngine(manager, initial_balance=10_000.0)
    >>> result = engine.run_backtest(hold, made.symbol, "1h")
    >>> len(result.equity_curve), result.metrics["exposure"]
    (500, 0.998)
    """

    def __init__(
        self,
        data_manager: DataManager,
        initial_balance: Balance = 10_000.0,
        maker_fee: float = 0.0001,
        taker_fee: float = 0.0005,
        slippage_model: Slippage = "none",
        *,
        liquidation_fee: float = 0.005,
        margin_mode: str = "isolated",
        fee_in_base: bool = False,
        fill_on_touch: bool = False,
        seed: int = 0,
        conversion: Mapping[str, float] | None = None,
    ) -> None:
        self.data_manager = data_manager
        self.initial_balance = initial_balance
        self.conversion = conversion
        self.terms = VenueTerms(
            maker_fee=maker_fee,
            taker_fee=taker_fee,
            liquidation_fee=liquidation_fee,
            slippage=slippage_model,
            margin_mode=margin_mode,
            fee_in_base=fee_in_base,
            fill_on_touch=fill_on_touch,
            seed=seed,
        )

    def run_backtest(  # noqa: PLR0917 - the developer guide's signature
        self,
        strategy_func: StrategyFunction | None = None,
        symbol: str | None = None,
        interval: str | None = None,
        start_date: TimeLike | None = None,
        end_date: TimeLike | None = None,
        data_source_name: str | None = None,
        strategy_params: Mapping[str, object] | None = None,
        leverage: float = 1.0,
        indicators: Sequence[BaseIndicator] | None = None,
        *,
        strategy: StrategySettings | Mapping[str, object] | None = None,
        market_type: str | None = None,
        instrument: InstrumentSettings | Mapping[str, object] | None = None,
        funding: object | None = None,
        mark: object | None = None,
        allow_partial: bool = False,
        warm_up_bars: int = 0,
        seed: int | None = None,
    ) -> BacktestResult:
        """One backtest of one market over ``[start_date, end_date)``, UTC.

        With ``strategy_func(data, simulation, params)``: it is called at each bar's close with a view of
        everything up to then (``data["close"][-1]``, ``len(data)``, ``data.to_frame()``, the columns of
        ``indicators``), the `SimulationEngine` to trade with, and ``strategy_params``. Its orders are of
        ``leverage`` unless they say so.

        Without: the signals of ``indicators`` are traded, all of the equity at ``leverage``; ``strategy`` (or
        ``strategy_params``) are further keys of `StrategySettings`, such as ``side``, ``stop_loss_pct``,
        ``sizing``.

        ``funding`` is a frame of ``timestamp`` and ``rate``, ``mark`` one of mark price candles.
        ``warm_up_bars`` earlier candles feed indicators only. Raises a subclass of `InputError` that names
        what is wrong.
        """
        if symbol is None or interval is None:
            raise ParameterError(f"{'symbol' if symbol is None else 'interval'} must be given")
        interval_us(interval)
        span = Span(start=start_date, end=end_date, allow_partial=allow_partial, warm_up_bars=warm_up_bars)
        source = only_source(self.data_manager, data_source_name)
        market = str(parse_symbol(symbol))
        terms = self.terms.with_market(market_type=market_type, instrument=instrument, seed=seed)
        account = opening_account(self.initial_balance, symbol=market, conversion=self.conversion)
        if strategy_func is not None:
            if strategy is not None:
                raise ParameterError("strategy and strategy_func exclude each other")
            if not isinstance(strategy_params or {}, Mapping):
                raise ParameterError(
                    f"strategy_params must be a mapping of names to values, was {strategy_params!r}"
                )
            return prepare_function(
                strategy_func,
                manager=self.data_manager,
                source=source,
                symbol=symbol,
                interval=interval,
                span=span,
                account=account,
                terms=terms,
                leverage=leverage,
                indicators=indicators or (),
                funding=funding,
                mark=mark,
            ).run(strategy_params or {})
        if not indicators:
            raise ParameterError(
                "strategy_func or indicators must be given; settings are run by run_settings"
            )
        values = strategy_values(strategy, strategy_params, leverage)
        made = strategy_of_indicators(indicators, market=market, interval=interval, values=values)
        settings = terms.settings(
            market, account.balance, strategies=[made.strategy], indicators=made.indicators
        )
        return prepare_settings(
            settings,
            self.data_manager,
            source=source,
            span=span,
            intervals={market: interval},
            funding=None if funding is None else {market: funding},
            mark=None if mark is None else {market: mark},
            own_indicators=made.own,
            names={market: symbol},
        ).run()

    def prepare(
        self,
        settings: Settings,
        *,
        strategies: Sequence[str] | None = None,
        start_date: TimeLike | None = None,
        end_date: TimeLike | None = None,
        data_source_name: str | None = None,
        intervals: Mapping[str, str] | None = None,
        funding: Mapping[str, object] | None = None,
        mark: Mapping[str, object] | None = None,
        allow_partial: bool = False,
        warm_up_bars: int = 0,
    ) -> PreparedBacktest:
        """A backtest of configured strategies with candles loaded and everything checked, to be run again and
        again.

        Balance, fees, slippage and specifications are those of ``settings``. ``intervals`` of the candles (by
        default the longest that serves a market's timeframes), ``funding`` and ``mark`` frames go by symbol.
        """
        return prepare_settings(
            settings,
            self.data_manager,
            source=only_source(self.data_manager, data_source_name),
            span=Span(start=start_date, end=end_date, allow_partial=allow_partial, warm_up_bars=warm_up_bars),
            strategies=strategies,
            intervals=intervals,
            funding=funding,
            mark=mark,
        )

    def run_settings(self, settings: Settings, **options: object) -> BacktestResult:
        """Runs the strategies of ``settings``; ``options`` are those of `prepare`."""
        return self.prepare(settings, **options).run()  # type: ignore[arg-type]


def strategy_values(
    strategy: StrategySettings | Mapping[str, object] | None,
    params: Mapping[str, object] | None,
    leverage: float,
) -> dict[str, object]:
    """Keys of a strategy: those of ``strategy``, then of ``params``; ``leverage`` where neither has one."""
    if strategy is None:
        given: dict[str, object] = {}
    elif hasattr(strategy, "model_dump"):
        given = strategy.model_dump(exclude_unset=True)
    else:
        given = dict(strategy)
    given.update(params or {})
    given.setdefault("main_leverage", leverage)
    return given
