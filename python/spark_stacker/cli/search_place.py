"""Where the sets of a search run and where its trials are remembered, as options of the command line."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["Place", "place_options"]

_FILE = click.Path(path_type=Path, dir_okay=False)
_NAMES = ("executor", "scheduler", "tls_ca", "tls_cert", "tls_key", "ledger", "no_ledger")


def place_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of `Place`."""
    for option in reversed(
        (
            click.option(
                "--executor",
                type=click.Choice(["local", "dask"]),
                default="local",
                show_default=True,
                help="Threads of this machine, or a Dask cluster.",
            ),
            click.option("--scheduler", metavar="ADDRESS", help="Of the cluster, such as tcp://host:8786."),
            click.option("--tls-ca", type=_FILE, help="Certificate of the cluster's authority."),
            click.option("--tls-cert", type=_FILE, help="Certificate to show to a tls:// scheduler."),
            click.option("--tls-key", type=_FILE, help="Key of that certificate."),
            click.option(
                "--ledger",
                type=click.Path(path_type=Path, file_okay=False),
                help="Directory of the trial ledgers.  [default: trials in the data directory]",
            ),
            click.option("--no-ledger", is_flag=True, help="Do not remember how many sets were tried."),
        )
    ):
        command = option(command)
    return command


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What the options say."""

    executor: str
    scheduler: str | None
    tls_ca: Path | None
    tls_cert: Path | None
    tls_key: Path | None
    ledger: Path | None
    no_ledger: bool

    @classmethod
    def taken(cls, given: dict[str, Any]) -> Place:
        """Takes its options out of those of a command."""
        place = cls(**{name: given.pop(name) for name in _NAMES})
        secured = (place.tls_ca, place.tls_cert, place.tls_key)
        if place.executor == "dask" and place.scheduler is None:
            raise click.UsageError("--executor dask goes with --scheduler, such as tcp://host:8786")
        if place.executor == "local" and (place.scheduler is not None or any(secured)):
            raise click.UsageError("--scheduler and --tls-… go with --executor dask")
        if place.no_ledger and place.ledger is not None:
            raise click.UsageError("--ledger and --no-ledger exclude each other")
        return place

    @contextmanager
    def options(self) -> Iterator[dict[str, Any]]:
        """The options of a search, while its cluster is connected."""
        from datetime import UTC, datetime

        told: dict[str, Any] = {
            "searched_at": datetime.now(UTC),
            "ledger": False if self.no_ledger else self.ledger or True,
        }
        if self.scheduler is None:
            yield told
            return
        from spark_stacker.backtesting.search.dask_cluster import connected, exposure
        from spark_stacker.cli import console

        with connected(
            self.scheduler, tls_ca=self.tls_ca, tls_cert=self.tls_cert, tls_key=self.tls_key
        ) as client:
            for warning in exposure(client):  # before anything is sent
                console.print_warning(warning)
            yield {**told, "executor": client}
