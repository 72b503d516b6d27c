"""Turns what pydantic found into problems with the key's path, the value as written and what was expected."""

from __future__ import annotations

import json
import re
import types
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel

from spark_stacker.config.exchange import SECRETS, ExchangeSettings
from spark_stacker.config.suggestions import did_you_mean
from spark_stacker.errors import ConfigError, ConfigProblem

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pydantic import ValidationError
    from pydantic_core import ErrorDetails

__all__ = ["problems_of"]

_EXPECTED = {
    "missing": "is required",
    "bool_type": "must be true or false",
    "int_type": "must be a whole number",
    "float_type": "must be a number",
    "finite_number": "must be finite",
    "string_type": "must be text",
    "is_instance_of": "must be a path",
    "tuple_type": "must be a list",
    "dict_type": "must be a table (object)",
    "model_type": "must be a table (object)",
    "model_attributes_type": "must be a table (object)",
    "greater_than": "must be greater than {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than": "must be less than {lt}",
    "less_than_equal": "must be at most {le}",
    "string_too_short": "must not be empty",
    "string_too_long": "must have at most {max_length} characters",
    "string_pattern_mismatch": "must be one line of text",
}
"""Words for pydantic's types of error."""

_OTHER_NAMES = {
    "pyramiding": "max_entries",
    "max_open_trades": "max_parallel_trades",
    "strategy": "strategies",
}
"""Names that users of other systems try, too far from ours for a comparison of letters."""


def problems_of(
    error: ValidationError, written: Mapping[str, object], root: type[BaseModel]
) -> list[ConfigProblem]:
    """Every problem in ``error``; values are quoted from ``written``, the values before substitution."""
    return [problem for detail in error.errors() for problem in _problems(detail, written, root)]


def _problems(
    detail: ErrorDetails, written: Mapping[str, object], root: type[BaseModel]
) -> Iterable[ConfigProblem]:
    location, models = _walk(detail["loc"], root)
    key = _path(location)
    kind, context = detail["type"], detail.get("ctx", {})
    inner = context.get("error")
    if isinstance(inner, ConfigError):
        for problem in inner.problems:
            joint = "." if key and problem.key and not problem.key.startswith("[") else ""
            yield ConfigProblem(f"{key}{joint}{problem.key}", problem.message)
        return
    if kind == "extra_forbidden":
        yield ConfigProblem(key, f"unknown key{_nearest_key(str(location[-1]), models)}")
        return
    value = _at(location, written)
    shown = "" if kind == "missing" or location[-1] in SECRETS else f", was {_show(value)}"
    if kind == "literal_error":
        message, hint = _choice(re.findall(r"'([^']*)'", context["expected"]), value)
    elif kind in {"union_tag_invalid", "union_tag_not_found"}:
        tag = context["discriminator"].strip("'")
        value = value.get(tag) if isinstance(value, dict) else value
        key = f"{key}.{tag}"
        shown = f", was {_show(value)}" if value is not None else ""
        message, hint = _choice([str(name) for model in models for name in _tags(model)], value)
    else:
        message, hint = _EXPECTED.get(kind, "{msg}"), ""
        numbers = {name: _number(bound) for name, bound in context.items()}
        message = message.format(msg=inner or detail["msg"], **numbers)
    yield ConfigProblem(key, f"{message}{shown}{hint}")


def _choice(known: Sequence[str], value: object) -> tuple[str, str]:
    hint = did_you_mean(value, known) if isinstance(value, str) else ""
    return f"must be {'one of ' if len(known) > 1 else ''}{', '.join(known)}", hint


def _nearest_key(name: str, models: Sequence[type[BaseModel]]) -> str:
    known = [field for model in models for field in model.model_fields]
    if ExchangeSettings in models:
        known += [f"{key}{source}" for key in SECRETS for source in ("_file", "_keyring")]
    if _OTHER_NAMES.get(name) in known:
        return f'; did you mean "{_OTHER_NAMES[name]}"?'
    return did_you_mean(name, known) or f" (known: {', '.join(sorted(set(known)))})"


def _walk(
    location: Sequence[str | int], root: type[BaseModel]
) -> tuple[list[str | int], Sequence[type[BaseModel]]]:
    """The location without the tags of unions, and the models there (or, for an unknown key, around it)."""
    path: list[str | int] = []
    models: Sequence[type[BaseModel]] = [root]
    for part in location:
        tagged = [model for model in models if part in _tags(model)]
        if tagged and len(models) > 1:
            models = tagged
            continue
        path.append(part)
        fields = [model.model_fields[part] for model in models if part in model.model_fields]
        if fields:
            models = [model for field in fields for model in _models_in(field.annotation)]
    return path, models


def _tags(model: type[BaseModel]) -> Sequence[object]:
    """What the field that tells a union's members apart says in ``model``."""
    for name in ("method", "model"):
        field = model.model_fields.get(name)
        if field is not None and get_origin(field.annotation) is Literal:
            return get_args(field.annotation)
    return ()


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    if get_origin(annotation) in {Annotated, Union, types.UnionType, tuple, dict}:
        return [model for inner in get_args(annotation) for model in _models_in(inner)]
    return [annotation] if isinstance(annotation, type) and issubclass(annotation, BaseModel) else []


def _path(location: Sequence[str | int]) -> str:
    text = ""
    for part in location:
        if isinstance(part, int):
            text += f"[{part}]"
        elif re.fullmatch(r"\w+", part):
            text += f".{part}" if text else part
        else:
            text += f"[{json.dumps(part)}]"
    return text


def _at(location: Sequence[str | int], written: object) -> object:
    for part in location:
        if isinstance(written, dict):
            written = written.get(part)
        elif isinstance(written, list) and isinstance(part, int):
            written = written[part]
        else:
            return None
    return written


def _show(value: object) -> str:
    """A value as the file has it; tables and lists, which may hold secrets, by their kind alone."""
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list | tuple):
        return "a list"
    if value is None or isinstance(value, bool | int | float):
        return _short(json.dumps(value))
    return json.dumps(_short(str(value)), ensure_ascii=False)


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:57]}…"


def _number(bound: object) -> str:
    return f"{bound:g}" if isinstance(bound, float) else f"{bound}"
