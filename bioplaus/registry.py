"""Which experiments there are, found by file name and read without importing them.

An experiment is a module in ``experiments/``; its command-line name is the file name with hyphens,
its summary the first line of its docstring, its paper the part of the name before the first
subject (``erbp_digits`` belongs to ``erbp``).  Other packages add experiments by the entry-point
group ``bioplaus.experiments`` (name = module).
"""

from __future__ import annotations

import ast
import difflib
import importlib
import importlib.util
import sys
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from bioplaus.errors import UserError

__all__ = ["PAPERS", "Entry", "Paper", "UnknownExperiment", "entries", "find", "load"]


class UnknownExperiment(UserError, LookupError):
    """No experiment has this name, or the file holds none; the message says what would do."""


@dataclass(frozen=True)
class Paper:
    """A paper that the project replicates."""

    key: str
    citation: str
    bibtex: str


PAPERS: dict[str, Paper] = {
    paper.key: paper
    for paper in (
        Paper(
            "erbp",
            "Neftci, Augustine, Paul and Detorakis (2017)",
            """@article{neftci2017,
  author  = {Neftci, Emre O. and Augustine, Charles and Paul, Somnath and Detorakis, Georgios},
  title   = {Event-driven random back-propagation: Enabling neuromorphic deep learning machines},
  journal = {Frontiers in Neuroscience}, volume = {11}, pages = {324}, year = {2017},
}""",
        ),
        Paper(
            "sacramento",
            "Sacramento, Costa, Bengio and Senn (2018)",
            """@inproceedings{sacramento2018,
  author    = {Sacramento, Jo{\\~a}o and Ponte Costa, Rui and Bengio, Yoshua and Senn, Walter},
  title     = {Dendritic cortical microcircuits approximate the backpropagation algorithm},
  booktitle = {Advances in Neural Information Processing Systems 31}, year = {2018},
}""",
        ),
        Paper(
            "follow",
            "Gilra and Gerstner (2017)",
            """@article{gilra2017,
  author  = {Gilra, Aditya and Gerstner, Wulfram},
  title   = {Predicting non-linear dynamics by stable local learning in a recurrent spiking
             neural network},
  journal = {eLife}, volume = {6}, pages = {e28295}, year = {2017},
}""",
        ),
        Paper(
            "burstccn",
            "Greedy, Zhu, Pemberton, Mellor and Ponte Costa (2022)",
            """@inproceedings{greedy2022,
  author    = {Greedy, Will and Zhu, Heng Wei and Pemberton, Joseph and Mellor, Jack and
               Ponte Costa, Rui},
  title     = {Single-phase deep learning in cortico-cortical networks},
  booktitle = {Advances in Neural Information Processing Systems 35}, year = {2022},
}
@article{payeur2021,
  author  = {Payeur, Alexandre and Guerguiev, Jordan and Zenke, Friedemann and
             Richards, Blake A. and Naud, Richard},
  title   = {Burst-dependent synaptic plasticity can coordinate learning in hierarchical circuits},
  journal = {Nature Neuroscience}, volume = {24}, pages = {1010--1019}, year = {2021},
}""",
        ),
        Paper(
            "vector_field_ep",
            "Scellier, Goyal, Binas, Mesnard and Bengio (2018)",
            """@article{scellier2018,
  author  = {Scellier, Benjamin and Goyal, Anirudh and Binas, Jonathan and Mesnard, Thomas and
             Bengio, Yoshua},
  title   = {Generalization of equilibrium propagation to vector field dynamics},
  journal = {arXiv:1808.04873}, year = {2018},
}""",
        ),
    )
}


@dataclass(frozen=True)
class Entry:
    """One experiment: its name on the command line, where it is, and what it shows.

    script : whether it is a plain script, which is run as it stands, and no experiment class.
    """

    name: str
    module: str
    summary: str
    paper: str
    script: bool = False


def entries() -> list[Entry]:
    """All experiments, ours and those of installed packages, sorted by name."""
    package = importlib.util.find_spec("bioplaus.experiments")
    folders = package.submodule_search_locations if package else None
    found = []
    for folder in folders or ():
        for path in sorted(Path(folder).glob("*.py")):
            if not path.name.startswith("_"):
                found.append(_entry(path.stem, f"bioplaus.experiments.{path.stem}", path))
    for point in metadata.entry_points(group="bioplaus.experiments"):
        spec = importlib.util.find_spec(point.value)
        if spec is not None and spec.origin:
            found.append(_entry(point.name, point.value, Path(spec.origin)))
    return sorted(found, key=lambda entry: entry.name)


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
        return _entry(path.stem, str(path), path)
    known = {entry.name: entry for entry in entries()}
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1, cutoff=0.4)
        hint = f"did you mean {near[0]!r}?" if near else "`bioplaus list` shows what there is"
        raise UnknownExperiment(f"unknown experiment {name!r}; {hint}")
    return known[name]


def load(entry: Entry) -> type[Any]:
    """Import the module of an experiment and return its class.

    Raises
    ------
    UnknownExperiment
        If the module defines no ``EXPERIMENT``; a plain script is not executed to find that out.
    """
    if entry.script:
        raise UnknownExperiment(
            f"{entry.module} is a plain script and defines no experiment class; "
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
    experiment = getattr(module, "EXPERIMENT", None)
    if not isinstance(experiment, type):
        raise UnknownExperiment(
            f"{entry.module} defines no experiment; end it with EXPERIMENT = YourClass"
        )
    return experiment


def _entry(stem: str, module: str, path: Path) -> Entry:
    name = stem.replace("_", "-")
    tree = _parsed(path)
    doc = ast.get_docstring(tree) or ""
    summary = doc.strip().split("\n", 1)[0]
    paper = next((key for key in PAPERS if name.startswith(key.replace("_", "-"))), "")
    return Entry(name, module, summary, paper, script=not _defines(tree, "EXPERIMENT"))


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


def _defines(tree: ast.Module, name: str) -> bool:
    """Whether a module binds a name somewhere at its own level."""
    functions = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    level = [node for node in tree.body if not isinstance(node, functions)]
    return any(
        (isinstance(part, ast.Name) and part.id == name and isinstance(part.ctx, ast.Store))
        or (isinstance(part, ast.alias) and (part.asname or part.name) == name)
        for node in level
        for part in ast.walk(node)
    )
