"""CPU time of the FOLLOW network for one simulated second, beside Nengo 4 in the same run; memory.

    python -m benchmarks.follow_speed [--neurons 3000] [--seconds 10] [--out FILE]

Both learn the van der Pol task online with two layers of leaky integrate-and-fire neurons at 1 ms:
ours from its Brian2 equations on the engine, Nengo with decoded weights that its PES rule learns
(the same factorisation).  Building and compiling are left out; the least of three repeats counts.
The peak memory is that of our whole process, the decoders' solution included, before Nengo begins.
Nengo is needed for its own row only: ``pip install bioplaus[bench]``.
"""

from __future__ import annotations

import argparse
import json
import resource
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

__all__ = ["main", "nengo_seconds", "our_seconds"]

REPEATS = 3


def our_seconds(neurons: int, seconds: float) -> float:
    """CPU seconds for one simulated second, on the engine."""
    from bioplaus.experiments.follow.van_der_pol import Settings
    from bioplaus.experiments.follow.van_der_pol_training import VanDerPolTraining
    from bioplaus.parameters import replace
    from bioplaus.runs.backend import Backend
    from bioplaus.runs.pages.journal import Journal
    from bioplaus.runs.pages.run import Run

    Backend(name="numba").select(1)
    settings = replace(Settings(), {"neurons": neurons, "reset": False})
    training = VanDerPolTraining(settings, Run(settings, 1, Journal()))
    stretch = training.tracking.training(4.0 * round(max(seconds, 4.0) / 4.0))
    return _least(lambda: training.show(stretch, 10.0, 1.0)) / (1e-3 * len(stretch))


def nengo_seconds(neurons: int, seconds: float) -> float:
    """CPU seconds for one simulated second of the same task in Nengo.

    Raises
    ------
    ModuleNotFoundError
        If Nengo is not installed.
    """
    import nengo

    with nengo.Network(seed=1) as network:
        command = nengo.Ensemble(neurons, 2, radius=0.2)
        state = nengo.Ensemble(neurons, 2, radius=5.0)
        stimulus = nengo.Node(lambda t: [0.05 * np.sin(5 * t), 0.05 * np.cos(3 * t)])
        reference = nengo.Node(lambda t: [2 * np.sin(6.6 * t), 2 * np.cos(6.6 * t)])
        error = nengo.Node(size_in=2)
        nengo.Connection(stimulus, command, synapse=None)
        nengo.Connection(reference, error, transform=-1, synapse=0.02)
        nengo.Connection(state, error, synapse=0.02)
        nengo.Connection(error, state, transform=-10, synapse=0.02)
        for layer in (command, state):
            learned = nengo.Connection(
                layer,
                state,
                function=lambda x: [0, 0],
                synapse=0.02,
                learning_rule_type=nengo.PES(learning_rate=2e-3, pre_synapse=0.02),
            )
            nengo.Connection(error, learned.learning_rule, synapse=0.2)
    with nengo.Simulator(network, dt=0.001, progress_bar=False) as simulator:
        simulator.run(0.01)
        return _least(lambda: simulator.run(seconds)) / seconds


def _least(work: Callable[[], Any]) -> float:
    work()
    spent = []
    for _ in range(REPEATS):
        began = time.process_time()
        work()
        spent.append(time.process_time() - began)
    return min(spent)


def main() -> int:
    """Measure, print, and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--neurons", type=int, default=3000, help="in each of the two layers")
    parser.add_argument("--seconds", type=float, default=8.0, help="simulated, for each repeat")
    parser.add_argument("--out", type=Path, help="where to write the figures, as JSON")
    options = parser.parse_args()
    figures = {
        "neurons": options.neurons,
        "bioplaus": our_seconds(options.neurons, options.seconds),
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    try:
        figures["nengo"] = nengo_seconds(options.neurons, min(options.seconds, 2.0))
    except ModuleNotFoundError as error:
        print(f"{error}; its row is left out")
    for name, value in figures.items():
        print(f"{name:10} {value:.4g}")
    if "nengo" in figures:
        print(f"ratio      {figures['nengo'] / figures['bioplaus']:.3g}")
    if options.out is not None:
        options.out.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
