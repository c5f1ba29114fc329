"""Milliseconds a sample of the papers on gradients of spike trains, and where the time goes.

``python -m benchmarks.spike_gradients`` trains and shows a few hundred samples of each and prints
CPU time of one thread beside the floor or goal.  Images are MNIST's (``BIOPLAUS_DATA_DIR``).
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from bioplaus import tasks
from bioplaus.models import eventprop, hm2bp, normad

GOALS = {
    "EventProp 5-200-3": 0.02,
    "EventProp 784-350-10": 0.3,
    "HM2-BP 784-800-10": 1.3,
    "NormAD digits": 5.0,
}
"""Floor of the first, goals of the others [ms a training sample]."""


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--samples", type=int, default=500)
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    print(f"{'':24}{'training':>10}{'showing':>10}{'drawing':>10}{'goal':>8}   ms a sample")
    for name, parts in cases(options.samples):
        best = {part: min(cpu(work) for _ in range(options.repeats)) for part, work in parts}
        each = [1e3 * best[part] / options.samples for part in ("training", "showing", "drawing")]
        print(f"{name:24}" + "".join(f"{value:10.3f}" for value in each) + f"{GOALS[name]:8.2f}")


def cpu(work: Callable[[], Any]) -> float:
    """CPU seconds of the process."""
    begin = time.process_time()
    work()
    return time.process_time() - begin


def cases(samples: int) -> Iterator[tuple[str, list[tuple[str, Callable[[], Any]]]]]:
    """Name, and what is timed; everything is compiled before."""
    points, labels = tasks.published_yin_yang(samples, 42)
    images = tasks.load("mnist")
    raw, digits = images.train_raw[:samples], images.train_labels[:samples]
    rng = np.random.default_rng(0)
    for name, learner, draw, targets in (
        (
            "EventProp 5-200-3",
            eventprop.Learner(eventprop.EventProp(), rng),
            lambda: tasks.latency_of_points(points, 30e-3),
            labels,
        ),
        (
            "EventProp 784-350-10",
            eventprop.Learner(eventprop.LatencyImages(), rng),
            lambda: tasks.latency_of_images(raw, 20e-3, dropped=0.2, rng=rng),
            digits,
        ),
    ):
        yield name, _timed(learner, draw, targets)
    hybrid = hm2bp.Learner(hm2bp.HybridMacroMicro(), rng)
    seeds = np.arange(samples)
    yield (
        "HM2-BP 784-800-10",
        _timed(
            hybrid,
            lambda: tasks.poisson_of_images(raw, 400, 1 / 5.5, seeds),
            digits,
        ),
    )
    train = np.arange(100, 1000, 35)
    wanted = (
        np.arange(samples + 1) * len(train),
        np.tile(train, samples),
        np.repeat(digits, len(train)),
    )
    p = normad.Digits()
    yield (
        "NormAD digits",
        _timed(normad.Learner(p, rng), lambda: normad.feature_trains(p, raw), wanted),
    )


def _timed(
    learner: Any, draw: Callable[[], Any], targets: Any
) -> list[tuple[str, Callable[[], Any]]]:
    trains = draw()
    learner.learn(trains, targets)
    return [
        ("training", lambda: learner.learn(trains, targets)),
        ("showing", lambda: learner.judge(trains, targets)),
        ("drawing", draw),
    ]


if __name__ == "__main__":
    main()
