"""The examples in the documentation of market data run and give what they say."""

from __future__ import annotations

import doctest
import importlib
import pkgutil
from pathlib import Path

import pytest

from spark_stacker import data

_MODULES = [name for _, name, _ in pkgutil.iter_modules(data.__path__, "spark_stacker.data.")]
_PAGE = Path(__file__).resolve().parents[3] / "docs" / "data.md"


@pytest.mark.parametrize("name", _MODULES)
def test_examples_in_docstrings_run(name: str) -> None:
    assert doctest.testmod(importlib.import_module(name)).failed == 0


def test_examples_of_the_page_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SPARK_STACKER_DATA", str(tmp_path / "catalogue"))
    result = doctest.testfile(str(_PAGE), module_relative=False, optionflags=doctest.ELLIPSIS)
    assert result.attempted > 10
    assert result.failed == 0


def test_public_names_exist_and_are_sorted() -> None:
    assert all(hasattr(data, name) for name in data.__all__)
    for name in _MODULES:
        module = importlib.import_module(name)
        assert all(hasattr(module, public) for public in module.__all__)
