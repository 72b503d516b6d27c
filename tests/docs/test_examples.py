"""What README and docs show runs, as it stands there, offline and with warnings as errors."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from made import run_page

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_examples_of_a_page_run(page: Path, tmp_path: Path) -> None:
    programs = Path(sys.executable).parent
    done = subprocess.run(
        [sys.executable, "-W", "error", run_page.__file__, str(page)],
        cwd=tmp_path,
        env={
            **os.environ,
            "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
            "PYTHONWARNINGS": "error",
            "SPARK_STACKER_DATA": str(tmp_path / "catalogue"),
            "COLUMNS": "120",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout[-3000:]}\n{done.stderr[-3000:]}"


def test_blocks_run_unless_they_say_no_run() -> None:
    page = (
        "```python\na = 1\n```\n"
        "```python no-run\nb = 1\n```\n"
        "```bash\n# a comment\nspark-stacker --help\n```\n"
        "```bash no-run\nspark-stacker live\n```\n"
        "```\nspark-stacker data list\n```\n"
        "```bash\nmake live\n```\n"
        "```text\nspark-stacker 1.0\n```\n"
    )
    assert [(block.language, block.line) for block in run_page.examples(page)] == [
        ("python", 1),
        ("bash", 7),
        ("", 14),
    ]
