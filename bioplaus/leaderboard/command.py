"""The command ``bioplaus leaderboard``: learning rules on the same tasks, a table and a figure.

Whatever is not there yet is run as an ordinary run directory, what was interrupted goes on, and
table and figure are made from the records alone. Rows of a table that is there already stay where
no run stands for them.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, cast

from bioplaus.errors import UserError, whole_number
from bioplaus.leaderboard import rules
from bioplaus.papers import papers
from bioplaus.parameters import unknown_name
from bioplaus.records import atomic
from bioplaus.reproduction.runs import Job, RunFailed, perform

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["Family", "configure", "execute", "families", "family"]


class Family(Protocol):
    """Rules that are compared under one protocol; a module of functions.

    tasks, rows : what there is, in order.  jobs : the runs behind each row, by task and row, of
    those asked for; ``quick`` is a look, no evidence, and may leave tasks out.  measure : a row of
    the table from its runs, which names its ``task`` and ``rule``, or None while one is not
    finished.  table : rows as Markdown.
    """

    def tasks(self) -> Sequence[str]:
        """Tasks."""

    def rows(self) -> Sequence[str]:
        """Rules."""

    def jobs(
        self, tasks: Sequence[str], rows: Sequence[str], quick: bool
    ) -> Mapping[tuple[str, str], Sequence[Job]]:
        """Runs."""

    def measure(
        self, task: str, row: str, jobs: Sequence[Job], folder: Path
    ) -> dict[str, Any] | None:
        """A row."""

    def table(self, rows: Sequence[dict[str, Any]]) -> str:
        """Markdown."""

    def draw(self, rows: Sequence[dict[str, Any]]) -> Figure:
        """A figure."""


def families() -> dict[str, str]:
    """Modules of the families that papers bring, by name, beside ``rules``."""
    brought = {paper.key.replace("_", "-"): paper.leaderboard for paper in papers().values()}
    return {name: module for name, module in brought.items() if module}


def family(name: str) -> Family:
    """A family by name.

    Raises
    ------
    UserError
        For a name that there is not.
    """
    brought = families()
    if name == "rules":
        return rules
    if name not in brought:
        raise UserError(unknown_name("family", name, ["rules", *brought]))
    return cast(Family, importlib.import_module(brought[name]))


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add = parser.add_argument
    add("--family", default="rules", help=f"rules (default), {', '.join(families())}")
    add("--task", action="append", default=[], help="only this one (repeatable)")
    add("--row", action="append", default=[], help="only this rule (repeatable)")
    add("--quick", action="store_true", help="small tasks and one seed: a look, no evidence")
    add("--show", action="store_true", help="run nothing, only make table and figure")
    add("--runs", type=Path, default=Path("runs/leaderboard"), help="where the runs are kept")
    add("--out", type=Path, help="where table and figure go (default: beside the runs)")
    add("--workers", type=whole_number(1), default=os.cpu_count() or 1, help="runs at a time")


def execute(options: argparse.Namespace) -> int:
    """Run what is missing, then write table and figure, and print the table.

    Raises
    ------
    RunFailed
        In the end, where single runs failed: all other rows are in the table.
    """
    chosen = family(options.family)
    tasks, rows = (
        _known(kind, given, known)
        for kind, given, known in (
            ("task", options.task, chosen.tasks()), ("row", options.row, chosen.rows()),
        )
    )  # fmt: skip
    wanted = chosen.jobs(tasks, rows, options.quick)
    failed: RunFailed | None = None
    if not options.show:
        runs = [job for jobs in wanted.values() for job in jobs]
        try:
            perform(runs, options.runs, options.workers, quiet=False)
        except RunFailed as error:
            failed = error
    name = "leaderboard" if options.family == "rules" else f"{options.family}-leaderboard"
    table = (options.out or options.runs) / (name + ("-quick" if options.quick else ""))
    found = _with_kept(chosen, wanted, options, table.with_suffix(".json"))
    if not found:
        nothing = f"no finished runs in {options.runs} yet; leave out --show to make them"
        raise failed or UserError(nothing)
    _write(chosen, list(found.values()), table)
    print(chosen.table(list(found.values())))
    print(f"{sum(key in found for key in wanted)} of {len(wanted)} rows are there")
    if failed:
        raise failed
    return 0


def _with_kept(
    chosen: Family, wanted: Mapping[tuple[str, str], Sequence[Job]],
    options: argparse.Namespace, table: Path,
) -> dict[tuple[str, str], dict[str, Any]]:  # fmt: skip
    """Rows by task and rule, in the family's order: those that have runs, else as they are kept."""
    rows = json.loads(table.read_text())["rows"] if table.exists() else []
    found = {(row["task"], row["rule"]): row for row in rows}
    for key, jobs in wanted.items():
        row = chosen.measure(*key, jobs, options.runs)
        found |= {} if row is None else {key: row}
    order = chosen.jobs(chosen.tasks(), chosen.rows(), options.quick)
    return {key: found[key] for key in order if key in found}


def _known(kind: str, given: Sequence[str], known: Sequence[str]) -> Sequence[str]:
    """What was asked for, all if nothing was."""
    for name in given:
        if name not in known:
            raise UserError(unknown_name(kind, name, list(known)))
    return given or known


def _write(chosen: Family, rows: Sequence[dict[str, Any]], table: Path) -> None:
    table.parent.mkdir(parents=True, exist_ok=True)
    atomic.write_json(table.with_suffix(".json"), {"rows": rows})
    atomic.write_text(table.with_suffix(".md"), chosen.table(rows))
    page = chosen.draw(rows)
    atomic.write(table.with_suffix(".png"), lambda partial: page.savefig(partial, format="png"))
