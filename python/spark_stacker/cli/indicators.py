"""``spark-stacker indicators``: what can vote in a strategy."""

from __future__ import annotations

from typing import Any

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

    catalog: list[dict[str, Any]] = _core.indicator_catalog()
    if as_json:
        console.emit_json(catalog)
        return
    rows = [
        (
            entry["type"],
            entry["description"],
            "\n".join(_parameter(parameter) for parameter in entry["parameters"]),
            "\n".join([*entry["columns"], *entry["flags"]]),
        )
        for entry in catalog
    ]
    console.print_table(["type", "what it is", "parameters: default (also called)", "columns"], rows)


def _parameter(parameter: dict[str, Any]) -> str:
    default = parameter["default"]
    shown = str(default).lower() if isinstance(default, bool) else f"{default}"
    aliases = f" ({', '.join(parameter['aliases'])})" if parameter["aliases"] else ""
    return f"{parameter['name']}: {shown}{aliases}"
