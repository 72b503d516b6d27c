"""Tables in README and docs list what the code has: commands, exit codes, metrics."""

from __future__ import annotations

import re
from pathlib import Path

from spark_stacker import errors
from spark_stacker.cli import COMMANDS, EXIT_CODES
from spark_stacker.metrics import METRICS

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
LIVE = (ROOT / "docs" / "live.md").read_text(encoding="utf-8")


def test_the_readme_lists_every_command() -> None:
    table = README.partition("| command |")[2].partition("\n\n")[0]
    rows = re.findall(r"^\| `([a-z-]+)", table, re.MULTILINE)
    assert rows == list(dict.fromkeys(rows))
    assert set(rows) == set(COMMANDS)


def test_the_readme_lists_the_exit_codes_of_the_help() -> None:
    told = re.findall(r"^ *(\d+)  (.+)$", EXIT_CODES, re.MULTILINE)
    listed = re.findall(r"^\| (\d+) \| (.+) \|$", README, re.MULTILINE)
    assert [code for code, _ in listed] == [code for code, _ in told]
    for (_, text), (_, meaning) in zip(listed, told, strict=True):
        assert text.startswith(meaning)


def test_every_exception_ends_with_a_code_that_is_listed() -> None:
    listed = {int(code) for code in re.findall(r"^ *(\d+)  ", EXIT_CODES, re.MULTILINE)}
    kinds = [kind for name in errors.__all__ if issubclass(kind := getattr(errors, name), Exception)]
    assert {kind.exit_code for kind in kinds if kind is not errors.InputError} <= listed


def test_the_page_of_the_dry_run_lists_every_metric_with_its_labels() -> None:
    listed = {}
    for names, labels in re.findall(r"^\| (`spark_stacker_[^|]+) \| ([^|]*) ?\|$", LIVE, re.MULTILINE):
        for name in re.findall(r"`(spark_stacker_\w+)`", names):
            listed[name] = re.findall(r"`(\w+)`", labels)
    kept = [metric for metric in vars(METRICS).values() if hasattr(metric, "describe")]
    found = {}
    for metric in kept:
        [family] = metric.describe()
        name = f"{family.name}_total" if family.type == "counter" else family.name
        found[name] = list(metric._labelnames)
    assert listed == found
