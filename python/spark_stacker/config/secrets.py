"""Where secrets may come from: the environment, a file, the keyring; never the configuration itself."""

from __future__ import annotations

import importlib
from pathlib import Path

from spark_stacker.config.exchange import SECRETS
from spark_stacker.config.values import FromEnvironment
from spark_stacker.errors import ConfigProblem

__all__ = ["fetch_secrets"]

_PLACEHOLDER = "YOUR_"


def fetch_secrets(configuration: dict[str, object], *, directory: Path) -> list[ConfigProblem]:
    """Puts each exchange's secrets in their place in ``configuration``; returns what is wrong with them.

    ``private_key_file`` is a path, relative to ``directory``; ``private_key_keyring`` is ``service:account``;
    likewise for the others. An inline secret is a mistake, except placeholders such as ``YOUR_PRIVATE_KEY``.
    No secret is part of a message.
    """
    exchanges = configuration.get("exchanges")
    problems: list[ConfigProblem] = []
    for index, exchange in enumerate(exchanges if isinstance(exchanges, list) else []):
        if isinstance(exchange, dict):
            for key in SECRETS:
                place = f"exchanges[{index}].{key}"
                problems += _fetch(exchange, key, place, directory)
    return problems


def _fetch(exchange: dict[str, object], key: str, place: str, directory: Path) -> list[ConfigProblem]:
    inline = exchange.get(key)
    sources = [name for name in (f"{key}_file", f"{key}_keyring") if name in exchange]
    locations = [exchange.pop(name) for name in sources]
    if len(sources) + (inline is not None) > 1:
        return [ConfigProblem(place, f"is given more than once: {', '.join([key] * bool(inline) + sources)}")]
    if sources:
        location = locations[0]
        if not isinstance(location, str) or not location:
            return [ConfigProblem(f"{place.rpartition('.')[0]}.{sources[0]}", "must be text")]
        try:
            fetched = (
                _from_file(directory / Path(location).expanduser())
                if sources[0].endswith("_file")
                else _from_keyring(location)
            )
        except _UnavailableError as error:
            return [ConfigProblem(f"{place.rpartition('.')[0]}.{sources[0]}", str(error))]
        exchange[key] = fetched
    elif isinstance(inline, str):
        if not inline:
            exchange[key] = None
        elif not inline.startswith(_PLACEHOLDER) and not (
            isinstance(inline, FromEnvironment) and inline.whole
        ):
            return [
                ConfigProblem(
                    place,
                    "must not stand in the configuration: use "
                    f"${{{key.upper()}}} from the environment, {key}_file or {key}_keyring",
                )
            ]
    return []


class _UnavailableError(Exception):
    """Why a secret could not be fetched."""


def _from_file(path: Path) -> str:
    try:
        secret = path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise _UnavailableError(f"{path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise _UnavailableError(f"{path} must be UTF-8 text") from None
    if not secret:
        raise _UnavailableError(f"{path} is empty")
    return secret


def _from_keyring(location: str) -> str:
    service, colon, account = location.partition(":")
    if not (service and colon and account):
        raise _UnavailableError("must be service:account")
    try:
        keyring = importlib.import_module("keyring")
    except ModuleNotFoundError:
        raise _UnavailableError("needs the keyring package: pip install keyring") from None
    try:
        secret = keyring.get_password(service, account)
    except Exception as error:
        raise _UnavailableError(f"the keyring failed: {type(error).__name__}") from None
    if not secret:
        raise _UnavailableError(f'the keyring has nothing for "{service}" and "{account}"')
    return str(secret)
