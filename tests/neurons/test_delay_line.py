"""Earlier values of a cell's variables."""

from __future__ import annotations

import numpy as np
import pytest
from brian2 import Network, StateMonitor, ms, second

from bioplaus.neurons.cell import Cell, Clocks
from bioplaus.neurons.delay_line import DelayError, DelayLine

CELL = Cell(
    "du/dt = (sin(2*pi*(i + 1)*10*Hz*t) - u)/(5*ms) : 1\ny : 1", method="euler", start={"u": "i"}
)


def test_what_was_comes_back_as_it_was(engine_target: None) -> None:
    """Each cell's own, to the bit; before there is a past it is the first value."""
    clocks = Clocks.of(1e-3, 0.1)
    line = DelayLine({"u": "u_before", "y": "y_before"}, "1", 7 * ms)
    cells = (CELL + line.cell()).group(3, "cells", clocks)
    memory = line.attach(cells, clocks)
    seen = StateMonitor(cells, ("u", "u_before"), record=True, when="end", clock=clocks.step)
    Network(cells, memory, seen).run(0.1 * second)
    u, before = np.array(seen.u), np.array(seen.u_before)
    assert np.abs(u).max() > 0.5
    np.testing.assert_array_equal(before[:, 7:], u[:, :-7])
    np.testing.assert_array_equal(before[:, :7], np.tile(np.arange(3.0)[:, None], 7))


def test_a_delay_below_a_step_is_refused() -> None:
    clocks = Clocks.of(1e-3, 0.1)
    line = DelayLine({"u": "u_before"}, "1", 0.4 * ms)
    cells = (CELL + line.cell()).group(3, "cells", clocks)
    with pytest.raises(DelayError, match=r"0\.4 ms.*1\. ms.*read u instead of u_before"):
        line.attach(cells, clocks)
