"""Which code is the user's: not the standard library's, an installed package's or this package's."""

from __future__ import annotations

import functools
import os
import sys
import sysconfig
from pathlib import Path

import spark_stacker

__all__ = ["is_own", "is_own_module"]

_LIBRARIES = tuple(
    str(Path(place).resolve()) + os.sep
    for place in (
        sysconfig.get_path("stdlib"),
        sysconfig.get_path("platstdlib"),
        sysconfig.get_path("purelib"),
        sysconfig.get_path("platlib"),
        *spark_stacker.__path__,
    )
)


def is_own(code: object) -> bool:
    """Whether a class or a function was written by the user."""
    return is_own_module(getattr(code, "__module__", None) or "builtins")


@functools.cache
def is_own_module(name: str) -> bool:
    """Whether a module of this name is the user's."""
    if name.partition(".")[0] in sys.stdlib_module_names and name != "__main__":
        return False
    module = sys.modules.get(name)
    if module is None:
        return True
    file = getattr(module, "__file__", None)
    if file is None:
        return name == "__main__"
    return not str(Path(file).resolve()).startswith(_LIBRARIES)
