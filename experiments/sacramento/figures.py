"""Figures that several experiments on the dendritic microcircuit share; drawn from a record."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.figure import Figure

    from bioplaus.records import RunReader

__all__ = [
    "bars_named",
    "compartments",
    "decay",
    "health",
    "interneurons",
    "learning_curve",
    "loss_and_angle",
]


def learning_curve(run: RunReader, name: str = "validation_error") -> Figure:
    """Validation and training error over epochs."""
    from bioplaus import plotting

    drawing = plotting.figure()
    ax = drawing.subplots()
    m = run.metrics
    curves = {"validation": name, "training": "training_error"}
    for label, column in curves.items():
        if column in m:
            plotting.learning_curve(
                ax, m["epoch"], 100 * m[column], label=label, name="error [%]", logarithmic=True
            )
    return drawing


def health(run: RunReader) -> Figure | None:
    """Free apical potentials, saturated cells, and angles over learning, of a microcircuit."""
    if run.parameters["rule"] != "microcircuit":
        return None
    from bioplaus import plotting

    drawing = plotting.figure("page", 3.0)
    left, right = drawing.subplots(1, 2)
    m = run.metrics
    for column in sorted(m):
        if column.startswith("free_apical_rms"):
            left.plot(m["epoch"], m[column], label=f"free apical, area {column[-1]}")
        if column.startswith("angle_to_backpropagation"):
            right.plot(m["epoch"], m[column], label=f"update to backprop, area {column[-1]}")
        if column.startswith("angle_top_down"):
            right.plot(
                m["epoch"], m[column], "--", label=f"top-down to transpose, area {column[-1]}"
            )
    left.plot(m["epoch"], m["saturated_cells"], "k:", label="saturated cells (fraction)")
    left.set(xlabel="epoch", ylabel="rms potential", ylim=(0, None))
    right.set(xlabel="epoch", ylabel="angle (degrees)", ylim=(0, None))
    for ax in (left, right):
        ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.2))
    return drawing


def decay(run: RunReader, names: Sequence[str], steps: str) -> Figure:
    """Figures that should fall over learning, on a logarithmic axis."""
    from bioplaus import plotting

    drawing = plotting.figure()
    ax = drawing.subplots()
    for name in names:
        ax.plot(run.metrics["epoch"], run.metrics[name], label=name.replace("_", " "))
    ax.set(xlabel=steps, ylabel="mean square or distance", yscale="log")
    ax.legend()
    return drawing


def compartments(run: RunReader) -> Figure | None:
    """Compartments of a few cells before and after learning, teacher off and on."""
    if not run.recording_files():
        return None
    from bioplaus import plotting

    drawing = plotting.figure("page", 4.2)
    rows = (
        ("hidden_1", "u", "soma"),
        ("hidden_1", "v_basal", "basal"),
        ("hidden_1", "v_apical", "apical"),
    )
    axes = drawing.subplots(len(rows) + 1, 2, sharex=True, sharey="row")
    for row, (population, variable, name) in enumerate(rows):
        for ax, (t, values) in zip(axes[row], _first_and_last(run, population, variable)):
            ax.plot(1e3 * t, values.T)
        axes[row, 0].set_ylabel(name)
    for population, mark in (("output", "-"), ("interneuron_1", "--")):
        for ax, (t, values) in zip(axes[-1], _first_and_last(run, population, "u")):
            lines = ax.plot(1e3 * t, values.T, mark)
            for number, line in enumerate(lines):
                line.set_color(f"C{number}")
    axes[-1, 0].set_ylabel("output (-)\ninterneuron (--)")
    for ax, title in zip(axes[0], ("before learning", "after learning")):
        ax.set_title(title)
    for ax in axes[-1]:
        ax.set_xlabel("time (ms); teacher on in the second half")
    return drawing


def _first_and_last(
    run: RunReader, population: str, variable: str
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """The first and the last demonstration of a run: (t [s] from its start, (cell, time))."""
    import numpy as np

    record = run.trace(population, variable)
    t, values = record.t, record.value
    ends = np.flatnonzero(np.diff(t) > 10 * np.median(np.diff(t))) + 1
    pieces = np.split(np.arange(len(t)), ends)
    for piece in (pieces[0], pieces[-1]):
        yield t[piece] - t[piece[0]], values[:, piece]


def bars_named(run: RunReader) -> Figure:
    """Share of bars named over epochs."""
    from bioplaus import plotting

    drawing = plotting.figure()
    ax = drawing.subplots()
    ax.plot(run.metrics["epoch"], 100 * run.metrics["settled_accuracy"], label="network")
    ax.axhline(37.5, color="0.6", ls=":", label="largest class")
    ax.set(xlabel="epoch", ylabel="bars named (%)", ylim=(0, 105))
    ax.legend()
    return drawing


def loss_and_angle(run: RunReader) -> Figure:
    """Loss on unseen patterns beside the constant answer, and the angle of the feedback."""
    from bioplaus import plotting

    drawing = plotting.figure("page", 2.4)
    left, right = drawing.subplots(1, 2)
    m = run.metrics
    left.plot(m["epoch"], m["validation_loss"], label="network")
    left.plot(m["epoch"], m["constant_loss"], "k:", label="constant answer")
    left.set(xlabel="patterns", ylabel="squared error of rates", ylim=(0, None))
    left.legend()
    right.plot(m["epoch"], m["angle_top_down"])
    right.axhline(45, color="0.6", ls=":")
    right.set(xlabel="patterns", ylabel="top-down to transposed\nforward (degrees)", ylim=(0, 95))
    return drawing


def interneurons(run: RunReader) -> Figure | None:
    """Interneuron against its partner above, without teacher, before and after learning."""
    if not run.recording_files():
        return None
    from bioplaus import plotting

    drawing = plotting.figure("column", 2.8)
    ax = drawing.subplots()
    pairs = zip(_first_and_last(run, "output", "u"), _first_and_last(run, "interneuron_1", "u"))
    for ((t, above), (_, below)), name in zip(pairs, ("before", "after")):
        free = t < t[-1] / 2
        ax.plot(above[:, free].ravel(), below[:, free].ravel(), ".", ms=2, label=name)
    ax.axline((0, 0), slope=1, color="0.6", ls=":")
    ax.set(xlabel="output potential", ylabel="interneuron potential")
    ax.legend()
    return drawing
