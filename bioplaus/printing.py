"""Tables on the terminal, and one line a row where there is none."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

__all__ = ["print_table"]

_UNBOUNDED = 10_000


def print_table(headings: Sequence[str], rows: Iterable[Sequence[str]], title: str = "") -> None:
    """Print a table: folded to the width of a terminal, unfolded into a pipe or a file.

    The first column is never folded, so that what a row is about can be read and searched for.
    """
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console()
    if not console.is_terminal:
        console = Console(width=_UNBOUNDED)
    table = Table(
        title=Text(title) if title else None, title_justify="left", box=None, pad_edge=False
    )
    for number, heading in enumerate(headings):
        table.add_column(Text(heading), overflow="fold", no_wrap=number == 0)
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    console.print(table)
