"""The check over a corpus of strategies that look ahead and of others that do not: which it tells apart."""

from __future__ import annotations

import functools
import importlib
import pkgutil
from collections import Counter

import pytest

from lookahead import corpus
from lookahead.corpus.book import BOOK, CANDLES, Entry
from spark_stacker.backtesting import LookaheadReport, check_lookahead

for module in pkgutil.iter_modules(corpus.__path__):
    importlib.import_module(f"{corpus.__name__}.{module.name}")

ENTRIES = {str(entry): entry for entry in BOOK}


@functools.cache
def report_of(name: str) -> LookaheadReport:
    entry = ENTRIES[name]
    parameters = dict(entry.parameters)
    indicators = parameters.pop("indicators", ())
    return check_lookahead(entry.strategy, CANDLES, cuts=4, parameters=parameters, indicators=indicators)


@pytest.mark.parametrize("name", ENTRIES)
def test_the_verdict_is_what_is_true_of_the_strategy(name: str) -> None:
    report = report_of(name)
    expected = ENTRIES[name].verdict.partition(",")[0]
    assert report.verdict == expected, str(report)
    assert bool(report.differences) == (expected == "look-ahead")


@pytest.mark.timeout(600)
def test_rates_of_detection_and_of_false_alarms(capsys: pytest.CaptureFixture[str]) -> None:
    """Every leak that a run can show is found, and no clean strategy is accused.

    Not counted is what was made of the data before the check and cannot be made again: of columns it says
    that it cannot tell, of a single number it cannot even say that.
    """
    said: Counter[tuple[str, str]] = Counter()
    kinds: dict[str, set[str]] = {"look-ahead": set(), "clean": set()}
    for name, entry in ENTRIES.items():
        said[entry.verdict, report_of(name).verdict] += 1
        kinds.setdefault(entry.verdict, set()).add(entry.kind)
    leaking = _count(said, "look-ahead")
    honest = _count(said, "clean")
    detected = said["look-ahead", "look-ahead"]
    accused = honest - said["clean", "clean"]
    with capsys.disabled():
        print(  # noqa: T201 - the figures are what this test is for
            f"\nlook-ahead: {detected} of {leaking} leaking strategies detected ({detected / leaking:.1%}), "
            f"{accused} of {honest} clean ones accused ({accused / honest:.1%}); beyond any run: "
            f"{_count(said, 'unverified, leaks')} leaking and {_count(said, 'unverified, clean')} clean said "
            f"to be unverified, {_count(said, 'clean, leaks')} leaking passed as clean"
        )
    assert min(leaking, honest) >= 60
    assert min(len(kinds["look-ahead"]), len(kinds["clean"])) >= 10
    assert detected == leaking
    assert accused == 0


def _count(said: Counter[tuple[str, str]], verdict: str) -> int:
    return sum(count for (truth, _), count in said.items() if truth == verdict)


def test_the_corpus_has_no_strategy_twice() -> None:
    assert len(ENTRIES) == len(BOOK)
    assert all(isinstance(entry, Entry) for entry in BOOK)
