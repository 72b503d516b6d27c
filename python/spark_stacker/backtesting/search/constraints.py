"""Conditions on sets, as text: ``fast_period < slow_period`` before a set is run, ``total_trades >= 30``
after.

The text is read as a Python expression of names, numbers, texts, arithmetic, comparisons, ``and``, ``or`` and
``not``, and computed column by column here; it is never executed.
"""

from __future__ import annotations

import ast
import keyword
import operator
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np

from spark_stacker.backtesting.metrics import METRICS
from spark_stacker.config.suggestions import did_you_mean
from spark_stacker.errors import ParameterError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from spark_stacker.backtesting.search.space import Space

__all__ = ["Admits", "Constraint", "admits", "parse_constraints"]

Columns: TypeAlias = "Mapping[str, NDArray[Any]]"
Admits: TypeAlias = "Callable[[NDArray[np.uint32]], NDArray[np.bool_]]"
"""Which of some sets, given by their digits, may be run."""

_COMPARE: Final[Mapping[type[ast.cmpop], Callable[[Any, Any], Any]]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
_ARITHMETIC: Final[Mapping[type[ast.operator], Callable[[Any, Any], Any]]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Mod: operator.mod,
}


@dataclass(frozen=True, slots=True)
class Constraint:
    """A condition and the names it reads: paths of the space, and metrics."""

    text: str
    condition: ast.expr
    names: Mapping[str, str]
    """What each name in the text stands for."""
    metrics: tuple[str, ...]
    """Metrics that it reads; none: it can be decided before a set is run."""

    def holds(self, columns: Columns, rows: int) -> NDArray[np.bool_]:
        """Whether each row satisfies it. A value that is undefined satisfies nothing."""
        with np.errstate(all="ignore"):
            try:
                held = _holds(self.condition, {name: columns[what] for name, what in self.names.items()})
            except TypeError as error:
                raise ParameterError(
                    f"constraint {self.text!r}: text and numbers do not compare: {error}"
                ) from error
            except ArithmeticError as error:
                raise ParameterError(f"constraint {self.text!r}: cannot be computed: {error}") from error
        return np.broadcast_to(held, (rows,))


def parse_constraints(given: Sequence[str] | str, paths: Sequence[str]) -> tuple[Constraint, ...]:
    """The constraints of ``given``; names are paths of the space, their last part where it is the only one of
    its kind, or metrics.

    >>> [constraint] = parse_constraints(["fast < slow"], ["cross.fast", "cross.slow"])
    >>> dict(constraint.names)
    {'fast': 'cross.fast', 'slow': 'cross.slow'}
    """
    if isinstance(given, str):
        given = [given]
    return tuple(_parse(text, paths) for text in given)


def admits(space: Space, constraints: Sequence[Constraint]) -> Admits:
    """What the constraints that read no metric say of sets of ``space``."""
    before = [constraint for constraint in constraints if not constraint.metrics]
    places = {path: place for place, path in enumerate(space.paths)}

    def decide(digits: NDArray[np.uint32]) -> NDArray[np.bool_]:
        held = np.ones(len(digits), dtype=np.bool_)
        for constraint in before:
            columns = {
                path: space.numbers[places[path]][digits[:, places[path]]]
                for path in constraint.names.values()
            }
            held &= constraint.holds(columns, len(digits))
        return held

    return decide


def _parse(text: object, paths: Sequence[str]) -> Constraint:
    if not isinstance(text, str):
        raise ParameterError(f"a constraint must be a text such as 'fast_period < slow_period', was {text!r}")
    readable, odd = _with_names(text.strip(), paths)
    try:
        condition = ast.parse(readable, mode="eval").body
    except (SyntaxError, ValueError, RecursionError) as error:
        raise ParameterError(f"constraint {text!r}: cannot be read: {error}") from None
    if not isinstance(condition, (ast.Compare, ast.BoolOp)) and not (
        isinstance(condition, ast.UnaryOp) and isinstance(condition.op, ast.Not)
    ):
        raise ParameterError(f"constraint {text!r}: must compare, as in 'total_trades >= 30'")
    known = {**_known(paths), **odd}
    names: dict[str, str] = {}
    try:
        for name in _names(condition):
            names[name] = _resolve(name, known)
    except ParameterError as error:
        raise ParameterError(f"constraint {text!r}: {error}") from None
    if not names:
        raise ParameterError(f"constraint {text!r}: names no setting of the space and no metric")
    metrics = tuple(sorted({what for what in names.values() if what in METRICS and what not in paths}))
    return Constraint(text.strip(), condition, names, metrics)


def _with_names(text: str, paths: Sequence[str]) -> tuple[str, dict[str, str]]:
    """The text with a name in the place of each path that Python would not read as one, and those names."""
    names: dict[str, str] = {}
    for path in sorted(paths, key=len, reverse=True):
        if all(part.isidentifier() and not keyword.iskeyword(part) for part in path.split(".")):
            continue
        name = f"path_{len(names)}_"
        text, found = re.subn(rf"(?<![\w.]){re.escape(path)}(?![\w.])", name, text)
        if found:
            names[name] = path
    return text, names


def _known(paths: Sequence[str]) -> dict[str, str]:
    """Every name that a constraint may use, with what it stands for; an empty text where that is open."""
    known = {name: name for name in METRICS}
    for path in paths:
        last = path.rpartition(".")[2]
        known[last] = "" if last in known and known[last] != path else path
    known.update({path: path for path in paths})
    return known


def _resolve(name: str, known: Mapping[str, str]) -> str:
    if name not in known:
        raise ParameterError(
            f"no setting of the space and no metric is called {name!r}{did_you_mean(name, known)}"
        )
    if not known[name]:
        candidates = [path for path in known if path.endswith(f".{name}")]
        raise ParameterError(
            f"{name!r} may be {' or '.join(candidates) or 'a setting or a metric'}: write its path"
        )
    return known[name]


def _names(node: ast.expr) -> list[str]:
    """The names in an expression; `ParameterError` for anything that is not allowed in one."""
    match node:
        case ast.Name() | ast.Attribute():
            return [_dotted(node)]
        case ast.Constant(value=value) if isinstance(value, (int, float, str)):
            return []
        case ast.Compare(left=left, ops=ops, comparators=others) if all(type(op) in _COMPARE for op in ops):
            return [name for part in (left, *others) for name in _names(part)]
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _ARITHMETIC:
            return _names(left) + _names(right)
        case ast.BoolOp(values=parts):
            return [name for part in parts for name in _names(part)]
        case ast.UnaryOp(op=ast.Not() | ast.USub() | ast.UAdd(), operand=operand):
            return _names(operand)
    raise ParameterError(
        f"{ast.unparse(node)!r} is not allowed: names, numbers, texts, + - * / %, comparisons, and, or, not"
    )


def _dotted(node: ast.expr) -> str:
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=value, attr=attribute):
            return f"{_dotted(value)}.{attribute}"
    raise ParameterError(f"{ast.unparse(node)!r} is not a path")


def _holds(node: ast.expr, columns: Columns, *, wanted: bool = True) -> NDArray[np.bool_]:
    """Where the condition is known to be ``wanted``: what is undefined is neither true nor false."""
    match node:
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return _holds(operand, columns, wanted=not wanted)
        case ast.BoolOp(op=op, values=parts):
            held = [_holds(part, columns, wanted=wanted) for part in parts]
            return _joined(held, all_of=isinstance(op, ast.And) is wanted)
        case ast.Compare(left=left, ops=ops, comparators=others):
            sides = [_value(part, columns) for part in (left, *others)]
            held = []
            for how, first, second in zip(ops, sides[:-1], sides[1:], strict=True):
                compared = np.asarray(_COMPARE[type(how)](first, second), dtype=np.bool_)
                held.append((compared == wanted) & _is_defined(first) & _is_defined(second))
            return _joined(held, all_of=wanted)
    value = _value(node, columns)
    truth: NDArray[np.bool_] = (np.asarray(value, dtype=np.bool_) == wanted) & _is_defined(value)
    return truth


def _joined(held: Sequence[NDArray[np.bool_]], *, all_of: bool) -> NDArray[np.bool_]:
    join = np.logical_and if all_of else np.logical_or
    joined: NDArray[np.bool_] = join.reduce(np.broadcast_arrays(*held))
    return joined


def _is_defined(value: Any) -> NDArray[np.bool_]:
    values = np.asarray(value)
    if values.dtype.kind == "f":
        known: NDArray[np.bool_] = ~np.isnan(values)
        return known
    if values.dtype == object:
        return np.array([one is not None for one in values.flat], dtype=np.bool_).reshape(values.shape)
    return np.ones(values.shape, dtype=np.bool_)


def _value(node: ast.expr, columns: Columns) -> Any:
    match node:
        case ast.Name() | ast.Attribute():
            return columns[_dotted(node)]
        case ast.Constant(value=value):
            return value
        case ast.BinOp(left=left, op=op, right=right):
            return _ARITHMETIC[type(op)](_value(left, columns), _value(right, columns))
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_value(operand, columns)
        case ast.UnaryOp(op=ast.UAdd(), operand=operand):
            return _value(operand, columns)
    return _holds(node, columns)
