"""README, docs, changelog and Makefile agree with the repository."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
LINK = re.compile(r"\[[^\]]+\]\((?P<target>[^)\s]+)\)")
MACHINE_PATH = re.compile(r"(?<![\w.~/>-])/(?:home|root|Users|work)/\w")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in LINK.findall(_prose(page)):
        if target.startswith(("http://", "https://")):
            continue
        place, _, heading = target.partition("#")
        file = (page.parent / place).resolve() if place else page
        assert file.exists(), target
        if heading:
            assert heading in _anchors(file), target


def test_the_readme_links_every_page() -> None:
    linked = {target.partition("#")[0] for target in LINK.findall(_prose(ROOT / "README.md"))}
    assert {f"docs/{page.name}" for page in (ROOT / "docs").glob("*.md")} <= linked


def test_the_changelog_begins_with_the_version_of_the_package() -> None:
    cargo = tomllib.loads((ROOT / "Cargo.toml").read_text(encoding="utf-8"))
    versions = re.findall(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert versions[0] == cargo["workspace"]["package"]["version"]


def test_make_help_lists_every_target() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    declared = re.findall(r"^\.PHONY:(.*)$", makefile, re.MULTILINE)
    targets = {target for line in declared for target in line.split()}
    done = subprocess.run(
        ["make", "--no-print-directory", "help"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert {line.split()[0] for line in done.stdout.splitlines()} == targets


def test_no_file_names_a_path_of_a_machine() -> None:
    named = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in _sources()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if MACHINE_PATH.search(line)
    ]
    assert named == []


def _prose(page: Path) -> str:
    """The page without its fenced blocks."""
    return re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)


def _anchors(page: Path) -> set[str]:
    """Anchors of the headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", _prose(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def _sources() -> Iterator[Path]:
    """Text files that belong to the repository."""
    for path in ROOT.iterdir():
        if path.is_file() and path.suffix in {".md", ".toml", ""} and path.name != ".git":
            yield path
    for place in ("python", "rust", "tests", "benches", "docs", ".ci"):
        for path in (ROOT / place).rglob("*"):
            if path.is_file() and not {"__pycache__", "target"} & set(path.parts) and path.suffix != ".so":
                yield path
