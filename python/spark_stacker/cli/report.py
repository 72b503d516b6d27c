"""``spark-stacker report``: a saved result as a page."""

from __future__ import annotations

from pathlib import Path

import click

__all__ = ["report"]


@click.command(
    epilog="\b\nExamples:\n"
    "  spark-stacker report eth.json\n"
    "  spark-stacker report eth.json -o eth.html --title 'ETH, first try'"
)
@click.argument("result_file", metavar="RESULT.json", type=click.Path(path_type=Path, readable=False))
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, readable=False),
    help="The page.  [default: RESULT.html]",
)
@click.option("--title", help="Heading of the page.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")
def report(*, result_file: Path, output: Path | None, title: str | None, as_json: bool) -> None:
    """Write a saved result as one HTML file that opens offline."""
    from spark_stacker.backtesting import BacktestResult
    from spark_stacker.cli import console
    from spark_stacker.reporting import write_report

    with console.progress("Report"):
        result = BacktestResult.load_from_file(result_file)
        path = write_report(result, output or result_file.with_suffix(".html"), title=title)
    if as_json:
        console.emit_json({"report": str(path), "bytes": path.stat().st_size})
    else:
        console.print_message(f"wrote {path}")
