"""The command ``bioplaus compare``: learning curves on one axis, tables of what differs."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from bioplaus.errors import UserError
from bioplaus.printing import print_table
from bioplaus.records import RunReader, atomic
from bioplaus.viewer.catalogue import main_metric, plain

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["configure", "differences", "draw", "execute", "final_figures"]

_FORMATS = (".png", ".svg", ".pdf")


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add = parser.add_argument
    add("runs", metavar="RUN", nargs="+", type=Path, help="run directories")
    add("--metric", default="", help="drawn over epochs (default: of validation, else the first)")
    add(
        "--out",
        type=Path,
        default=Path("comparison.png"),
        help="figure to make: .png, .svg or .pdf (default comparison.png)",
    )


def execute(options: argparse.Namespace) -> int:
    """Print the tables and write the figure."""
    if len(options.runs) < 2:
        raise UserError("one run alone compares with nothing; give two or more")
    if options.out.suffix not in _FORMATS:
        raise UserError(f"--out {options.out} ends in none of {', '.join(_FORMATS)}")
    if options.out.exists():
        raise UserError(f"{options.out} exists; choose another --out")
    runs = [RunReader(path) for path in options.runs]
    _print("final figures", runs, final_figures(runs))
    print()
    _print("parameters that differ", runs, differences(runs))
    page = draw(runs, options.metric)
    atomic.write(options.out, lambda partial: page.savefig(partial, format=options.out.suffix[1:]))
    print(options.out)
    return 0


def final_figures(runs: Sequence[RunReader]) -> dict[str, list[Any]]:
    """Last metrics and summary of each run: name to one value for each run (None: it has none)."""
    found = []
    for run in runs:
        last = run.latest
        last.pop("segment", None)
        found.append({**last, **run.summary.get("metrics", {})})
    return _by_name(found)


def differences(runs: Sequence[RunReader]) -> dict[str, list[Any]]:
    """Settings that are not the same in all runs: name to one value for each run.

    Quantities are compared as such: 4 ms is 0.004 s; the text of scripts by its digest.
    """
    settings = []
    for run in runs:
        config = run.config
        own = {"experiment": config["experiment"], "seed": config["seed"]}
        own |= {f"backend {name}": value for name, value in config["backend"].items()}
        own |= {"arguments": shlex.join(config.get("arguments", []))}
        own |= {f"text of {Path(file).name}": digest[:8] for file, digest in run.sources.items()}
        changed = {f"{name} from segment {s}": value for s, _, name, value in run.changes}
        settings.append({**own, **config["parameters"], **changed})
    table = _by_name(settings)
    return {
        name: values for name, values in table.items() if len({plain(str(v)) for v in values}) > 1
    }


def draw(runs: Sequence[RunReader], metric: str) -> Figure:
    """Learning curves of all runs that have the metric (empty: the one to look at first).

    Raises
    ------
    UserError
        When none has it.
    """
    from bioplaus import plotting

    page = plotting.figure("page")
    axes = page.subplots()
    metric = metric or next(filter(None, (main_metric(run.metrics) for run in runs)), "")
    having = [run for run in runs if metric in run.metrics]
    if not having:
        known = sorted({name for run in runs for name in run.metrics})
        raise UserError(f"no run has the metric {metric!r}; there are {', '.join(known)}")
    for run in having:
        values = run.metrics[metric]
        known = ~np.isnan(values)
        plotting.learning_curve(
            axes,
            run.metrics["epoch"][known],
            values[known],
            label=run.path.resolve().name,
            name=metric.replace("_", " "),
        )
    return page


def _by_name(rows: Sequence[dict[str, Any]]) -> dict[str, list[Any]]:
    names = list(dict.fromkeys(name for row in rows for name in row))
    return {name: [row.get(name) for row in rows] for name in names}


def _print(title: str, runs: Sequence[RunReader], table: dict[str, list[Any]]) -> None:
    headings = [title, *(run.path.resolve().name for run in runs)]
    print_table(headings, ([name, *map(_text, values)] for name, values in table.items()))


def _text(value: Any) -> str:
    if value is None:
        return "-"
    return f"{value:.6g}" if isinstance(value, float) else str(value)
