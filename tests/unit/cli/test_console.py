"""What commands print, and where."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from spark_stacker.cli import console


def test_a_table_shows_values_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    console.print_table(
        ["name", "profit"], [("[red]a[/red]", 1.5), ("b", None)], title="Trades", numeric=["profit"]
    )
    out = capsys.readouterr().out
    assert "Trades" in out
    assert "[red]a[/red]" in out
    assert "│    1.5 │" in out
    assert "│      – │" in out


def test_a_piped_table_is_not_cut_at_80_columns(capsys: pytest.CaptureFixture[str]) -> None:
    console.print_table(["text"], [("x" * 120,)])
    assert "x" * 120 in capsys.readouterr().out


def test_json_goes_to_stdout_and_is_strict(capsys: pytest.CaptureFixture[str]) -> None:
    moment = datetime(2024, 1, 1, tzinfo=UTC)
    console.emit_json({"at": moment, "none": None})
    assert json.loads(capsys.readouterr().out) == {"at": "2024-01-01 00:00:00+00:00", "none": None}
    with pytest.raises(ValueError, match="not JSON compliant"):
        console.emit_json(float("nan"))


def test_messages_and_warnings_go_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    console.print_message("wrote a [file]")
    console.print_warning("odd " * 40)
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == "wrote a [file]\nwarning: " + "odd " * 40 + "\n"


def test_progress_is_silent_where_nobody_watches(capsys: pytest.CaptureFixture[str]) -> None:
    with console.progress("reading", total=3) as done:
        for _ in range(3):
            done(1)
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.strip() == ""
