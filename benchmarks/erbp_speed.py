"""CPU time of a training image of event-driven random backpropagation, beside Brian2's targets.

    python -m benchmarks.erbp_speed --out docs/results/erbp/speed.json

MNIST images of 100 ms with background noise, learned one after another by the same Brian2 network
on the engine, on ``cython`` and in C++ standalone; each in a process of its own.  What a run costs
however short it is (compiling, start-up) is left out: the figure is the difference of a long and
a short run for each image between, the least of the repeats; that of standalone is the time which
it gives for the loop of its last run.  Brian2's targets see fewer images, for they take longer.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

CASES = {
    "784-100-10, 0.1 ms": {"hidden": 100, "time_step": "0.1 ms"},
    "784-100-10, 0.5 ms": {"hidden": 100, "time_step": "0.5 ms"},
    "784-200-10, 0.5 ms": {"hidden": 200, "time_step": "0.5 ms"},
}
AIMS = (0.5, 0.25, 0.35)
LENGTHS = {"engine": (200, 2200), "cython": (2, 22), "cpp_standalone": (2, 42)}
LEARNED_BEFORE = {"engine": 1000, "cython": 20}
REPEATS = 3
PRESENTATION = 0.1  # s


def presenter(case: str) -> Callable[[int], None]:
    """Builds the network; what is returned learns so many images."""
    from brian2 import TimedArray, second

    from bioplaus import tasks
    from bioplaus.models import erbp
    from bioplaus.parameters import replace

    changes = {"background_before_threshold": True, "learning_rate": 6e-3, "output_weights": 0.3}
    p = replace(erbp.OneHiddenLayer(), {**changes, **CASES[case]})
    frame = PRESENTATION * second
    network = erbp.build(p, np.random.default_rng(1), frame).network
    images = tasks.load("mnist")
    shown = TimedArray(images.train_images[:6000] * (255 / 256), dt=frame, name="images")
    labels = images.train_labels

    def present(count: int) -> None:
        rows = np.arange(count)
        frames = tasks.presentation_frames(
            rows,
            presentation=PRESENTATION,
            frame=PRESENTATION,
            labels=labels[rows],
            strength=1.0,
            settling=0.02,
        )
        names = erbp.stimulus(
            shown,
            frame=frame,
            order=frames.order,
            labels=frames.labels,
            fresh=frames.fresh,
            tick=frames.tick * second,
            plasticity=frames.plasticity,
            onset=network.t,
        )
        network.run(count * frame, namespace=names)

    return present


def measured(case: str, target: str) -> float:
    """CPU milliseconds for an image, in this process."""
    import brian2

    few, many = LENGTHS[target]
    if target == "cpp_standalone":
        with tempfile.TemporaryDirectory() as folder:
            brian2.set_device("cpp_standalone", directory=folder)
            presenter(case)(many)
            return 1e3 * float(brian2.device._last_run_time) / many
    if target == "engine":
        import bioplaus.engine  # noqa: F401
    brian2.prefs.codegen.target = "numba" if target == "engine" else target
    brian2.seed(1)
    present = presenter(case)
    present(LEARNED_BEFORE[target])

    def seconds(count: int) -> float:
        began = time.process_time()
        present(count)
        return time.process_time() - began

    return 1e3 * min(seconds(many) - seconds(few) for _ in range(REPEATS)) / (many - few)


def main() -> None:
    """Measure every case on every target, print, and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, help="where to write the figures, as JSON")
    parser.add_argument("--targets", nargs="+", choices=LENGTHS, default=list(LENGTHS))
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(measured(*options.one))
        return
    found: dict[str, dict[str, float]] = {}
    for (case, _), aim in zip(CASES.items(), AIMS, strict=True):
        found[case] = {"aim": aim}
        for target in options.targets:
            command = [sys.executable, "-m", "benchmarks.erbp_speed", "--one", case, target]
            done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
            found[case][target] = round(float(done.stdout.split()[-1]), 4)
        print(case, *(f"{name} {value:.4g} ms" for name, value in found[case].items()), sep="  ")
    if options.out is not None:
        options.out.write_text(json.dumps({"ms_per_image": found}, indent=2) + "\n")


if __name__ == "__main__":
    main()
