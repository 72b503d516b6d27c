"""Result files: one JSON object whose checksum tells whether it is whole and unaltered."""

from __future__ import annotations

import hashlib
import io
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from spark_stacker.backtesting.columns import json_pieces
from spark_stacker.data.files import atomic_write
from spark_stacker.errors import DataError, ParameterError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import polars as pl

__all__ = ["VERSION", "check_ending", "export_frame", "read_file", "write_file"]

VERSION: Final = 1
"""Version of the format that is written and read."""

_HEAD: Final = re.compile(
    rb'\{"format":"spark-stacker-result","version":(\d{1,9}),"sha256":"([0-9a-f]{64})","result":'
)
_TAIL: Final = b"}\n"


def write_file(result: Mapping[str, object], path: str | Path) -> Path:
    """Writes the data of a result, wholly or not at all; its long columns may be Polars series."""
    head = f'{{"format":"spark-stacker-result","version":{VERSION},"sha256":"'.encode()
    digest = hashlib.sha256()
    path = Path(path)
    with atomic_write(path) as stream:
        stream.write(head + b"0" * 64 + b'","result":')
        for piece in json_pieces(dict(result)):
            text = piece.encode()
            digest.update(text)
            stream.write(text)
        stream.write(_TAIL)
        stream.seek(len(head))  # the checksum is known at the end, and stands before what it is of
        stream.write(digest.hexdigest().encode())
    return path


def read_file(path: str | Path) -> dict[str, object]:
    """The data of a saved result; `DataError` says what is wrong with the file."""
    path = Path(path)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}") from error
    if not content:
        raise DataError(f"{path}: is empty; expected a saved result")
    head = _HEAD.match(content)
    if head is None:
        raise DataError(
            f"{path}: is not a saved result, or was reformatted since; expected a file of save_to_file"
        )
    version, checksum = int(head[1]), head[2].decode()
    if version != VERSION:
        raise DataError(
            f"{path}: is of format version {version}; this version of Spark Stacker reads {VERSION}"
        )
    if not content.endswith(_TAIL):
        raise DataError(f"{path}: is cut off after {len(content):,} bytes")
    body = content[head.end() : -len(_TAIL)]
    if hashlib.sha256(body).hexdigest() != checksum:
        raise DataError(f"{path}: was altered since it was saved: its checksum does not match")
    try:
        data = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path}: holds no result: {error}") from error
    if not isinstance(data, dict):
        raise DataError(f"{path}: holds no result but {type(data).__name__}")
    return data


def check_ending(path: Path | None, endings: Sequence[str]) -> None:
    """`ParameterError` for a path with another ending, before anything is computed for it."""
    if path is not None and path.suffix.lower() not in endings:
        raise ParameterError(f"{path}: the ending must be {' or '.join(endings)}, was {path.suffix!r}")


def export_frame(frame: pl.DataFrame, path: str | Path) -> Path:
    """Writes a table as CSV or Parquet, by the path's ending, wholly or not at all."""
    path = Path(path)
    content = io.BytesIO()
    match path.suffix.lower():
        case ".csv":
            frame.write_csv(content)
        case ".parquet":
            frame.write_parquet(content)
        case other:
            raise ParameterError(f"{path}: the ending must be .csv or .parquet, was {other!r}")
    with atomic_write(path) as stream:
        stream.write(content.getbuffer())
    return path
