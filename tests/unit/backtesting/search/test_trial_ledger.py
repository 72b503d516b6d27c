"""The trial ledger: whatever is done to its files shows, and no crash makes it unreadable."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from made import run_ledger
from made.run_ledger import add
from spark_stacker.backtesting.search.trial_chain import Broken, check, head_text
from spark_stacker.backtesting.search.trial_ledger import TrialLedger, ledgers_in
from spark_stacker.errors import DataError

NAME = "0123456789abcdef-fedcba9876543210"


@pytest.fixture
def ledger(tmp_path):
    ledger = TrialLedger(tmp_path / "trials", NAME)
    for first in (0, 5, 20):
        add(ledger, range(first, first + 10))
    return ledger


def lines(ledger: TrialLedger) -> list[bytes]:
    return ledger.log.read_bytes().splitlines(keepends=True)


def process(root: Path, how: str, count: int) -> subprocess.Popen[bytes]:
    tests = Path(run_ledger.__file__).parents[1]
    return subprocess.Popen(
        [sys.executable, "-m", "made.run_ledger", str(root), NAME, how, str(count)],
        env={**os.environ, "PYTHONPATH": str(tests)},
    )


def test_it_counts_each_set_once_and_keeps_every_search(ledger):
    history = ledger.read()
    assert [(entry.number, entry.sets, entry.new, entry.total) for entry in history.entries] == [
        (1, 10, 10, 10),
        (2, 10, 5, 15),
        (3, 10, 10, 25),
    ]
    assert history.total == 25
    assert history.note == ""
    assert [found.name for found in ledgers_in(ledger.root)] == [NAME]


def test_a_line_carries_the_hash_of_the_one_before_and_the_head_that_of_the_last(ledger):
    read = [json.loads(line) for line in lines(ledger)]
    assert [later["previous"] for later in read[1:]] == [earlier["hash"] for earlier in read[:-1]]
    head = json.loads(ledger.head.read_bytes())
    assert (head["count"], head["hash"]) == (3, read[-1]["hash"])


def test_without_either_file_there_is_no_history(ledger, tmp_path):
    assert TrialLedger(tmp_path / "none", NAME).read().note == "no history"
    assert not (tmp_path / "none").exists()
    ledger.log.unlink()
    ledger.head.unlink()
    history = ledger.read()
    assert (history.total, history.note) == (0, "no history")


def test_every_changed_byte_of_either_file_shows(ledger):
    head, log = ledger.head.read_bytes(), ledger.log.read_bytes()
    for is_head, content in ((True, head), (False, log)):
        for place in range(len(content)):
            for changed in {content[place] ^ 1, ord("\n"), ord(" ")} - {content[place]}:
                edited = content[:place] + bytes([changed]) + content[place + 1 :]
                with pytest.raises(Broken):
                    check(NAME, edited if is_head else head, log if is_head else edited)
    assert check(NAME, head, log)[0].total == 25


def test_every_cut_of_either_file_shows(ledger):
    head, log = ledger.head.read_bytes(), ledger.log.read_bytes()
    for length in range(len(head)):
        with pytest.raises(Broken):
            check(NAME, head[:length], log)
    for length in range(len(log)):
        with pytest.raises(Broken):
            check(NAME, head, log[:length])


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda log: log[1:], r"\.jsonl: line 1: does not follow"),
        (lambda log: [log[0], log[2]], r"\.jsonl: line 2: does not follow the line before it"),
        (lambda log: log[:2], r"\.jsonl: line 3: is missing; the head tells of 3 lines"),
        (lambda _: [], r"\.jsonl: line 1: is missing; the head tells of 3 lines"),
        (lambda log: [log[0], log[2], log[1]], r"\.jsonl: line 2: does not follow"),
        (lambda log: [log[0], log[0], log[1], log[2]], r"\.jsonl: line 2: does not follow"),
        (lambda log: [*log, log[2]], r"\.jsonl: line 4: does not follow"),
        (lambda log: [*log, b"\n"], r"\.jsonl: line 4: is no line of a ledger"),
        (lambda log: [*log, b"{}"], r"\.jsonl: line 4: is no line of a ledger"),
        (lambda log: [*log, b"\xff\n"], r"\.jsonl: line 4: is no line of a ledger"),
        (
            lambda log: [log[0], log[1].replace(b'"new":5', b'"new":4'), log[2]],
            r"\.jsonl: line 2: was altered",
        ),
        (lambda log: [log[0], log[1].replace(b'":5', b'": 5'), log[2]], r"\.jsonl: line 2: was altered"),
        (lambda log: [log[0], log[1][:-2] + b',"x":1}\n', log[2]], r"\.jsonl: line 2: is no line"),
    ],
)
def test_lines_removed_moved_added_or_edited_are_named(ledger, edit, message):
    ledger.log.write_bytes(b"".join(edit(lines(ledger))))
    with pytest.raises(DataError, match=message):
        ledger.read()
    with pytest.raises(DataError, match=message):
        add(ledger, range(3))


def test_a_line_written_anew_with_its_hash_breaks_the_chain(ledger):
    history = ledger.read()
    log = lines(ledger)
    from dataclasses import replace

    log[1] = replace(history.entries[1], new=0, total=10).line()
    ledger.log.write_bytes(b"".join(log))
    with pytest.raises(DataError, match=r"line 3: does not follow"):
        ledger.read()
    ledger.log.write_bytes(b"".join(log[:2]))
    ledger.head.write_bytes(head_text(2, history.entries[1].hash))
    with pytest.raises(DataError, match=r"head\.json: does not have the hash of line 2"):
        ledger.read()


def test_values_of_another_kind_do_not_pass(ledger):
    from dataclasses import replace

    entry = replace(ledger.read().entries[0], sets="10")
    ledger.log.write_bytes(entry.line())
    ledger.head.write_bytes(head_text(1, entry.hash))
    with pytest.raises(DataError, match="line 1: was altered"):
        ledger.read()


def test_the_loss_of_one_file_shows(ledger):
    head, log = ledger.head.read_bytes(), ledger.log.read_bytes()
    ledger.head.unlink()
    with pytest.raises(DataError, match=r"head\.json: is missing, while the log is there"):
        ledger.read()
    ledger.head.write_bytes(head)
    ledger.log.unlink()
    with pytest.raises(DataError, match=r"jsonl: is missing, while the head tells of 3 lines"):
        ledger.read()
    ledger.log.write_bytes(log)
    assert ledger.read().total == 25


def test_an_older_copy_of_one_file_shows(ledger):
    head, log = ledger.head.read_bytes(), ledger.log.read_bytes()
    add(ledger, range(50, 60))
    add(ledger, range(60, 70))
    ledger.head.write_bytes(head)
    with pytest.raises(DataError, match=r"head\.json: tells of 3 lines, while the log has 5"):
        ledger.read()
    add_head = head_text(5, "0" * 64)
    ledger.head.write_bytes(add_head)
    with pytest.raises(DataError, match="does not have the hash of line 5"):
        ledger.read()
    ledger.log.write_bytes(log)
    ledger.head.write_bytes(head)
    assert ledger.read().total == 25


def test_a_ledger_under_the_name_of_another_does_not_pass(ledger):
    other = TrialLedger(ledger.root, "another")
    shutil.copy(ledger.log, other.log)
    shutil.copy(ledger.head, other.head)
    with pytest.raises(DataError, match=r"another\.jsonl: line 1: does not follow"):
        other.read()


def test_a_log_one_line_ahead_of_its_head_is_accepted_and_said(ledger):
    head = ledger.head.read_bytes()
    add(ledger, range(50, 60))
    ledger.head.write_bytes(head)
    history = ledger.read()
    assert history.total == 35
    assert history.note == "line 4 was written when a crash kept the head from being written; it counts"
    add(ledger, range(70, 80))
    assert (ledger.read().total, ledger.read().note) == (45, "")


@pytest.mark.parametrize(
    ("how", "total", "note"),
    [
        ("line", 25, ""),
        ("torn", 25, "line 4 was cut off by a crash; its search is not counted"),
        ("head", 35, "line 4 was written when a crash kept the head from being written; it counts"),
        ("forget", 35, ""),
    ],
)
def test_a_kill_at_any_step_leaves_a_ledger_that_goes_on(ledger, how, total, note):
    killed = process(ledger.root, how, 1)
    assert killed.wait() == -signal.SIGKILL
    history = ledger.read()
    assert (history.total, history.note) == (total, note)
    add(ledger, range(30))
    assert (ledger.read().total, ledger.read().note) == (total + 5, "")


@pytest.mark.parametrize("how", ["head", "line", "torn", "second-head"])
def test_a_kill_at_the_first_line_leaves_a_ledger_that_begins(tmp_path, how):
    ledger = TrialLedger(tmp_path, NAME)
    assert process(tmp_path, how, 1).wait() == -signal.SIGKILL
    assert ledger.read().total == (10 if how == "second-head" else 0)
    add(ledger, range(10))
    assert ledger.read().total == (20 if how == "second-head" else 10)


def test_two_processes_at_once_lose_nothing(tmp_path):
    writers = [process(tmp_path, "whole", 15) for _ in range(2)]
    assert [writer.wait() for writer in writers] == [0, 0]
    history = TrialLedger(tmp_path, NAME).read()
    assert len(history.entries) == 30
    assert history.total == 300
    assert len(list(tmp_path.glob("*.sets"))) == 1


@pytest.mark.parametrize("damage", ["removed", "altered"])
def test_without_the_sets_remembered_everything_counts_as_new(ledger, damage):
    [path] = ledger.root.glob("*.sets")
    if damage == "removed":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[8:] + bytes(8))
    add(ledger, range(10))
    assert ledger.read().total == 35


def test_a_directory_that_cannot_be_written_is_told_with_a_way_out(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match=r"cannot be written: .*SPARK_STACKER_DATA.*ledger=False"):
        TrialLedger(tmp_path / "file" / "trials", NAME).require_writable()
