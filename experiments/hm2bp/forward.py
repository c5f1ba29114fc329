"""The network of HM2-BP as Brian2 text beside the compiled steps (Jin 2018, equations 1-3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from bioplaus import neurons, tasks
from bioplaus.experiments.hm2bp import figures
from bioplaus.experiments.hm2bp.images import SEEDS
from bioplaus.models import hm2bp
from bioplaus.models.hm2bp.parameters import HybridMacroMicro, check_network, whole_steps
from bioplaus.parameters import parameter, quantities
from bioplaus.runs.pages.run import Run, Spikes

SEGMENTS = 3


@dataclass(frozen=True)
class Settings(HybridMacroMicro):
    """The released size, weights as drawn."""

    dataset: str = parameter("mnist", "images", choices=("mnist", "fashion-mnist"))
    learning_rate: float = parameter(1e-3, "of Adam; nothing is learned here", low=0)
    images: int = parameter(30, "images shown", low=SEGMENTS)


def experiment(p: Settings, run: Run) -> Mapping[str, float]:
    """Some images a segment, in one run of the network; how many have other spikes."""
    check_network(p)
    data = run.load(p.dataset)
    steps, q = whole_steps(p, "presentation"), quantities(p)
    clocks = neurons.Clocks.of(q.time_step, q.presentation)
    given = neurons.given_spikes(p.inputs, clocks)
    model = hm2bp.build(p, run.rng, {"input": given}, clocks)
    learner = hm2bp.Learner(p, run.child("replaced"), np.float64)
    learner.set_weights(model.weights())
    run.record(Spikes("hidden"), Spikes("output"), of=model, last=str(p.presentation))
    found = {"differing_images": 0.0, "hidden_spikes": 0.0, "output_spikes": 0.0}
    run.keep(found=found)
    for segment in run.segments(SEGMENTS):
        rows = np.arange(p.images)[segment.of(p.images)]
        trains = tasks.poisson_of_images(
            data.train_raw[rows], steps, 1 / 5.5, SEEDS["train"] + rows
        )
        onset = float(np.asarray(model.network.t_))
        start, step, i = trains
        model.give((start, step * float(model.clocks.step.dt), i), onset)
        run.present(model, tasks.stretch(float(q.presentation), fresh=np.ones(len(rows))))
        begin = onset + float(q.presentation) * np.arange(len(rows))
        run.put_presentations(begin, begin + float(q.presentation), data.train_labels[rows])
        differ = spikes = 0
        heard = [model.heard(name, onset, len(rows)) for name in ("hidden", "output")]
        for image, layers in enumerate(zip(*heard)):
            compiled = learner.spikes(trains, image)[1:]
            pairs = zip(layers, compiled, strict=True)
            differ += not all(np.array_equal(*each) for pair in pairs for each in zip(*pair))
            for name, (_, i) in zip(("hidden", "output"), layers, strict=True):
                found[f"{name}_spikes"] += len(i)
                spikes += len(i)
        found["differing_images"] += differ
        run.log(differing_images=differ, spikes=spikes)
    return found


FORM = "network"
FIGURES = {"raster": figures.raster}
