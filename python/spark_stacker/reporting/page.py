"""What every report's page shares: assets inside, data that cannot leave its element, written whole."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Final

from plotly.offline import get_plotlyjs

from spark_stacker.data.files import atomic_write
from spark_stacker.errors import ParameterError

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["check_page_path", "filled", "write_page"]

_ASSETS: Final = files("spark_stacker.reporting") / "assets"


def filled(
    template: str, *, data: object, styles: Sequence[str], scripts: Sequence[str], **parts: str
) -> str:
    """The page ``template`` with its parts, which are HTML, in the frame of every page, with styles, scripts
    and data inside.

    The frame shows ``title`` and ``subtitle``.
    """
    return Template(_asset("frame.html")).substitute(
        title=parts["title"],
        subtitle=parts["subtitle"],
        body=Template(_asset(template)).substitute(parts).rstrip("\n"),
        styles="".join(_asset(name) for name in styles),
        data=_script_json(data),
        plotly=get_plotlyjs(),
        script="\n".join(_asset(name) for name in scripts),
    )


def check_page_path(path: str | Path) -> Path:
    """The path, if a page may have it: `ParameterError` for another ending than .html."""
    path = Path(path)
    if path.suffix.lower() not in {".html", ".htm"}:
        raise ParameterError(f"{path}: the ending of a report must be .html, was {path.suffix!r}")
    return path


def write_page(content: str, path: str | Path) -> Path:
    """Writes a page, wholly or not at all; returns the path."""
    path = check_page_path(path)
    with atomic_write(path) as stream:
        stream.write(content.encode())
    return path


def _asset(name: str) -> str:
    return (_ASSETS / name).read_text(encoding="utf-8")


def _script_json(data: object) -> str:
    """JSON that cannot end the script element it stands in."""
    text = json.dumps(data, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
