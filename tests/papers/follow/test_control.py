"""The arm that an inverse model moves, and what is fed back to the model, against NumPy."""

from __future__ import annotations

from dataclasses import asdict

import brian2
import numpy as np
import pytest

from bioplaus.models import follow
from bioplaus.models.follow.control import ARM
from bioplaus.neurons.cell import Clocks
from bioplaus.tasks import arm, stretch
from bioplaus.tasks import dynamical_systems as systems
from tests.papers import showing

MS = brian2.ms
SCALE = (0.4, 0.4, 0.15, 0.15)


pytestmark = pytest.mark.usefixtures("engine_target")


@pytest.mark.parametrize("preset", ["code", "article"])
def test_arm_of_equations_moves_as_the_reference_arm(preset):
    """Half a second of Euler steps at torques strong enough to meet the joints' limits."""
    constants = {**asdict(arm.DAMPING[preset]), "gravity": 9.81}
    ours = brian2.NeuronGroup(1, ARM, method="euler", dt=1 * MS, namespace=constants)
    ours.torque1, ours.torque2 = 6.0, -4.0
    monitor = brian2.StateMonitor(ours, ["angle1", "angle2", "speed1", "speed2"], record=True)
    brian2.Network(ours, monitor).run(500 * MS)
    torques = np.tile([6.0, -4.0], (500, 1)) * arm.TORQUE_SCALE
    states, _ = systems.trajectory(arm.arm(preset), np.zeros(4), torques)
    expected = states / np.array(arm.STATE_SCALE)
    found = np.stack([getattr(monitor, name)[0] for name in monitor.record_variables], axis=1)
    assert np.abs(expected[:, 1]).max() > np.pi / 2
    assert found == pytest.approx(expected, abs=1e-9)


def test_deviation_is_fed_back_through_its_filter():
    """40 and 60 ms filters of gain times (wanted 50 ms ago minus the arm's scaled state)."""
    settings = follow.InverseArm(neurons=60, command_neurons=60)
    clocks = Clocks.of(1e-3, 1e-3)
    inputs = follow.commands(settings, clocks)
    model = follow.build(settings, np.random.default_rng(1), inputs, clocks)
    constants = asdict(arm.DAMPING["code"])
    control = follow.add_control(model, constants, SCALE, 0.1)
    names = ["angle1", "angle2", "speed1", "speed2"]
    moved = brian2.StateMonitor(control.arm, names, record=True, when="end")
    received = {
        name: brian2.StateMonitor(model.populations[f"{name}_input"], "u", record=True, when="end")
        for name in ("present", "past")
    }
    model.network.add(moved, *received.values())
    wanted = np.tile([0.2, -0.1, 0.05, 0.0], (60, 1))
    nothing = {"target": np.zeros((60, 2)), "quiet": np.zeros(60)}
    control.set_gain(3.0)
    showing.run(model, stretch(1e-3, present=wanted, past=wanted, **nothing))
    states = np.stack([getattr(moved, name)[0] for name in names], axis=1) * np.array(SCALE)
    assert np.abs(states).max() > 1e-3
    for name, tau in (("present", 40.0), ("past", 60.0)):
        filtered, _ = systems.low_pass(3.0 * (wanted - states), np.zeros(4), tau=tau / 1000)
        correction = received[name].u.T - wanted
        assert correction[1:] == pytest.approx(filtered[:-1], rel=0.05, abs=2e-3)
    control.rest()
    assert not control.arm.angle1[0]
    assert not control.deviations["past"].correction[:].any()
