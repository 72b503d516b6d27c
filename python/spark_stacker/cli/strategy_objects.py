"""``module:object`` and ``file.py:object`` on the command line."""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spark_stacker.config.suggestions import did_you_mean
from spark_stacker.errors import ParameterError, StrategyError

if TYPE_CHECKING:
    from types import ModuleType

__all__ = ["load_object", "names_an_object"]


def names_an_object(text: str) -> bool:
    """Whether this is ``module:object`` or ``file.py:object`` rather than a file."""
    place, colon, name = text.rpartition(":")
    return bool(colon and place) and name.replace(".", "_").isidentifier()


def load_object(text: str) -> Any:
    """The object. `ParameterError` for a module or a name that is not there, `StrategyError` for a module
    that fails.
    """
    place, _, name = text.rpartition(":")
    with contextlib.redirect_stdout(sys.stderr):  # stdout is the command's own
        found: Any = _module(place)
    for part in name.split("."):
        if not hasattr(found, part):
            known = [other for other in vars(found) if not other.startswith("_")]
            raise ParameterError(f"{place} has no {name!r}{did_you_mean(part, known)}")
        found = getattr(found, part)
    return found


def _module(place: str) -> ModuleType:
    try:
        return _of_file(Path(place)) if place.endswith(".py") else importlib.import_module(place)
    except ModuleNotFoundError as error:
        if error.name is not None and place.startswith(error.name):
            raise ParameterError(f"no module {place!r}; a file is written as file.py:object") from error
        raise StrategyError(f"{place} cannot be imported: {error!r}") from error
    except ParameterError:
        raise
    except (Exception, SystemExit) as error:
        raise StrategyError(f"{place} cannot be imported: {error!r}") from error


def _of_file(path: Path) -> ModuleType:
    if not path.is_file():
        raise ParameterError(f"no file {path}")
    path = path.resolve()
    name = f"spark_stacker_strategy_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ParameterError(f"{path} is no Python file")
    module = importlib.util.module_from_spec(spec)
    # Found there by what executes it again, and by modules beside it.
    sys.modules[name] = module
    if str(path.parent) not in sys.path:
        sys.path.insert(0, str(path.parent))
    spec.loader.exec_module(module)
    return module
