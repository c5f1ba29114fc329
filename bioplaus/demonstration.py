"""``bioplaus demo``: a spiking network learns handwritten digits, three seeds, three figures."""

from __future__ import annotations

import statistics

from bioplaus import registry
from bioplaus.records.placement import new_run_directory
from bioplaus.training import progress_for, start
from bioplaus.training.figures import draw
from bioplaus.training.loop import Plan

__all__ = ["demonstrate"]

EXPERIMENT = "erbp-digits"
SEEDS = (1, 2, 3)


def demonstrate(quiet: bool = False) -> int:
    """Run the demonstration and print the accuracy and the paths of the figures."""
    entry = registry.find(EXPERIMENT)
    print(f"{entry.summary}")
    accuracies, figures = [], []
    for seed in SEEDS:
        plan = Plan.make(entry.name, entry.module, registry.load(entry), changes={}, seed=seed)
        out = new_run_directory(entry.name, seed)
        run = start(plan, out, progress=progress_for(quiet))
        accuracies.append(1 - run.summary["metrics"]["test_error"])
        print(f"seed {seed}: {accuracies[-1]:.1%} of 360 unseen digits right  ({out})")
        if seed == SEEDS[0]:
            figures = draw(run, plan)
    spread = statistics.stdev(accuracies)
    print(
        f"accuracy {statistics.mean(accuracies):.1%} ± {spread:.1%} (mean of 3 seeds; chance 10 %)"
    )
    for path in figures:
        print(f"  {path}")
    return 0
