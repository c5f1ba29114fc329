"""Make the gallery: run every experiment in its quick setting and show what it draws.

Runs are kept under ``build/gallery`` and made anew only when the experiment's file has changed.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from pathlib import Path

from bioplaus import registry
from bioplaus.papers import papers
from bioplaus.records import NotARun, RunReader
from bioplaus.reproduction.runs import COMMAND

ROOT = Path(__file__).resolve().parents[1]
RUNS = ROOT / "build" / "gallery"
PAGES = ROOT / "docs" / "gallery"
USER_ERROR = 2
"""Exit status of a command that says what is missing or wrong; a fault of ours has another."""


def main() -> None:
    """Run what is missing, then write the pages."""
    RUNS.mkdir(parents=True, exist_ok=True)
    PAGES.mkdir(exist_ok=True)
    entries = registry.entries()
    for entry in entries:
        write_page(entry, run_quickly(entry))
    write_index(entries, PAGES)


def run_quickly(entry: registry.Entry) -> RunReader | None:
    """The quick run of an experiment, made if there is none of its present text.

    None where it cannot run here, for want of an image set for example; the reason is printed.
    """
    source = ROOT / "experiments" / entry.paper / f"{entry.page}.py"
    digest = hashlib.sha256(source.read_bytes()).hexdigest()[:8]
    path = RUNS / f"{entry.name}-{digest}"
    try:
        run = RunReader(path)
    except NotARun:
        run = None
    if run is None or run.status != "finished":
        print(f"gallery: running {entry.name}", flush=True)
        options = ["--quick", "--quiet", "--force", "--out", str(path)]
        child = subprocess.run(
            [*COMMAND, "run", entry.name, *options], capture_output=True, text=True, check=False
        )
        if child.returncode not in (0, USER_ERROR):
            raise SystemExit(f"gallery: {entry.name} ends in a fault\n{child.stderr}")
        if child.returncode:
            print(f"gallery: {entry.name} is shown without figures: {child.stderr.strip()}")
            return None
        run = RunReader(path)
    return run


def write_page(entry: registry.Entry, run: RunReader | None) -> None:
    """One experiment: its summary, its command, its figures, its final figures."""
    folder = PAGES / entry.name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    lines = [f"# {entry.name}", "", entry.summary, ""]
    lines += ["```console", f"$ bioplaus run {entry.name} --quick", "```", ""]
    if run is not None:
        lines += shown(entry, run, folder)
    lines += [f"```{{literalinclude}} ../../experiments/{entry.paper}/{entry.page}.py"]
    lines += [":language: python", "```", ""]
    (PAGES / f"{entry.name}.md").write_text("\n".join(lines), encoding="utf-8")


def shown(entry: registry.Entry, run: RunReader, folder: Path) -> list[str]:
    """Figures and final figures of a run; the images are copied beside the page."""
    lines = []
    for figure in sorted((run.path / "figures").glob("*.png")):
        shutil.copyfile(figure, folder / figure.name)
        title = figure.stem.replace("-", " ")
        lines += [f"```{{image}} {entry.name}/{figure.name}", f":alt: {title}", "```", ""]
    lines += ["| figure | value |", "| --- | --- |"]
    metrics = run.summary["metrics"]
    lines += [f"| {name.replace('_', ' ')} | {value:.4g} |" for name, value in metrics.items()]
    seed, wall = run.config["seed"], run.environment["wall_s"]
    setting = f"Quick setting, seed {seed}, {wall:.0f} s on {run.environment['processor']}."
    lines += ["", setting, ""]
    return lines


def write_index(entries: list[registry.Entry], pages: Path) -> None:
    """All experiments by paper, each with a thumbnail and a sentence."""
    lines = ["# Gallery", "", "What each experiment draws in its quick setting.", ""]
    for key, paper in papers().items():
        members = [entry for entry in entries if entry.paper == key]
        if not members:
            continue
        lines += [f"## {paper.citation}", ""]
        for entry in members:
            lines += thumbnail(entry, pages)
        lines += ["```{toctree}", ":hidden:", *(entry.name for entry in members), "```", ""]
    (pages / "index.md").write_text("\n".join(lines), encoding="utf-8")


def thumbnail(entry: registry.Entry, pages: Path) -> list[str]:
    """The first figure of an experiment in small, with its sentence; a link where it has none."""
    figures = sorted((pages / entry.name).glob("*.png"))
    if not figures:
        return [f"[{entry.name}]({entry.name}.md): {entry.summary}", ""]
    directive = [f"```{{figure}} {entry.name}/{figures[0].name}", f":target: {entry.name}.html"]
    return [*directive, ":figclass: thumbnail", "", entry.summary, "```", ""]


if __name__ == "__main__":
    main()
