"""Sets run on a Dask cluster (the extra ``[distributed]``).

The candles and all that is prepared go to each worker once; then pieces of sets go out and rows come back. A
worker should have a machine to itself and one thread of Dask (``--nthreads 1``): the core runs a piece on all
its processors. What a lost worker had is done again elsewhere.
"""

from __future__ import annotations

import ipaddress
import threading
import time
from concurrent.futures import CancelledError
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import spark_stacker
from spark_stacker.backtesting.search.executors import OnExecutor, Piece, evaluate_piece, received
from spark_stacker.errors import ParameterError, RetryableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    import numpy as np
    from distributed import Client
    from numpy.typing import NDArray

    from spark_stacker.backtesting.search.evaluators import Evaluator, Rows, Window

__all__ = ["OnDask", "connected", "exposure", "is_client"]

_GLANCE_SECONDS: Final = 1.0
"""How long to wait for a piece before looking whether the cluster is still there."""
_PATIENCE_SECONDS: Final = 60.0
"""How long a cluster may be without a scheduler that answers, or without any worker."""
_ANSWER_SECONDS: Final = 5.0
_LOOK_SECONDS: Final = 5.0
_TRIES: Final = 3
"""How often a piece is sent out anew when the cluster lost it with the data."""


@contextmanager
def connected(
    scheduler: str,
    *,
    tls_ca: str | Path | None = None,
    tls_cert: str | Path | None = None,
    tls_key: str | Path | None = None,
    timeout_seconds: float = 10.0,
) -> Iterator[Client]:
    """A client of the scheduler at an address such as ``tcp://10.0.0.5:8786`` or ``tls://…``.

    `RetryableError` when it does not answer in time, or has no worker by then.
    """
    distributed = _distributed()
    scheme = urlsplit(scheduler).scheme
    if scheme not in ("tcp", "tls", "ws", "wss"):
        raise ParameterError(f"the scheduler must be an address such as tcp://host:8786, was {scheduler!r}")
    given = {"tls_ca_file": tls_ca, "tls_client_cert": tls_cert, "tls_client_key": tls_key}
    files = {name: str(path) for name, path in given.items() if path is not None}
    is_secure = scheme in ("tls", "wss")
    if is_secure != bool(files) or (files and len(files) < len(given)):
        raise ParameterError(
            "a tls:// scheduler goes with all of --tls-ca, --tls-cert and --tls-key, a tcp:// one with none; "
            f"was {scheduler} with {len(files)} of them"
        )
    try:
        security = distributed.Security(require_encryption=True, **files) if is_secure else None
        client = distributed.Client(
            scheduler, timeout=timeout_seconds, security=security, set_as_default=False
        )
    except FileNotFoundError as error:
        raise ParameterError(f"{error.filename}: no such file") from error
    except (OSError, TimeoutError, ValueError) as error:
        raise RetryableError(
            f"the scheduler {scheduler} does not answer within {timeout_seconds:g} s: {_reason(error)}"
        ) from error
    try:
        try:
            client.wait_for_workers(1, timeout=timeout_seconds)
        except TimeoutError as error:
            raise RetryableError(
                f"the scheduler {scheduler} has no worker after {timeout_seconds:g} s"
            ) from error
        yield client
    finally:
        client.close()


def is_client(executor: object) -> bool:
    """Whether this is a client of a Dask cluster."""
    kind = type(executor)
    return kind.__module__.partition(".")[0] == "distributed" and hasattr(executor, "scatter")


def exposure(client: Client) -> tuple[str, ...]:
    """What to warn of: a connection that others could read and write on, since code goes over it."""
    address = "" if client.scheduler is None else str(client.scheduler.address)
    place = urlsplit(address)
    if place.scheme in ("tls", "wss", "inproc") or _is_loopback(place.hostname or ""):
        return ()
    return (
        f"The scheduler {address} is neither TLS nor on this machine: whoever can reach the network between "
        "can read the strategy and run code on the workers.",
    )


class OnDask(OnExecutor):
    """See `OnExecutor`. ``threads`` is how many of the core each worker uses; None is all its processors."""

    def __init__(
        self,
        client: Any,
        evaluator: Evaluator,
        metrics: Sequence[str],
        window: Window,
        *,
        piece: int,
        threads: int | None,
    ) -> None:
        super().__init__(client, evaluator, metrics, window, workers=1, piece=piece)
        self.client: Any = client
        """A ``distributed.Client``, of which only some methods have types."""
        self.threads = threads
        self._data: Any = None
        self._silent_since: float | None = None
        self._looked_at = 0.0
        self._look()

    def _submit(self, digits: NDArray[np.uint32], *, with_data: bool) -> Piece:  # noqa: ARG002 - see _data
        if time.monotonic() - self._looked_at > _LOOK_SECONDS:
            self._look()  # workers come and go
        if self._data is None:
            self._data = self._scattered()
        if self.client.status == "closed":
            raise self._closed()
        future: Any = self.client.submit(
            _evaluate_on_worker,
            _Task(self._token, self.metrics, self.window, self.threads, spark_stacker.__version__),
            self._data,
            digits,
            pure=False,
            retries=_TRIES,
        )
        return Piece(digits, future)

    def _scattered(self) -> Any:
        """The data on every worker of now; later ones fetch them from these."""
        try:
            return self.client.scatter(self._payload, broadcast=True, hash=False, timeout=_PATIENCE_SECONDS)
        except (OSError, TimeoutError, CancelledError) as error:
            raise RetryableError(
                f"the data could not be sent to the workers of {self._where}: {_reason(error)}"
            ) from error

    def _gather(self, piece: Piece, tick: Callable[[int], None]) -> Rows:
        from distributed.comm.core import CommClosedError
        from distributed.scheduler import KilledWorker

        tries = 0
        while True:
            try:
                rows = piece.future.result(timeout=_GLANCE_SECONDS)
            except TimeoutError:
                self._look()
                continue
            except CommClosedError:  # it may be back in a moment
                time.sleep(_GLANCE_SECONDS)
                self._look()
                continue
            except CancelledError as error:
                tries += 1
                self._look()
                if tries > _TRIES:
                    raise RetryableError(
                        f"{self._where} lost the same sets {tries} times: {_reason(error)}"
                    ) from error
                if self._data is not None and self._data.status != "finished":
                    self._data = None  # lost too, with every worker that had them
                piece = self._submit(piece.digits, with_data=True)
                continue
            except KilledWorker as error:
                raise RetryableError(
                    f"every worker of {self._where} that ran certain sets died: {_reason(error)}"
                ) from error
            except ModuleNotFoundError as error:
                raise ParameterError(
                    f"a worker of {self._where} cannot import {error.name}: install there what is installed "
                    "here, or send the file of a strategy with client.upload_file"
                ) from error
            assert rows is not None  # noqa: S101 - the data went along
            self._silent_since = None
            tick(len(piece.digits))
            return received(rows)

    def _closed(self) -> RetryableError:
        return RetryableError(f"the connection to {self._where} was lost and could not be made again")

    @property
    def _where(self) -> str:
        scheduler = self.client.scheduler
        return "the scheduler" if scheduler is None else f"the scheduler {scheduler.address}"

    def _look(self) -> None:
        """Counts the workers; `RetryableError` when there have been none for too long, or no scheduler."""
        if self.client.status in ("closing", "closed"):
            raise self._closed()
        self._looked_at = time.monotonic()
        missing = "does not answer"
        if self.client.status == "running":
            try:
                self.workers = len(self.client.nthreads(callback_timeout=_ANSWER_SECONDS))
            except (OSError, TimeoutError):
                self.workers = 0
            else:
                missing = "has no worker"
            if self.workers:
                self._silent_since = None
                return
        self._silent_since = self._silent_since or self._looked_at
        if self._looked_at - self._silent_since > _PATIENCE_SECONDS:
            raise RetryableError(f"{self._where} {missing} for {_PATIENCE_SECONDS:g} s")
        self.workers = max(1, self.workers)


_one_at_a_time = threading.Lock()
"""A piece has all processors of its worker, whatever threads Dask was given."""


@dataclass(frozen=True, slots=True)
class _Task:
    """What is the same for all pieces of a search."""

    token: str
    metrics: Sequence[str]
    window: Window
    threads: int | None
    version: str


def _evaluate_on_worker(task: _Task, payload: bytes, digits: NDArray[np.uint32]) -> Rows | None:
    """Runs sets in a worker."""
    from dask.system import CPU_COUNT

    if task.version != spark_stacker.__version__:
        raise ParameterError(
            f"a worker has spark-stacker {spark_stacker.__version__}, the search is of {task.version}"
        )
    with _one_at_a_time:
        return evaluate_piece(
            task.token,
            payload,
            digits,
            task.metrics,
            task.window,
            threads=task.threads or CPU_COUNT,
        )


def _distributed() -> Any:
    try:
        import distributed
    except ModuleNotFoundError as error:
        raise ParameterError(
            f"the executor dask needs {error.name}: install it with pip install 'spark-stacker[distributed]'"
        ) from error
    return distributed


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _reason(error: BaseException) -> str:
    return (str(error) or type(error).__name__).splitlines()[0]
