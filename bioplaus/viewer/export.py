"""The present view as lines of Python, and the figure that these lines draw."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bioplaus.records import Windows
from bioplaus.viewer.panels import Trace
from bioplaus.viewer.raster import Raster

__all__ = ["draw", "python_lines"]


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


def draw(lines: str, kind: str) -> bytes:
    """What the lines draw, as ``svg`` or ``pdf``: they are executed, but for their last one."""
    names: dict[str, Any] = {}
    *body, last = lines.splitlines()
    assert last.startswith("figure.savefig(")
    exec(compile("\n".join(body), str(Path("view.py")), "exec"), names)  # our own text
    file = io.BytesIO()
    names["figure"].savefig(file, format=kind)
    return file.getvalue()
