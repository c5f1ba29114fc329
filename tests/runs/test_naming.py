"""Which variables of a projection learn."""

import pytest
from brian2 import Network, NeuronGroup, Synapses

from bioplaus.runs.scripts.naming import learned

TRACES = (
    "dpre/dt = -pre/(20*ms) : 1 (event-driven)\ndpost1/dt = -post1/(20*ms) : 1 (event-driven)\n"
)
CASES = {
    "diehl and cook": (
        TRACES + "w : 1\npost2before : 1\ndpost2/dt = -post2/(40*ms) : 1 (event-driven)",
        "ge_post += w; pre = 1.; w = clip(w - 0.0001*post1, 0, 1)",
        "post2before = post2; w = clip(w + 0.01*pre*post2before, 0, 1); post1 = 1.; post2 = 1.",
        ["w"],
    ),
    "target without suffix": ("w : 1\nn : 1", "ge += w", "n += 1\nw += 0.1", ["w"]),
    "by way of a temporary": ("w : 1", "gain = w*2; ge_post += gain", "w += 0.1*seen_post", ["w"]),
    "by way of a sum": (
        "w : 1\nkept : 1\neffect = w*s : 1\nge_post = effect : 1 (summed)\n"
        "ds/dt = -s/(5*ms) : 1 (clock-driven)",
        "s += 1; kept = s",
        "w += 0.1",
        ["w"],
    ),
    "by way of a conductance": (
        "w : 1\nge_post = 2*g : 1 (summed)\ndg/dt = -g/(5*ms) : 1 (clock-driven)",
        "g += w  # not kept",
        "w += 0.1",
        ["w"],
    ),
    "pushed by traces": (
        TRACES + "dw/dt = -w/second : 1 (clock-driven)",
        "pre += 1; ge_post += w; w -= post1",
        "post1 += 1",
        ["w"],
    ),
    "moves by itself": ("dw/dt = -w/second : 1 (clock-driven)", "ge_post += w", "", ["w"]),
    "two act": ("w : 1\nu : 1", "ge_post += w*u; u += 0.1*(1 - u)", "w += 0.1", ["u", "w"]),
    "nothing acts": (TRACES + "w : 1", "pre += 1; w += post1", "post1 += 1; w += pre", ["w"]),
    "nothing learns": ("w : 1", "ge_post += w", "", []),
}


@pytest.mark.parametrize("case", CASES)
def test_what_learns_is_written_and_acts(case):
    model, on_pre, on_post, expected = CASES[case]
    group = NeuronGroup(2, "ge : 1\nseen : 1\nv : 1", threshold="v > 1", reset="")
    synapses = Synapses(group, group, model, on_pre=on_pre, on_post=on_post or None, method="euler")
    synapses.connect()
    Network(group, synapses)
    assert learned(synapses) == expected
