"""From the start of the interpreter to the help text of the command line."""

from __future__ import annotations

import subprocess
import sys
import time

from measure import median, table

RUNS = 10
LIMIT_SECONDS = 0.3
COMMAND = [
    sys.executable,
    "-c",
    "import sys; from spark_stacker.cli import main; sys.argv = ['spark-stacker', '--help']; main()",
]
INTERPRETER = [sys.executable, "-c", ""]


def seconds(command: list[str]) -> float:
    start = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - start


def main() -> None:
    seconds(COMMAND), seconds(INTERPRETER)  # compiled files and pages are there from now on
    pairs = [(seconds(COMMAND), seconds(INTERPRETER)) for _ in range(RUNS)]
    whole, bare = (median(list(column)) for column in zip(*pairs, strict=True))
    print(
        table(
            (f"median of {RUNS} runs", "s", "wanted"),
            [
                ("spark-stacker --help", f"{whole:.3f}", f"< {LIMIT_SECONDS}"),
                ("of which the interpreter itself", f"{bare:.3f}", ""),
            ],
        )
    )


if __name__ == "__main__":
    main()
