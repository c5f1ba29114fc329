"""The family ``error-paths`` of the leaderboard: every row on every task, under one protocol.

    bioplaus leaderboard --family error-paths --workers 2

A row on a task is one run of ``error-paths-contest``.  Quick are two tasks, four trials, one seed.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bioplaus.experiments.error_paths import protocol
from bioplaus.experiments.error_paths.comparison import applies, draw, needs, table
from bioplaus.experiments.error_paths.training import ROW_NAMES, TASKS
from bioplaus.leaderboard.reported import errors_of, known
from bioplaus.models.error_paths import BOLTZMANN, ROWS, SETTLING
from bioplaus.records import RunReader
from bioplaus.reproduction.runs import Job, finished

__all__ = ["applies", "draw", "jobs", "measure", "rows", "table", "tasks"]

QUICK_TASKS = ("xor", "digits")


def tasks() -> Sequence[str]:
    """Tasks of the family, small ones first."""
    return list(TASKS)


def rows() -> Sequence[str]:
    """Rows of the table of error paths."""
    return list(ROW_NAMES)


def jobs(
    tasks: Sequence[str], rows: Sequence[str], quick: bool
) -> dict[tuple[str, str], list[Job]]:
    """A run for each row on each task; all seeds are members of it."""
    found = {}
    for task in tasks:
        for row in rows:
            if applies(task, row) and (task in QUICK_TASKS or not quick):
                values = {"task": task, "row": row, "trials": "4" if quick else "10"}
                values |= {"seeds": "1"} if quick else {}
                found[task, row] = [Job("error-paths-contest", tuple(values.items()), 1)]
    return found


def measure(task: str, row: str, jobs: Sequence[Job], folder: Path) -> dict[str, Any] | None:
    """A line of the table, or None while its run is not finished."""
    (job,) = jobs
    if not finished(job, folder):
        return None
    run = RunReader(job.directory(folder))
    figures = run.summary["metrics"]
    errors = errors_of(figures)
    fits = 2 * run.parameters["trials"] + len(errors["errors"])
    return {
        "task": task,
        "rule": row,
        **errors,
        "angle_degrees": known(figures, "angle_to_backpropagation"),
        "operations_per_example": figures["training_operations"],
        "lines": int(figures["lines"]),
        "seconds_a_seed": run.environment["cpu_s"] / fits,
        "needs": needs(row),
        "form": run.config["form"],
        "source": "" if row in BOLTZMANN else {**ROWS, **SETTLING}[row].source,
        "step": figures["step"],
        "constants": ("", *protocol.OWN.get(row, ()))[int(figures["own_constants"])],
        "at_an_end": bool(figures["at_an_end"]),
        "trials": run.parameters["trials"],
        "revision": run.environment.get("revision"),
    }
