"""How long the memory alone takes for a step: what no arrangement of the arithmetic can beat.

A network whose weights change at every step has to read and write each of them once. The rate at
which this processor does so is measured in the same process, on an array as large as all weights.
"""

import time

import numpy as np
from brian2 import Network, Synapses
from brian2.core.variables import ArrayVariable
from numba import njit
from numpy.typing import NDArray

from bioplaus.engine.running.plan import last_plan

REPEATS = 30


def seconds_per_step(network: Network) -> float:
    """CPU seconds that moving the numbers of all synapses takes; for a network that has run."""
    read, written = (_numbers(network, which) for which in ("reads", "writes"))
    resident = sum(variable.get_value().nbytes for variable in read | written)
    moved = sum(variable.get_value().nbytes for variable in [*read, *written])
    return moved / _bandwidth(resident, next(iter(read)).dtype)


def _numbers(network: Network, which: str) -> set[ArrayVariable]:
    """The floats of synapses that a step ``"reads"`` or ``"writes"``; sweeps read no indices."""
    plan = last_plan(network)
    assert plan is not None
    return {
        variable
        for step in plan.steps
        if step.kernel is not None
        for variable in getattr(step.kernel, which)
        if isinstance(getattr(variable, "owner", None), Synapses)
        and not variable.scalar
        and np.dtype(variable.dtype).kind == "f"
    }


def _bandwidth(size: int, dtype: type) -> float:
    """Bytes read and written per CPU second by an update in place of ``size`` bytes."""
    array: NDArray[np.floating] = np.zeros(size // np.dtype(dtype).itemsize, dtype)
    change = array.dtype.type(0.5)
    _update(array, change)
    seconds = []
    for _ in range(REPEATS):
        began = time.process_time()
        _update(array, change)
        seconds.append(time.process_time() - began)
    return 2 * array.nbytes / min(seconds)


@njit
def _update(array, change):  # type: ignore[no-untyped-def]
    for place in range(len(array)):
        array[place] += change
