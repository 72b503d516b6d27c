"""A Dask cluster of processes on loopback: a scheduler and workers, each of which can be killed."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import made

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["Processes", "cluster"]


class Processes:
    """The scheduler's address, and the processes."""

    def __init__(self, directory: Path, security: Sequence[str] = ()) -> None:
        self.directory = directory
        self.security = list(security)
        self.workers: list[subprocess.Popen[bytes]] = []
        self.address = ""

    def start_scheduler(self) -> None:
        protocol = "tls" if self.security else "tcp"
        self.scheduler = self._start(
            "scheduler", "--host", f"{protocol}://127.0.0.1", "--port", "0", "--no-dashboard", "--no-show"
        )
        self.address = self._said("scheduler", rf"({protocol}://127\.0\.0\.1:\d+)")

    def start_worker(self) -> int:
        """Starts a worker without a nanny, so that it stays dead when it is killed."""
        name = f"worker{len(self.workers)}"
        self.workers.append(
            self._start(
                name,
                self.address,
                *("--no-nanny", "--nthreads", "1", "--no-dashboard", "--host", "127.0.0.1"),
                *("--local-directory", str(self.directory)),
            )
        )
        return self.workers[-1].pid

    def kill(self, process: subprocess.Popen[bytes], how: int = signal.SIGKILL) -> None:
        os.kill(process.pid, how)

    def stop(self) -> None:
        for process in [*self.workers, self.scheduler]:
            process.kill()
            process.wait()

    def _start(self, name: str, *arguments: str) -> subprocess.Popen[bytes]:
        kind = name.rstrip("0123456789")
        tests = Path(made.__file__).parents[1]
        with (self.directory / f"{name}.log").open("wb") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "distributed.cli.dask_" + kind, *arguments, *self.security],
                env={**os.environ, "PYTHONPATH": str(tests), "PYTHONWARNINGS": "default"},
                stdout=log,
                stderr=log,
            )

    def _said(self, name: str, pattern: str) -> str:
        import time

        log = self.directory / f"{name}.log"
        for _ in range(600):
            found = re.search(pattern, log.read_text())
            if found:
                return found[1]
            time.sleep(0.05)
        raise AssertionError(log.read_text())


@contextmanager
def cluster(workers: int, security: Sequence[str] = ()) -> Iterator[Processes]:
    """A cluster of as many workers, gone when the block ends."""
    with tempfile.TemporaryDirectory() as directory:
        processes = Processes(Path(directory), security)
        processes.start_scheduler()
        try:
            for _ in range(workers):
                processes.start_worker()
            yield processes
        finally:
            processes.stop()
