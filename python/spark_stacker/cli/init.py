"""``spark-stacker init``: a commented configuration to start from."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import click

from spark_stacker.cli import console
from spark_stacker.config.starter import STARTER
from spark_stacker.errors import ParameterError

__all__ = ["init"]


@click.command(epilog="\b\nExample:\n  spark-stacker init eth.toml && spark-stacker config check eth.toml")
@click.argument("path", type=click.Path(path_type=Path), default=Path("spark-stacker.toml"))
@click.option("--force", is_flag=True, help="Replace the file if it exists.")
def init(*, path: Path, force: bool) -> None:
    """Write a commented starter configuration to PATH (spark-stacker.toml)."""
    if path.suffix.lower() != ".toml":
        raise ParameterError(f"path must end in .toml, was {path}")
    if not path.parent.is_dir():
        raise ParameterError(f"path must be in an existing directory, {path.parent} is none")
    if path.is_dir():
        raise ParameterError(f"path must be a file, {path} is a directory")
    _write(path, STARTER, replace=force)
    console.print_message(f"wrote {path}; next: spark-stacker config check {path}")


def _write(path: Path, text: str, *, replace: bool) -> None:
    """Writes the whole file or nothing: a finished temporary file takes the name in one step."""
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as error:
        raise ParameterError(f"{path} cannot be written: {error.strerror}") from None
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        Path(temporary).chmod(0o644)
        if not replace:
            path.touch(exist_ok=False)  # takes the name, and fails if another has it
        Path(temporary).replace(path)
    except FileExistsError:
        raise ParameterError(f"{path} exists already; --force replaces it") from None
    except OSError as error:
        raise ParameterError(f"{path} cannot be written: {error.strerror}") from None
    finally:
        Path(temporary).unlink(missing_ok=True)
