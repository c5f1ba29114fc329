"""Deep relaxation, which follows the rates that changed, against the equations."""

import numpy as np
import pytest

from bioplaus.layered.two_way import TwoWay
from bioplaus.models.vector_field_ep.relaxation import (
    ACTIVATIONS,
    Dynamics,
    UnitKind,
    relax,
    scratch,
)


@pytest.mark.parametrize("linear", [False, True])
@pytest.mark.parametrize("influence", [0.0, 0.5])
def test_deep_relaxation_is_euler_steps_of_the_equations(influence, linear):
    """Equations 6-8 and 12-15 with whole arrays; most hidden units rest at a bound.

    Linear outputs differ in that nothing bounds them; a state in 0..1 is its own rate.
    """
    rng = np.random.default_rng(3)
    sizes, batch, steps = (30, 70, 40, 5), 3, 60
    forward = tuple(rng.standard_normal(pair) for pair in zip((9, *sizes[:-1]), sizes, strict=True))
    feedback = tuple(
        0.3 * rng.standard_normal(pair) for pair in zip(sizes[1:], sizes[:-1], strict=True)
    )
    bias = tuple(rng.standard_normal(n) for n in sizes)
    drive, target = rng.standard_normal((batch, 30)), rng.random((batch, 5))
    states = tuple(np.zeros((batch, n)) for n in sizes)
    plain = [s.copy() for s in states]
    resting = 0
    for _ in range(steps):
        before = plain
        forces = []
        for layer, state in enumerate(before):
            field = drive if layer == 0 else before[layer - 1] @ forward[layer]
            if layer < 3:
                field = field + before[layer + 1] @ feedback[layer]
            else:
                field = field + influence * (target - state)
            forces.append(field + bias[layer] - state)
        plain = [s + 0.5 * f for s, f in zip(before, forces, strict=True)]
        plain = [np.clip(s, 0, 1) for s in plain[:3]] + [
            plain[3] if linear else np.clip(plain[3], 0, 1)
        ]
        resting = sum(np.sum(a == b) for a, b in zip(before, plain, strict=True))
    assert resting > batch * sum(sizes) / 2, "the shortcut was hardly taken"
    bounded = UnitKind(0, True)
    output = UnitKind(ACTIVATIONS["linear"], False) if linear else bounded
    dynamics = Dynamics(0.5, bounded, output, False, 0.0)
    weights = TwoWay(forward, feedback, bias)
    work = scratch(batch, sizes, np.float64)
    relax(weights, drive, states, target, influence, steps, dynamics, work)
    for ours, expected in zip(states, plain, strict=True):
        np.testing.assert_allclose(ours, expected, atol=1e-11)
