"""Several threads: the bits do not depend on their number, and one thread is the plain form."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

THREADS = (1, 2, 3)


def main(cache: str, *names: str) -> None:
    """Run networks with every number of threads; print digests, notes and programs."""
    import brian2 as b2

    import bioplaus.engine
    from benchmarks.networks import microcircuit, recurrent
    from bioplaus.engine.running.plan import last_plan

    assert bioplaus.engine
    b2.prefs.codegen.target = "numba"
    b2.prefs.codegen.runtime.numba.cache_dir = cache
    networks = {
        "recurrent": lambda: recurrent.network(450),
        "without self-connections": lambda: recurrent.network(451, self_connections=False),
        "microcircuit": lambda: microcircuit.network((500, 410, 10)),
        "onto sources": lambda: onto_sources(b2),
        "many neurons": lambda: many_neurons(b2),
        "many synapses": lambda: many_synapses(b2),
    }
    results = {}
    for name in names:
        for threads in THREADS:
            b2.prefs.codegen.runtime.numba.threads = threads
            b2.seed(3)
            network = networks[name]()
            network.run(3 * b2.ms)
            network.run(2 * b2.ms)
            plan = last_plan(network)
            notes = [n for step in plan.steps for n in step.notes if n.startswith("threads: ")]
            outcome = [digest(network), notes, "prange" in plan.program.text]
            results[f"{name}, {threads}"] = outcome
    json.dump(results, sys.stdout)


def onto_sources(b2):
    """A sum over the targets of every source."""
    cells = b2.NeuronGroup(450, "dx/dt = (back - x)/ms : 1\nback : 1", method="euler", name="cells")
    equations = "w : 1\nback_pre = w*x_post*cos(t/ms) : 1 (summed)"
    synapses = b2.Synapses(cells, cells, equations, name="synapses")
    synapses.connect("i != j")
    cells.x, synapses.w = np.linspace(-1, 1, 450), np.linspace(-0.1, 0.1, len(synapses))
    return b2.Network(cells, synapses)


def many_neurons(b2):
    """A trace that passes through the denormal numbers in the time of the run."""
    cells = b2.NeuronGroup(
        200_000, "dx/dt = -x*a/ms : 1\na : 1 (constant)", method="exact", name="cells"
    )
    cells.x, cells.a = 1, np.linspace(100, 180, len(cells))
    return b2.Network(cells)


def many_synapses(b2):
    """Sparse, and with a sum over the synapses of a target, which stays undivided."""
    cells = b2.NeuronGroup(
        1000, "dx/dt = (drive - x)/(5*ms) : 1\ndrive : 1", method="euler", name="cells"
    )
    equations = "dw/dt = (x_pre*x_post - w)/(9*ms) : 1 (clock-driven)\ndrive_post = w : 1 (summed)"
    synapses = b2.Synapses(cells, cells, equations, method="euler", name="synapses")
    i, j = np.nonzero(np.random.default_rng(1).random((1000, 1000)) < 0.25)
    synapses.connect(i=i, j=j)
    cells.x, synapses.w = np.linspace(-1, 1, 1000), np.linspace(-1, 1, len(i))
    return b2.Network(cells, synapses)


def digest(network) -> str:
    """Of all numbers of a network's groups."""
    total = hashlib.sha256()
    for states in sorted(network.get_states(units=False).items()):
        total.update(repr(states[0]).encode())
        for name, values in sorted(states[1].items()):
            total.update(name.encode() + np.asarray(values).tobytes())
    return total.hexdigest()


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("recurrent", marks=pytest.mark.slow),
        pytest.param("without self-connections", marks=pytest.mark.slow),
        pytest.param("microcircuit", marks=pytest.mark.slow),
        pytest.param("onto sources", marks=pytest.mark.slow),
        pytest.param("many neurons", marks=pytest.mark.slow),
        "many synapses",
    ],
)
def test_bits_do_not_depend_on_the_number_of_threads(cache_folder: Path, name: str) -> None:
    """Numba compiles what has threads, which takes long; that blocks of every kind of loop may be
    done in any order is tested with random networks."""
    done = subprocess.run(
        [sys.executable, __file__, str(cache_folder), name],
        env={**os.environ, "NUMBA_NUM_THREADS": "3", "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    results = json.loads(done.stdout.splitlines()[-1])
    plain, *several = (results[f"{name}, {threads}"] for threads in THREADS)
    assert plain[1:] == [[], False]
    for threads, (bits, notes, parallel) in zip(THREADS[1:], several, strict=True):
        assert parallel
        assert notes == [f"threads: in {threads} blocks"]
        assert bits == plain[0]


if __name__ == "__main__":
    main(*sys.argv[1:])
