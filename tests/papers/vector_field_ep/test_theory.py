"""What the two-phase update computes, on networks small enough for paper (Scellier 2018)."""

from dataclasses import replace

import numpy as np
import pytest

from bioplaus.analysis import alignment_angle
from bioplaus.models.vector_field_ep.theory import (
    FlatNetwork,
    exact_gradient,
    fixed_point,
    force,
    residual,
    state_jacobian,
    theorem_direction,
    two_phase_update,
)


class LinearNetwork(FlatNetwork):
    def rate(self, state):
        return state

    def slope(self, state):
        return np.ones_like(state)


def two_units(forward, backward, input_drive=0.4):
    """One linear hidden unit h and one linear output o."""
    weight = np.array([[0.0, backward], [forward, 0.0]])
    return LinearNetwork(
        weight, np.array([input_drive, 0.0]), np.array([False, True]), clipped=False
    )


TARGET = np.array([0.0, 1.0])


def random_network(seed, asymmetry=0.3, units=12, outputs=4, **options):
    """Weights with a given ratio of antisymmetric to symmetric part, all units inside 0..1."""
    rng = np.random.default_rng(seed)
    free = rng.normal(size=(units, units))
    symmetric, antisymmetric = (free + free.T) / 2, (free - free.T) / 2
    np.fill_diagonal(symmetric, 0)
    antisymmetric *= np.linalg.norm(symmetric) / np.linalg.norm(antisymmetric)
    weight = 0.08 * (symmetric + asymmetry * antisymmetric)
    inside = rng.uniform(0.3, 0.7, units)
    return (
        FlatNetwork(
            weight, inside - weight @ inside, np.arange(units) >= units - outputs, **options
        ),
        rng.uniform(0, 1, units),
    )


@pytest.mark.parametrize(
    ("influence", "hidden", "output"),
    [
        (0.0, 0.533333, 0.266667),
        (0.1, 0.576471, 0.352941),
        (0.5, 0.68, 0.56),
        (1.0, 0.742857, 0.685714),
    ],
)
def test_two_tied_linear_units_rest_where_algebra_says(influence, hidden, output):
    state = fixed_point(two_units(0.5, 0.5), TARGET, influence)
    np.testing.assert_allclose(state, [hidden, output], atol=5e-7)


@pytest.mark.parametrize(
    ("influence", "symmetric", "estimate"),
    [
        (0.1, False, -0.612380),
        (0.1, True, -0.650437),
        (0.5, False, -0.477156),
        (0.5, True, -0.140800),
    ],
)
def test_energy_based_estimate_of_the_tied_weight(influence, symmetric, estimate):
    update = two_phase_update(
        two_units(0.5, 0.5), TARGET, influence, rule="energy-based", symmetric=symmetric
    )
    # The estimate written in the text is of dJ/dw; the update goes against it.
    assert update[1, 0] == pytest.approx(-estimate, abs=1e-6)


def test_true_gradient_of_the_tied_weight():
    gradient = exact_gradient(two_units(0.5, 0.5), TARGET)
    assert gradient[0, 1] + gradient[1, 0] == pytest.approx(0.651852, abs=1e-6)


@pytest.mark.parametrize(
    ("backward", "true", "vector_field"),
    [
        (0.5, (-0.521481, -0.130370), (-0.521481, -0.130370)),
        (0.25, (-0.403032, -0.100758), (-0.403032, -0.050379)),
        (-0.25, (-0.259863, -0.064966), (-0.259863, 0.032483)),
    ],
)
def test_untied_pair_scales_the_hidden_signal_by_backward_over_forward(
    backward, true, vector_field
):
    network = two_units(0.5, backward)
    gradient = exact_gradient(network, TARGET)
    update = two_phase_update(network, TARGET, 1e-3)
    np.testing.assert_allclose([-gradient[1, 0], -gradient[0, 1]], true, atol=1e-6)
    np.testing.assert_allclose([-update[1, 0], -update[0, 1]], vector_field, atol=2e-6)


@pytest.mark.parametrize("activation", ["hard-sigmoid", "shifted-sigmoid", "tanh"])
def test_exact_gradient_agrees_with_finite_differences(activation):
    network, target = random_network(3, activation=activation, clipped=False)

    def cost(weight):
        state = fixed_point(replace(network, weight=weight))
        return 0.5 * np.sum(network.outputs * (state - target) ** 2)

    gradient = exact_gradient(network, target)
    for post, pre in [(0, 5), (7, 2), (11, 0), (3, 10)]:
        change = np.zeros_like(network.weight)
        change[post, pre] = 1e-4
        difference = (cost(network.weight + change) - cost(network.weight - change)) / 2e-4
        assert gradient[post, pre] == pytest.approx(-difference, abs=1e-9)


@pytest.mark.parametrize("asymmetry", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("activation", ["hard-sigmoid", "shifted-sigmoid"])
def test_theorem_1_at_any_asymmetry(asymmetry, activation):
    network, target = random_network(1, asymmetry, activation=activation)
    update = two_phase_update(network, target, 1e-3)
    np.testing.assert_allclose(update, theorem_direction(network, target), atol=1e-5)


def test_theorem_1_with_units_held_at_their_bounds():
    network, target = random_network(2, 0.5)
    drive = network.drive.copy()
    drive[[0, 1]] = [-0.6, 1.6]
    network = replace(network, drive=drive)
    state = fixed_point(network)
    assert state[0] == 0
    assert state[1] == 1
    update = two_phase_update(network, target, 1e-3)
    np.testing.assert_allclose(update, theorem_direction(network, target), atol=1e-5)


def test_only_a_symmetric_jacobian_gives_the_gradient():
    network, target = random_network(4, 0.0)
    np.testing.assert_allclose(
        theorem_direction(network, target), exact_gradient(network, target), atol=1e-12
    )
    # Equal weights are not enough: a smooth rate makes the Jacobian asymmetric again.
    smooth = replace(network, activation="shifted-sigmoid")
    assert alignment_angle(theorem_direction(smooth, target), exact_gradient(smooth, target)) > 0.1


def test_direction_and_gradient_part_as_the_antisymmetric_part_allows():
    """||lambda - q|| <= 2 ||mu^-1|| ||A|| ||q||, from lambda - q = 2 mu^-T A q."""
    for seed in range(5):
        network, target = random_network(seed, 0.2 * (seed + 1))
        state = fixed_point(network)
        jacobian = state_jacobian(network, state)
        cost_slope = network.outputs * (state - target)
        adjoint = np.linalg.solve(jacobian.T, cost_slope)
        response = np.linalg.solve(jacobian, cost_slope)
        antisymmetric = (jacobian - jacobian.T) / 2
        bound = 2 * np.linalg.norm(np.linalg.inv(jacobian), 2) * np.linalg.norm(antisymmetric, 2)
        gap = np.linalg.norm(adjoint - response)
        assert 0 < gap <= bound * np.linalg.norm(response)


@pytest.mark.parametrize(("symmetric", "slope"), [(False, 1.0), (True, 2.0)])
def test_order_of_the_error_in_the_influence(symmetric, slope):
    """One sign of the influence errs in proportion to it, both signs to its square."""
    network, target = random_network(5, 0.0, clipped=False, activation="hard-sigmoid")
    gradient = exact_gradient(network, target)
    tied = gradient + gradient.T
    influences = np.array([1e-1, 1e-2, 1e-3])
    errors = [
        np.linalg.norm(
            two_phase_update(network, target, beta, rule="energy-based", symmetric=symmetric) - tied
        )
        for beta in influences
    ]
    fitted = np.polyfit(np.log(influences), np.log(errors), 1)[0]
    # Third-order terms bend the line a little at the strongest influence.
    assert fitted == pytest.approx(slope, abs=0.05)


def test_energy_based_update_is_the_sum_of_both_directed_ones():
    network, target = random_network(6, 0.0)
    directed = two_phase_update(network, target, 1e-3)
    tied = two_phase_update(network, target, 1e-3, rule="energy-based")
    np.testing.assert_allclose(tied, directed + directed.T, atol=1e-4)


def test_antisymmetric_correction_restores_the_exact_gradient():
    network, target = random_network(7, 1.0)
    gradient = exact_gradient(network, target)
    plain = two_phase_update(network, target, 1e-4)
    corrected = two_phase_update(network, target, 1e-4, corrected=True)
    assert alignment_angle(plain, gradient) > 5
    np.testing.assert_allclose(corrected, gradient, atol=1e-8)


def test_energy_never_rises_along_small_steps():
    network, _ = random_network(9, 0.0)

    def energy(state):
        rate = network.rate(state)
        return 0.5 * state @ state - 0.5 * rate @ network.weight @ rate - network.drive @ rate

    state = np.random.default_rng(0).uniform(0, 1, network.drive.size)
    energies = []
    for _ in range(200):
        energies.append(energy(state))
        state = np.clip(state + 0.05 * force(network, state), 0, 1)
    assert np.all(np.diff(energies) <= 1e-15)


def test_a_satisfied_output_feels_no_influence():
    network, _ = random_network(10)
    free = fixed_point(network)
    assert residual(network, free) < 1e-12
    nudged = fixed_point(network, free, 0.7, start=free)
    np.testing.assert_array_equal(nudged, free)


def test_oscillating_weights_have_no_fixed_point_to_return():
    rotating = FlatNetwork(
        np.array([[0.0, -6.0], [6.0, 0.0]]), np.array([3.5, -2.5]), np.array([False, True])
    )
    with pytest.raises(ArithmeticError, match="oscillates"):
        fixed_point(rotating, start=np.array([0.6, 0.5]), steps=2000)


def test_angle_to_the_gradient_grows_with_the_asymmetry():
    angles = []
    for asymmetry in (0.0, 0.042, 0.167, 0.335):
        turned = [
            alignment_angle(theorem_direction(n, d), exact_gradient(n, d))
            for n, d in (random_network(seed, asymmetry) for seed in range(5))
        ]
        angles.append(np.mean(turned))
    assert angles[0] < 1e-4
    assert np.all(np.diff(angles) > 0)
