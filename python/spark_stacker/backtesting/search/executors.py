"""Where sets are run: threads of this process, or any `concurrent.futures.Executor`.

Batches come back in the order in which they were asked for, whoever ran them.
"""

from __future__ import annotations

import pickle
import time
import uuid
from collections import OrderedDict, deque
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

import numpy as np

from spark_stacker.backtesting.search.evaluators import Rows
from spark_stacker.errors import ParameterError, RetryableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from spark_stacker.backtesting.search.evaluators import Evaluator, Window

__all__ = [
    "Batch",
    "Evaluation",
    "InThisProcess",
    "OnExecutor",
    "Piece",
    "evaluate_piece",
    "received",
    "why_not_sendable",
]

_CHUNK_SECONDS: Final = 0.15
"""How long a call may hold up Ctrl-C and progress."""
_KEPT: Final = 2
"""Evaluators that a worker keeps for the next piece."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Sets asked for together; ``rows`` when they are known from an earlier run."""

    digits: NDArray[np.uint32]
    rows: Rows | None = None


class Evaluation(Protocol):
    """Runs batches of sets.

    ``unfinished`` are the sets, with their rows, of a batch that Ctrl-C cut off.
    """

    unfinished: tuple[NDArray[np.uint32], Rows] | None

    def stream(
        self, batches: Iterator[Batch], *, tick: Callable[[int], None], ahead: bool
    ) -> Iterator[tuple[Batch, Rows]]:
        """Each batch with its rows, in order. ``tick`` is told how many sets were just done.

        With ``ahead`` batches may be taken before those before them are given back.
        """


class InThisProcess:
    """Calls the evaluator here, on threads of the core where it has any."""

    def __init__(self, evaluator: Evaluator, metrics: Sequence[str], window: Window, *, threads: int) -> None:
        self.evaluator = evaluator
        self.metrics = list(metrics)
        self.window = window
        self.threads = threads
        self.unfinished: tuple[NDArray[np.uint32], Rows] | None = None
        self._chunk = max(1, min(256, 4_000_000 // max(1, len(evaluator.open_time_ns))))

    def stream(
        self,
        batches: Iterator[Batch],
        *,
        tick: Callable[[int], None],
        ahead: bool,  # noqa: ARG002 - one after another in any case
    ) -> Iterator[tuple[Batch, Rows]]:
        """See `Evaluation.stream`."""
        for batch in batches:
            yield batch, batch.rows if batch.rows is not None else self._run(batch.digits, tick)

    def _run(self, digits: NDArray[np.uint32], tick: Callable[[int], None]) -> Rows:
        """In chunks whose length follows the speed, since Python sees Ctrl-C between calls only."""
        pieces: list[Rows] = []
        first = 0
        try:
            while first < len(digits):
                chunk = digits[first : first + self._chunk]
                began = time.perf_counter()
                pieces.append(self.evaluator.evaluate(chunk, self.metrics, self.window, threads=self.threads))
                first += len(chunk)
                if len(chunk) == self._chunk:
                    seconds = max(time.perf_counter() - began, 1e-6)
                    self._chunk = max(1, int(self._chunk * min(4.0, _CHUNK_SECONDS / seconds)))
                tick(len(chunk))
        except KeyboardInterrupt:
            if pieces:
                rows = Rows.joined(pieces)
                self.unfinished = digits[: len(rows.status)], rows
            raise
        return Rows.joined(pieces)


class OnExecutor:
    """Sends pieces of batches to the workers of an executor; the data go along once a worker or so.

    ``workers`` is how many pieces run at a time, ``piece`` how many sets each has.
    """

    def __init__(
        self,
        executor: Executor,
        evaluator: Evaluator,
        metrics: Sequence[str],
        window: Window,
        *,
        workers: int,
        piece: int,
    ) -> None:
        if not hasattr(executor, "submit"):
            raise ParameterError(f"executor must be a concurrent.futures.Executor, was {executor!r}")
        self.executor = executor
        self.unfinished: tuple[NDArray[np.uint32], Rows] | None = None
        self.metrics = list(metrics)
        self.window = window
        self.workers = max(1, workers)
        self.piece = max(1, piece)
        self._payload = pickle.dumps(evaluator)
        self._token = uuid.uuid4().hex
        self._sent = 0
        self._retries = 0

    def stream(
        self, batches: Iterator[Batch], *, tick: Callable[[int], None], ahead: bool
    ) -> Iterator[tuple[Batch, Rows]]:
        """See `Evaluation.stream`."""
        waiting: deque[tuple[Batch, list[Piece]]] = deque()
        more = True
        try:
            while True:
                while more and (not waiting or (ahead and self._open(waiting) < 2 * self.workers)):
                    batch = next(batches, None)
                    if batch is None:
                        more = False
                        break
                    pieces = [] if batch.rows is not None else self._send(batch.digits, ahead=ahead)
                    waiting.append((batch, pieces))
                if not waiting:
                    return
                batch, pieces = waiting.popleft()
                rows = batch.rows or Rows.joined([self._gather(piece, tick) for piece in pieces])
                yield batch, rows
        finally:
            for _, pieces in waiting:
                for piece in pieces:
                    piece.future.cancel()

    def _open(self, waiting: deque[tuple[Batch, list[Piece]]]) -> int:
        return sum(not piece.future.done() for _, pieces in waiting for piece in pieces)

    def _send(self, digits: NDArray[np.uint32], *, ahead: bool) -> list[Piece]:
        size = self.piece
        if not ahead:  # nothing else will come for the other workers to do
            size = min(size, -(-len(digits) // self.workers))
        return [
            self._submit(digits[first : first + size], with_data=self._sent < self.workers)
            for first in range(0, len(digits), size)
        ]

    def _submit(self, digits: NDArray[np.uint32], *, with_data: bool) -> Piece:
        self._sent += with_data
        payload = self._payload if with_data else None
        try:
            future = self.executor.submit(
                evaluate_piece, self._token, payload, digits, self.metrics, self.window
            )
        except RuntimeError as error:  # BrokenExecutor is one, and so is what a closed executor raises
            raise _dead(error) from error
        return Piece(digits, future)

    def _gather(self, piece: Piece, tick: Callable[[int], None]) -> Rows:
        while True:
            try:
                rows = piece.future.result()
            except (BrokenExecutor, CancelledError) as error:
                raise _dead(error) from error
            if rows is not None:
                tick(len(piece.digits))
                return received(rows)
            piece = self._submit(piece.digits, with_data=True)  # that worker has not had the data yet


@dataclass(frozen=True, slots=True)
class Piece:
    """Sets sent out, and what will come of them."""

    digits: NDArray[np.uint32]
    future: Future[Rows | None]


def received(rows: Rows) -> Rows:
    """The rows in memory of their own: over a network they come read-only, and perhaps misaligned."""
    return Rows(np.array(rows.values), np.array(rows.status), rows.reasons)


def _dead(error: BaseException) -> RetryableError:
    reason = str(error) or type(error).__name__
    return RetryableError(f"the executor died while sets were being run: {reason}")


_evaluators: OrderedDict[str, Evaluator] = OrderedDict()
"""Evaluators that this worker was sent, the last used at the end."""


def evaluate_piece(
    token: str,
    payload: bytes | None,
    digits: NDArray[np.uint32],
    metrics: Sequence[str],
    window: Window,
    *,
    threads: int = 1,
) -> Rows | None:
    """Runs sets in a worker; None asks for the data."""
    evaluator = _evaluators.get(token)
    if evaluator is None:
        if payload is None:
            return None
        evaluator = pickle.loads(payload)  # noqa: S301 - made by the process that sent it
        _evaluators[token] = evaluator
        while len(_evaluators) > _KEPT:
            _evaluators.popitem(last=False)
    # What came over a network may lie misaligned in its message; the core wants it aligned.
    return evaluator.evaluate(np.array(digits), metrics, window, threads=threads)


def why_not_sendable(evaluator: Evaluator) -> str | None:
    """Why what is searched cannot go to another process; None when it can."""
    code = getattr(evaluator, "code", None)
    name = "the strategy" if code is None else getattr(code, "__qualname__", type(code).__qualname__)
    if getattr(code, "__module__", None) == "__main__":
        import __main__

        if getattr(__main__, "__file__", None) is None:
            return f"{name} is defined at a prompt or in a notebook, which other processes cannot see"
    try:
        pickle.dumps(evaluator)
    except Exception as error:  # whatever pickling someone's objects raises
        return f"{name} cannot be pickled: {error}"
    return None
