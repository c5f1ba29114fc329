"""Reservoirs: what a shift register and a decaying trace hold, on paper; the liquid's text."""

from __future__ import annotations

import numpy as np
import pytest
from brian2 import ms

from bioplaus import neurons, tasks
from bioplaus.experiments.reservoirs import liquid, narma
from bioplaus.models import reservoirs
from bioplaus.models.reservoirs import EchoState, memory_capacity, ridge
from bioplaus.parameters import replace


def test_a_shift_register_holds_as_many_inputs_as_cells() -> None:
    """12 cells hold delays 0 to 11, of which 11 are counted; chance gives the rest 0.01 in all."""
    u = np.random.default_rng(0).uniform(-1, 1, 3000)
    shift = np.eye(12, k=1)
    register = EchoState(shift, np.eye(12)[0], linear=True)
    states = register.states(u)
    assert np.array_equal(states[100], u[100:88:-1])
    held = memory_capacity(states, u, 20)
    assert held[:11] == pytest.approx(np.ones(11), abs=1e-9)
    assert held[11:].max() < 0.01


def test_a_unit_that_keeps_a_part_of_itself_decays() -> None:
    """a_t = (1 - l) a_{t-1} from a single kick."""
    unit = EchoState(np.zeros((1, 1)), np.ones(1), leak=0.2, linear=True)
    kick = np.r_[1.0, np.zeros(9)]
    assert unit.states(kick)[:, 0] == pytest.approx(0.2 * 0.8 ** np.arange(10))


@pytest.mark.parametrize("units", [20, 40])
def test_memory_is_at_most_the_number_of_units_and_falls_with_the_drive(units: int) -> None:
    """Seeds 0 and 1; a finite test adds 1/2900 by chance for each of the delays."""
    u = np.random.default_rng(0).uniform(-1, 1, 6000)
    held = []
    for scale, linear in ((0.01, True), (0.1, False), (1.0, False)):
        drawn = EchoState.drawn(
            units, 0.95, scale, np.random.default_rng(1), density=0.5, linear=linear
        )
        held.append(memory_capacity(drawn.states(u), u, 2 * units).sum())
    assert max(held) < units + 4 * 2 * units / 2900
    assert held[0] > held[2] > 0


def test_a_reservoir_has_the_radius_it_is_given() -> None:
    drawn = EchoState.drawn(30, 0.9, 0.5, np.random.default_rng(3))
    assert np.abs(np.linalg.eigvals(drawn.recurrent)).max() == pytest.approx(0.9)
    with pytest.raises(ValueError, match="none of 3 units reaches itself"):
        EchoState.drawn(3, 0.9, 0.5, np.random.default_rng(0), density=0.0)


def test_a_ridge_without_strength_is_least_squares() -> None:
    rng = np.random.default_rng(0)
    states, target = rng.standard_normal((50, 3)), rng.standard_normal(50)
    exact, *_ = np.linalg.lstsq(np.column_stack([states, np.ones(50)]), target, rcond=None)
    assert ridge(states, target, 0.0) == pytest.approx(exact)
    assert np.abs(ridge(states, target, 1e6)).max() < 1e-3


def test_narma_by_hand() -> None:
    """Constant input 0.2: the first two values that are not zero."""
    y = tasks.narma(np.full(12, 0.2))
    first = 1.5 * 0.04 + 0.1
    assert y[:10] == pytest.approx(np.zeros(10))
    assert y[10] == pytest.approx(first)
    assert y[11] == pytest.approx(0.3 * first + 0.05 * first**2 + first)


def test_delays_alone_do_worse_than_a_reservoir() -> None:
    """One seed; 0.25 +- 0.05 against 0.60 elsewhere."""
    p = narma.Settings(trained=1000, tested=1000)
    rng = np.random.default_rng(5)
    u = rng.uniform(0, 0.5, 2200)
    y = tasks.narma(u)
    errors = []
    reservoir = EchoState.drawn(100, 0.9, 0.5, rng, bias=0.2)
    for seen in (reservoir.states(u), narma.delayed(u)):
        answer, wanted = narma.foretold(p, np.column_stack([seen, u]), y)
        errors.append(np.sqrt(np.mean((answer - wanted) ** 2) / np.var(wanted)))
    assert errors[0] < 0.5 < errors[1] < 0.7


# The liquid


def test_jitter_keeps_spikes_within_the_presentation_and_apart() -> None:
    rng = np.random.default_rng(0)
    templates = tasks.poisson_templates(rng, 2, 4, 100.0, 0.1)
    trains = tasks.jittered(templates, np.array([0, 1, 0]), 0.05, 5e-4, 200, rng)
    tasks.Events(trains, np.array([0, 1, 0]), 4, 0.1)  # refuses what lies outside or out of order
    for k in range(3):
        here = slice(*trains.start[k : k + 2])
        pairs = np.column_stack([np.rint(trains.t[here] / 5e-4), trains.i[here]])
        assert len(np.unique(pairs, axis=0)) == len(pairs)


def test_without_jitter_a_pattern_is_its_template() -> None:
    rng = np.random.default_rng(0)
    (t, i), *_ = templates = tasks.poisson_templates(rng, 1, 3, 50.0, 0.2)
    trains = tasks.jittered(templates, np.array([0]), 0.0, 1e-3, 200, rng)
    order = np.lexsort((i, np.rint(t / 1e-3)))
    assert np.abs(trains.t - t[order]).max() <= 5e-4 + 1e-12
    assert np.array_equal(trains.i, i[order])


@pytest.fixture(scope="module")
def shown() -> tuple[reservoirs.Liquid, np.ndarray]:
    """Two presentations of 100 ms, the second without input."""
    p = replace(liquid.Settings(), {"length": 5})
    clocks = neurons.Clocks.of(0.5 * ms, 100 * ms)
    given = neurons.given_spikes(2, clocks)
    model = reservoirs.build(p, np.random.default_rng(4), {"input": given}, clocks)
    t = np.arange(5, 95, 5) * 1e-3
    start = np.array([0, len(t), len(t)])
    model.give((start, t, np.arange(len(t)) % 2), 0.0)
    model.network.run(300 * ms)
    return model, model.states(2)


def test_a_liquid_answers_and_is_cleared(shown: tuple[reservoirs.Liquid, np.ndarray]) -> None:
    """Background alone holds cells at 13.5 mV, below threshold: nobody fires without input."""
    model, (with_input, without) = shown
    assert with_input.max() > 0.5
    assert not without.any()
    assert np.asarray(model.populations["liquid"].v / ms).size == 45


def test_inhibition_and_excitation_act_with_their_sign(
    shown: tuple[reservoirs.Liquid, np.ndarray],
) -> None:
    model, _ = shown
    links = {thing.name: thing for thing in model.network.objects}
    held = np.asarray(model.populations["liquid"].held / ms)
    for name, expected in (("excitation", 3), ("inhibition", 2)):
        assert set(held[np.asarray(links[name].i)]) == {expected}
        assert np.asarray(links[name].w).min() >= 0
        assert not np.any(np.asarray(links[name].i) == np.asarray(links[name].j))


def test_distances_by_hand() -> None:
    states = np.array([[0.0], [1.0], [5.0]])
    same, other = liquid.distances(states, np.array([0, 0, 1]))
    assert (same, other) == (1.0, 4.5)
