"""What commands print of a run, and how they draw it."""

from __future__ import annotations

from pathlib import Path
from typing import TextIO

from bioplaus import registry
from bioplaus.records import RunReader, layout
from bioplaus.runs.pages.plan import Plan

__all__ = ["draw_figures", "plan_of", "print_figures", "print_summary"]


def plan_of(run: RunReader) -> Plan:
    """The plan behind a run directory."""
    source = run.config["source"]
    entry = registry.find(source if source.endswith(".py") else run.config["experiment"])
    return Plan.from_config(run.config, registry.load(entry))


def draw_figures(run: RunReader) -> list[Path]:
    """Draw a run's figures from its record; the files."""
    if run.config.get("kind") == "script":
        from bioplaus.runs.scripts import automatic_figures

        return automatic_figures.draw(run)
    from bioplaus.runs.pages.drawing import draw

    return draw(run, plan_of(run).page)


def print_summary(run: RunReader, file: TextIO | None = None) -> None:
    """What it is, how far it came, its figures, and why it failed."""
    config = run.config
    print(f"{run.path}: {run.status}, {config['experiment']}, seed {config['seed']}", file=file)
    for name, value in {**run.latest, **run.summary.get("metrics", {})}.items():
        print(f"  {name} = {value:.6g}", file=file)
    if run.status == "failed":
        *_, before, last = ["", "", *filter(None, run.log.splitlines())]
        print(f"  {last.partition('failed: ')[2] or before}  (log.txt)", file=file)


def print_figures(run: RunReader, file: TextIO | None = None) -> None:
    """The files of its figures."""
    for path in sorted((run.path / layout.FIGURES).glob("*.png")):
        print(f"  {path}", file=file)
