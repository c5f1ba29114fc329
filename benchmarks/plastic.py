"""Synapses that learn, as they are and without a rewrite: ``python -m benchmarks.plastic``.

The same networks with all rewrites and without those of plastic synapses, in turns in one process:
CPU seconds, their ratio, and whether both have learned the same bits.
``docs/results/engine/plastic.json`` keeps it.
"""

import argparse
import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import brian2
import numpy as np
from brian2 import Hz, Network, NeuronGroup, PoissonGroup, Synapses, ms, mV, second

from benchmarks.kept import keep
from benchmarks.networks import balanced
from bioplaus.engine.preferences import REWRITES

KEPT = Path("docs/results/engine/plastic.json")
OURS = ("records", "prefetch")
TURNS = 3

SOURCES, OUTGOING, FIRE = 4000, 400, 10
TRACES = """
w : 1
da/dt = -a/(20*ms) : 1 (event-driven)
db/dt = -b/(20*ms) : 1 (event-driven)
"""
MEMBRANE = """
dv/dt = ({rest}*mV - v - ge*v + gi*({reversal}*mV - v))/({tau}*ms) : volt (unless refractory)
dge/dt = -ge/ms : 1
dgi/dt = -gi/(2*ms) : 1
"""
COMPETING = {
    "model": """
    w : 1
    earlier : 1
    dpre/dt = -pre/(20*ms) : 1 (event-driven)
    dpost1/dt = -post1/(20*ms) : 1 (event-driven)
    dpost2/dt = -post2/(40*ms) : 1 (event-driven)
    """,
    "on_pre": "ge_post += w; pre = 1; w = clip(w - 0.0001*post1, 0, 1)",
    "on_post": """
    earlier = post2
    w = clip(w + 0.01*pre*earlier, 0, 1)
    post1 = 1
    post2 = 1
    """,
}
ELIGIBILITY = """
eligibility = psi_post*(trace_pre - beta_post*epsilon)
epsilon = rho*epsilon + eligibility
e_bar = kappa*e_bar + (1 - kappa)*eligibility
gradient += signal_post*e_bar
total += eligibility
"""


@dataclass
class Case:
    """A network; turn : runs it once; per : by what CPU seconds are divided; unit : of that."""

    network: Network
    learned: str
    turn: Callable[[], None]
    per: float
    unit: str


def of_balanced() -> Case:
    """1.6 million synapses with traces of their own, one delay."""
    network = balanced.network(5000)
    return Case(network, "plastic", lambda: network.run(0.5 * second), 0.5, "CPU s a second")


def of_digits() -> Case:
    """Diehl and Cook (2015) with all traces in the synapses, as their code and Brian2's example.

    Two runs an image, as bright as a digit, and weights scaled by Python before each.
    """
    brian2.defaultclock.dt = 0.1 * ms
    inputs, cells, images = 784, 400, 5
    rng = np.random.default_rng(1)
    grey = rng.random((images, inputs)) * (rng.random((images, inputs)) < 0.25)
    pixels = PoissonGroup(inputs, rates=0 * Hz, name="pixels")
    exciting = NeuronGroup(
        cells,
        MEMBRANE.format(rest=-65, reversal=-100, tau=100)
        + "dtheta/dt = -theta/(1e7*ms) : volt\ntimer : second",
        threshold="v > theta - 72*mV and t - timer > 50*ms",
        reset="v = -65*mV; timer = t; theta += 0.05*mV",
        refractory=5 * ms,
        method="euler",
        name="exciting",
    )
    inhibiting = NeuronGroup(
        cells,
        MEMBRANE.format(rest=-60, reversal=-85, tau=10),
        threshold="v > -40*mV",
        reset="v = -45*mV",
        refractory=2 * ms,
        method="euler",
        name="inhibiting",
    )
    exciting.v, inhibiting.v, exciting.theta = -65 * mV, -60 * mV, 20 * mV
    learning = Synapses(pixels, exciting, **COMPETING, name="learning")
    learning.connect()
    learning.w = 0.3 * (rng.random(inputs * cells) + 0.01)
    learning.delay = rng.random(inputs * cells) * 10 * ms
    partners = Synapses(exciting, inhibiting, on_pre="ge_post += 10.4", name="partners")
    partners.connect(j="i")
    others = Synapses(inhibiting, exciting, on_pre="gi_post += 17", name="others")
    others.connect("i != j")
    network = Network(pixels, exciting, inhibiting, learning, partners, others)

    def turn() -> None:
        for image in grey:
            matrix = np.reshape(learning.w, (inputs, cells))
            learning.w = np.ravel(matrix * (78 / matrix.sum(axis=0)))
            pixels.rates = image * 2 * 255 / 8 * Hz
            network.run(350 * ms)
            pixels.rates = 0 * Hz
            network.run(150 * ms)

    return Case(network, "learning", turn, images / 1e3, "CPU ms an image")


def of_visits(side: str) -> Callable[[], Case]:
    """Ten sources or ten targets of 1.6 million synapses fire in each step, in turn."""

    def build() -> Case:
        brian2.defaultclock.dt = 0.1 * ms
        fires = f"(turn - {FIRE}*int(t/(0.1*ms) + 0.5)) % {SOURCES} < {FIRE}"
        silent = NeuronGroup(SOURCES, "v : 1", name="silent")
        firing = NeuronGroup(SOURCES, "v : 1\nturn : integer", threshold=fires, name="firing")
        firing.turn = np.random.default_rng(1).permutation(SOURCES)
        groups = (firing, silent) if side == "pre" else (silent, firing)
        code = {
            "on_pre": "v_post += w; a += 1; w = clip(w - 0.0105*b, 0, 1)",
            "on_post": "b += 1; w = clip(w + 0.01*a, 0, 1)",
        }
        only = {f"on_{side}": code[f"on_{side}"]}
        made = Synapses(*groups, TRACES, **only, name="made")
        made.connect(p=OUTGOING / SOURCES)
        made.w = 0.5
        network = Network(silent, firing, made)
        visits = 2000 * FIRE * OUTGOING / 1e9
        return Case(network, "made", lambda: network.run(200 * ms), visits, "ns a visit")

    return build


def of_eligibility(connect: dict[str, Any]) -> Callable[[], Case]:
    """e-prop's statements (`bioplaus.plasticity.eligibility`) in every step, 20,000 synapses."""

    def build() -> Case:
        brian2.defaultclock.dt = 1 * ms
        pre = NeuronGroup(200, "trace : 1", name="sources")
        post = NeuronGroup(
            100 * (1 + len(connect)), "psi : 1\nbeta : 1\nsignal : 1", name="targets"
        )
        pre.run_regularly("trace = 0.95*trace + int(rand() < 0.02)")
        post.run_regularly("psi = 0.3*rand()\nsignal = 0.1*randn()")
        post.beta = 0.1
        variables = ("eligibility", "epsilon", "e_bar", "gradient", "total")
        model = "\n".join(f"{name} : 1" for name in variables)
        made = Synapses(pre, post, model, namespace={"rho": 0.999, "kappa": 0.95}, name="made")
        made.connect(**connect)
        made.run_regularly(ELIGIBILITY)
        network = Network(pre, post, made)
        updates = 1000 * len(made) / 1e9
        return Case(
            network, "made", lambda: network.run(1 * second), updates, "ns a synapse and step"
        )

    return build


CASES: dict[str, Callable[[], Case]] = {
    "balanced network, 5,000 cells": of_balanced,
    "Diehl and Cook, 784 to 400": of_digits,
    "by source, 4,000 x 400": of_visits("pre"),
    "by target, 4,000 x 400": of_visits("post"),
    "eligibility traces, all to all": of_eligibility({}),
    "eligibility traces, random": of_eligibility({"p": 0.5}),
}


def measured(build: Callable[[], Case], without: tuple[str, ...]) -> dict[str, Any]:
    """The least of some turns with and without some rewrites, and what has been learned."""
    ways = {"with": REWRITES, "without": tuple(name for name in REWRITES if name not in without)}
    cases, least = {}, dict.fromkeys(ways, np.inf)
    for way, rewrites in ways.items():
        brian2.prefs.codegen.runtime.numba.rewrites = rewrites
        brian2.seed(1)
        cases[way] = build()
        cases[way].turn()
    for turn in range(TURNS):
        for way, rewrites in ways.items():
            brian2.prefs.codegen.runtime.numba.rewrites = rewrites
            brian2.seed(turn)
            began = time.process_time()
            cases[way].turn()
            least[way] = min(least[way], time.process_time() - began)
    case = cases["with"]
    cost = {way: float(f"{seconds / case.per:.3g}") for way, seconds in least.items()}
    return {
        "unit": case.unit,
        **cost,
        "ratio": round(least["without"] / least["with"], 2),
        "same_bits": digest(cases["with"]) == digest(cases["without"]),
    }


def digest(case: Case) -> str:
    """Of all variables of the synapses that learn."""
    found = hashlib.sha256()
    for _, variable in sorted(case.network[case.learned].variables.items()):
        if getattr(variable, "array", False) and np.dtype(variable.dtype).kind == "f":
            found.update(variable.get_value().tobytes())
    return found.hexdigest()


def main() -> None:
    """Measure, print and keep."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--case", choices=CASES, help="this one only, printed and not kept")
    parser.add_argument("--out", type=Path, default=KEPT)
    arguments = parser.parse_args()
    brian2.prefs.codegen.target = "numba"
    found = {}
    for name, build in CASES.items():
        if arguments.case in (None, name):
            found[name] = measured(build, OURS)
            print(name, found[name], flush=True)
    if arguments.case is not None:
        return
    keep(found, arguments.out, _table)


def _table(found: dict[str, Any]) -> str:
    """As the documentation shows it."""
    lines = ["| network | unit | without | with | ratio |", "|---|---|---:|---:|---:|"]
    for name, told in found.items():
        numbers = f"{told['without']:g} | {told['with']:g} | {told['ratio']:g}"
        lines.append(f"| {name} | {told['unit']} | {numbers} |")
    same = all(told["same_bits"] for told in found.values())
    return "\n".join([*lines, "", f"{'The same bits' if same else 'NOT the same bits'} in all.\n"])


if __name__ == "__main__":
    main()
