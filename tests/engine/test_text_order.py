"""Statements of synapses act in the order of their text, also where an array has two names.

The neuron that fires, number 1, meets itself and nobody else, so that no order of synapses is seen:
what it should come to stands beside each text, worked out by hand from v = 2, u = 10, w = 3.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import brian2 as b2
import numpy as np
import pytest

Results = dict[str, Any]
BY_HAND = {
    "v += 10; x = v_post": (12, 10, 12),
    "v = 5; x = v_post": (5, 10, 5),
    "v_post = v_post + 1; x = v": (3, 10, 3),
    "v_post += 1; v_pre += 1": (4, 10, 0),
    "v_post += 1; x = v_pre": (3, 10, 3),
    "v_post += 1; u_pre += v_pre": (3, 13, 0),
    "u_post += v_post; v_pre += u_pre": (14, 12, 0),
    "v_pre *= 2; x = v_pre; u_post += v_post": (4, 14, 4),
    "v += 10; x = 2*v_post; u_post += v_post": (12, 22, 24),
    "v_post += w; x = link_pre; u_post += link_post": (5, 15, 5),
    "v_post += int(v > 3)*w; v_post += w; x = v_pre": (5, 10, 5),
    # NumPy goes from synapse to synapse here, and reads all before it writes anything, as we do.
    "x = 2*v_post; v_post += 1; x += 3*v": (3, 10, 10),
}


def firing(text: str, side: str, number: int) -> list[Any]:
    cells = b2.NeuronGroup(
        3,
        "v : 1\nu : 1\nfires : boolean\nlink : 1 (linked)",
        threshold="fires",
        reset="fires = False",
        name=f"cells{number}",
    )
    cells.link = b2.linked_var(cells, "v")
    cells.v, cells.u, cells.fires = "1 + i", "10*i", "i == 1"
    synapses = b2.Synapses(
        cells, cells, "x : 1\nw : 1", **{f"on_{side}": text}, name=f"synapses{number}"
    )
    synapses.connect(j="i")
    synapses.w = 3
    return [cells, synapses]


@pytest.mark.parametrize("side", ["pre", "post"])
def test_texts(side: str, same_everywhere: Callable[..., None]) -> None:
    seen: Results = {}

    def scenario() -> Results:
        pairs = [firing(text, side, number) for number, text in enumerate(BY_HAND)]
        b2.Network(pairs).run(0.3 * b2.ms)
        for text, (cells, synapses) in zip(BY_HAND, pairs):
            seen[text] = np.array([cells.v[1], cells.u[1], synapses.x[1]])
        return dict(seen)

    same_everywhere(scenario)
    for text, expected in BY_HAND.items():
        np.testing.assert_array_equal(seen[text], expected, err_msg=text)


def test_parts_and_operations(same_everywhere: Callable[..., None]) -> None:
    """Onto a part of the group, each target hit once; and regularly, from the synapses."""

    def scenario() -> Results:
        cells = b2.NeuronGroup(6, "v : 1", threshold="i < 2", reset="", name="cells")
        cells.v = "1 + i"
        synapses = b2.Synapses(
            cells[:2], cells[3:5], "x : 1\ny : 1", on_pre="v += 10; x = v_post", name="synapses"
        )
        synapses.connect(j="i")
        synapses.run_regularly("v_post *= 2; y = v", when="end")
        b2.Network(cells, synapses).run(0.1 * b2.ms)
        np.testing.assert_array_equal(synapses.x, [14, 15])
        np.testing.assert_array_equal(synapses.y, [28, 30])
        return {"v": cells.v[:], "x": synapses.x[:], "y": synapses.y[:]}

    same_everywhere(scenario)


@pytest.mark.parametrize(
    ("parts", "told"), [((0, 3, 0, 3), True), ((0, 3, 2, 5), True), ((0, 3, 3, 6), False)]
)
def test_an_order_of_synapses_that_matters_is_told(
    parts: tuple[int, ...], told: bool, on_the_engine: None
) -> None:
    """All fire at once, and 0 changes what 2 sends; not where the targets send nothing."""
    first, last, start, stop = parts
    cells = b2.NeuronGroup(6, "v : 1", threshold="True", reset="")
    synapses = b2.Synapses(
        cells[first:last],
        cells[start:stop],
        on_pre="v_post += 0.1*v_pre",
        name=f"onto_{start}_to_{stop}",  # one that was told is not told again
    )
    synapses.connect()
    with b2.utils.logger.catch_logs() as logs:
        b2.Network(cells, synapses).run(0.1 * b2.ms)
    messages = [message for _, name, message in logs if name.endswith("order")]
    assert len(messages) == told
    assert all("writes as v_post what it reads as v_pre" in message for message in messages)
