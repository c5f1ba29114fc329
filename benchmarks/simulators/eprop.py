"""e-prop in three forms: ``python -m benchmarks.simulators.eprop FORM DRAWN.npz TRIALS``.

``network``: Brian2 text with a trace in every synapse, on the engine, all trials in one run.
``scan``: the same network without traces, a run a trial, and the backward scan.  ``batched``: the
compiled form.  One line of JSON is printed, as by `nest_eprop`.
"""

import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import brian2
import numpy as np
from brian2 import second

import bioplaus.engine  # noqa: F401
from bioplaus import tasks
from bioplaus.models import eprop
from bioplaus.models.eprop.learner import first_weights
from bioplaus.neurons.cell import Clocks
from bioplaus.runs.pages.presenting import namespace
from bioplaus.tasks import stretch

STEP = 1e-3  # s


def draw(path: Path) -> None:
    """Weights, input and target of NEST's regression test."""
    rng = np.random.RandomState(1)
    names = ("input", "recurrent", "output", "feedback")
    weights = dict(zip(names, first_weights(eprop.Eprop(), rng).values()))
    np.savez(path, spikes=tasks.frozen_noise(rng), target=tasks.sine_mixture(rng), **weights)


def network(drawn: dict[str, Any], trials: int) -> Iterator[float]:
    """The network learns by itself; a trial is a run, so that its loss can be read."""
    model, run = _built(drawn, traces=True)
    for _ in range(trials):
        before = float(np.sum(model.populations["output"].loss))
        run()
        yield float(np.sum(model.populations["output"].loss)) - before


def scan(drawn: dict[str, Any], trials: int) -> Iterator[float]:
    """A recorded run; what the traces would have gathered is summed backwards."""
    p = eprop.Eprop()
    model, run = _built(drawn, traces=False)
    learner = eprop.Learner(p, np.random.RandomState(1))
    for _ in range(trials):
        before = float(np.sum(model.populations["output"].loss))
        run()
        learner.descend(eprop.gradients(model, p))
        weights = learner.weights()
        model.set_weights({name: weights[name] for name in model.plastic})
        yield float(np.sum(model.populations["output"].loss)) - before


def batched(drawn: dict[str, Any], trials: int) -> Iterator[float]:
    """One trial an update."""
    learner = eprop.Learner(eprop.Eprop(), np.random.RandomState(1))
    for _ in range(trials):
        yield learner.learn(drawn["spikes"][None], drawn["target"][None, :, None]).loss


def _built(drawn: dict[str, Any], traces: bool) -> tuple[Any, Callable[[], None]]:
    """The network, and a function that shows it the next trial."""
    brian2.prefs.codegen.target = "numba"
    p, steps = eprop.Eprop(), len(drawn["spikes"])
    clocks = Clocks.of(STEP, steps * STEP)
    inputs = {"input": eprop.spike_input(p, clocks)}
    rng = np.random.RandomState(1)
    model = eprop.build(p, rng, inputs, clocks, traces=traces)
    emitted = np.roll(drawn["spikes"], -1, axis=0)  # what is emitted acts one step later
    trial = stretch(
        STEP, stimulus=emitted, target=drawn["target"][:, None], plasticity=np.ones(steps)
    )

    def run() -> None:
        names = namespace(trial, model.network.t)
        model.network.run(trial.duration * second, namespace=names)

    return model, run


def main(form: str, path: str, trials: int) -> None:
    """Run and print; the first trial compiles."""
    drawn = dict(np.load(path))
    forms = {"network": network, "scan": scan, "batched": batched}
    began = time.process_time()
    losses = []
    for loss in forms[form](drawn, trials):
        losses.append(loss)
        if len(losses) == 1:
            built, began = time.process_time() - began, time.process_time()
    each = (time.process_time() - began) / (trials - 1)
    print(json.dumps({"build_s": built, "cpu_s_per_trial": each, "losses": losses}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
