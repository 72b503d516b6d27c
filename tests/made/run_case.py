"""Runs a case of the parity test in a process of its own, slowly enough to be killed: name, state
directory, files.
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

    name, state, *files = sys.argv[1:]
    recordings = {symbol: pl.read_parquet(path) for symbol, path in (file.split("=") for file in files)}
    case = Case(test_parity.CASES[name][0], recordings)

    class Slow(list):  # type: ignore[type-arg]
        def append(self, _event: object) -> None:
            time.sleep(0.0003)

    case.dry_run(state=Path(state), events=Slow())


if __name__ == "__main__":
    main()
