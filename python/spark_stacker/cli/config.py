"""``spark-stacker config``: whether a configuration is right, and what it would do."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from spark_stacker.cli import console

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spark_stacker.config import Settings

__all__ = ["config"]


@click.group()
def config() -> None:
    """Check and explain a configuration."""


@config.command(epilog="\b\nExample:\n  spark-stacker config check spark-stacker.toml")
@click.argument("file", type=click.Path(path_type=Path, readable=False))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def check(*, file: Path, as_json: bool) -> None:
    """Check FILE and say in words what would run."""
    from spark_stacker.config import load_settings
    from spark_stacker.config.explain import explain, warnings_of

    settings = load_settings(file)
    sections = explain(settings)
    warnings = [*warnings_of(settings), *_missing_connectors(settings)]
    if as_json:
        console.emit_json(
            {
                "file": str(file),
                "warnings": warnings,
                "sections": [{"heading": part.heading, "facts": dict(part.facts)} for part in sections],
                "settings": settings.model_dump(mode="json"),
            }
        )
        return
    for section in sections:
        console.print_facts(section.heading, section.facts)
    for warning in warnings:
        console.print_warning(warning)
    console.print_message(f"{file} is right")


def _missing_connectors(settings: Settings) -> Iterator[str]:
    from spark_stacker.config import enabled_strategies, exchange_of
    from spark_stacker.connectors import ConnectorFactory

    known = ConnectorFactory.get_available_connectors()
    used = {exchange_of(settings, strategy) for strategy in enabled_strategies(settings)}
    for exchange in settings.exchanges:
        if exchange in used and exchange.exchange_type not in known:
            yield (
                f"exchange {exchange.name}: this version has no connector for {exchange.exchange_type}; "
                "run on recorded candles or a scenario: spark-stacker live --data, --scenario"
            )
