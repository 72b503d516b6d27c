"""Logs: structlog to stderr, for a person or as JSON lines. Secrets are blanked, wherever they stand in an
event.

Libraries only ever call ``structlog.get_logger``; the command line decides where that goes.
"""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING, Any, Final, TextIO

import structlog

from spark_stacker.errors import ParameterError

if TYPE_CHECKING:
    from collections.abc import Iterable, MutableMapping

__all__ = ["BLANK", "configure_logs", "redactor"]

BLANK: Final = "***"
SECRET_KEYS: Final = (
    "private_key",
    "api_key",
    "api_secret",
    "secret",
    "password",
    "passphrase",
    "token",
    "mnemonic",
)
FORMATS: Final = ("console", "json")


def configure_logs(
    log_format: str = "console",
    *,
    level: str = "INFO",
    secrets: Iterable[str] = (),
    stream: TextIO | None = None,
) -> None:
    """Send all events from ``level`` up to ``stream`` (stderr), as ``console`` or ``json``.

    ``secrets`` are values that must not be seen, whatever key they stand under.
    """
    if log_format not in FORMATS:
        raise ParameterError(f"log format must be one of {', '.join(FORMATS)}, was {log_format!r}")
    out = stream if stream is not None else sys.stderr
    renderers: list[Any] = [structlog.processors.JSONRenderer(default=str)]
    if log_format == "console":
        renderers = [_rounded, structlog.dev.ConsoleRenderer(colors=out.isatty())]
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            redactor(secrets),
            *renderers,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(out),
        cache_logger_on_first_use=False,
    )


def redactor(secrets: Iterable[str] = ()) -> structlog.typing.Processor:
    """Return a processor that blanks values under telling keys, and ``secrets`` inside any text."""
    # Short values would blank half of every line; nothing secret is that short.
    known = sorted({secret for secret in secrets if len(secret) >= 6}, key=len, reverse=True)

    def blank(value: object) -> object:
        if isinstance(value, dict):
            return {key: BLANK if _tells(key) else blank(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [blank(item) for item in value]
        if isinstance(value, str):
            for secret in known:
                value = value.replace(secret, BLANK)
        return value

    def process(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        return {key: BLANK if _tells(key) and event[key] else blank(event[key]) for key in event}

    return process


def _rounded(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Numbers as a person reads them; the JSON lines keep every digit."""
    return {key: float(f"{value:.8g}") if isinstance(value, float) else value for key, value in event.items()}


def _tells(key: object) -> bool:
    return isinstance(key, str) and any(word in key.lower() for word in SECRET_KEYS)
