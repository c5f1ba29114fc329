"""The tables of results are those of the kept evidence."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest

from benchmarks import goals
from bioplaus.papers import papers

DOCS = Path(__file__).parents[2] / "docs"
spec = importlib.util.spec_from_file_location("make_tables", DOCS / "make_tables.py")
assert spec is not None
assert spec.loader is not None
made = importlib.util.module_from_spec(spec)
spec.loader.exec_module(made)


@pytest.mark.parametrize("paper", list(papers()))
def test_no_figure_of_a_table_is_written_by_hand(paper: str) -> None:
    """``python docs/make_tables.py`` changes nothing, and every result stands in its table."""
    text = (DOCS / "papers" / f"{paper}.md").read_text("utf-8")
    assert made.with_tables(text) == text
    assert f"<!-- results {paper} -->" in text
    for row in papers()[paper].results:
        assert f"| `{row['id']}` |" in text


def test_goals_of_the_engine_are_read_from_what_benchmarks_have_kept() -> None:
    folder = DOCS / "results" / "engine"
    assert (folder / "goals.md").read_text("utf-8") == goals.table(folder)


@pytest.mark.parametrize("page", made.pages(), ids=lambda page: page.parent.name + "-" + page.stem)
def test_no_document_holds_a_table_of_results_by_hand(page: Path) -> None:
    """Marked tables are those of the evidence, and a column of ours stands in no other."""
    text = page.read_text("utf-8")
    assert made.with_tables(text) == text
    by_hand = made.MARKED.sub("", text)
    for head in re.findall(r"^\|.*\|\n\|[ :|-]+\|$", by_hand, re.MULTILINE):
        columns = [cell.strip().lower() for cell in head.splitlines()[0].split("|")]
        assert not any(cell.startswith("ours") for cell in columns), head


def test_results_are_chosen_by_name() -> None:
    chosen = made.table("hm2bp spiking_ep/short erbp/erbp-mnist-200").splitlines()[2:]
    addresses = [line.split("`")[1] for line in chosen]
    own = [row["id"] for row in papers()["hm2bp"].results]
    assert addresses == [*own, "spiking_ep/short", "erbp/erbp-mnist-200"]
    with pytest.raises(KeyError):
        made.table("spiking_ep/shorter")


def test_fractions_stand_in_per_cent_and_counts_of_seeds_do_not() -> None:
    row = {
        "id": "x", "name": "error of |v|", "unit": "fraction", "form": "network",
        "ours": {"mean": 0.0222, "sd": 0.00066, "seeds": [1, 2, 3]}, "published": 0.0196,
        "band": "4 of 5: 0.016 to 0.024", "within_band": True, "meets_published": False,
    }  # fmt: skip
    expected = (
        "| `x` | error of \\|v\\| | network | 2.22 % ± 0.066 (3) | 1.96 % | "
        "4 of 5: 1.6 % to 2.4 % | within |"
    )
    assert made.line(row) == expected
    plain = {
        **row,
        "unit": "Hz",
        "name": "rate",
        "ours": None,
        "published": None,
        "band": "at least 3",
    }
    plain |= {"within_band": None, "meets_published": None}
    assert made.line(plain) == "| `x` | rate [Hz] | network | not run |  | at least 3 |  |"
