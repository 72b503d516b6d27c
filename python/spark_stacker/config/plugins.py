"""Runs the user's own modules, which register indicators and connectors for a configuration to name."""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import sys
from typing import TYPE_CHECKING

from spark_stacker.errors import ConfigProblem

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["load_plugins"]


def load_plugins(plugins: object, *, directory: Path) -> list[ConfigProblem]:
    """Imports each plugin once: a file (``own.py``, from ``directory``) or a module (``my.own``).

    One that cannot be imported is a mistake under its key. What is no list of texts is left to the settings.
    """
    problems = []
    for index, name in enumerate(plugins if isinstance(plugins, list | tuple) else []):
        if isinstance(name, str):
            try:
                with contextlib.redirect_stdout(sys.stderr):  # stdout is the command's own
                    _load(name, directory)
            except (Exception, SystemExit) as error:  # user code fails as it likes
                message = f'"{name}" cannot be loaded: {type(error).__name__}: {error}'
                problems.append(ConfigProblem(f"plugins[{index}]", message))
    return problems


def _load(name: str, directory: Path) -> None:
    if not name.endswith(".py"):
        importlib.import_module(name)
        return
    path = (directory / name).resolve()
    module_name = f"spark_stacker_plugin:{path}"
    if module_name in sys.modules:
        return
    spec = importlib.util.spec_from_file_location(module_name, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"no module at {path}")
    module = importlib.util.module_from_spec(spec)
    sys.modules[module_name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[module_name]
        raise
