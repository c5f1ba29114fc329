"""Drawing a page's figures into a run's directory."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path

from bioplaus.records import RunReader, atomic, layout
from bioplaus.runs.pages.page import Page

__all__ = ["draw", "title"]


def draw(run: RunReader, page: Page) -> list[Path]:
    """Draw a page's figures from the record, as PNG and SVG; returns the PNG files."""
    if not page.figures:
        return []
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    from bioplaus.plotting import entitle, style

    folder = run.path / layout.FIGURES
    folder.mkdir(exist_ok=True)
    paths = []
    with style():
        for stem, figure in page.draw(run):
            if isinstance(figure, str):
                print(f"{stem} is not drawn: {figure}", file=sys.stderr)
                continue
            entitle(figure, title(run, stem))
            for ending in ("png", "svg"):
                save = partial(figure.savefig, format=ending)
                atomic.write(folder / f"{stem}.{ending}", save)
            plt.close(figure)
            paths.append(folder / f"{stem}.png")
    return paths


def title(run: RunReader, stem: str) -> str:
    """What a figure of a run shows: its name, the experiment, its seed."""
    what = stem.replace("-", " ")
    return f"{what}: {run.config['experiment']}, seed {run.config['seed']}"
