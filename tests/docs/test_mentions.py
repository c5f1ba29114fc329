"""What the documents point at is there: files of the tree, experiments, settings, results."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bioplaus import registry
from bioplaus.papers import papers

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    path
    for pattern in ("*.md", "docs/*.md", "docs/*/*.md", "models/*/README.md", ".github/**/*.md")
    for path in ROOT.glob(pattern)
    if "reference" not in path.parts
)
FILE = re.compile(
    r"\b(?:tests|models|experiments|benchmarks|docs/results)/[\w/.-]*\.(?:py|md|toml)\b"
)
RUN = re.compile(r"bioplaus (?:run|sweep|cite) ([a-z]+(?:-[a-z0-9]+)+)\b([^\n`]*)")
REPRODUCE = re.compile(r"bioplaus reproduce ([a-z_0-9]+)\b")
OWN = {"delta-digits", "delta"}
"""Of the tutorial's package, which its own test holds."""


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_what_a_document_names_is_there(page: Path) -> None:
    text = page.read_text("utf-8")
    missing = [name for name in FILE.findall(text) if not (ROOT / name).exists()]
    assert missing == []
    for name, options in RUN.findall(text):
        if name in OWN:
            continue
        entry = registry.find(name)
        for setting in re.findall(r"--setting[ =]([\w-]+)", options):
            registry.setting(entry, setting)
    for name in set(REPRODUCE.findall(text)) - OWN:
        assert name in papers()
