"""What a set is, whatever search tried it: a number of 64 bits from every setting that decides its result.

A set's number is the sum of the hashes of its settings, each of its name and value, those that were not
searched among them. So a stop of 2 that one search varied and another left fixed is the same, and the numbers
of many sets are sums of table look-ups. Of a million sets two share a number with a chance of 3 in 10⁸; the
later one then does not count.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import polars as pl

from spark_stacker.backtesting.plain import describe_code, plain
from spark_stacker.backtesting.search.evaluators.configured import ConfiguredEvaluator
from spark_stacker.backtesting.search.evaluators.functions import FunctionEvaluator
from spark_stacker.backtesting.search.evaluators.own_types import own_types
from spark_stacker.config import indicators_of
from spark_stacker.config.registry import resolved_parameters

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from spark_stacker.backtesting.search.evaluators import Evaluator
    from spark_stacker.backtesting.search.space import Space

__all__ = ["SetIdentity", "digest"]

_WORD: Final = 1 << 64
_OF_A_USE: Final = ("timeframe", "weight", "signal_ttl")


class SetIdentity:
    """Of one search: ``data`` and ``strategy`` by their hashes, ``subject`` in words, and its sets' numbers.

    ``strategy`` is of the code of a strategy function, or of the types of a configuration's indicators (and
    the code of those in Python). Their parameters and all other settings are left out, since any of them may
    have been chosen by trying.
    """

    def __init__(self, evaluator: Evaluator) -> None:
        identity = evaluator.identity()
        self.space = evaluator.space
        self.data = digest([identity["data"], identity.get("funding"), identity.get("mark")])
        self._settings: dict[str, object]
        if isinstance(evaluator, FunctionEvaluator):
            self._settings, searched = _of_function(evaluator)
            code: object = describe_code(evaluator.code)
            name = getattr(evaluator.code, "__name__", type(evaluator.code).__name__)
        elif isinstance(evaluator, ConfiguredEvaluator):
            self._settings, searched = _of_configuration(evaluator)
            code = _structure(evaluator)
            name = ", ".join(strategy.name for strategy in evaluator.loaded.strategies)
        else:
            raise TypeError(f"{type(evaluator).__name__} has no settings that tell its sets apart")
        self.strategy = digest(code)
        markets = ", ".join(f"{symbol} {interval}" for symbol, interval, *_ in identity["data"])  # type: ignore[attr-defined]
        self.subject = f"{name} on {markets}"
        for names in searched:
            for key in names:
                self._settings.pop(key, None)
        self._searched = searched
        self._parts: dict[tuple[int, int], int] = {}
        self.fixed = digest(self._settings)
        """Hash of all settings that are not searched."""

    @property
    def ledger(self) -> str:
        """Name of the ledger of these data and this strategy."""
        return f"{self.data[:16]}-{self.strategy[:16]}"

    def numbers(self, digits: NDArray[np.uint32]) -> NDArray[np.uint64]:
        """The number of each set."""
        total = np.full(len(digits), self._base(), dtype=np.uint64)
        for place in range(len(self.space.axes)):
            used, inverse = np.unique(digits[:, place], return_inverse=True)
            total += np.array([self._part(place, digit) for digit in used.tolist()], dtype=np.uint64)[inverse]
        return total

    def numbers_of(self, trials: pl.DataFrame) -> NDArray[np.uint64]:
        """The number of each row of a frame of trials."""
        places = np.empty((len(trials), len(self.space.axes)), dtype=np.uint32)
        for place, axis in enumerate(self.space.axes):
            values = pl.DataFrame([self.space.column(place, _all_digits(self.space, place))])
            known = values.with_row_index("_place")
            found = trials.select(axis.path).join(
                known, on=axis.path, how="left", maintain_order="left", nulls_equal=True
            )
            places[:, place] = found["_place"].to_numpy()
        return self.numbers(places)

    def _base(self) -> int:
        return sum(_number(name, value) for name, value in self._settings.items()) % _WORD

    def _part(self, place: int, digit: int) -> int:
        """What a value of the setting at ``place`` adds to a set's number."""
        key = place, digit
        if key not in self._parts:
            value = self.space.axes[place].values[digit]
            self._parts[key] = sum(_number(name, value) for name in self._searched[place]) % _WORD
        return self._parts[key]


def digest(value: object) -> str:
    """SHA-256 of plain data, whatever the order of keys."""
    text = json.dumps(plain(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _of_function(evaluator: FunctionEvaluator) -> tuple[dict[str, object], list[list[str]]]:
    """The settings by name, and the names that each axis of the space sets."""
    described = evaluator.identity()["configuration"]
    assert isinstance(described, dict)  # noqa: S101 - JSON data of a call
    rest = {name: value for name, value in described.items() if name != "strategy_params"}
    settings = {"rest": rest, **{f"param {name}": value for name, value in evaluator.fixed.items()}}
    return settings, [[f"param {path}"] for path in evaluator.space.paths]


def _of_configuration(evaluator: ConfiguredEvaluator) -> tuple[dict[str, object], list[list[str]]]:
    whole = evaluator.settings
    account = {
        "initial_balance": whole.initial_balance,
        "max_parallel_trades": whole.max_parallel_trades,
        "simulation": whole.simulation.model_dump(),
        "limits": whole.limits.model_dump(),
    }
    settings: dict[str, object] = {
        "structure": _structure(evaluator),
        "instruments": whole.model_dump(exclude={"strategies", "indicators", *account}),
        **_flat("account", account),
    }
    for strategy in evaluator.loaded.strategies:
        name = strategy.name
        settings |= _flat(f"strategy {name}", strategy.model_dump(exclude={"indicators", "enabled"}))
        # As they were written: what a use leaves open follows a strategy's setting that may be searched.
        given = {use.name: use for use in strategy.indicators or ()}
        for use in indicators_of(whole, strategy):
            own = evaluator.own.get(use.name)
            used = {key: getattr(given.get(use.name), key, None) for key in _OF_A_USE}
            settings |= _flat(f"use {name} {use.name}", used)
            parameters = resolved_parameters(use.type, use.parameters) if own is None else own.params
            settings |= _flat(f"parameter {name} {use.name}", parameters)
    searched = [
        [
            " ".join(filter(None, (edit.part, edit.strategy, edit.indicator, *edit.key)))
            for edit in place.edits
        ]
        for place in evaluator.places
    ]
    return settings, searched


def _structure(evaluator: ConfiguredEvaluator) -> object:
    """Types of the indicators of each strategy, with the code of those in Python."""
    classes = own_types(evaluator.settings)
    found = []
    for strategy in evaluator.loaded.strategies:
        kinds: list[object] = []
        for use in indicators_of(evaluator.settings, strategy):
            code = type(evaluator.own[use.name]) if use.name in evaluator.own else classes.get(use.type)
            kinds.append(use.type if code is None else describe_code(code))
        found.append(sorted(kinds, key=str))
    return found


def _flat(prefix: str, table: Mapping[str, Any]) -> dict[str, object]:
    """Nested tables as one, names joined by blanks."""
    flat: dict[str, object] = {}
    for name, value in table.items():
        key = f"{prefix} {name}"
        flat |= _flat(key, value) if isinstance(value, dict) else {key: value}
    return flat


def _number(name: str, value: object) -> int:
    """64 bits of a setting. 2 and 2.0 are one value."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        value = float(value)
    text = json.dumps([name, plain(value)], sort_keys=True, ensure_ascii=False)
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little")


def _all_digits(space: Space, place: int) -> NDArray[np.uint32]:
    digits = np.zeros((space.radix[place], len(space.axes)), dtype=np.uint32)
    digits[:, place] = np.arange(space.radix[place])
    return digits
