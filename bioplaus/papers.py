"""Papers: each a folder of experiments with ``paper.toml``, which says all that is data about it.

Citation, named settings of its pages, results with bands, entries of the leaderboard; the folder's
name is the paper's key.  Ours are the folders of ``experiments``; another package brings a paper
by the entry-point group ``bioplaus.experiments`` (name = key, value = the package that holds
``paper.toml`` and the pages).  Nothing is imported to find out.
"""

from __future__ import annotations

import difflib
import functools
import importlib.util
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from bioplaus.bands import Band
from bioplaus.errors import UserError

__all__ = ["Paper", "PaperError", "Setting", "papers", "published", "read_paper"]

TABLES = {"paper", "settings", "result", "contest", "excluded"}
ABOUT = {"citation", "bibtex", "leaderboard"}
RESULT = {
    "id", "name", "experiment", "setting", "metric", "unit", "form", "tier", "better",
    "tolerance", "published", "seeds", "band", "quick", "figure",
}  # fmt: skip
PUBLISHED = {"value", "source"}
BAND = {"low", "high", "at_least", "source"}
QUICK = {"set", "seeds", "band"}
CONTEST = {"task", "rule", "experiment", "setting", "angle", "exact"}
ANGLE = {"metric", "of"}
EXACT = {"projections", "reason"}
EXCLUDED = {"task", "rule", "reason"}
OF_A_SETTING = {"meaning", "inherits", "quick"}
"""Words of a setting; every other name in it is a parameter of its page."""


class PaperError(UserError, ValueError):
    """A ``paper.toml`` is wrong; says where, and what would be right."""


@dataclass(frozen=True)
class Setting:
    """A page with some parameters changed; ``quick`` changes more, or is None."""

    page: str
    name: str
    meaning: str
    changes: Mapping[str, Any]
    quick: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Paper:
    """A paper that is replicated.

    settings : by page and name; every page has a ``default``, which is the page itself.  results,
    contest, excluded : rows as written, checked.  leaderboard : module of a family of rules with
    a protocol of its own, or empty.
    """

    key: str
    package: str
    folder: Path
    citation: str
    bibtex: str
    settings: Mapping[tuple[str, str], Setting]
    results: tuple[Mapping[str, Any], ...]
    contest: tuple[Mapping[str, Any], ...]
    excluded: tuple[Mapping[str, Any], ...]
    leaderboard: str = ""

    def experiment(self, page: str) -> str:
        """Name of a page on the command line."""
        return f"{self.key}-{page}".replace("_", "-")

    def setting(self, page: str, name: str) -> Setting:
        """A named setting of a page.

        Raises
        ------
        PaperError
            For a name that there is not, with the nearest that there is.
        """
        if name == "default" and (page, name) not in self.settings:
            return Setting(page, name, "as the page says", {})
        known = [each for at, each in self.settings if at == page]
        _one_of(f"setting of {self.experiment(page)}", name, ["default", *known])
        return self.settings[page, name]


@functools.cache
def papers() -> dict[str, Paper]:
    """All papers, ours first, by key.

    Raises
    ------
    PaperError
        For a key that two packages bring, and whatever is wrong in a ``paper.toml``.
    """
    found: dict[str, Paper] = {}
    for key, package, folder in [*_ours(), *_others()]:
        if key in found:
            raise PaperError(f"two packages bring a paper {key!r}: {found[key].package}, {package}")
        if (folder / "paper.toml").is_file():
            found[key] = read_paper(key, package, folder)
    return found


def published(experiment: str) -> list[dict[str, Any]]:
    """What its paper reports for an experiment, to stand beside a run's own figures."""
    return [
        {
            "id": row["id"],
            "name": row["name"],
            "metric": row["metric"],
            "published": row.get("published", {}).get("value"),
            "source": row.get("published", {}).get("source", ""),
            "band": str(band_of(row["band"])),
            "setting": dict(paper.setting(page, row.get("setting", "default")).changes),
        }
        for paper in papers().values()
        for row in paper.results
        if paper.experiment(page := row["experiment"]) == experiment
    ]


def band_of(content: Mapping[str, Any]) -> Band:
    """The band of a row, without its source."""
    return Band.read({name: value for name, value in content.items() if name != "source"})


def read_paper(key: str, package: str, folder: Path) -> Paper:
    """Read and check one ``paper.toml``.

    Raises
    ------
    PaperError
        For a word, a setting or a page that there is not, or settings that inherit in a circle.
    """
    source = folder / "paper.toml"
    try:
        content = tomllib.loads(source.read_text("utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise PaperError(f"{source}: {error}") from None
    try:
        return _checked(key, package, folder, content)
    except PaperError as error:
        raise PaperError(f"{source}: {error}") from None


def _ours() -> Iterator[tuple[str, str, Path]]:
    package = importlib.util.find_spec("bioplaus.experiments")
    for folder in package.submodule_search_locations or () if package else ():
        for path in sorted(Path(folder).iterdir()):
            if (path / "__init__.py").is_file():
                yield path.name, f"bioplaus.experiments.{path.name}", path


def _others() -> Iterator[tuple[str, str, Path]]:
    for point in metadata.entry_points(group="bioplaus.experiments"):
        spec = importlib.util.find_spec(point.value)
        for folder in (spec.submodule_search_locations or ()) if spec else ():
            yield point.name, point.value, Path(folder)


def _checked(key: str, package: str, folder: Path, content: Mapping[str, Any]) -> Paper:
    _words("", content, TABLES, required={"paper"})
    about = content["paper"]
    _words("[paper]", about, ABOUT, required=ABOUT - {"leaderboard"})
    pages = [path.stem for path in sorted(folder.glob("*.py"))]
    if family := about.get("leaderboard", ""):
        _one_of("module of the leaderboard", family, pages)
        family = f"{package}.{family}"
    settings = dict(_settings(content.get("settings", {}), pages))
    results, contest, excluded = (
        tuple(content.get(name, ())) for name in ("result", "contest", "excluded")
    )
    bibtex = about["bibtex"].strip()
    paper = Paper(
        key,
        package,
        folder,
        about["citation"],
        bibtex,
        settings,
        results,
        contest,
        excluded,
        family,
    )
    for row in paper.results:
        _result(row)
    for row in paper.contest:
        _words("[[contest]]", row, CONTEST, required=CONTEST - {"angle", "exact"})
        _words("angle of [[contest]]", row.get("angle", {}), ANGLE)
        _words("exact of [[contest]]", row.get("exact", {}), EXACT)
    for row in paper.excluded:
        _words("[[excluded]]", row, EXCLUDED, required=EXCLUDED)
    for row in (*paper.results, *paper.contest):
        _one_of("page", row["experiment"], pages)
        paper.setting(row["experiment"], row.get("setting", "default"))
    ids = [row["id"] for row in paper.results]
    for name in ids:
        if ids.count(name) > 1:
            raise PaperError(f"two results are called {name!r}")
    return paper


def _result(row: Mapping[str, Any]) -> None:
    optional = {"setting", "tier", "tolerance", "published", "quick", "figure"}
    where = f"result {row.get('id', '')!r}"
    _words(where, row, RESULT, required=RESULT - optional)
    _words(f"published of {where}", row.get("published", {}), PUBLISHED)
    _words(f"band of {where}", row["band"], BAND, required={"source"})
    _words(f"quick of {where}", row.get("quick", {}), QUICK)
    _words(f"band of quick of {where}", row.get("quick", {}).get("band", {}), BAND)


def _settings(
    tables: Mapping[str, Any], pages: Sequence[str]
) -> Iterator[tuple[tuple[str, str], Setting]]:
    for page, book in tables.items():
        _one_of("page", page, pages)
        for name in book:
            yield (page, name), _setting(page, name, book, ())


def _setting(page: str, name: str, book: Mapping[str, Any], seen: tuple[str, ...]) -> Setting:
    """A setting with what it inherits; ``default`` is the page itself, written or not."""
    if name in seen:
        raise PaperError(f"settings of {page} inherit in a circle: {' -> '.join((*seen, name))}")
    if name == "default" and name not in book:
        return Setting(page, name, "as the page says", {})
    _one_of(f"setting of {page}", name, ["default", *book])
    own = book[name]
    if name == "default":
        _words(f"default setting of {page}", own, {"quick"})
        return Setting(page, name, "as the page says", {}, own["quick"])
    if "meaning" not in own:
        raise PaperError(f"setting {name!r} of {page} lacks its meaning, one line")
    parent = _setting(page, own.get("inherits", "default"), book, (*seen, name))
    changes = {word: value for word, value in own.items() if word not in OF_A_SETTING}
    quick = own.get("quick", parent.quick)
    return Setting(page, name, own["meaning"], {**parent.changes, **changes}, quick)


def _words(
    where: str, found: Mapping[str, Any], known: set[str], required: set[str] | None = None
) -> None:
    for word in found:
        _one_of(f"word in {where}" if where else "table", word, sorted(known))
    for word in sorted(required or ()):
        if word not in found:
            raise PaperError(f"{where or 'the file'} lacks {word}")


def _one_of(kind: str, name: str, known: Sequence[str]) -> None:
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1, cutoff=0.4)
        hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(known)}"
        raise PaperError(f"unknown {kind} {name!r}; {hint}")
