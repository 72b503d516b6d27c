"""Runs the examples of a page of documentation, in their order, in the current directory.

``python run_page.py PAGE.md`` runs each fenced block of Python (one that begins with ``>>>`` as a doctest),
and each fenced block of shell or of no language that begins with ``spark-stacker``. What a block makes is
there for the next one. A block that begins with the name of a file, ``# own.toml``, is written to it. A block
that must not run says so: ``no-run`` after its language.
"""

from __future__ import annotations

import doctest
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

FENCE = re.compile(r"^```(?P<info>[^\n`]*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
FILE = re.compile(r"# (?P<name>[\w-]+\.(?:py|toml|json))$", re.MULTILINE)
SHELL = {"bash", "sh", "shell", ""}


class Block(NamedTuple):
    """A fenced block; ``line`` is that of its first line in the page, from 0."""

    language: str
    line: int
    text: str


def examples(page: str) -> list[Block]:
    """The blocks of a page that run."""
    blocks = []
    for found in FENCE.finditer(page):
        language, *marks = found["info"].split() or [""]
        block = Block(language, page.count("\n", 0, found.start("text")), found["text"])
        runs = language == "python" or _is_own_command(block) or FILE.match(block.text)
        if runs and "no-run" not in marks:
            blocks.append(block)
    return blocks


def _is_own_command(block: Block) -> bool:
    lines = (line.strip() for line in block.text.splitlines())
    first = next((line for line in lines if line and not line.startswith("#")), "")
    return block.language in SHELL and first.startswith("spark-stacker ")


def run_page(path: Path) -> int:
    """Runs the page and returns how many blocks there were to run; what fails names the page and its line."""
    names: dict[str, Any] = {"__name__": "page"}
    blocks = examples(path.read_text(encoding="utf-8"))
    for block in blocks:
        if file := FILE.match(block.text):
            Path(file["name"]).write_text(block.text, encoding="utf-8")
        if block.language in SHELL:
            _run_shell(block, path)
        elif block.language != "python":
            continue
        elif block.text.startswith(">>>"):
            _run_doctest(block, path, names)
        else:
            exec(compile("\n" * block.line + block.text, str(path), "exec"), names)  # noqa: S102
    return len(blocks)


def _run_doctest(block: Block, path: Path, names: dict[str, Any]) -> None:
    test = doctest.DocTestParser().get_doctest(block.text, names, path.name, str(path), block.line)
    runner = doctest.DocTestRunner(verbose=False, optionflags=doctest.ELLIPSIS)
    if runner.run(test, clear_globs=False).failed:
        sys.exit(1)
    names.update(test.globs)


def _run_shell(block: Block, path: Path) -> None:
    done = subprocess.run(["bash", "-euo", "pipefail", "-c", block.text], check=False)
    if done.returncode:
        sys.exit(f"{path}:{block.line + 1}: exit code {done.returncode} of\n{block.text}")


if __name__ == "__main__":
    print(run_page(Path(sys.argv[1])), "examples ran")  # noqa: T201
