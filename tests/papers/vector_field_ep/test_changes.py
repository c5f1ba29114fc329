"""Products that follow the changes of the rates, against the products themselves."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bioplaus.models.vector_field_ep.changes import difference, follow
from bioplaus.models.vector_field_ep.relaxation import (
    ACTIVATIONS,
    Dynamics,
    Units,
    Weights,
    relax,
    scratch,
)


@given(
    batch=st.integers(1, 5),
    pre=st.integers(1, 140),
    post=st.integers(1, 40),
    share=st.floats(0, 1),
    seed=st.integers(0, 1000),
)
@settings(max_examples=60, deadline=None)
def test_following_changes_gives_the_product(batch, pre, post, share, seed):
    rng = np.random.default_rng(seed)
    weights, old = rng.standard_normal((pre, post)), rng.random((batch, pre))
    new = np.where(rng.random((batch, pre)) < share, rng.random((batch, pre)), old)
    product, change = old @ weights, np.empty_like(old)
    difference(new, old, change)
    follow(change, weights, product)
    np.testing.assert_allclose(product, new @ weights, atol=1e-12)


def test_it_is_worthwhile_only_when_few_changed():
    old = np.zeros((2, 100))
    new = old.copy()
    change = np.empty_like(old)
    assert difference(new, old, change)
    new[:, :80] = 1.0
    assert not difference(new, old, change)
    np.testing.assert_array_equal(change, new)


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
    bounded = Units(0, True)
    output = Units(ACTIVATIONS["linear"], False) if linear else bounded
    dynamics = Dynamics(0.5, bounded, output, False, 0.0)
    weights = Weights(forward, feedback, bias)
    work = scratch(batch, sizes, np.float64)
    relax(weights, drive, states, target, influence, steps, dynamics, work)
    for ours, expected in zip(states, plain, strict=True):
        np.testing.assert_allclose(ours, expected, atol=1e-11)
