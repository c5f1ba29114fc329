"""An echo state network foretells a recursion that looks ten steps back (Jaeger 2003)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bioplaus import plotting, tasks
from bioplaus.models.reservoirs import EchoState, ridge
from bioplaus.parameters import ParameterError, parameter
from bioplaus.runs.pages.run import Run

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from bioplaus.records import RunReader

WASHOUT = 200
SHOWN = 200
READERS = ("reservoir", "ten delays")


@dataclass(frozen=True)
class Settings:
    """The next value is read from the state and the input."""

    units: int = parameter(200, "units", low=1)
    radius: float = parameter(0.9, "spectral radius", low=0)
    scale: float = parameter(0.5, "input weights lie between plus and minus this", low=0)
    bias: float = parameter(0.2, "of each unit")
    trained: int = parameter(2000, "steps from which the readout is fitted", low=WASHOUT)
    tested: int = parameter(2000, "steps on which it is judged", low=SHOWN)
    ridge: float = parameter(1e-8, "strength of the ridge", low=0)


def experiment(p: Settings, run: Run) -> Mapping[str, float]:
    """The error of the reservoir, and of the same readout of the last ten inputs."""
    u = run.rng.uniform(0, 0.5, WASHOUT + p.trained + p.tested)
    y = tasks.narma(u)
    if not np.all(np.isfinite(y)):
        raise ParameterError(f"seed {run.seed} draws inputs on which NARMA diverges; take another")
    reservoir = EchoState.drawn(p.units, p.radius, p.scale, run.rng, bias=p.bias)
    errors: dict[str, float] = {}
    run.keep(errors=errors)
    for segment in run.segments(len(READERS)):
        reader = READERS[segment.number]
        seen = reservoir.states(u) if segment.first else delayed(u)
        answer, wanted = foretold(p, np.column_stack([seen, u]), y)
        error = float(np.sqrt(np.mean((answer - wanted) ** 2) / np.var(wanted)))
        errors["error" if segment.first else "error_of_ten_delays"] = error
        run.put(
            "foretold", [wanted[:SHOWN], answer[:SHOWN]], "1", of=["target", reader],
            step=np.arange(SHOWN),
        )  # fmt: skip
        run.log(error=error)
    return errors


def delayed(u: np.ndarray) -> np.ndarray:
    """(times, 9) the last inputs but the present one."""
    return np.column_stack([np.r_[np.zeros(k), u[:-k]] for k in range(1, 10)])


def foretold(p: Settings, seen: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Answers and next values in the steps on which the readout is judged."""
    fitted, judged = slice(WASHOUT, WASHOUT + p.trained), slice(WASHOUT + p.trained, -1)
    following = np.r_[y[1:], 0.0]
    readout = ridge(seen[fitted], following[fitted], p.ridge)
    return seen[judged] @ readout[:-1] + readout[-1], following[judged]


def beside(run: RunReader) -> Figure | None:
    """Target and both answers."""
    if not run.recording_files():
        return None
    figure = plotting.figure(height=3.6)
    axes = figure.subplots(2, 1, sharex=True, sharey=True)
    for number, ax in enumerate(axes):
        each = run.array("foretold", number)
        ax.plot(each.value[0], color=plotting.GREY, lw=2.5, label="target")
        text = f"{READERS[number]}: {run.metrics['error'][number]:.2f}"
        ax.plot(each.value[1], color=plotting.COLOURS[1], lw=1.2, label=text)
        ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2, borderaxespad=0.2)
        ax.margins(x=0.01)
    axes[1].set_xlabel("step")
    figure.supylabel("next value", fontsize="medium")
    return figure


FORM = "rate reference"
FIGURES = {"foretold": beside}
