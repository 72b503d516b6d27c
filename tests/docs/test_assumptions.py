"""``docs/assumptions.md`` names code and tests that are there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "assumptions.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| (?P<rule>.+) \| (?P<code>`[^|]+`) \| (?P<tests>`[^|]+`) \|$", re.MULTILINE)


class Rule(NamedTuple):
    text: str
    code: list[str]
    tests: list[str]


RULES = [
    Rule(rule, re.findall(r"`([^`]+)`", code), re.findall(r"`([^`]+)`", tests))
    for rule, code, tests in ROW.findall(PAGE)
]


def test_every_rule_names_its_code_and_a_test() -> None:
    rows = [
        line
        for line in PAGE.splitlines()
        if line.startswith("|") and not line.startswith(("|---", "| rule "))
    ]
    assert len(RULES) == len(rows) > 80


@pytest.mark.parametrize("path", sorted({path for rule in RULES for path in rule.code}))
def test_code_named_is_there(path: str) -> None:
    place = ROOT if path.startswith("python/") else ROOT / "rust" / "core" / "src"
    assert (place / path).is_file()


@pytest.mark.parametrize("name", sorted({name for rule in RULES for name in rule.tests}))
def test_tests_named_are_there(name: str) -> None:
    path, _, test = name.partition("::")
    source = ((ROOT / "rust" / "core" if path.endswith(".rs") else ROOT) / path).read_text(encoding="utf-8")
    assert re.search(rf"\b(?:fn|def) {test}\b", source) if test else source
