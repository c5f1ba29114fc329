"""Networks of spike timing in pieces whose course is known."""

from __future__ import annotations

import brian2
import numpy as np
import pytest
from brian2 import SpikeMonitor, StateMonitor, ms

from bioplaus.models import reward_stdp
from bioplaus.models.reward_stdp import competition, distal, exclusive_or
from bioplaus.models.reward_stdp.parameters import Competition, Distal, ExclusiveOr
from bioplaus.neurons.cell import Clocks
from bioplaus.tasks import Schedule, presentations
from tests.papers import showing

pytestmark = pytest.mark.usefixtures("engine_target")


def quiet(seconds: float) -> Schedule:
    return Schedule(seconds, 1.0, {})


def test_a_reward_comes_late_once_and_decays() -> None:
    """The source spikes, 10 ms later the target: between 1 and 3 s later 0.5, fading by 0.2 s."""
    brian2.seed(5)
    p = Distal(excitatory=20, inhibitory=5, targets=3, noise=0.0)
    clocks = Clocks.of(1e-3, 1.0)
    model = distal.build(p, np.random.default_rng(3), {}, clocks)
    cells, dopamine = model.populations["cells"], model.populations["dopamine"]
    level = StateMonitor(dopamine, ["level", "reward"], record=True, name="level_seen")
    model.network.add(level)
    target = int(model.plastic["cells_to_cells"].synapses.j[distal.CHOSEN])
    assert target != 0
    for cell in (0, target):
        cells.v[cell] = 31
        showing.run(model, quiet(0.01))
    earned = float(dopamine.due_[0])
    assert 1.01 - 1e-9 <= earned - 1e-3 <= 3.02
    cells.v[target] = 31  # within the window again, but one is under way already
    showing.run(model, quiet(3.98))
    t, seen = np.array(level.t_), level.level[0]
    assert float(dopamine.rewards_[0]) == 1
    first = int(np.argmax(seen > 0))
    assert abs(t[first] - earned) < 1.01e-3
    fading = 0.5 * np.exp(-(t[first:] - t[first]) / 0.2)
    assert np.abs(seen[first:] - fading).max() < 1e-12
    assert np.allclose(level.reward[0], 0.002 + seen, atol=1e-15)


@pytest.mark.parametrize("lag", [-10, 0, 25])
def test_what_is_no_coincidence_earns_nothing(lag: int) -> None:
    """The target first, both at once, or too late."""
    p = Distal(excitatory=20, inhibitory=5, targets=3, noise=0.0)
    model = distal.build(p, np.random.default_rng(3), {}, Clocks.of(1e-3, 1.0))
    cells = model.populations["cells"]
    target = int(model.plastic["cells_to_cells"].synapses.j[distal.CHOSEN])
    order = (0, target) if lag > 0 else (target, 0)
    cells.v[order[0]] = 31
    if lag == 0:
        cells.v[order[1]] = 31
    showing.run(model, quiet(1e-3 * max(abs(lag), 1)))
    if lag:
        cells.v[order[1]] = 31
        showing.run(model, quiet(0.005))
    assert float(model.populations["dopamine"].due_[0]) < 0


def test_cells_of_the_network_are_those_of_the_published_code() -> None:
    """A constant drive instead of noise: 300 steps beside a program of its own."""
    p = Distal(excitatory=2, inhibitory=1, targets=1, noise=0.0, largest=0.0)
    model = distal.build(p, np.random.default_rng(1), {}, Clocks.of(1e-3, 1.0))
    cells = model.populations["cells"]
    spikes = SpikeMonitor(cells, name="cell_spikes")
    cells.run_regularly("I += 8", dt=1 * ms, when="start", name="driven")
    for each in [*cells.contained_objects]:
        if each not in model.network.objects:
            model.network.add(each)
    inhibition = next(it for it in model.network.objects if it.name == "inhibition")
    model.network.remove(inhibition)
    model.network.add(spikes)
    model.plastic["cells_to_cells"].synapses.w = 0
    showing.run(model, quiet(0.3))
    a, d = np.array([0.02, 0.02, 0.1]), np.array([8.0, 8.0, 2.0])
    v, u, fired = np.full(3, -65.0), np.full(3, -13.0), []
    for step in range(300):
        for _ in range(2):
            v = v + 0.5 * ((0.04 * v + 5) * v + 140 - u + 8)
        u = u + a * (0.2 * v - u)
        fired += [(step, cell) for cell in np.flatnonzero(v >= 30)]
        u, v = np.where(v >= 30, u + d, u), np.where(v >= 30, -65.0, v)
    seen = sorted(zip(np.rint(np.array(spikes.t_) * 1e3).astype(int), spikes.i[:]))
    assert [(int(t), int(i)) for t, i in seen] == [(t, int(i)) for t, i in fired]
    assert len(fired) > 10


def test_only_output_spikes_are_rewarded_and_with_the_sign_of_the_answer() -> None:
    p = ExclusiveOr(inputs=20, hidden=6, rate="100 Hz")
    clocks = Clocks.of(1e-3, 0.5)
    brian2.seed(2)
    source = exclusive_or.bits(p, clocks)
    model = exclusive_or.build(p, np.random.default_rng(1), {"input": source}, clocks)
    output = model.populations["output"]
    seen = StateMonitor(output, "reward", record=True, when="end", name="reward_seen")
    spikes = SpikeMonitor(output, name="output_spikes")
    model.network.add(seen, spikes)
    model.set_weights({"hidden_to_output": np.full((6, 1), 5.0)})
    images = np.array([[0.0, 1.0]])
    rows = [0, 0]
    schedule = presentations(
        rows, {"images": images}, presentation=0.5, frame=0.5, labels=np.array([1, 0])
    )
    model.set({"hidden.learning_rate": 0.0, "output.learning_rate": 0.0})
    model.set_weights({"excitation": np.full((20, 6), 5.0), "inhibition": np.zeros((20, 6))})
    showing.run(model, schedule)
    steps = np.rint(np.array(spikes.t_) * 1e3).astype(int)
    expected = np.zeros(1000)
    expected[steps] = np.where(steps < 500, 1, -1)
    assert (steps < 500).any()
    assert (steps >= 500).any()
    assert (seen.reward[0] == expected).all()


def test_inhibitory_weights_stay_negative_and_excitatory_ones_positive() -> None:
    p = ExclusiveOr(inputs=40, hidden=12, rate="100 Hz", learning_rate=50.0)
    clocks = Clocks.of(1e-3, 0.5)
    brian2.seed(2)
    source = exclusive_or.bits(p, clocks)
    model = exclusive_or.build(p, np.random.default_rng(1), {"input": source}, clocks)
    images = np.array([[1.0, 1.0]])
    schedule = presentations(
        [0, 0], {"images": images}, presentation=0.5, frame=0.5, labels=np.array([1, 0])
    )
    before = model.weights()
    showing.run(model, schedule)
    after = model.weights()
    assert (after["excitation"].data != before["excitation"].data).any()
    for name, low, high in (("excitation", 0, 5), ("inhibition", -5, 0)):
        assert low <= after[name].data.min() <= after[name].data.max() <= high


def test_one_input_of_the_competing_ones_opens_its_conductance() -> None:
    """An input spike with w = 1: g_max (0 - v) is added to the drift of the membrane."""
    p = Competition(inputs=1, inhibitory=1, rate="0 Hz", inhibitory_rate="0 Hz")
    clocks = Clocks.of(1e-4, 1.0)
    inputs = {
        name: competition.poisson(1, 0 * brian2.Hz, name, clocks)
        for name in ("excitation", "inhibition")
    }
    model = competition.build(p, np.random.default_rng(1), inputs, clocks)
    cell = model.populations["cell"]
    cell.ge = 1.0
    showing.run(model, quiet(1e-4))
    moved = float(cell.v_[0]) + 65e-3
    assert moved == pytest.approx(1e-4 / 20e-3 * (-70e-3 + 65e-3 + 0.015 * 65e-3), rel=1e-12)
    assert float(cell.ge[0]) == pytest.approx(1 - 1e-4 / 5e-3, rel=1e-12)


def test_sums_of_one_triplet_by_hand() -> None:
    """Before, behind, before: one pair either way, and a triplet of each kind."""
    amplitudes = (0.1, 0.2, 0.3, 0.4, 100.0, 50.0, 20.0, 30.0)
    found = reward_stdp.triplet_sum([10, 30], [20, 40], amplitudes, nearest=False)
    e = np.exp
    grows = e(-0.5) * 0.1 + (e(-0.5) + e(-1.5)) * (0.1 + 0.2 * e(-20 / 50))
    falls = e(-10 / 30) * (0.3 + 0.4 * e(-20 / 100))
    assert found == pytest.approx(grows - falls, rel=1e-14)
