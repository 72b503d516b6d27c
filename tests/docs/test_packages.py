"""Every module's examples run, and every name it offers is there."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import spark_stacker

MODULES = [
    "spark_stacker",
    *sorted(
        module.name
        for module in pkgutil.walk_packages(spark_stacker.__path__, "spark_stacker.")
        if not module.name.endswith("_core")
    ),
]


@pytest.mark.parametrize("name", MODULES)
def test_examples_in_docstrings_run(name: str, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SPARK_STACKER_DATA", str(tmp_path / "catalogue"))
    assert doctest.testmod(importlib.import_module(name), optionflags=doctest.ELLIPSIS).failed == 0


@pytest.mark.parametrize("name", MODULES)
def test_names_offered_are_there(name: str) -> None:
    module = importlib.import_module(name)
    offered = list(getattr(module, "__all__", ()))
    assert len(set(offered)) == len(offered)
    for public in offered:
        getattr(module, public)


def test_every_package_says_what_it_offers() -> None:
    packages = [name for name in MODULES if hasattr(importlib.import_module(name), "__path__")]
    assert [name for name in packages if not hasattr(importlib.import_module(name), "__all__")] == []


def test_the_table_of_contents_names_every_package() -> None:
    parts = [name for name in MODULES if name.count(".") == 1]
    assert [name for name in parts if f"``{name}``" not in (spark_stacker.__doc__ or "")] == []
