"""The command ``bioplaus leaderboard``: every learning rule of the project on the same tasks.

What each rule needs to learn a task is stated in :data:`ENTRIES`; whatever is not there yet is run
as an ordinary run directory, and the table is made from the records alone.  Only classification
is compared: FOLLOW learns dynamical systems, and the XOR networks of BurstCCN report margins in
Hz, which no other rule here has; both stand in their papers' own tables.
"""

from __future__ import annotations

import argparse
import dataclasses
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bioplaus import registry
from bioplaus.errors import UserError
from bioplaus.records import RunReader, atomic, layout

__all__ = ["ENTRIES", "Entry", "configure", "execute", "measure", "table"]


@dataclass(frozen=True)
class Entry:
    """One rule on one task.

    settings : as after ``--set``; angle, operations : the figures in ``summary.json`` that hold
    the angle between its update and backpropagation's [degrees], and synaptic operations for one
    training image; empty where an experiment does not report them.
    """

    task: str
    rule: str
    experiment: str
    settings: dict[str, str] = dataclasses.field(default_factory=dict)
    angle: str = ""
    operations: str = ""

    @property
    def stem(self) -> str:
        """Name of its run directory."""
        rule = "".join(c if c.isalnum() else "-" for c in self.rule.lower())
        return f"{self.task}-{rule}".replace(" ", "-")


_SMALL_CIRCUIT = {"areas": "64-100-10", "base_rates": "1 0.05", "weight_scale": "2 1"}

ENTRIES: tuple[Entry, ...] = (
    Entry(
        "digits",
        "backpropagation (rates)",
        "erbp-rate-reference",
        {"dataset": "digits", "method": "bp", "presentations": "43080", "learning_rate": "0.02"},
    ),
    Entry(
        "digits",
        "direct feedback alignment (rates)",
        "erbp-rate-reference",
        {"dataset": "digits", "method": "dfa", "presentations": "43080", "learning_rate": "0.01"},
    ),
    Entry(
        "digits",
        "event-driven random backpropagation (spikes)",
        "erbp-digits",
        operations="training_operations",
    ),
    Entry(
        "digits",
        "dendritic microcircuit (two sweeps)",
        "sacramento-mnist",
        {"dataset": "digits", **_SMALL_CIRCUIT, "epochs": "40"},
        angle="angle_to_backpropagation_1",
    ),
    Entry(
        "digits",
        "BurstCCN (discrete)",
        "burstccn-mnist",
        {"dataset": "digits", "epochs": "80"},
        angle="angle_to_backpropagation",
    ),
    Entry(
        "digits", "equilibrium propagation, vector field", "vector-field-ep-digits", angle="angle_1"
    ),
    Entry(
        "MNIST, 5,000 images",
        "dendritic microcircuit (two sweeps)",
        "sacramento-mnist",
        {"images": "5000", "epochs": "5"},
        angle="angle_to_backpropagation_1",
    ),
    Entry(
        "MNIST, 5,000 images",
        "event-driven random backpropagation (spikes)",
        "erbp-mnist",
        {"presentations": "5000", "evaluations": "1", "validated": "500", "tested": "1000"},
        operations="training_operations",
    ),
    Entry(
        "MNIST, 5,000 images",
        "backpropagation (rates)",
        "erbp-rate-reference",
        {"method": "bp", "presentations": "5000", "evaluations": "1", "learning_rate": "0.02"},
    ),
    Entry(
        "MNIST, 5,000 images",
        "direct feedback alignment (rates)",
        "erbp-rate-reference",
        {"method": "dfa", "presentations": "5000", "evaluations": "1", "learning_rate": "0.01"},
    ),
)


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add = parser.add_argument
    add("--task", action="append", default=[], help="digits, ...; default all")
    add("--show", action="store_true", help="run nothing, only make the table")
    add("--runs", type=Path, default=Path("runs/leaderboard"), help="where the runs are kept")
    add("--out", type=Path, default=Path("docs/results"), help="where the table is written")


def execute(options: argparse.Namespace) -> int:
    """Run what is missing, then write and print the table."""
    tasks = {entry.task for entry in ENTRIES}
    unknown = [task for task in options.task if task not in tasks]
    if unknown:
        raise UserError(f"unknown task {unknown[0]!r}; there are {', '.join(sorted(tasks))}")
    wanted = [entry for entry in ENTRIES if not options.task or entry.task in options.task]
    if not options.show:
        for entry in wanted:
            print(f"{entry.task}: {entry.rule}", file=sys.stderr)
            _run(entry, options.runs)
    rows = [row for entry in wanted if (row := measure(entry, options.runs)) is not None]
    if not rows:
        raise UserError(f"no finished run in {options.runs} yet; leave out --show to make them")
    options.out.mkdir(parents=True, exist_ok=True)
    atomic.write_json(options.out / "leaderboard.json", {"rows": rows})
    text = table(rows)
    atomic.write_text(options.out / "leaderboard.md", text)
    print(text)
    return 0


def _run(entry: Entry, folder: Path) -> None:
    """Run an entry, or go on with it; nothing to do when it is finished."""
    from bioplaus.training import progress_for, resume, start
    from bioplaus.training.plan import Plan

    found = registry.find(entry.experiment)
    plan = Plan.make(
        found.name, found.module, registry.load(found), changes=entry.settings, record="none"
    )
    out = folder / entry.stem
    if not (out / layout.CONFIG).is_file():
        start(plan, out, progress=progress_for(False))
    elif RunReader(out).status != "finished":
        resume(plan, out, progress=progress_for(False))


def measure(entry: Entry, folder: Path) -> dict[str, Any] | None:
    """A row of the table, or None where there is no finished run."""
    path = folder / entry.stem
    if not (path / layout.SUMMARY).is_file():
        return None
    run = RunReader(path)
    figures, environment = run.summary["metrics"], run.environment
    error = figures["test_error"]
    return {
        "task": entry.task,
        "rule": entry.rule,
        "accuracy": 1 - error,
        "angle_to_backpropagation_degrees": figures.get(entry.angle) if entry.angle else None,
        "operations_per_image": figures.get(entry.operations) if entry.operations else None,
        "wall_s": environment.get("wall_s"),
        "form": run.config["form"],
        "experiment": entry.experiment,
        "settings": entry.settings,
        "seed": run.config["seed"],
        "revision": environment.get("revision"),
        "processor": environment.get("processor"),
    }


def table(rows: Sequence[dict[str, Any]]) -> str:
    """The rows as Markdown, best first within each task."""
    lines = [
        "| task | rule | accuracy | angle to backpropagation | operations per image | wall time |",
        "|---|---|---|---|---|---|",
    ]
    tasks = list(dict.fromkeys(row["task"] for row in rows))
    for row in sorted(rows, key=lambda r: (tasks.index(r["task"]), -r["accuracy"])):
        angle, operations = row["angle_to_backpropagation_degrees"], row["operations_per_image"]
        cells = (
            row["task"],
            row["rule"],
            f"{row['accuracy']:.1%}",
            "" if angle is None else f"{angle:.0f}°",
            "" if operations is None else f"{operations:,.0f}",
            "" if row["wall_s"] is None else f"{row['wall_s']:.0f} s",
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"
