"""``spark-stacker report``: a saved backtest or search as a page."""

from __future__ import annotations

from pathlib import Path

import click

__all__ = ["report"]


@click.command(
    epilog="\b\nExamples:\n"
    "  spark-stacker report eth.json\n"
    "  spark-stacker report eth.json -o eth.html --title 'ETH, first try'\n"
    "  spark-stacker report eth-search -o eth-search.html"
)
@click.argument("saved", metavar="RESULT.json|SEARCH_DIR", type=click.Path(path_type=Path, readable=False))
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, readable=False),
    help="The page.  [default: RESULT.html, SEARCH_DIR.html]",
)
@click.option("--title", help="Heading of the page.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")
def report(*, saved: Path, output: Path | None, title: str | None, as_json: bool) -> None:
    """Write a saved result, or a search kept in a directory, as one HTML file that opens offline."""
    from spark_stacker.backtesting import BacktestResult
    from spark_stacker.backtesting.search import SearchResult
    from spark_stacker.cli import console
    from spark_stacker.reporting import write_report, write_search_report

    with console.progress("Report"):
        if saved.is_dir():
            page = output or saved.parent / f"{saved.resolve().name}.html"
            path = write_search_report(SearchResult.load(saved), page, title=title)
        else:
            result = BacktestResult.load_from_file(saved)
            path = write_report(result, output or saved.with_suffix(".html"), title=title)
    if as_json:
        console.emit_json({"report": str(path), "bytes": path.stat().st_size})
    else:
        console.print_message(f"wrote {path}")
