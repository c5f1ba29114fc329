"""What a ``paper.toml`` may say, and what is told where it says something else."""

from __future__ import annotations

import sys
from importlib import metadata
from pathlib import Path

import pytest

from bioplaus import papers as room
from bioplaus import registry
from bioplaus.cli import main
from bioplaus.papers import PaperError, papers, published, read_paper

PAGE = '"""Learns something (Nobody 2001)."""\n\ndef experiment(p, run):\n    return {}\n'
PAPER = """
[paper]
citation = "Nobody (2001)"
bibtex = "@article{nobody2001}"

[settings.walk.slow]
meaning = "a tenth of the rate"
rate = 0.1
steps = 3
quick = {steps = 1}

[settings.walk.slower]
inherits = "slow"
meaning = "a hundredth"
rate = 0.01

[[result]]
id = "walk-error"
name = "error of a walk"
experiment = "walk"
setting = "slower"
metric = "error"
unit = "1"
form = "batched"
better = "lower"
published = {value = 0.5, source = "figure 1"}
seeds = [1, 2]
band = {high = 1.0, source = "derived"}

[[contest]]
task = "digits"
rule = "walk"
experiment = "walk"
setting = "slow"
"""


def folder(tmp_path: Path, text: str = PAPER) -> Path:
    """A paper's folder with one page and one module beside it."""
    here = tmp_path / "nobody"
    here.mkdir()
    (here / "__init__.py").write_text("")
    (here / "walk.py").write_text(PAGE)
    (here / "beside.py").write_text('"""What pages share."""\n')
    (here / "paper.toml").write_text(text)
    return here


def test_a_setting_has_what_it_inherits_and_its_own_wins(tmp_path: Path) -> None:
    paper = read_paper("nobody", "nobody", folder(tmp_path))
    slower = paper.setting("walk", "slower")
    assert slower.changes == {"rate": 0.01, "steps": 3}
    assert slower.quick == {"steps": 1}
    assert paper.setting("walk", "default").changes == {}
    assert paper.experiment("walk") == "nobody-walk"


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('inherits = "slow"', 'inherits = "slwo"', "unknown setting of walk 'slwo'; .* 'slow'"),
        ('setting = "slower"', 'setting = "slowest"', "unknown setting .*'slowest'; .* 'slower'"),
        ("[settings.walk.slow]", "[settings.wlak.slow]", "unknown page 'wlak'; .* 'walk'"),
        ('experiment = "walk"', 'experiment = "work"', "unknown page 'work'"),
        ("seeds = [1, 2]", "seed = [1, 2]", r"unknown word in result 'walk-error' 'seed'; .*seeds"),
        ("seeds = [1, 2]", "", "result 'walk-error' lacks seeds"),
        ("high = 1.0", "hihg = 1.0", "unknown word in band of .* 'hihg'; .* 'high'"),
        (', source = "derived"', "", "band of result 'walk-error' lacks source"),
        ('value = 0.5', 'vlaue = 0.5', "unknown word in published .* 'vlaue'"),
        ('citation = "Nobody (2001)"', "", r"\[paper\] lacks citation"),
        ("[[contest]]", "[[contests]]", "unknown table 'contests'; .* 'contest'"),
        ('rule = "walk"', "", r"\[\[contest\]\] lacks rule"),
        ('meaning = "a hundredth"', "", "setting 'slower' of walk lacks its meaning"),
        ("steps = 3", 'steps = 3\ninherits = "slower"', "circle: slow -> slower -> slow"),
        ("[paper]", "[paper", "paper.toml"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_what_is_near(
    tmp_path: Path, old: str, new: str, words: str
) -> None:
    assert old in PAPER
    with pytest.raises(PaperError, match=words):
        read_paper("nobody", "nobody", folder(tmp_path, PAPER.replace(old, new)))


def test_a_result_stands_once(tmp_path: Path) -> None:
    row = PAPER[PAPER.index("[[result]]") : PAPER.index("[[contest]]")]
    with pytest.raises(PaperError, match="two results are called 'walk-error'"):
        read_paper("nobody", "nobody", folder(tmp_path, PAPER + row))


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A paper of somebody else's, as its entry point brings it."""
    here = folder(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    point = metadata.EntryPoint("nobody", "nobody", "bioplaus.experiments")
    monkeypatch.setattr(room.metadata, "entry_points", lambda group: [point])
    papers.cache_clear()
    yield here
    papers.cache_clear()
    sys.modules.pop("nobody", None)


def test_another_package_brings_a_paper(
    installed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from bioplaus.leaderboard.entrants import entrants
    from bioplaus.reproduction.table import results

    entry = registry.find("nobody-walk")
    assert (entry.paper, entry.module) == ("nobody", "nobody.walk")
    assert entry.summary == "Learns something (Nobody 2001)."
    assert "nobody-beside" not in {each.name for each in registry.entries()}
    assert registry.find(str(installed / "walk.py")) == entry
    assert registry.setting(entry, "slow").changes["rate"] == 0.1
    (row,) = results("nobody")
    assert (row.experiment, row.full.changes["rate"], row.published) == ("nobody-walk", 0.01, 0.5)
    assert published("nobody-walk")[0]["band"] == "at most 1"
    assert any(each.rule == "walk" for each in entrants())
    assert main(["cite", "nobody-walk"]) == 0
    assert capsys.readouterr().out.strip() == "@article{nobody2001}"


def test_a_key_that_two_packages_bring_is_refused(
    installed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    point = metadata.EntryPoint("erbp", "nobody", "bioplaus.experiments")
    monkeypatch.setattr(room.metadata, "entry_points", lambda group: [point])
    papers.cache_clear()
    with pytest.raises(PaperError, match=r"a paper 'erbp': bioplaus\.experiments\.erbp, nobody"):
        papers()


@pytest.mark.parametrize("key", list(papers()))
def test_every_named_setting_is_one_that_its_page_takes(key: str) -> None:
    from bioplaus.parameters import replace

    paper = papers()[key]
    for (page, name), setting in paper.settings.items():
        loaded = registry.load(registry.find(paper.experiment(page)))
        changed = replace(loaded.Settings(), setting.changes)
        replace(changed, setting.quick or {})
        assert setting.meaning, name


def test_every_page_has_a_quick_form() -> None:
    """The gallery shows it, and readers try it first."""
    pages = registry.entries()
    assert [page.name for page in pages if registry.setting(page, "default").quick is None] == []


def test_an_unknown_setting_is_told_with_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "erbp-images", "--setting", "pulished"]) == 2
    assert "did you mean 'published'?" in capsys.readouterr().err
