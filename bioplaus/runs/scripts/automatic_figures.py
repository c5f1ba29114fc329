"""Figures that every script gets, from its record alone: rasters, rates, traces, weights."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from bioplaus.records import RunReader, atomic, layout, read_recording, recorded_groups
from bioplaus.runs.pages.drawing import title

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bioplaus.plotting.appearance import StyledFigure

__all__ = ["draw"]

_SPIKES = 50_000
"""A raster shows the end of a run, back to about so many spikes."""
_SAMPLES = 20_000
"""A trace shows the end of a run, back to so many samples."""
_CELLS = 5
_BINS = 200


def draw(run: RunReader) -> list[Path]:
    """Draw what was recorded into the run directory; returns the files.

    ``raster-<population>.png`` with the population's rate, ``trace-<population>-<variable>.png``
    of at most five cells, ``weights-<projection>.png`` at the beginning and at the end.
    """
    from bioplaus.plotting import entitle

    folder = run.path / layout.FIGURES
    paths = []
    for stem, figure in _figures(run):
        folder.mkdir(exist_ok=True)
        path = folder / f"{stem}.png"
        entitle(figure, title(run, stem))
        atomic.write(path, partial(figure.savefig, format="png"))
        paths.append(path)
    return paths


def _figures(run: RunReader) -> list[tuple[str, StyledFigure]]:
    found = [(f"raster-{name}", _raster(run, name)) for name in run.populations()]
    found += [(f"trace-{name}-{what}", _traces(run, name, what)) for name, what in run.traced()]
    return found + [(f"weights-{name}", _weights(run, name)) for name in run.projections()]


def _raster(run: RunReader, population: str) -> StyledFigure:
    """The last spikes of a population, and its rate over the whole run."""
    from bioplaus import plotting

    total, cells, last = 0, 1, 0.0
    newest: list[tuple[NDArray[np.float64], NDArray[np.int64]]] = []
    for t, i in _spikes_from_the_end(run, population):
        if sum(len(times) for times, _ in newest) < _SPIKES:
            newest.insert(0, (t, i))
        total, cells = total + len(t), max(cells, int(i.max(initial=0)) + 1)
        last = max(last, float(t.max(initial=0.0)))
    metrics = run.metrics.get("simulated_time_s", np.zeros(1))
    end = max(last, float(metrics[-1]) if len(metrics) else 0.0) or 1.0
    edges = np.linspace(0.0, end, _BINS + 1)
    counts = np.zeros(_BINS, dtype=np.int64)
    for t, _ in _spikes_from_the_end(run, population):
        counts += np.histogram(t, edges)[0]
    page = plotting.figure("page", 4.5)
    above, below = page.subplots(2, height_ratios=(3, 1))
    times = np.concatenate([t for t, _ in newest] or [np.empty(0)])
    rows = np.concatenate([i for _, i in newest] or [np.empty(0, np.int64)])
    plotting.raster(above, times, rows, neurons=cells, name=f"{population} cell")
    if len(times) == total:
        above.set_xlim(0.0, end)
    plotting.population_rate(below, edges, counts, neurons=cells)
    below.set_xlim(0.0, end)
    part = "" if len(times) == total else ", the last of them shown"
    rate = total / cells / end
    of = f"{cells} cells" if cells > 1 else "one cell"
    _title(page, run, f"{population}: {total:,} spikes of {of}, {rate:.3g} Hz{part}")
    return page


def _spikes_from_the_end(run: RunReader, population: str) -> Any:
    """The spikes of each recording file, the newest file first."""
    for path in reversed(run.recording_files()):
        recorded = read_recording(path, f"spikes/{population}").spikes
        if population in recorded:
            yield recorded[population]


def _traces(run: RunReader, population: str, variable: str) -> StyledFigure:
    """The last samples of a variable of some cells."""
    from bioplaus import plotting

    parts: list[Any] = []
    key = (population, variable)
    for path in reversed(run.recording_files()):
        traces = read_recording(path, f"traces/{population}/{variable}").traces
        parts[:0] = [traces[key]] if key in traces else []
        if sum(len(part.t) for part in parts) >= _SAMPLES:
            break
    t = np.concatenate([part.t for part in parts])[-_SAMPLES:]
    value = np.concatenate([part.value[:_CELLS] for part in parts], axis=1)[:, -_SAMPLES:]
    page = plotting.figure("page", 3.0)
    cells = parts[0].cells[:_CELLS]
    labels = [f"cell {cell}" for cell in cells] if len(cells) > 1 else ()
    axes = page.subplots()
    plotting.traces(axes, t, value, unit=parts[0].unit, name=variable, labels=labels)
    _title(page, run, f"{variable} of {population}")
    return page


def _weights(run: RunReader, projection: str) -> StyledFigure:
    """How weights are distributed at the beginning and at the end, and the matrix at the end."""
    from bioplaus import plotting

    # Large projections are looked at in every so manieth segment only.
    looked = [
        path for path in run.recording_files() if ("weights", projection) in recorded_groups(path)
    ]
    ends = looked if len(looked) == 1 else [looked[0], looked[-1]]
    records = [read_recording(path, f"weights/{projection}").weights[projection] for path in ends]
    page = plotting.figure("page", 3.0)
    left, right = page.subplots(1, 2)
    for record, label in zip(records, ("after the first segment", "at the end")):
        edges, counts = record.edges, record.counts
        plotting.weight_distribution(left, edges, counts, unit=record.unit, label=label)
    plotting.weight_image(right, records[-1].image, unit=records[-1].unit)
    _title(page, run, projection)
    return page


def _title(page: StyledFigure, run: RunReader, text: str) -> None:
    from bioplaus.plotting import style

    with style():
        page.suptitle(f"{text}\n{run.config['experiment']}, seed {run.config['seed']}", fontsize=8)
