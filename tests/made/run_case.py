"""Runs a case of the parity test in a process of its own, slowly enough to be killed: name, state
directory, seconds between two events, files.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[1] / "integration"))


def main() -> None:
    import polars as pl
    import test_parity

    from made.dry_runs import Case
    from spark_stacker.data import PerpetualData

    name, state, pause_s, *files = sys.argv[1:]
    frames = {place: pl.read_parquet(path) for place, path in (file.split("=") for file in files)}
    recordings = {place: frame for place, frame in frames.items() if ":" not in place}
    perpetuals = {
        symbol: PerpetualData(frames.get(f"{symbol}:funding"), frames.get(f"{symbol}:mark"))
        for symbol in recordings
    }
    kind = test_parity.CASES[name]
    case = Case(kind.configuration, recordings, history_bars=kind.history_bars, perpetuals=perpetuals)

    class Slow(list):  # type: ignore[type-arg]
        def append(self, _event: object) -> None:
            time.sleep(float(pause_s))

    case.dry_run(state=Path(state), events=Slow())


if __name__ == "__main__":
    main()
