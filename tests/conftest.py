"""What all tests share: the recorded market data."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import polars as pl

_BESIDE_THE_REPOSITORY = Path(__file__).resolve().parents[2] / "shared" / "fixtures"


@pytest.fixture(scope="session", autouse=True)
def _data_of_the_run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No test reads or writes the data directory of who runs it: not its catalogue, not its ledgers."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SPARK_STACKER_DATA", str(tmp_path_factory.mktemp("data")))
        yield


@pytest.fixture(scope="session", autouse=True)
def _interruptible() -> None:
    """Ctrl-C interrupts here and in started processes, also where a background shell ignores it."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def _data_of_the_test(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test has a trial ledger of its own."""
    monkeypatch.setenv("SPARK_STACKER_DATA", str(tmp_path_factory.mktemp("data")))


@pytest.fixture(scope="session")
def fixtures_dir() -> Path:
    """The directory of recorded data: ``SPARK_STACKER_FIXTURES``, by default ``../shared/fixtures``.

    Without it the test is skipped with the reason; where ``CI`` is ``true`` it fails instead.
    """
    path = Path(os.environ.get("SPARK_STACKER_FIXTURES") or _BESIDE_THE_REPOSITORY)
    if not (path / "data" / "manifest.json").is_file():
        reason = f"no recorded market data at {path}; set SPARK_STACKER_FIXTURES to where they are"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return path


@pytest.fixture(scope="session")
def fixtures_manifest(fixtures_dir: Path) -> list[dict[str, Any]]:
    """What the recorded data's own manifest says of each file."""
    manifest: list[dict[str, Any]] = json.loads((fixtures_dir / "data" / "manifest.json").read_text())
    return manifest


@pytest.fixture(scope="session")
def candles(fixtures_dir: Path) -> Callable[[str], pl.DataFrame]:
    """Recorded candles by name of their file without the suffix, in the schema of `spark_stacker.data`."""
    from spark_stacker.data import read_market_file

    def load(name: str) -> pl.DataFrame:
        return read_market_file(fixtures_dir / "data" / f"{name}.parquet").frame

    return load
