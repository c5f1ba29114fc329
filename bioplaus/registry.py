"""Which experiments there are, found by reading their files without importing them.

An experiment is a page in the folder of a paper (:mod:`bioplaus.papers`): a module that defines a
function ``experiment(p, run)`` (:mod:`bioplaus.runs.pages.page`).  Its command-line name is the
paper's key and the file's name, with hyphens; its summary is the first line of its docstring.
"""

from __future__ import annotations

import ast
import difflib
import importlib
import importlib.util
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from bioplaus.errors import UserError
from bioplaus.papers import Paper, Setting, papers
from bioplaus.runs.pages.page import Page

__all__ = ["Entry", "UnknownExperiment", "entries", "find", "load", "named_settings", "setting"]


class UnknownExperiment(UserError, LookupError):
    """No experiment has this name, or the file holds none; the message says what would do."""


@dataclass(frozen=True)
class Entry:
    """One experiment: its name on the command line, where it is, and what it shows.

    paper, page : where it belongs, if to a paper; script : whether it is a plain script, which is
    run as it stands, and no page.
    """

    name: str
    module: str
    summary: str
    paper: str = ""
    page: str = ""
    script: bool = False


def entries() -> list[Entry]:
    """All experiments, ours and those of installed packages, sorted by name."""
    found = [_entry_of(paper, path) for paper, path in _files()]
    return sorted((entry for entry in found if not entry.script), key=lambda entry: entry.name)


def find(name: str) -> Entry:
    """The experiment of that name, or of that path (``my_experiment.py``).

    Raises
    ------
    UnknownExperiment
        With the nearest name that exists.
    """
    if name.endswith(".py"):
        path = Path(name).resolve()
        if not path.is_file():
            raise UnknownExperiment(f"there is no file {name}")
        for paper in papers().values():
            if path.parent == paper.folder.resolve():
                return find(paper.experiment(path.stem))
        return _entry(path.stem.replace("_", "-"), str(path), path)
    for paper, path in _files():  # reading them all takes a while
        if paper.experiment(path.stem) == name and not (entry := _entry_of(paper, path)).script:
            return entry
    known = [entry.name for entry in entries()]
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.4)
    hint = f"did you mean {near[0]!r}?" if near else "`bioplaus list` shows what there is"
    raise UnknownExperiment(f"unknown experiment {name!r}; {hint}")


def setting(entry: Entry, name: str) -> Setting:
    """A named setting of an experiment, from its paper.

    Raises
    ------
    PaperError
        For a name that there is not, with the nearest that there is.
    UnknownExperiment
        If the experiment belongs to no paper and has ``default`` only.
    """
    if entry.paper:
        return papers()[entry.paper].setting(entry.page, name)
    if name != "default":
        raise UnknownExperiment(f"{entry.name} belongs to no paper and has no setting {name!r}")
    return Setting(entry.name, "default", "as the page says", {})


def named_settings(entry: Entry) -> list[Setting]:
    """The named settings of an experiment, in the order of its paper."""
    if not entry.paper:
        return []
    book = papers()[entry.paper].settings
    return [each for (page, name), each in book.items() if page == entry.page and name != "default"]


def load(entry: Entry) -> Page:
    """Import the module of an experiment and return the page that it is.

    Raises
    ------
    UnknownExperiment
        For a plain script, which is not executed to find that out.
    PageError
        If the page lacks something.
    """
    if entry.script:
        raise UnknownExperiment(
            f"{entry.module} is a plain script and defines no experiment(p, run); "
            f"`bioplaus run {Path(entry.module).name}` runs it as it stands"
        )
    if entry.module.endswith(".py"):
        module_name = f"bioplaus_user_{Path(entry.module).stem}"
        spec = importlib.util.spec_from_file_location(module_name, entry.module)
        if spec is None or spec.loader is None:
            raise UnknownExperiment(f"{entry.module} is not a Python file")
        module = importlib.util.module_from_spec(spec)
        sys.modules[module_name] = module
        spec.loader.exec_module(module)
    else:
        module = importlib.import_module(entry.module)
    return Page.of(module)


def _files() -> Iterator[tuple[Paper, Path]]:
    """Every module in the folder of a paper, page or not."""
    for paper in papers().values():
        for path in sorted(paper.folder.glob("*.py")):
            yield paper, path


def _entry_of(paper: Paper, path: Path) -> Entry:
    """A module of a paper, which is a page unless it is a script."""
    entry = _entry(paper.experiment(path.stem), f"{paper.package}.{path.stem}", path)
    return entry if entry.script else replace(entry, paper=paper.key, page=path.stem)


def _entry(name: str, module: str, path: Path) -> Entry:
    tree = _parsed(path)
    doc = ast.get_docstring(tree) or ""
    summary = doc.strip().split("\n", 1)[0]
    return Entry(name, module, summary, script=not _is_page(tree))


def _parsed(path: Path) -> ast.Module:
    """A module's tree; it is read and not executed.

    Raises
    ------
    UnknownExperiment
        If the file is not Python; the message names the line.
    """
    try:
        return ast.parse(path.read_bytes(), str(path))
    except SyntaxError as error:
        raise UnknownExperiment(f"{path.name}, line {error.lineno}: {error.msg}") from None
    except ValueError as error:
        raise UnknownExperiment(f"{path.name} is not Python: {error}") from None


def _is_page(tree: ast.Module) -> bool:
    """Whether a module defines ``experiment(p, run)``."""
    return any(
        isinstance(node, ast.FunctionDef)
        and node.name == "experiment"
        and len(node.args.posonlyargs + node.args.args) == 2
        for node in tree.body
    )
