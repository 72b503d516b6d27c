"""The ``/metrics`` page: a small HTTP server in a thread, on loopback unless told otherwise."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from prometheus_client import start_http_server

from spark_stacker.errors import ParameterError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from prometheus_client import CollectorRegistry

__all__ = ["serve_metrics"]


@contextmanager
def serve_metrics(registry: CollectorRegistry, *, port: int, host: str = "127.0.0.1") -> Iterator[int]:
    """Serve a registry while inside; yield the port (0 takes a free one).

    Raises ``ParameterError`` when the port is taken or the address is not this machine's.
    """
    try:
        server, thread = start_http_server(port, addr=host, registry=registry)
    except (OSError, OverflowError) as error:
        raise ParameterError(
            f"metrics cannot be served on {host}:{port}: {error}; choose another port"
        ) from error
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=1.0)
