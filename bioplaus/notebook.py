"""Running and looking at experiments from a notebook or a script.

``import bioplaus; run = bioplaus.run("erbp-images", presentations=600)`` runs an experiment as the
command line does and returns its record; ``bioplaus.open_run(path)`` opens one that is there.
"""

from __future__ import annotations

import html
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bioplaus.errors import UserError
from bioplaus.records import RunReader

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from bioplaus.registry import Entry

__all__ = ["Run", "open_run", "run"]

During = tuple[float, float]


class Run(RunReader):
    """A run directory that shows itself and draws."""

    def presentation(self, number: int) -> During:
        """Start and stop [s] of a presentation, counted from 0 (or from the last, with -1).

        Raises
        ------
        UserError
            If the experiment recorded no presentations, or not so many.
        """
        shown = self.presentations()
        try:
            return float(shown.start[number]), float(shown.stop[number])
        except IndexError:
            count = len(shown.start)
            raise UserError(f"presentation {number} of {count}: there are 0..{count - 1}") from None

    def learning_curve(self, metric: str = "validation_error") -> Figure:
        """A metric over epochs, where the run has it.

        Raises
        ------
        UserError
            If there is no such metric.
        """
        from bioplaus import plotting

        metrics = self.metrics
        if metric not in metrics:
            raise UserError(f"there is no metric {metric!r}; there are {', '.join(metrics)}")
        page = plotting.figure()
        name = metric.replace("_", " ")
        known = metrics[metric] == metrics[metric]  # not where it is not a number
        epochs, values = metrics["epoch"][known], metrics[metric][known]
        plotting.learning_curve(page.subplots(), epochs, values, name=name)
        return page

    def raster(self, population: str, during: During | None = None) -> Figure:
        """The spikes of a population, all or those in a window [s] such as ``presentation(12)``.

        Raises
        ------
        UserError
            If its spikes were not recorded, or none lie in the window.
        """
        from bioplaus import plotting

        t, i = self.spikes(population)
        cells = int(i.max(initial=0)) + 1
        page = plotting.figure()
        axes = page.subplots()
        inside = slice(None) if during is None else (t >= during[0]) & (t < during[1])
        if not len(t[inside]):
            raise UserError(
                f"no spikes of {population!r} were recorded in the window {during} s (of {len(t)} "
                "in all); an experiment may record only the end of each segment"
            )
        plotting.raster(axes, t[inside], i[inside], neurons=cells, name=f"{population} cell")
        if during is not None:
            axes.set_xlim(during)
        return page

    def traces(self, population: str, variable: str, during: During | None = None) -> Figure:
        """A recorded variable of some cells, all of it or in a window [s].

        Raises
        ------
        UserError
            If it was not recorded.
        """
        from bioplaus import plotting

        record = self.trace(population, variable)
        page = plotting.figure()
        inside = slice(None)
        if during is not None:
            inside = slice(*record.t.searchsorted(during))
        plotting.traces(
            page.subplots(),
            record.t[inside],
            record.value[:, inside],
            unit=record.unit,
            name=variable,
            labels=[f"cell {cell}" for cell in record.cells] if len(record.cells) <= 6 else (),
        )
        return page

    def _repr_html_(self) -> str:
        """What a notebook shows: state, final figures, and the parameters."""
        config = self.config
        figures = {**self.latest, **self.summary.get("metrics", {})}
        head = f"<b>{html.escape(config['experiment'])}</b>, seed {config['seed']}: {self.status}"
        table = "".join(_row(name, f"{value:.6g}") for name, value in figures.items())
        settings = "".join(_row(name, value) for name, value in config["parameters"].items())
        return (
            f"<div>{head}<br><code>{html.escape(str(self.path))}</code><table>{table}</table>"
            f"<details><summary>parameters</summary><table>{settings}</table></details></div>"
        )


def run(
    name: str,
    *,
    setting: str = "default",
    seed: int = 1,
    out: str | Path | None = None,
    quick: bool = False,
    backend: str = "numba",
    record: str = "",
    quiet: bool = False,
    **parameters: Any,
) -> Run:
    """Run an experiment and return its record.

    Parameters
    ----------
    name
        As ``bioplaus list`` shows it, or the path of a file of one's own.
    setting, seed, quick, backend, record
        As the options of ``bioplaus run``.
    out
        The run directory to make; by default a new one below ``runs``.
    parameters
        Values of the experiment's parameters: numbers, Brian2 quantities, or text with a unit.

    Raises
    ------
    UserError
        For an unknown name or value (before anything is written), or a run that diverged.
    """
    _show_figures()
    from bioplaus import registry
    from bioplaus.records.placement import new_run_directory
    from bioplaus.runs.backend import Backend
    from bioplaus.runs.pages.plan import Plan
    from bioplaus.runs.pages.running import start
    from bioplaus.runs.progress import progress_for

    entry = registry.find(name)
    path = Path(out) if out is not None else new_run_directory(entry.name, seed)
    if entry.script:
        _run_script(entry, path, seed, backend, record, quick, quiet, parameters)
        return Run(path)
    plan = Plan.make(
        entry.name,
        entry.module,
        registry.load(entry),
        setting=registry.setting(entry, setting),
        changes=parameters,
        quick=quick,
        seed=seed,
        backend=Backend(backend),
        record=record,
    )
    return Run(start(plan, path, progress=progress_for(quiet)).path)


def _run_script(
    entry: Entry,
    out: Path,
    seed: int,
    backend: str,
    record: str,
    quick: bool,
    quiet: bool,
    parameters: Mapping[str, Any],
) -> None:
    """Run a plain script in a process of its own; what it prints is printed here.

    Raises
    ------
    UserError
        For wrong input, or if the script did not end as it should.
    """
    if quick:
        raise UserError(f"{entry.name} is a plain script and has no quick setting")
    command = [entry.module, "--out", str(out), "--seed", str(seed), "--backend", backend]
    command += [f"--set={name}={_text(value)}" for name, value in parameters.items()]
    command += ["--record", record] if record else []
    command += ["--quiet"] if quiet else []
    process = subprocess.run(
        [sys.executable, "-P", "-m", "bioplaus.cli", "run", *command],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    print(process.stdout, end="")
    if process.returncode:
        raise UserError(process.stderr.strip())


def _text(value: Any) -> str:
    """A value as it stands after ``--set``, to the last digit."""
    from bioplaus.runs.pages.plan import plain

    if isinstance(value, (list, tuple)) or value is None:
        return repr(value)
    return str(value if isinstance(value, Path) else plain(value))


def open_run(path: str | Path) -> Run:
    """Open a run directory.

    Raises
    ------
    NotARun
        If it is none, or of a newer format.
    """
    _show_figures()
    return Run(path)


def _row(name: str, value: Any) -> str:
    return f"<tr><td>{html.escape(name)}</td><td>{html.escape(str(value))}</td></tr>"


def _show_figures() -> None:
    """Let a notebook show the figures of this module, which pyplot does not know."""
    try:
        from IPython.core.getipython import get_ipython
    except ImportError:
        return
    shell = get_ipython()
    if shell is not None:
        from IPython.core.pylabtools import select_figure_formats

        select_figure_formats(shell, {"png"}, bbox_inches=None)
