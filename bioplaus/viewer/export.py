"""The present view as lines of Python, the figure that these lines draw, and a table."""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bioplaus.records import Windows
from bioplaus.viewer.panels import Trace
from bioplaus.viewer.raster import Raster

__all__ = ["MOST_ROWS", "draw", "offer", "python_lines", "rows"]

MOST_ROWS = 200_000
"""A longer table is none for a page: `bioplaus export` writes it."""


def offer(store: Windows, panels: Sequence[Any], window: tuple[float, float]) -> str:
    """Links to the view as figure and table, and the lines that draw the figure."""
    lines, table = python_lines(store, panels, window), rows(store, panels, window)
    name = store.run.path.name
    links = [
        _link(f"{name}.{kind}", mime, draw(lines, kind))
        for kind, mime in (("svg", "image/svg+xml"), ("pdf", "application/pdf"))
    ]
    if table:
        links.append(_link(f"{name}.csv", "text/csv", "\n".join([*table, ""]).encode()))
    else:
        links.append(f"no csv, of more than {MOST_ROWS:,} rows (`bioplaus export`)")
    return f"figure: {', '.join(links)}, drawn by<pre>{html.escape(lines)}</pre>"


def python_lines(store: Windows, panels: Sequence[Any], window: tuple[float, float]) -> str:
    """A program that draws the spikes and variables of a window and writes ``view.svg``."""
    drawn = [panel for panel in panels if isinstance(panel, Raster | Trace)]
    between = f"({window[0]:.9g}, {window[1]:.9g})"
    config = store.run.config
    title = f"{store.run.path.resolve().name}: {config['experiment']}, seed {config['seed']}"
    lines = [
        "from bioplaus import plotting",
        "from bioplaus.records import Windows",
        "",
        f"run = Windows({str(store.run.path.resolve())!r})",
        f'figure = plotting.figure("page", height={1.0 + 1.1 * max(len(drawn), 1):.2g})',
        f"axes = figure.subplots({max(len(drawn), 1)}, sharex=True, squeeze=False)[:, 0]",
    ]
    for place, panel in enumerate(drawn):
        if isinstance(panel, Raster):
            name, cells = panel.population, max(store.cells(panel.population), 1)
            lines.append(f"t, i = run.spikes({name!r}, {between})")
            lines.append(f"plotting.raster(axes[{place}], t, i, neurons={cells}, name={name!r})")
        else:
            population, variable = panel.name
            cells_shown = [int(cell) for cell in panel.lines.data["cell"]]
            lines.append(
                f"v = run.trace({population!r}, {variable!r}, {between}, cells={cells_shown})"
            )
            lines.append(
                f"plotting.traces(axes[{place}], v.t, v.value, unit=v.unit, name={variable!r})"
            )
        if place < len(drawn) - 1:
            lines.append(f'axes[{place}].set_xlabel("")')
    lines += [
        f"axes[-1].set_xlim{between}",
        f"figure.suptitle({title!r})",
        'figure.savefig("view.svg")',
    ]
    return "\n".join(lines)


def rows(store: Windows, panels: Sequence[Any], window: tuple[float, float]) -> list[str]:
    """Spikes and variables of a window as lines of CSV, in base units; none if too many."""
    found = ["population,variable,cell,time [s],value,unit"]
    for panel in panels:
        if isinstance(panel, Raster):
            if store.expected(panel.population, window) > MOST_ROWS:
                return []
            t, i = store.spikes(panel.population, window)
            found += [f"{panel.population},spike,{n},{at:.9g},," for at, n in zip(t, i)]
        elif isinstance(panel, Trace):
            v = store.trace(*panel.name, window, panel.lines.data["cell"])
            inside = (v.t >= window[0]) & (v.t <= window[1])
            if v.value[:, inside].size > MOST_ROWS:
                return []
            name = ",".join(panel.name)
            for n, values in zip(v.cells, v.value[:, inside]):
                each = zip(v.t[inside], values)
                found += [f"{name},{n},{at:.9g},{value:.9g},{v.unit}" for at, value in each]
    return found if len(found) <= MOST_ROWS else []


def draw(lines: str, kind: str) -> bytes:
    """What the lines draw, as ``svg`` or ``pdf``: they are executed, but for their last one."""
    names: dict[str, Any] = {}
    *body, last = lines.splitlines()
    assert last.startswith("figure.savefig(")
    exec(compile("\n".join(body), str(Path("view.py")), "exec"), names)  # our own text
    file = io.BytesIO()
    names["figure"].savefig(file, format=kind)
    return file.getvalue()


def _link(name: str, mime: str, content: bytes) -> str:
    """A file to be saved, in the page itself."""
    data, kind = base64.b64encode(content).decode(), name.rpartition(".")[2]
    return f"<a download='{html.escape(name)}' href='data:{mime};base64,{data}'>{kind}</a>"
