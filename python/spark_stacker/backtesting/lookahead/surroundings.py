"""Where user code keeps what it is not handed: globals, closures, defaults, attributes of classes.

A run gets copies there, with the data known up to its cut, and everything is put back afterwards. So no run
sees what an earlier one left in a cache, and a frame held outside the arguments has the same end as they do.
"""

from __future__ import annotations

import contextlib
import functools
import types
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from spark_stacker.backtesting.lookahead.own_code import is_own, is_own_module

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from spark_stacker.backtesting.lookahead.substitution import Substitution

__all__ = ["Surroundings"]

_DEEPEST = 12
_MOST_PARTS = 1_000
"""Parts of a container that are searched for functions."""


@dataclass(frozen=True, slots=True)
class _Place:
    """A place that holds a value."""

    name: str
    is_global: bool
    read: Callable[[], Any]
    write: Callable[[Any], None]


class Surroundings:
    """Everything that the code of ``subject`` reaches by itself."""

    def __init__(self, subject: object) -> None:
        self._places: list[_Place] = []
        self._caches: list[Any] = []
        self._namespaces: list[Any] = []
        self._seen: dict[int, object] = {}
        self._walk(subject, 0)

    @contextlib.contextmanager
    def replaced(self, substitution: Substitution) -> Iterator[None]:
        """Copies everywhere while the block runs."""
        before = [(place, place.read()) for place in self._places]
        names = [(namespace, set(_names(namespace))) for namespace in self._namespaces]
        self._forget()
        try:
            for place, value in before:
                place.write(substitution.of(value, place.name))
            yield
        finally:
            for namespace, known in names:
                for added in set(_names(namespace)) - known:
                    _remove(namespace, added)
            for place, value in before:
                place.write(value)
            self._forget()

    @property
    def holds_globals(self) -> bool:
        """Whether a global or an attribute of a class is more than a plain value, so that it may be data."""
        plain = (type(None), bool, int, float, str, bytes)
        return any(place.is_global and not isinstance(place.read(), plain) for place in self._places)

    def _forget(self) -> None:
        for cached in self._caches:
            cached.cache_clear()

    def _walk(self, value: Any, depth: int) -> None:
        if id(value) in self._seen or depth > _DEEPEST:
            return
        self._seen[id(value)] = value
        if hasattr(value, "cache_clear") and hasattr(value, "__wrapped__"):
            self._caches.append(value)
        if isinstance(value, types.FunctionType):
            self._walk_function(value, depth)
        elif isinstance(value, type):
            self._walk_class(value, depth)
        elif isinstance(value, types.ModuleType):
            if is_own_module(value.__name__):
                for name in [name for name in vars(value) if not name.startswith("__")]:
                    self._entry(vars(value), name, depth, is_global=True)
        else:
            for part in _parts(value):
                self._walk(part, depth + 1)

    def _walk_function(self, function: types.FunctionType, depth: int) -> None:
        if not is_own(function):
            return
        for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
            if not _is_empty(cell):
                self._add(_Place(name, False, *_of_cell(cell)), cell.cell_contents, depth)
        for attribute in ("__defaults__", "__kwdefaults__"):
            if getattr(function, attribute):
                self._attribute(function, attribute, depth)
        self._namespaces.append(function.__dict__)
        for name in list(function.__dict__):
            self._entry(function.__dict__, name, depth, is_global=False)
        self._namespaces.append(function.__globals__)
        for name in _global_names(function.__code__):
            if name in function.__globals__ and not name.startswith("__"):
                self._entry(function.__globals__, name, depth, is_global=True)

    def _walk_class(self, kind: type, depth: int) -> None:
        if not is_own(kind):
            return
        self._namespaces.append(kind)
        for name, value in list(vars(kind).items()):
            if name.startswith("__") and not callable(value):
                continue
            if _is_code(value):
                self._walk(value, depth + 1)
            elif not isinstance(value, (types.MemberDescriptorType, types.GetSetDescriptorType)):
                self._attribute(kind, name, depth)
        for base in kind.__bases__:
            self._walk(base, depth + 1)

    def _entry(self, namespace: dict[str, Any], name: str, depth: int, *, is_global: bool) -> None:
        place = _Place(
            name, is_global, lambda: namespace[name], functools.partial(namespace.__setitem__, name)
        )
        self._add(place, namespace[name], depth)

    def _attribute(self, owner: Any, name: str, depth: int) -> None:
        place = _Place(
            f"{owner.__name__}.{name}",
            isinstance(owner, type),
            lambda: getattr(owner, name),
            functools.partial(setattr, owner, name),
        )
        self._add(place, getattr(owner, name), depth)

    def _add(self, place: _Place, value: Any, depth: int) -> None:
        if not _is_code(value) and not isinstance(value, types.ModuleType):
            self._places.append(place)
        self._walk(value, depth + 1)


def _parts(value: Any) -> list[Any]:
    """What may hold code or data inside a value."""
    if isinstance(value, (staticmethod, classmethod)):
        return [value.__func__]
    if isinstance(value, property):
        return [value.fget, value.fset]
    if isinstance(value, functools.cached_property):
        return [value.func]
    if isinstance(value, types.MethodType):
        return [value.__func__, value.__self__]
    if isinstance(value, functools.partial):
        return [value.func, *value.args, *value.keywords.values()]
    parts = [value.__wrapped__] if hasattr(value, "cache_clear") and hasattr(value, "__wrapped__") else []
    if isinstance(value, (dict, list, tuple, set)):
        parts += list(value.values() if isinstance(value, dict) else value)[:_MOST_PARTS]
    elif is_own(type(value)):
        parts += [type(value), *getattr(value, "__dict__", {}).values()]
    return parts


def _is_code(value: Any) -> bool:
    return isinstance(value, (type, types.FunctionType, staticmethod, classmethod, property)) or hasattr(
        value, "cache_clear"
    )


def _is_empty(cell: types.CellType) -> bool:
    try:
        _ = cell.cell_contents
    except ValueError:
        return True
    return False


def _of_cell(cell: types.CellType) -> tuple[Callable[[], Any], Callable[[Any], None]]:
    return (lambda: cell.cell_contents), functools.partial(setattr, cell, "cell_contents")


def _global_names(code: types.CodeType) -> list[str]:
    """Names that a function and those inside it read from the module, and attributes of the same name."""
    inner = [
        name for part in code.co_consts if isinstance(part, types.CodeType) for name in _global_names(part)
    ]
    return list(dict.fromkeys([*code.co_names, *inner]))


def _names(namespace: Any) -> list[str]:
    return list(vars(namespace) if isinstance(namespace, type) else namespace)


def _remove(namespace: Any, name: str) -> None:
    if isinstance(namespace, type):
        delattr(namespace, name)
    else:
        del namespace[name]
