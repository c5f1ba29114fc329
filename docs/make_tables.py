"""Make the tables of results from the kept evidence, in the README and on the papers' pages.

A table stands between two comments, ``<!-- results WHAT ... -->`` and ``<!-- end -->``; nothing in
it is written by hand.  WHAT is a paper, for all of its results, or PAPER/RESULT for one.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from bioplaus.reproduction import evidence
from bioplaus.reproduction.table import results

ROOT = Path(__file__).parents[1]
MARKED = re.compile(r"(<!-- results ([^>]+) -->\n).*?(<!-- end -->)", re.DOTALL)
HEADING = (
    "| result | what | form | ours (seeds) | published | band | verdict |\n" + "|---" * 7 + "|"
)


def pages() -> list[Path]:
    """The documents that may hold results."""
    found = [ROOT / "README.md", *ROOT.glob("docs/*.md"), *ROOT.glob("models/*/README.md")]
    for folder in ("papers", "tutorials", "how-to"):
        found += ROOT.glob(f"docs/{folder}/*.md")
    return sorted(found)


def main() -> None:
    """Write every page anew."""
    for page in pages():
        page.write_text(with_tables(page.read_text("utf-8")), "utf-8")


def with_tables(text: str) -> str:
    """A page with its tables made from the evidence."""
    return MARKED.sub(lambda found: f"{found[1]}{table(found[2])}\n{found[3]}", text)


def table(what: str) -> str:
    """Results as their ``paper.toml`` lists them, or those named, in the order named.

    Raises
    ------
    KeyError
        For a result that no paper has.
    """
    lines = [HEADING]
    for word in what.split():
        paper, _, one = word.partition("/")
        found = {row.id: row for row in results(paper)}
        for row in [found[one]] if one else found.values():
            shown = evidence.status(row)
            lines.append(line(shown | {"id": word if one else row.id}))
    return "\n".join(lines)


def line(row: dict[str, Any]) -> str:
    """One result; fractions in per cent, other figures with their unit."""
    share = row["unit"] == "fraction"
    unit = "" if share or row["unit"] in ("1", "") else f" [{row['unit']}]"
    cells = (
        f"`{row['id']}`",
        row["name"].replace("|", "\\|") + unit,
        row["form"],
        _ours(row["ours"], share),
        "" if row["published"] is None else _number(row["published"], share),
        _band(row["band"], share),
        _verdict(row),
    )
    return f"| {' | '.join(cells)} |"


def _number(value: float, share: bool) -> str:
    return f"{100 * value:.4g} %" if share else f"{value:.4g}"


def _ours(ours: dict[str, Any] | None, share: bool) -> str:
    if ours is None:
        return "not run"
    seeds = len(ours["seeds"])
    spread = ours["sd"] * (100 if share else 1)
    return f"{_number(ours['mean'], share)}{f' ± {spread:.2g}' if seeds > 1 else ''} ({seeds})"


def _band(band: str, share: bool) -> str:
    """Its bounds in per cent; the count of seeds before them stays."""
    count, colon, bounds = band.rpartition(": ")
    if share:
        bounds = re.sub(r"-?\d[\d.e-]*", lambda found: _number(float(found[0]), True), bounds)
    return f"{count}{colon}{bounds}"


def _verdict(row: dict[str, Any]) -> str:
    if row["within_band"] is None:
        return "" if row["ours"] is None else "seeds missing"
    return ("within" if row["within_band"] else "**outside**") + (
        ", meets published" if row["meets_published"] else ""
    )


if __name__ == "__main__":
    main()
