"""Speed of the dendritic microcircuit: continuous steps, and mini-batches beside plain networks.

    python -m benchmarks.dendritic_microcircuit --out docs/results/sacramento/speed.json

All figures are CPU time of one thread, the smallest of a few repeats.  Steps come from the Brian2
equations through the engine.  The memory floor of the large network is the time that this machine
needs to read and write once every weight and every filtered change that learns, and to read once
every weight that does not; the bandwidth is measured in the same run.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

SMALL = "30-50-10"
LARGE = "784-500-500-10"
BATCHES = 5500  # an epoch of 55,000 images, ten at a time


def cpu(call: Callable[[], object], repeats: int) -> float:
    """Smallest CPU time of a call [s]."""
    call()
    found = []
    for _ in range(repeats):
        start = time.process_time()
        call()
        found.append(time.process_time() - start)
    return min(found)


def step_time(areas: str, steps: int) -> float:
    """CPU time of one time step of the continuous network [s], start-up of a run taken off."""
    import brian2

    import bioplaus.engine  # noqa: F401
    from bioplaus.models import sacramento
    from bioplaus.neurons.cell import Clocks
    from bioplaus.parameters import replace
    from bioplaus.runs.pages.presenting import namespace
    from bioplaus.tasks import presentations

    brian2.prefs.codegen.target = "numba"
    p = replace(sacramento.Dynamics(), {"areas": areas, "learning_rate": "1e-6/ms"})
    clocks = Clocks.of(1e-4, 0.1)
    rng = np.random.default_rng(0)
    model = sacramento.build(p, rng, {"input": sacramento.rates(p, clocks)}, clocks)
    sizes = sacramento.area_sizes(p)
    images, targets = rng.uniform(size=(4, sizes[0])), rng.uniform(-1, 1, (4, sizes[-1]))
    order = np.arange(100_000) % 4
    tables = {"images": images, "targets": targets}
    schedule = presentations(order, tables, presentation=0.1, frame=0.1, strength=1.0, teaching=1.0)
    names = namespace(schedule)

    def run(count: int) -> Callable[[], None]:
        return lambda: model.network.run(count * 0.1 * brian2.ms, namespace=names)

    few = steps // 10
    return (cpu(run(steps), 3) - cpu(run(few), 3)) / (steps - few)


def memory_floor(areas: str) -> dict[str, float]:
    """Time to move the weights of one step [s], and the bandwidth behind it [byte/s]."""
    from bioplaus.models.sacramento import Dynamics
    from bioplaus.models.sacramento.weights import initial_weights
    from bioplaus.parameters import replace

    weights = initial_weights(replace(Dynamics(), {"areas": areas}), np.random.default_rng(0))
    learning = sum(w.size for w in (*weights.forward, *weights.interneuron))
    fixed = sum(w.size for w in (*weights.top_down, *weights.lateral))
    moved = 8 * (4 * learning + fixed)  # float64: weight and change are read and written
    block = np.ones(8 * learning)  # beyond the cache, as the weights are
    other = np.empty_like(block)
    seconds = cpu(lambda: np.copyto(other, block), 5)
    bandwidth = 2 * block.nbytes / seconds
    return {"bytes": moved, "bandwidth": bandwidth, "seconds": moved / bandwidth}


def plain_numpy(sizes: tuple[int, ...], transposed: bool) -> Callable[[], None]:
    """One batch of backpropagation or feedback alignment, written with NumPy alone."""
    rng = np.random.default_rng(0)
    shapes = list(zip(sizes[1:], sizes[:-1]))
    w = [0.05 * rng.standard_normal(shape, dtype=np.float32) for shape in shapes]
    back = w[1:] if transposed else [x.copy() for x in w[1:]]
    x = rng.random((10, sizes[0]), dtype=np.float32)
    goal = rng.random((10, sizes[-1]), dtype=np.float32)

    def batch() -> None:
        rates = [x]
        for each in w:
            rates.append(1 / (1 + np.exp(-(rates[-1] @ each.T))))
        errors = [goal - rates[-1]]
        for feedback, r in zip(reversed(back), reversed(rates[1:-1])):
            errors.insert(0, (errors[0] @ feedback) * r * (1 - r))
        for each, e, r in zip(w, errors, rates):
            each += np.float32(1e-4) * (e.T @ r)

    return batch


def microcircuit_batch(areas: str, rule: str) -> Callable[[], object]:
    """One batch of a network of the package."""
    from bioplaus.models import sacramento
    from bioplaus.parameters import replace

    p = replace(sacramento.TwoSweep(), {"areas": areas, "base_rates": "1e-4"})
    rng = np.random.default_rng(0)
    images = rng.random((200, 784), dtype=np.float32)
    targets = rng.standard_normal((10, 10), dtype=np.float32)
    start = (p, rng, images, np.zeros(10))
    if rule == "microcircuit":
        network = sacramento.TwoSweepNetwork(*start)
    else:
        network = sacramento.LayeredNetwork(*start, transposed=rule == "backpropagation")
    return lambda: network.learn(images[:10], targets)


def epoch(call: Callable[[], object], repeats: int) -> float:
    """CPU time of an epoch of 55,000 images [s], from the best of many blocks of batches."""

    def block() -> None:
        for _ in range(50):
            call()

    return cpu(block, repeats) / 50 * BATCHES


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--repeats", type=int, default=6)
    options = parser.parse_args()
    sizes = tuple(int(part) for part in LARGE.split("-"))
    floor, step = memory_floor(LARGE), step_time(LARGE, 200)
    epochs = {
        rule: epoch(microcircuit_batch(LARGE, rule), options.repeats)
        for rule in ("microcircuit", "backpropagation", "feedback alignment")
    }
    epochs["backpropagation, NumPy alone"] = epoch(plain_numpy(sizes, True), options.repeats)
    epochs["feedback alignment, NumPy alone"] = epoch(plain_numpy(sizes, False), options.repeats)
    found = {
        "step_us": {SMALL: 1e6 * step_time(SMALL, 20_000), LARGE: 1e6 * step},
        "memory_floor": floor,
        "step_over_floor": step / floor["seconds"],
        "two_sweep_epoch_s": epochs,
    }
    options.out.write_text(json.dumps(found, indent=2) + "\n")
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
