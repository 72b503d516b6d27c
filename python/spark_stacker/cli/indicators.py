"""``spark-stacker indicators``: what can vote in a strategy."""

from __future__ import annotations

import click

from spark_stacker.cli import console

__all__ = ["indicators"]


@click.group()
def indicators() -> None:
    """List indicators and their parameters."""


@indicators.command("list", epilog="\b\nExample:\n  spark-stacker indicators list --json")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def list_indicators(*, as_json: bool) -> None:
    """List every built-in type with its parameters, defaults, aliases and columns."""
    from spark_stacker import _core

    catalog = _core.indicator_catalog()
    if as_json:
        console.emit_json(catalog)
        return
