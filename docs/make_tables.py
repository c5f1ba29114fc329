"""Make the tables of results on the papers' pages from the kept evidence.

A table stands between two comments, ``<!-- results PAPER -->`` and ``<!-- end -->``; nothing in it
is written by hand.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from bioplaus.reproduction import evidence
from bioplaus.reproduction.table import results

PAGES = Path(__file__).parent / "papers"
MARKED = re.compile(r"(<!-- results (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)
HEADING = (
    "| result | what | form | ours (seeds) | published | band | verdict |\n" + "|---" * 7 + "|"
)


def main() -> None:
    """Write every page anew."""
    for page in sorted(PAGES.glob("*.md")):
        page.write_text(with_tables(page.read_text("utf-8")), "utf-8")


def with_tables(text: str) -> str:
    """A page with its tables made from the evidence."""
    return MARKED.sub(lambda found: f"{found[1]}{table(found[2])}\n{found[3]}", text)


def table(paper: str) -> str:
    """All results of a paper, as its ``paper.toml`` lists them."""
    rows = [evidence.status(row) for row in results(paper)]
    return "\n".join([HEADING, *map(line, rows)])


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
