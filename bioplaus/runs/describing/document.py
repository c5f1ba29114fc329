"""Headings, sentences and tables, written as Markdown or as a page of HTML."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

__all__ = ["Document", "code"]


def code(text: str) -> str:
    """Text that stands as it is written: in both forms between backquotes."""
    return f"`{text}`"


@dataclass
class Document:
    """A title, and sections of one table each: (heading, column heads, rows)."""

    title: str
    introduction: str = ""
    sections: list[tuple[str, Sequence[str], list[Sequence[str]]]] = field(default_factory=list)

    def add(self, heading: str, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        """Add a table, if it has rows."""
        found = list(rows)
        if found:
            self.sections.append((heading, heads, found))

    def markdown(self) -> str:
        """The document as Markdown, with tables between bars."""
        parts = [f"# {self.title}", self.introduction]
        for heading, heads, rows in self.sections:
            lines = [_bars(heads), _bars(["---"] * len(heads)), *map(_bars, rows)]
            parts += [f"## {heading}", "\n".join(lines)]
        return "\n\n".join(part for part in parts if part) + "\n"

    def html(self) -> str:
        """The document as one page of HTML that needs nothing else."""
        parts = [f"<h1>{html.escape(self.title)}</h1>", f"<p>{html.escape(self.introduction)}</p>"]
        for heading, heads, rows in self.sections:
            head = "".join(f"<th>{html.escape(text)}</th>" for text in heads)
            body = "\n".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in rows)
            parts.append(f"<h2>{html.escape(heading)}</h2>")
            parts.append(f"<table>\n<tr>{head}</tr>\n{body}\n</table>")
        head = f'<meta charset="utf-8"><title>{html.escape(self.title)}</title>'
        body = "\n".join(parts)
        return (
            f'<!DOCTYPE html>\n<html lang="en">\n<head>{head}\n<style>{_STYLE}</style></head>\n'
            f"<body>\n{body}\n</body>\n</html>\n"
        )


_STYLE = (
    "body{font-family:sans-serif;max-width:60em;margin:2em auto;padding:0 1em}"
    "table{border-collapse:collapse;width:100%}"
    "th,td{border:1px solid #ccc;padding:.3em .6em;text-align:left;vertical-align:top}"
    "code{white-space:pre-wrap}"
)


def _bars(cells: Iterable[str]) -> str:
    escaped = (cell.replace("|", "\\|").replace("\n", "<br>") for cell in cells)
    return f"| {' | '.join(escaped)} |"


def _cell(text: str) -> str:
    """A cell of HTML: lines below each other, what is between backquotes as code."""
    parts = html.escape(text).split("`")
    marked = "".join(f"<code>{part}</code>" if n % 2 else part for n, part in enumerate(parts))
    return f"<td>{marked}</td>".replace("\n", "<br>")
