"""Own modules are imported before the names that they register are checked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from spark_stacker.config import load_settings, parse_settings, registry
from spark_stacker.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

PLUGIN = """\
from pathlib import Path
from spark_stacker.config import register_exchange_type, register_indicator_type
register_indicator_type("twice")
register_exchange_type("paper")
counter = Path(__file__).with_suffix(".count")
counter.write_text(counter.read_text() + "x" if counter.exists() else "x")
"""

CONFIGURATION = """\
plugins = ["own.py"]
[[exchanges]]
name = "paper"
[[indicators]]
name = "i"
type = "twice"
"""


@pytest.fixture(autouse=True)
def _names_of_this_test_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_own_indicators", {})
    monkeypatch.setattr(registry, "_own_exchanges", set())


def test_a_plugin_makes_its_types_known(tmp_path: Path) -> None:
    (tmp_path / "own.py").write_text(PLUGIN)
    (tmp_path / "a.toml").write_text(CONFIGURATION)
    settings = load_settings(tmp_path / "a.toml")
    assert settings.indicators[0].type == "twice"
    assert settings.exchanges[0].exchange_type == "paper"


def test_a_plugin_is_run_once(tmp_path: Path) -> None:
    (tmp_path / "own.py").write_text(PLUGIN)
    (tmp_path / "a.toml").write_text(CONFIGURATION)
    load_settings(tmp_path / "a.toml")
    load_settings(tmp_path / "a.toml")
    assert (tmp_path / "own.count").read_text() == "x"


@pytest.mark.parametrize(
    ("plugin", "content", "reason"),
    [
        ("own.py", None, "FileNotFoundError"),
        ("own.py", "1 / 0", "ZeroDivisionError: division by zero"),
        ("own.py", "def", "SyntaxError"),
        ("no_such_module_here", None, "ModuleNotFoundError"),
    ],
)
def test_a_plugin_that_fails_is_named(tmp_path: Path, plugin: str, content: str | None, reason: str) -> None:
    if content is not None:
        (tmp_path / "own.py").write_text(content)
    (tmp_path / "a.toml").write_text(f'plugins = ["{plugin}"]\n')
    with pytest.raises(ConfigError, match=f'plugins\\[0\\]: "{plugin}" cannot be loaded: {reason}'):
        load_settings(tmp_path / "a.toml")


def test_a_plugin_that_would_end_the_program_is_a_mistake(tmp_path: Path) -> None:
    (tmp_path / "leaves.py").write_text("raise SystemExit(3)")
    with pytest.raises(ConfigError, match=r'plugins\[0\]: "leaves.py" cannot be loaded: SystemExit: 3'):
        parse_settings({"plugins": ["leaves.py"]}, directory=tmp_path)


def test_what_a_plugin_prints_stays_off_stdout(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "talks.py").write_text("print('hello')")
    parse_settings({"plugins": ["talks.py"]}, directory=tmp_path)
    assert capsys.readouterr() == ("", "hello\n")
