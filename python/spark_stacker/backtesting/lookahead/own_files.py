"""Files that user code reads by itself: what the readers give ends at the cut, other files are noted."""

from __future__ import annotations

import contextlib
import functools
import importlib.util
import inspect
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from spark_stacker.backtesting.lookahead.own_code import is_own_module

if TYPE_CHECKING:
    import types
    from collections.abc import Callable, Iterator

    from spark_stacker.backtesting.lookahead.substitution import Substitution

__all__ = ["Files", "executed_again"]

_READERS = {
    "polars": (
        *("read_csv", "read_parquet", "read_ipc", "read_json", "read_ndjson", "read_excel"),
        *("scan_csv", "scan_parquet", "scan_ipc", "scan_ndjson"),
    ),
    "pandas": ("read_csv", "read_parquet", "read_feather", "read_json", "read_pickle", "read_excel"),
    "numpy": ("load", "loadtxt", "genfromtxt", "fromfile"),
}

_listening: list[Files] = []
"""Whoever wants to know of opened files; an audit hook cannot be taken away again."""


class Files:
    """The files read while the block of `substituted` runs; ``opened`` those that no reader above read."""

    def __init__(self) -> None:
        self.read: dict[str, None] = {}
        self.opened: dict[str, None] = {}
        self._inside_a_reader = False

    @contextlib.contextmanager
    def substituted(self, substitution: Substitution) -> Iterator[None]:
        """Readers called by the user's code give data known up to the cut."""
        replaced: list[tuple[Any, str, Any]] = []
        _listen()
        _listening.append(self)
        try:
            for library, names in _READERS.items():
                module = {"polars": pl, "numpy": np}.get(library) or sys.modules.get(library)
                for name in names if module is not None else ():
                    original = getattr(module, name)
                    replaced.append((module, name, original))
                    setattr(module, name, self._reader(original, substitution))
            yield
        finally:
            for module, name, original in replaced:
                setattr(module, name, original)
            _listening.remove(self)

    def _reader(self, original: Callable[..., Any], substitution: Substitution) -> Callable[..., Any]:
        @functools.wraps(original)
        def read(*arguments: Any, **options: Any) -> Any:
            caller = inspect.currentframe()
            is_own_call = caller is not None and caller.f_back is not None and _is_own_frame(caller.f_back)
            if not is_own_call or self._inside_a_reader:
                return original(*arguments, **options)
            self._inside_a_reader = True
            try:
                given = original(*arguments, **options)
            finally:
                self._inside_a_reader = False
            file = str(arguments[0]) if arguments else original.__name__
            self.read[file] = None
            return substitution.of(given, f"file {Path(file).name}")

        return read

    def hear(self, file: object) -> None:
        """Keep the name of a file that own code opens."""
        if not self._inside_a_reader and isinstance(file, (str, bytes)) and _opened_by_own_code():
            self.opened[file if isinstance(file, str) else file.decode(errors="replace")] = None


@functools.cache
def _listen() -> None:
    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open" and _listening:
            _listening[-1].hear(arguments[0])

    sys.addaudithook(hook)


def _opened_by_own_code() -> bool:
    frame = inspect.currentframe()
    while frame is not None:
        name = frame.f_globals.get("__name__", "")
        if name.partition(".")[0] in {
            "importlib",
            "_frozen_importlib",
            "_frozen_importlib_external",
            "linecache",
        }:
            return False
        if _is_own_frame(frame):
            return True
        if name.startswith("spark_stacker.") and name != __name__:
            return False
        frame = frame.f_back
    return False


def _is_own_frame(frame: types.FrameType) -> bool:
    return is_own_module(frame.f_globals.get("__name__", "builtins"))


def executed_again(subject: Any) -> Any | None:
    """The same function or class out of a fresh execution of its module; None where that cannot be had."""
    module = sys.modules.get(getattr(subject, "__module__", None) or "")
    name = getattr(subject, "__qualname__", "")
    file = getattr(module, "__file__", None)
    if module is None or module.__name__ == "__main__" or not file or not name or "<" in name:
        return None
    spec = importlib.util.spec_from_file_location(module.__name__, file)
    if spec is None or spec.loader is None:
        return None
    fresh = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(fresh)
    found: Any = fresh
    for part in name.split("."):
        found = getattr(found, part, None)
    return found
