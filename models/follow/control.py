"""The arm moved by the torques that an inverse model infers, its deviation fed back to the model.

Gilra and Gerstner (2018): the wanted states go into the two command layers, the output's torques
move the arm, and what the arm lacks, times a gain, is added to both commands through filters of
40 ms (the present) and 60 ms (the past).  The arm follows by the age of the past state, with which
it is therefore compared.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from brian2 import NeuronGroup, Synapses, ms

if TYPE_CHECKING:
    from bioplaus.models.follow.network import FollowModel

__all__ = ["Control", "add_control"]

ARM = """
dangle1/dt = speed1/second : 1
dangle2/dt = speed2/second : 1
dspeed1/dt = (m22*force1 - m12*force2)/(m11*m22 - m12**2)/second : 1
dspeed2/dt = (m11*force2 - m12*force1)/(m11*m22 - m12**2)/second : 1

m11 = i1 + i2 + m1*s1**2 + m2*(l1**2 + s2**2) + 2*m2*l1*s2*cos(angle2) : 1
m12 = i2 + m2*s2**2 + m2*l1*s2*cos(angle2) : 1
m22 = i2 + m2*s2**2 : 1

force1 = limited1 + turning*speed2*(2*speed1 + speed2) - damping1 - gravity*(upper + lower) : 1
force2 = limited2 - turning*speed1**2 - damping2 - gravity*lower : 1
turning = m2*l1*s2*sin(angle2) : 1
damping1 = b11*speed1 + b12*speed2 : 1
damping2 = b12*speed1 + b22*speed2 : 1
upper = (m1*s1 + m2*l1)*sin(angle1) : 1
lower = m2*s2*sin(angle1 + angle2) : 1

limited1 = torque1*(1 - clip(4*sign(torque1)*angle1/pi - 2, 0, 1)) : 1
limited2 = torque2*(1 - clip(4*sign(torque2)*angle2/pi - 2, 0, 1)) : 1
torque1 : 1
torque2 : 1
"""
"""The two-link arm of :mod:`bioplaus.tasks.arm` as equations: angles [rad], torques [N m]."""

DEVIATION = """
dcorrection/dt = (gain*(past(t - onset, i) - state) - correction)/tau_correction : 1
state : 1
scale : 1 (constant)
gain : 1 (shared)
tau_correction : second (shared)
"""
"""The arm's four states in network units, compared with those wanted ``lag`` ago."""

FILTERS = {"present": 40 * ms, "past": 60 * ms}
STATE = " + ".join(
    f"{name}_pre*int(j == {n})" for n, name in enumerate(("angle1", "angle2", "speed1", "speed2"))
)


@dataclass(frozen=True)
class Control:
    """The arm, and what is added to the two commands."""

    arm: NeuronGroup
    deviations: dict[str, NeuronGroup]

    def set_gain(self, gain: float) -> None:
        """Gain of the fed-back deviation; 0 lets the inverse model act alone."""
        for group in self.deviations.values():
            group.gain = gain

    def rest(self) -> None:
        """Let the arm hang at rest."""
        for name in ("angle1", "angle2", "speed1", "speed2"):
            self.arm.set_states({name: 0.0})
        for group in self.deviations.values():
            group.set_states({"correction": 0.0, "state": 0.0})


def add_control(
    model: FollowModel,
    arm_constants: Mapping[str, float],
    state_scale: Sequence[float],
    torque_scale: float,
) -> Control:
    """Let the output of an inverse model move an arm.

    arm_constants : what the equations of the arm name, in SI units; state_scale : network units
    in one rad and rad/s, (4,); torque_scale : in one N m.  The gain is 0 until
    :meth:`Control.set_gain` is called.
    """
    output = model.populations["output"]
    constants = {**arm_constants, "gravity": 9.81, "torque_scale": torque_scale}
    shared: dict[str, Any] = {"clock": output.clock, "namespace": constants}
    arm = NeuronGroup(1, ARM, method="euler", order=-5, name="arm", **shared)
    torques = Synapses(
        output,
        arm,
        "torque1_post = decoded_pre/torque_scale*int(i == 0) : 1 (summed)\n"
        "torque2_post = decoded_pre/torque_scale*int(i == 1) : 1 (summed)",
        order=-6,
        name="torques",
        **shared,
    )
    torques.connect()
    deviations, others = {}, [torques]
    for name, tau in FILTERS.items():
        group = NeuronGroup(
            4, DEVIATION, method="exponential_euler", order=-3, name=f"{name}_deviation", **shared
        )
        group.tau_correction, group.scale = tau, state_scale
        seen = Synapses(
            arm,
            group,
            f"state_post = scale_post*({STATE}) : 1 (summed)",
            order=-4,
            name=f"{name}_seen",
            **shared,
        )
        corrected = Synapses(
            group,
            model.populations[f"{name}_input"],
            "correction_post = correction_pre : 1 (summed)",
            order=-3,
            name=f"{name}_corrected",
            **shared,
        )
        seen.connect()
        corrected.connect(j="i")
        deviations[name] = group
        others += [seen, corrected]
    model.network.add(arm, *deviations.values(), *others)
    model.populations.update({group.name: group for group in deviations.values()})
    return Control(arm, deviations)
