"""A small noisy network with delays and plasticity (Nobody 2001)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import SimpleNamespace

from bioplaus import tasks
from bioplaus.parameters import Quantity, parameter, quantities
from bioplaus.runs.pages.run import Run, Spikes, Trace


@dataclass(frozen=True)
class Settings:
    """The network."""

    tau: Quantity = parameter("10 ms", "membrane time constant", low="1 ms")
    learning_rate: float = parameter(0.01, "step of a weight at a spike")


def experiment(p: Settings, run: Run) -> Mapping[str, float]:
    """Every random source that a network can have: noise, Poisson input, rand() at spikes."""
    model = build(p)
    run.record(Spikes("cell"), Trace("cell", "v", cells=2), of=model)
    for _ in run.segments(4):
        run.present(model, tasks.Schedule(0.02, 1e-3, {}))
        run.log(mean_weight=float(model.weights.w[:].mean()))
    return {}


def build(p: Settings) -> SimpleNamespace:
    from brian2 import Hz, Network, NeuronGroup, PoissonGroup, Synapses, ms

    q = quantities(p)
    equations = "dv/dt = (0.9 - v)/tau + 0.3*xi*tau**-0.5 : 1 (unless refractory)"
    cell = NeuronGroup(
        6,
        equations,
        threshold="v > 1",
        reset="v = 0",
        refractory=1 * ms,
        method="euler",
        namespace={"tau": q.tau},
        name="cell",
    )
    source = PoissonGroup(4, 200 * Hz, name="source")
    source_to_cell = Synapses(
        source,
        cell,
        "w : 1",
        on_pre="w += learning_rate*rand()\nv_post += w",
        namespace={"learning_rate": q.learning_rate},
        name="source_to_cell",
    )
    source_to_cell.connect()
    source_to_cell.w = 0.05
    source_to_cell.delay = "(1 + i)*0.3*ms"
    network = Network(cell, source, source_to_cell)
    return SimpleNamespace(network=network, populations={"cell": cell}, weights=source_to_cell)
