"""``bioplaus demo``: a spiking network learns handwritten digits, three seeds, three figures."""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
from pathlib import Path

from bioplaus import registry
from bioplaus.commands.outcome import print_figures
from bioplaus.errors import UserError
from bioplaus.records import RunReader
from bioplaus.records.placement import new_run_directory
from bioplaus.reproduction.runs import COMMAND
from bioplaus.runs.pages.plan import Plan
from bioplaus.runs.pages.running import start
from bioplaus.runs.progress import progress_for

__all__ = ["configure", "execute"]

DEMONSTRATED = "erbp-images"
SEEDS = (1, 2, 3)


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--quiet", action="store_true", help="no progress")


def execute(options: argparse.Namespace) -> int:
    """Run the demonstration and print the accuracy and the paths of the figures."""
    entry = registry.find(DEMONSTRATED)
    print(entry.summary, flush=True)
    plan = Plan.make(entry.name, entry.module, registry.load(entry), changes={}, seed=SEEDS[0])
    path = new_run_directory(entry.name, SEEDS[0])
    first = start(plan, path, progress=progress_for(options.quiet))
    # The first run has compiled the network; the others find it in the cache and share the cores.
    runs = [first, *_side_by_side(SEEDS[1:], options.quiet)]
    accuracies = [1 - run.summary["metrics"]["test_error"] for run in runs]
    for run, accuracy in zip(runs, accuracies):
        print(f"seed {run.config['seed']}: {accuracy:.1%} of 360 unseen digits right  ({run.path})")
    mean, spread = statistics.mean(accuracies), statistics.stdev(accuracies)
    print(f"accuracy {mean:.1%} ± {spread:.1%} (mean of {len(SEEDS)} seeds; chance 10 %)")
    print_figures(first)
    return 0


def _side_by_side(seeds: tuple[int, ...], quiet: bool) -> list[RunReader]:
    """Run the experiment once for each seed, each in a process of its own."""
    if not quiet:
        print(f"seeds {' and '.join(map(str, seeds))}, side by side", file=sys.stderr, flush=True)
    paths = [new_run_directory(DEMONSTRATED, seed) for seed in seeds]
    children = [_child(seed, path) for seed, path in zip(seeds, paths)]
    try:
        codes = [child.wait() for child in children]
    except KeyboardInterrupt:
        for child in children:
            child.terminate()
        raise
    failed = [str(path) for path, code in zip(paths, codes) if code]
    if failed:
        raise UserError(f"these runs did not finish: {', '.join(failed)}")
    return [RunReader(path) for path in paths]


def _child(seed: int, path: Path) -> subprocess.Popen[bytes]:
    options = ["--quiet", "--seed", str(seed), "--out", str(path)]
    return subprocess.Popen([*COMMAND, "run", DEMONSTRATED, *options], stdout=subprocess.DEVNULL)
