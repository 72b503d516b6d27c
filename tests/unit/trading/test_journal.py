from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from made.minutes import minute, row
from spark_stacker.errors import ConfigError, DataError, ParameterError, StopTradingError
from spark_stacker.trading.bar_groups import BarGroup
from spark_stacker.trading.journal import Journal, JournalHeader, read_journal
from spark_stacker.trading.state_dir import StateDirectory

if TYPE_CHECKING:
    from pathlib import Path

HEADER = JournalHeader(configuration="c" * 64, source="recorded", version="1.0")
GROUP = BarGroup(minute(1), ((0, 0.1, 0.30000000000000004, 1e-9, 0.2, 1e15),))
SIGNALS = ((0, 1, -1, 0.123456789012345678),)


def write(path: Path, groups: int = 2) -> None:
    journal = Journal(path, HEADER)
    journal.warm_up(0, [row(0)])
    journal.begin(minute(0))
    for _ in range(groups):
        journal.bars(GROUP, SIGNALS)
    journal.stop("asked")
    journal.close()


def test_what_was_written_is_read_back_to_the_bit(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    write(path)
    recorded = read_journal(path, HEADER)
    assert recorded is not None
    assert recorded.warm_up == {0: [row(0)]}
    assert recorded.begin_ns == minute(0)
    assert list(recorded.groups()) == [(GROUP, SIGNALS)] * 2
    assert recorded.warnings == []


def test_funding_and_mark_candles_are_inputs_too(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    full = replace(GROUP, funding=((0, minute(1) + 3, -1.2e-05),), marks=((0, 0.1, 0.3, 1e-9, 0.2),))
    journal = Journal(path, HEADER)
    journal.begin(minute(0))
    journal.bars(full, SIGNALS)
    journal.close()
    recorded = read_journal(path, HEADER)
    assert recorded is not None
    assert list(recorded.groups()) == [(full, SIGNALS)]
    path.write_bytes(path.read_bytes().replace(b'"funding":[[0,', b'"funding":[['))
    with pytest.raises(DataError, match="line 3: not a record of a journal"):
        read_journal(path, HEADER)


def test_going_on_appends(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    write(path)
    journal = Journal(path, HEADER, read_journal(path, HEADER))
    journal.bars(GROUP, ())
    journal.close()
    recorded = read_journal(path, HEADER)
    assert recorded is not None
    assert list(recorded.groups()) == [(GROUP, SIGNALS), (GROUP, SIGNALS), (GROUP, ())]


@pytest.mark.parametrize("cut", [1, 5, 40])
def test_a_last_line_cut_short_is_forgiven_reported_and_taken_off(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "journal.jsonl"
    journal = Journal(path, HEADER)
    journal.begin(minute(0))
    journal.bars(GROUP, SIGNALS)
    journal.bars(GROUP, SIGNALS)
    journal.close()
    path.write_bytes(path.read_bytes()[:-cut])
    recorded = read_journal(path, HEADER)
    assert recorded is not None
    assert len(list(recorded.groups())) == 1
    assert "cut short" in recorded.warnings[0]
    Journal(path, HEADER, recorded).close()
    assert path.read_bytes().endswith(b"\n")
    again = read_journal(path, HEADER)
    assert again is not None
    assert again.warnings == []


def test_nothing_is_gone_on_with_before_warm_up_was_complete(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    assert read_journal(path, HEADER) is None
    path.write_bytes(b"")
    assert read_journal(path, HEADER) is None
    journal = Journal(path, HEADER)
    journal.warm_up(0, [row(0)])
    journal.close()
    assert read_journal(path, HEADER) is None


@pytest.mark.parametrize(
    ("expected", "words"),
    [
        (JournalHeader(configuration="d" * 64, source="recorded", version="1.0"), "another configuration"),
        (JournalHeader(configuration="c" * 64, source="other", version="1.0"), "ran on recorded"),
    ],
)
def test_another_configuration_or_source_is_refused(
    tmp_path: Path, expected: JournalHeader, words: str
) -> None:
    path = tmp_path / "journal.jsonl"
    write(path)
    with pytest.raises(ConfigError, match=words) as caught:
        read_journal(path, expected)
    assert "--fresh" in str(caught.value)


def test_another_version_is_a_warning(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    write(path)
    recorded = read_journal(path, JournalHeader(configuration="c" * 64, source="recorded", version="2.0"))
    assert recorded is not None
    assert "version 1.0" in recorded.warnings[0]


@pytest.mark.parametrize(
    "line",
    [
        "nonsense",
        "null",
        "",
        "[]",
        "[" * 100_000,
        "{}",
        '{"record":"bars","time":1}',
        '{"record":"bars","time":"one","bars":[],"signals":[]}',
        '{"record":"bars","time":1,"bars":[[-1,1,1,1,1,1]],"signals":[]}',
        '{"record":"bars","time":1,"bars":[[0,1,1,1,1,1,1]],"signals":[]}',
        '{"record":"tea"}',
    ],
)
def test_a_broken_line_in_the_middle_is_refused_by_its_number(tmp_path: Path, line: str) -> None:
    path = tmp_path / "journal.jsonl"
    write(path)
    lines = path.read_text().splitlines()
    lines[2] = line
    path.write_text("\n".join(lines) + "\n")
    with pytest.raises(DataError, match="line 3"):
        read_journal(path, HEADER)


def test_a_directory_in_the_journals_place_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="must be a file"):
        read_journal(tmp_path, HEADER)


def test_another_format_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    write(path)
    lines = path.read_text().splitlines()
    path.write_text("\n".join([json.dumps(json.loads(lines[0]) | {"format": 99}), *lines[1:]]) + "\n")
    with pytest.raises(DataError, match="format 99"):
        read_journal(path, HEADER)


def test_a_full_disk_stops_trading() -> None:
    from pathlib import Path

    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    with pytest.raises(StopTradingError, match="cannot be written"):
        Journal(Path("/dev/full"), HEADER)


def test_one_process_uses_a_state_directory(tmp_path: Path) -> None:
    with StateDirectory(tmp_path):
        with (
            pytest.raises(ParameterError, match=f"in use by process {os.getpid()}"),
            StateDirectory(tmp_path),
        ):
            pass
        program = (
            "import sys; from pathlib import Path\n"
            "from spark_stacker.trading.state_dir import StateDirectory\n"
            "StateDirectory(Path(sys.argv[1])).__enter__()"
        )
        other = subprocess.run(
            [sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True, check=False
        )
        assert "in use" in other.stderr
    with StateDirectory(tmp_path):
        pass


def test_a_state_directory_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(ParameterError, match="cannot be a state directory"),
        StateDirectory(tmp_path / "file"),
    ):
        pass


def test_setting_aside_keeps_every_old_journal(tmp_path: Path) -> None:
    directory = StateDirectory(tmp_path)
    assert directory.set_aside() is None
    for text in ("one", "two"):
        directory.journal.write_text(text)
        directory.set_aside()
    assert (tmp_path / "journal.1.jsonl").read_text() == "one"
    assert (tmp_path / "journal.2.jsonl").read_text() == "two"
