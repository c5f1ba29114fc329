"""Neurons, tuning, filters, systems and stability of FOLLOW against values found on paper."""

from __future__ import annotations

import dataclasses
import math

import brian2
import numpy as np
import pytest

from bioplaus.models import follow
from bioplaus.neurons import substep_lif, tuning
from bioplaus.neurons.cell import Cell, Clocks
from bioplaus.parameters import ParameterError, replace
from bioplaus.plasticity.follow import Factorised
from bioplaus.plasticity.rule import connect
from bioplaus.tasks import arm, tracking
from bioplaus.tasks import dynamical_systems as systems

MS = brian2.ms


pytestmark = pytest.mark.usefixtures("engine_target")


def test_rates_at_constant_current():
    """10 s counts within 0.5 % of 1/(2 ms + 20 ms ln(J/(J - 1))), in spite of steps of 1 ms."""
    expected = {0.5: 0.0, 1.0: 0.0, 1.5: 41.71, 2.0: 63.04, 40.5: 400.0}
    cell = substep_lif.substep_lif(tau_membrane=20 * MS, tau_refractory=2 * MS)
    clocks = Clocks.of(1e-3, 1e-3)
    neurons = (cell + Cell("J : 1")).group(len(expected), "neurons", clocks)
    neurons.J = list(expected)
    brian2.Network(neurons).run(10 * brian2.second, namespace={})
    assert neurons.fired[:] / 10 == pytest.approx(list(expected.values()), rel=0.005)
    assert substep_lif.rate(list(expected)) == pytest.approx(list(expected.values()), rel=1e-3)


@pytest.mark.parametrize(
    ("rate", "intercept", "gain", "bias"), [(400, 0, 39.50, 1.0), (200, -1, 3.090, 4.090)]
)
def test_gain_and_bias(rate, intercept, gain, bias):
    found = tuning.gain_and_bias(rate, intercept)
    assert found == pytest.approx((gain, bias), abs=0.005)
    assert substep_lif.rate(found[0] + found[1]) == pytest.approx(rate)
    assert found[0] * intercept + found[1] == pytest.approx(1.0)


def test_auto_encoder_error_falls_with_the_number_of_neurons():
    """Bands of half and twice the errors measured beforehand; they fall about as N^-0.7."""
    found = {}
    for neurons, expected in ((300, 6e-3), (1000, 2.4e-3), (2000, 1.5e-3)):
        rng = np.random.default_rng(1)
        layer = tuning.spread_rates(neurons, 2, 5.0, rng)
        points = tuning.points_in_ball(neurons, 2, 5.0, rng)
        matrix = tuning.decoders(layer, points, points)
        fresh = tuning.points_in_ball(1000, 2, 5.0, rng)
        error = layer.rates(fresh) @ matrix.T - fresh
        found[neurons] = math.sqrt(np.mean(np.sum(error**2, axis=1))) / 5.0
        assert 0.5 * expected < found[neurons] < 2.0 * expected
    exponent = math.log(found[2000] / found[300]) / math.log(2000 / 300)
    assert -0.9 < exponent < -0.5


def test_trace_of_regular_spikes():
    """A spike every 10 ms gives a mean trace of 100 Hz, and its jumps are (1 - A)/dt."""
    decay = math.exp(-1 / 20)
    rule = Factorised(decay=decay, jump=(1 - decay) / MS)
    clocks = Clocks.of(1e-3, 1e-3)
    source = brian2.SpikeGeneratorGroup(1, [0] * 100, np.arange(100) * 10 * MS, dt=1 * MS)
    output = (rule.post() + Cell("learning_error : 1")).group(1, "output", clocks)
    synapses = connect(rule, source, output, clocks).synapses
    seen = [
        brian2.StateMonitor(group, name, record=True, when="end", dt=1 * MS)
        for group, name in ((synapses, "trace"), (output, "fade"))
    ]
    brian2.Network(source, output, synapses, *seen).run(550 * MS)
    # The trace is read at the end of each step, a spike already in it.
    r = (seen[0].trace_[0] * seen[1].fade_[0])[500:]
    assert np.mean(r) * decay == pytest.approx(100.0 * decay, rel=1e-6)
    assert max(np.diff(r)) == pytest.approx(1000 * (1 - decay) - (1 - decay) * min(r))


def test_low_pass_step_response():
    filtered, last = systems.low_pass(np.ones((40, 1)), np.zeros(1))
    assert filtered[:, 0] == pytest.approx(1 - np.exp(-np.arange(1, 41) / 20))
    assert last == filtered[-1]


def test_van_der_pol_cycle():
    states, _ = systems.trajectory(systems.VAN_DER_POL, np.full(2, 0.001), np.zeros((30_000, 2)))
    late = states[10_000:, 0]
    upward = np.flatnonzero((late[:-1] < 0) & (late[1:] >= 0))
    assert late.max() == pytest.approx(2.02, abs=0.005)
    assert np.diff(upward).mean() * 1e-3 == pytest.approx(7.63 * 0.125, rel=1e-3)


def test_linear_decay_and_frequency():
    """Eigenvalues -4 +- 20 i per second: exp(-4 t) cos(20 t)."""
    states, _ = systems.trajectory(systems.LINEAR, np.array([1.0, 0.0]), np.zeros((500, 2)))
    t = 1e-3 * np.arange(500)
    assert states[:, 0] == pytest.approx(np.exp(-4 * t) * np.cos(20 * t), abs=1e-6)


def test_lorenz_mean_height():
    states, _ = systems.trajectory(systems.LORENZ, np.full(3, 0.001), np.zeros((200_000, 3)))
    assert states[20_000:, 2].mean() + 28 == pytest.approx(23.5, abs=0.3)


def test_undamped_arm_keeps_its_energy():
    setting = dataclasses.replace(arm.DAMPING["code"], b11=0.0, b22=0.0, b12=0.0)
    free = dataclasses.replace(arm.arm(), derivative=arm._derivative(setting), runge_kutta=True)
    states, _ = systems.trajectory(free, np.array([0.4, 0.2, 0.0, 0.0]), np.zeros((3000, 2)))
    energy = arm.energy(states / np.array(arm.STATE_SCALE), setting)
    assert np.ptp(states[:, 0]) > 0.5
    assert np.ptp(energy) < 1e-7 * abs(energy[0])


def test_both_published_arms_hang_at_rest():
    for preset in arm.DAMPING:
        states, _ = systems.trajectory(arm.arm(preset), np.zeros(4), np.zeros((100, 2)))
        assert not states.any()
    with pytest.raises(ValueError, match="preset 'figure'"):
        arm.arm("figure")


def test_delay_margins():
    """tau (pi - 2 atan w)/w, w = sqrt(k - 1), worked out by hand for tau = 20 ms."""
    for gain, margin in ((3, 17.4), (10, 4.3), (30, 1.36), (100, 0.40)):
        assert 1e3 * follow.delay_margin(gain) == pytest.approx(margin, rel=0.01)
    assert math.isinf(follow.delay_margin(1.0))
    # In whole steps of 0.01 ms the polynomial's roots cross the circle at the same delay.
    fine = {"dt_s": 1e-5}
    assert follow.loop_growth(30, 1.33e-3, **fine) < 1 < follow.loop_growth(30, 1.39e-3, **fine)


def test_learning_rate_conventions():
    """2e-3 in the simulations is printed as 2e-4 (version 3) and 2e-3 (version 2)."""
    for printed, convention in (
        (2e-3, "code"),
        (2e-4, "article"),
        (2e-3, "preprint"),
        (2e-3 / (10 * 3000), "synapse"),
    ):
        assert follow.acting_rate(printed, convention, 10.0, 3000) == pytest.approx(2e-3)
    with pytest.raises(ParameterError, match="unknown convention 'nengo'"):
        follow.acting_rate(1e-4, "nengo", 10.0, 3000)
    with pytest.raises(ParameterError, match="rate_convention"):
        replace(follow.VanDerPol(), {"rate_convention": "nengo"})


def build(p, rng):
    clocks = Clocks.of(1e-3, 1e-3)
    return follow.build(p, rng, follow.commands(p, clocks), clocks)


def test_bad_settings_are_refused():
    rng = np.random.default_rng(1)
    with pytest.raises(ParameterError, match="too few for states of 3 dimensions; at least 30"):
        build(follow.Lorenz(neurons=20), rng)
    with pytest.raises(ValueError, match="encoder of neuron 0 has length zero"):
        tuning.fixed_gain(5, 2, 1.0, rng, gain=0.0)
    with pytest.warns(UserWarning, match=r"gain 30 .* bears 1.4 ms"):
        build(follow.Linear(neurons=50, gain=30.0, feedback_delay="2 ms"), rng)


def test_stretches_continue_and_delays_shift():
    """Late target, compensated: the same arrays, later."""
    made = {}
    for delay, compensated in ((0.0, False), (0.02, False), (0.02, True)):
        task = tracking.Tracking(
            systems.LINEAR,
            tracking.CommandNoise((0.03, 0.03), (0.06, 0.06), 2.0),
            tracking.TrackingSettings(delay=delay, compensated=compensated),
            np.random.default_rng(3),
        )
        parts = [task.training(2.0) for _ in range(3)]
        made[delay, compensated] = [
            np.concatenate([getattr(part, name) for part in parts])
            for name in ("command", "target")
        ]
    plain, late, both = made.values()
    assert (late[1][20:] == plain[1][:-20]).all()
    assert (late[0] == plain[0]).all()
    assert (both[0][20:] == plain[0][:-20]).all()
    filtered_slope = np.abs(np.diff(plain[1], axis=0)).max()
    assert filtered_slope < 0.1  # no jump where stretches meet


@pytest.mark.parametrize("again", [False, True])
def test_kicks_come_once_or_in_every_trial(again):
    """A pulse of 250 ms at the beginning of the first trial of 2 s, or of each."""
    noise = tracking.CommandNoise((3.0,) * 3, (0.0,) * 3, 2.0, tick=0.25, once=0.25, again=again)
    settings = tracking.TrackingSettings()
    task = tracking.Tracking(systems.LORENZ, noise, settings, np.random.default_rng(3))
    heard = np.concatenate([task.training(4.0).command for _ in range(2)]).any(axis=1)
    in_trial = heard.reshape(4, 2000)
    assert in_trial[0, :250].all()
    assert not in_trial[:, 250:].any()
    assert (in_trial[1:, :250] == again).all()


def test_resumed_task_draws_the_same():
    def make():
        return tracking.Tracking(
            arm.arm(),
            tracking.CommandNoise((0.06, 0.06), (0.06, 0.06), 1.0, interpolated=True),
            tracking.TrackingSettings(filtered=False),
            np.random.default_rng(5),
        )

    first, second = make(), make()
    first.training(2.0)
    second.restore(first.state())
    second.rng.bit_generator.state = first.rng.bit_generator.state
    ours, theirs = first.training(2.0), second.training(2.0)
    assert (ours.command == theirs.command).all()
    assert (ours.target == theirs.target).all()


def test_hand_goes_where_it_is_sent():
    setting = arm.DAMPING["code"]
    corners = np.array([[0.0, -0.58], [0.1, -0.4], [-0.1, -0.3]])
    states = arm.drawing(corners, 2.0, setting)
    hands = arm.joints(states[:, :2], setting)[:, 2]
    assert hands[0] == pytest.approx(corners[0], abs=1e-9)
    assert hands[1000] == pytest.approx(corners[1], abs=1e-9)
    assert hands[500] == pytest.approx(corners[:2].mean(axis=0), abs=1e-9)  # half way in half time
    with pytest.raises(ValueError, match=r"reaches 0.04 to 0.58 m"):
        arm.hand_angles(np.array([[0.0, -0.6]]), setting)
