"""Brian2's target ``cython``, which compiles each object as C++, gives what the engine gives.

To a relative 1e-9, for sums may be made in another order.  A C++ compiler runs for each object.
"""

from __future__ import annotations

from typing import Any

import brian2 as b2
import numpy as np
import pytest
from brian2 import ms

from tests.engine.random_networks import script

pytestmark = pytest.mark.cython


@b2.implementation(
    "cython",
    """
    cdef double saturated(double x, double limit):
        return limit*x/(limit + x) if x > 0 else 0.0
    """,
)
@b2.check_units(x=1, limit=1, result=1)
def saturated(x: Any, limit: Any) -> Any:
    return np.where(x > 0, limit * x / (limit + x), 0.0)


def with_a_function() -> dict[str, Any]:
    """A function that is given as Python and as Cython, in equations and in an operation."""
    model = "dx/dt = (saturated(drive, 3.0) - x)/(5*ms) : 1\ndrive : 1\ny : 1\nk : integer"
    cells = b2.NeuronGroup(5, model, threshold="x > 0.4", reset="x = 0; k += 1", method="euler")
    cells.drive = "i - 1"
    cells.run_regularly("y = saturated(x, 2.0) + y", dt=0.2 * ms)
    synapses = b2.Synapses(cells, cells, "w : 1\nq : 1 (shared)", on_pre="drive_post += w")
    synapses.connect("i != j")
    synapses.w = "0.1*(i - j)"
    synapses.delay = "(i % 3)*0.1*ms"
    synapses.run_regularly("q = 0.5*q + 0.1")
    b2.Network(cells, synapses).run(5 * ms)
    assert np.any(np.array(cells.k) > 0)
    found = {"x": cells.x[:], "y": cells.y[:], "k": cells.k[:], "q": synapses.q[:]}
    return {name: np.array(value) for name, value in found.items()}


def random_network(seed: int) -> dict[str, Any]:
    space: dict[str, Any] = {}
    exec(compile(script(seed)[0], "<network>", "exec"), space)
    network = b2.Network(space["objects"])
    network.run(1.5 * ms)
    states = network.get_states(units=False)
    return {f"{o}.{v}": np.array(values) for o in states for v, values in states[o].items()}


@pytest.mark.parametrize("scenario", ["functions", "2", "3"])
def test_cython_agrees(scenario: str) -> None:
    """Networks of the seeds whose numbers do not depend on the order of synapses."""
    seeds = [seed for seed in range(1, 40) if not script(seed)[1]]
    found = {}
    for target in ("cython", "numba"):
        b2.start_scope()
        b2.defaultclock.dt = 0.1 * ms
        b2.prefs.codegen.target = target
        chosen = scenario != "functions"
        found[target] = random_network(seeds[int(scenario)]) if chosen else with_a_function()
    for name, expected in found["cython"].items():
        np.testing.assert_allclose(
            found["numba"][name], expected, rtol=1e-9, atol=1e-9, err_msg=name
        )
