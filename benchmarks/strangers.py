"""Scripts by people who never heard of us: ``python -m benchmarks.strangers FOLDER``.

FOLDER holds checkouts of public repositories, as ``owner+name``; their scripts are named here and
run unmodified, but for what a graphics window and the choice of a target or device would do
(`benchmarks.captured`).  Each runs on Brian2's ``numpy`` target and twice on the engine, with an
empty cache and with what that has compiled.  A report and a page are kept.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.agreement import same_bits
from benchmarks.brian2_examples import SEEDS, Example, judged
from bioplaus.engine.preferences import preference

KEPT = Path("docs/results/engine/strangers.json")
PAGE = Path("docs/results/engine/strangers.md")
RESULTS = Path(tempfile.gettempdir()) / "bioplaus-strangers"

SCRIPTS: Mapping[str, Sequence[str]] = {
    "EPFL-LCN/neuronaldynamics-exercises": (
        "neurodynex3/hodgkin_huxley/HH.py",
        "neurodynex3/exponential_integrate_fire/exp_IF.py",
        "neurodynex3/adex_model/AdEx.py",
        "neurodynex3/leaky_integrate_and_fire/LIF.py",
        "neurodynex3/brunel_model/LIF_spiking_network.py",
    ),
    "Poirazi-Lab/dendrify": (
        "examples_new/comp_network.py",
        "examples_new/comp_backprop.py",
        "examples_new/comp_amplification.py",
        "examples_new/point_adaptation.py",
        "examples_new/point_adex_noise.py",
        "examples_new/point_adex_synapses.py",
        "examples_new/point_lif_inhibition.py",
        "examples_new/syn_gaba.py",
        "examples_new/syn_nmda.py",
        "examples_new/val_tau.py",
        "examples_new/val_dendritic_io.py",
    ),
    "Shikhargupta/Spiking-Restricted-Boltzmann-Machine": ("srbm/snns/brain_demo.py",),
    "christofrancois/HimaSpike": (
        "simulator/Examples/izhNeurons/izhikevichChattering.py",
        "simulator/Examples/izhNeurons/izhikevichLTSneuron.py",
    ),
    "exie1/Complex-systems-EE": (
        "SNN/test_simulations.py",
        "SNN/single_neuron_test_script.py",
    ),
    "hagrid-the-developer/tilraunir": (
        "python/brian2/stochastic-neuron.py",
        "python/brian2/multiple-neurons.py",
    ),
    "jiribrummer/Balanced_network": (
        "Balanced_network_example.py",
        "LIF_test.py",
        "network_yger.py",
        "STDP_example.py",
    ),
    "ppp2211/brian-poets": (
        "brian/full_conn_100.py",
        "brian/large_net.py",
        "brian/connected_net.py",
    ),
    "zhouyanasd/DL-NC": (
        "Brian2_scripts/sim_brian_scratch/sim_brian_first.py",
        "Brian2_scripts/sim_brian_scratch/sim_brian_third.py",
        "Brian2_scripts/sim_brian_scratch/sim_brian_seventeenth.py",
        "Brian2_scripts/test/example_stdp.py",
        "Brian2_scripts/test/regular_run_test.py",
        "Brian2_scripts/test/test_bcm.py",
        "Brian2_scripts/test/test_rate.py",
    ),
}


def look_at(script: Example, cuts: Sequence[int], cython: bool) -> dict[str, Any]:
    """The verdict on a script, and the CPU seconds of all that ran."""
    found = judged(script, False, cuts)
    reference = script.run("numpy", SEEDS[0])
    found["names_targets"] = reference.get("names_targets", [])
    if found.get("how", "no run") != "no run":
        seconds = found["cpu_seconds"]
        warm = script.run("warm", SEEDS[0])
        seconds["warm"] = warm.get("cpu_seconds")
        if warm["ran"]:
            fused = script.data("fused", SEEDS[0])
            found["warm_same_bits"] = same_bits(fused, script.data("warm", SEEDS[0]))
        if cython:
            seconds["cython"] = script.run("cython", SEEDS[0]).get("cpu_seconds")
    return found


def page(report: Mapping[str, Any]) -> str:
    """The report as a table in Markdown."""
    scripts = report["scripts"]
    lines = [
        f"{len(scripts)} scripts from {len({name.split(':')[0] for name in scripts})} public "
        "repositories, unmodified, on the engine and on Brian2's `numpy` target, one thread. CPU "
        "seconds are those of the whole script after the import of Brian2: on `numpy`, on the "
        "engine with an empty cache (compilation included), with a full one, and on `cython` (its "
        "compilation included) where that was tried. Equal means that the data of all figures and "
        "monitors agree to rounding, equal in law that three seeds of each cannot be told apart. "
        f"Compiler: {report['compiler']}. Made by `python -m benchmarks.strangers`.",
        "",
        "| script | fused | agreement | numpy | engine, cold | warm | cython |",
        "|---|---|---|---:|---:|---:|---:|",
    ]
    for name, entry in scripts.items():
        seconds = entry.get("cpu_seconds", {})
        figures = [_figure(seconds.get(k)) for k in ("numpy", "fused", "warm", "cython")]
        lines.append(
            f"| {name.replace(':', ' ')} | {_how(entry)} | {_agreement(entry)} "
            f"| {' | '.join(figures)} |"
        )
    return "\n".join([*lines, ""])


def _how(entry: Mapping[str, Any]) -> str:
    how = entry.get("how", "")
    reasons = "; ".join(entry.get("in_python", ()))
    named = ", ".join(dict.fromkeys(entry.get("names_targets", ())))
    parts = [how + (f" ({reasons})" if reasons else ""), f"names `{named}`" if named else ""]
    return "; ".join(part for part in parts if part)


def _agreement(entry: Mapping[str, Any]) -> str:
    parts = [entry["verdict"]]
    if "steps_of_each_run" in entry:
        parts.append(f"first {entry['steps_of_each_run']} steps of each run")
    if "why" in entry:
        parts.append(entry["why"].split(": ", 1)[-1][:80].replace("|", "/"))
    if "stops_on_both_with" in entry:
        parts.append("stops on both: " + entry["stops_on_both_with"][:60].replace("|", "/"))
    return "; ".join(parts)


def _figure(seconds: float | None) -> str:
    return "" if seconds is None else f"{seconds:.1f}"


def main(argv: list[str] | None = None) -> None:
    """Look at every script, keep the report and the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkouts", type=Path)
    parser.add_argument("--limit", type=float, default=60, help="CPU seconds of a run")
    parser.add_argument("--steps", type=int, nargs="+", default=[5000, 500], help="cuts of runs")
    parser.add_argument("--cython", nargs="*", default=[], help="parts of names to run there too")
    parser.add_argument("--only", default="", help="part of the names to run; the others stay")
    parser.add_argument("--results", type=Path, default=RESULTS, help="folder for the runs' data")
    arguments = parser.parse_args(argv)
    kept = json.loads(KEPT.read_text())["scripts"] if KEPT.exists() else {}
    for repository, paths in SCRIPTS.items():
        root = (arguments.checkouts / repository.replace("/", "+")).resolve()
        for path in paths:
            name = f"{repository}:{path}"
            if arguments.only not in name:
                continue
            results = arguments.results / repository.replace("/", "+")
            cache = results / "cache" / path.replace("/", "-")
            environment = {"XDG_CACHE_HOME": str(cache.resolve()), "PYTHONPATH": str(root)}
            environment["PYTHONPATH"] += f":{Path.cwd()}"
            script = Example(root / path, path, results, arguments.limit, environment=environment)
            cython = any(part in name for part in arguments.cython)
            kept[name] = look_at(script, arguments.steps, cython)
            print(name, kept[name], flush=True)
            _keep(kept)


def _keep(scripts: Mapping[str, Any]) -> None:
    git = ["git", "describe", "--always", "--dirty", "--exclude=*"]
    revision = subprocess.run(git, capture_output=True, text=True, check=True).stdout.strip()
    order = [f"{repository}:{path}" for repository, paths in SCRIPTS.items() for path in paths]
    report = {
        "revision": revision,
        "compiler": preference("compiler"),
        "scripts": {name: scripts[name] for name in order if name in scripts},
    }
    KEPT.write_text(json.dumps(report, indent=1) + "\n")
    PAGE.write_text(page(report))


if __name__ == "__main__":
    sys.exit(main())
