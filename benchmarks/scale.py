"""Cortical size: ``python -m benchmarks.scale --fraction 0.1`` or ``--balanced 5000``.

A fraction of the column of Potjans and Diesmann on the engine, in a process of its own: seconds to
build, CPU seconds for a second of its time, memory for a synapse, and the rate of each population
beside that of the whole column in NEST; or a balanced network whose excitatory synapses learn.
``docs/results/engine/scale.json`` keeps it.
"""

import argparse
import json
import time
from pathlib import Path
from typing import Any

import brian2
import numpy as np

import bioplaus.engine  # noqa: F401
from benchmarks import resident
from benchmarks.kept import about
from benchmarks.networks import balanced, cortex

KEPT = Path("docs/results/engine/scale.json")
SETTLING = 0.5  # s


def measured_column(fraction: float, seconds: float, seed: int) -> dict[str, Any]:
    """One column, built and run."""
    before, began = resident.now(), time.process_time()
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
        **_memory(before, synapses),
        "rates_hz": {n: round(float(r), 2) for n, r in zip(cortex.POPULATIONS, rates)},
        "rates_of_the_whole_hz": dict(zip(cortex.POPULATIONS, cortex.RATES.tolist())),
        "largest_ratio": round(float(np.exp(np.abs(np.log(rates / cortex.RATES)).max())), 3),
    }


def measured_balanced(cells: int, seconds: float, seed: int) -> dict[str, Any]:
    """One balanced network, built and run; its rate and its weights tell that it is balanced."""
    before, began = resident.now(), time.process_time()
    network = balanced.network(cells)
    built = time.process_time() - began
    network.run(SETTLING * brian2.second)
    began = time.process_time()
    network.run(seconds * brian2.second)
    ran = time.process_time() - began
    plastic = len(network["plastic"])
    static = len(network["excitation"]) + len(network["inhibition"])
    weights = balanced.weights(network)
    return {
        "seed": seed,
        "cells": cells,
        "plastic_synapses": plastic,
        "static_synapses": static,
        "build_s": round(built, 2),
        "cpu_s_per_s": round(ran / seconds, 2),
        "seconds": seconds,
        **_memory(before, plastic + static),
        "rate_hz": round(balanced.rate_hz(network, SETTLING + seconds), 2),
        "mean_weight": round(float(weights.mean()), 4),
        "spread_of_weights": round(float(weights.std()), 4),
    }


def _memory(before: int, synapses: int) -> dict[str, float]:
    """Bytes for a synapse: the most that there were, and those that are kept."""
    taken = {"bytes_per_synapse": resident.most(), "bytes_kept_per_synapse": resident.now()}
    return {name: round((size - before) / synapses, 1) for name, size in taken.items()}


def main(argv: list[str] | None = None) -> None:
    """Measure, print and keep."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fraction", type=float, default=0.1, help="of the column, at most 1")
    parser.add_argument("--balanced", type=int, help="cells of a balanced network instead")
    parser.add_argument("--seconds", type=float, default=2.0, help="of its time, after half of one")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=KEPT)
    arguments = parser.parse_args(argv)
    brian2.prefs.codegen.target = "numba"
    brian2.seed(arguments.seed)
    if arguments.balanced is not None:
        name = f"balanced {arguments.balanced}"
        found = measured_balanced(arguments.balanced, arguments.seconds, arguments.seed)
    else:
        name = f"{arguments.fraction:g}"
        found = measured_column(arguments.fraction, arguments.seconds, arguments.seed)
    print(json.dumps(found, indent=1))
    kept = json.loads(arguments.out.read_text()) if arguments.out.exists() else {}
    kept[name] = {**found, **about()}
    kept = dict(sorted(kept.items()))
    arguments.out.write_text(json.dumps(kept, indent=1) + "\n")
    arguments.out.with_suffix(".md").write_text(_tables(kept))


def _tables(kept: dict[str, Any]) -> str:
    """As the documentation shows them: costs, then rates."""
    columns = {name: told for name, told in kept.items() if "rates_hz" in told}
    cost = " synapses | to build, CPU s | CPU s for a second | bytes, at most | bytes kept |"
    lines = [f"| network | cells |{cost}", "|---" + "|---:" * 6 + "|"]
    for name, told in kept.items():
        synapses = told.get("synapses") or told["plastic_synapses"] + told["static_synapses"]
        numbers = [
            f"{told['cells']:,}",
            f"{synapses / 1e6:.1f} million",
            f"{told['build_s']:.1f}",
            f"{told['cpu_s_per_s']:.2g}",
            str(told["bytes_per_synapse"]),
            str(told["bytes_kept_per_synapse"]),
        ]
        lines.append(f"| {'column, ' * (name in columns)}{name} | {' | '.join(numbers)} |")
    lines += ["", f"| rate, Hz | {' | '.join(columns)} | whole, in NEST |"]
    lines.append("|---" + "|---:" * (len(columns) + 1) + "|")
    for population, whole in zip(cortex.POPULATIONS, cortex.RATES):
        rates = " | ".join(f"{told['rates_hz'][population]:.2f}" for told in columns.values())
        lines.append(f"| {population} | {rates} | {whole:.2f} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
