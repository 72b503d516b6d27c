"""A search in a process of its own, to be killed: ``python -m made.run_search DIRECTORY out|resume``."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from pathlib import Path

from made.searches import engine, settings
from spark_stacker.backtesting.search import Interrupted
from spark_stacker.backtesting.search.evaluators.configured import ConfiguredEvaluator

SPACE = {"cross.fast_period": (3, 20, 1), "cross.slow_period": (21, 60, 1), "stop_loss_pct": [None, 2, 3, 4]}
"""2,880 sets."""
BATCH = 200


def main(directory: str, how: str, *, threads: int = 1, kill_after: int | None = None) -> None:
    ConfiguredEvaluator.batch_limit = BATCH
    parts = Path(directory) / "parts"

    def watch(progress):
        written = len(list(parts.glob("*.parquet")))
        if kill_after is not None and written >= kill_after:
            os.kill(os.getpid(), signal.SIGKILL)

    with contextlib.suppress(Interrupted):
        engine(300).optimize_parameters(
            settings=settings(),
            param_grid=SPACE,
            threads=threads,
            honesty=False,
            progress=watch,
            **{how: directory},
        )


if __name__ == "__main__":
    main(
        sys.argv[1],
        sys.argv[2],
        threads=int(sys.argv[3]),
        kill_after=int(sys.argv[4]) if len(sys.argv) > 4 else None,
    )
