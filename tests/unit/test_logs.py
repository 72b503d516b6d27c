from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING

import pytest
import structlog

from made.minutes import minute
from spark_stacker.errors import ParameterError
from spark_stacker.logs import BLANK, configure_logs
from spark_stacker.trading.events import BarsMissing, Event, SessionStopped, StateRestored
from spark_stacker.trading.log_observer import LogObserver
from spark_stacker.trading.portfolio import OpenPosition, PortfolioView

if TYPE_CHECKING:
    from collections.abc import Iterator

POSITION = OpenPosition(
    market="ETH-USD",
    strategy="s",
    leg="main",
    side="long",
    quantity=1.0,
    entry_price=2.0,
    mark_price=3.0,
    unrealised_profit=1.0,
    liquidation_price=None,
    stop_price=None,
    target_price=None,
)


@pytest.fixture(autouse=True)
def _restore() -> Iterator[None]:
    yield
    structlog.reset_defaults()


def logged(*events: Event, level: str = "INFO") -> list[dict[str, object]]:
    stream = io.StringIO()
    configure_logs("json", level=level, stream=stream)
    observer = LogObserver()
    for event in events:
        observer(event)
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_an_event_is_a_line_with_its_fields() -> None:
    (line,) = logged(BarsMissing(market="ETH-USD", open_time_ns=minute(0), bars=3))
    assert line.pop("timestamp")
    assert line == {
        "event": "bars_missing",
        "level": "warning",
        "market": "ETH-USD",
        "open_time": "2024-01-01T00:00:00Z",
        "bars": 3,
    }


def test_a_stop_reports_every_open_position() -> None:
    lines = logged(
        SessionStopped(reason="asked", portfolio=PortfolioView(equity=1, cash=2, positions=(POSITION,)))
    )
    assert [line["event"] for line in lines] == ["session_stopped", "position_open"]
    assert lines[0]["open_positions"] == 1
    assert lines[1]["unrealised_profit"] == 1.0


def test_what_the_journal_forgave_is_a_warning() -> None:
    view = PortfolioView(equity=1, cash=2)
    lines = logged(
        StateRestored(bar_groups=1, last_open_time_ns=None, portfolio=view, warnings=("cut short",))
    )
    assert lines[1]["warning"] == "cut short"


def test_lines_below_the_level_are_left_out() -> None:
    assert logged(BarsMissing(market="A", open_time_ns=0, bars=1), level="ERROR") == []


@pytest.mark.parametrize("log_format", ["console", "json"])
def test_secrets_never_reach_a_line(log_format: str) -> None:
    stream = io.StringIO()
    configure_logs(log_format, secrets=["hunter2secret", ""], stream=stream)
    log = structlog.get_logger()
    log.info(
        "signing with hunter2secret", api_key="abc", nested={"private_key": "k", "list": ["hunter2secret"]}
    )
    log.error("failed", error="url?key=hunter2secret", token="t")  # noqa: S106
    text = stream.getvalue()
    assert "hunter2secret" not in text
    assert "abc" not in text
    assert text.count(BLANK) >= 5


def test_an_exception_s_text_is_redacted_too() -> None:
    stream = io.StringIO()
    configure_logs("json", secrets=["hunter2secret"], stream=stream)
    try:
        raise ValueError("bad hunter2secret")
    except ValueError:
        structlog.get_logger().exception("failed")
    assert "ValueError" in stream.getvalue()
    assert "hunter2secret" not in stream.getvalue()


def test_an_unknown_format_is_refused() -> None:
    with pytest.raises(ParameterError, match="console, json"):
        configure_logs("xml")
