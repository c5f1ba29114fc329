"""The gallery shows pictures, and points to sources that exist."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from bioplaus import registry

DOCS = Path(__file__).parents[2] / "docs"
spec = importlib.util.spec_from_file_location("make_gallery", DOCS / "make_gallery.py")
assert spec is not None
assert spec.loader is not None
made = importlib.util.module_from_spec(spec)
spec.loader.exec_module(made)


def test_every_experiment_has_a_thumbnail_or_a_link(tmp_path: Path) -> None:
    entries = registry.entries()
    (tmp_path / entries[0].name).mkdir()
    for name in ("b.png", "a.png"):
        (tmp_path / entries[0].name / name).write_bytes(b"")
    made.write_index(entries, tmp_path)
    text = (tmp_path / "index.md").read_text(encoding="utf-8")
    assert f"{{figure}} {entries[0].name}/a.png" in text
    for entry in entries:
        assert entry.summary in text
        assert f"\n{entry.name}\n" in text  # in the table of contents


def test_sources_are_included_from_where_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(made, "PAGES", tmp_path / "docs" / "gallery")
    made.PAGES.mkdir(parents=True)
    for entry in registry.entries():
        made.write_page(entry, None)
        text = (made.PAGES / f"{entry.name}.md").read_text(encoding="utf-8")
        included = text.partition("{literalinclude} ../../")[2].partition("\n")[0]
        assert (DOCS.parent / included).is_file()
