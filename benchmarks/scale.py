"""Cortical size: ``python -m benchmarks.scale --fraction 0.1``.

A fraction of the column of Potjans and Diesmann on the engine, in a process of its own: seconds to
build, CPU seconds for a second of its time, memory for a synapse, and the rate of each population
beside that of the whole column in NEST.  ``docs/results/engine/scale.json`` keeps it.
"""

import argparse
import json
import resource
import time
from pathlib import Path
from typing import Any

import brian2
import numpy as np

import bioplaus.engine  # noqa: F401
from benchmarks.networks import cortex
from bioplaus.runs.backend import Backend, environment

KEPT = Path("docs/results/engine/scale.json")
SETTLING = 0.5  # s


def measured(fraction: float, seconds: float, seed: int) -> dict[str, Any]:
    """One column, built and run."""
    before, began = _megabytes(), time.process_time()
    column = cortex.column(fraction, seed)
    built = time.process_time() - began
    column.network.run(SETTLING * brian2.second)
    began = time.process_time()
    column.network.run(seconds * brian2.second)
    ran = time.process_time() - began
    rates = column.rates(SETTLING, seconds)
    synapses = len(column.network["synapses"])
    return {
        "seed": seed,
        "cells": int(column.first[-1]),
        "synapses": synapses,
        "build_s": round(built, 2),
        "cpu_s_per_s": round(ran / seconds, 2),
        "seconds": seconds,
        "bytes_per_synapse": round(1e6 * (_megabytes() - before) / synapses, 1),
        "rates_hz": {n: round(float(r), 2) for n, r in zip(cortex.POPULATIONS, rates)},
        "rates_of_the_whole_hz": dict(zip(cortex.POPULATIONS, cortex.RATES.tolist())),
        "largest_ratio": round(float(np.exp(np.abs(np.log(rates / cortex.RATES)).max())), 3),
    }


def _megabytes() -> float:
    """The most memory that this process has had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main(argv: list[str] | None = None) -> None:
    """Measure, print and keep."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fraction", type=float, default=0.1, help="of the column, at most 1")
    parser.add_argument("--seconds", type=float, default=2.0, help="of its time, after half of one")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=KEPT)
    arguments = parser.parse_args(argv)
    brian2.prefs.codegen.target = "numba"
    brian2.seed(arguments.seed)
    kept = json.loads(arguments.out.read_text()) if arguments.out.exists() else {}
    found = measured(arguments.fraction, arguments.seconds, arguments.seed)
    print(json.dumps(found, indent=1))
    told = environment(Backend())
    about = {name: told[name] for name in ("processor", "cores", "python", "revision")}
    kept[f"{arguments.fraction:g}"] = {**found, **about}
    arguments.out.write_text(json.dumps(kept, indent=1) + "\n")


if __name__ == "__main__":
    main()
