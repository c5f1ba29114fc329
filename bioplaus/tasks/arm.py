"""A two-link arm in a vertical plane, driven by torques at shoulder and elbow.

Gilra and Gerstner (2017), methods, after Li and Todorov (2004).  Angles are 0 hanging down; the
state is (theta1, theta2, omega1, omega2) [rad, rad/s], the command two torques [N m].
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bioplaus.tasks.dynamical_systems import System

__all__ = [
    "DAMPING",
    "TORQUE_SCALE",
    "ArmSetting",
    "arm",
    "drawing",
    "energy",
    "hand_angles",
    "joints",
    "torque_sequences",
]

Array = NDArray[np.floating[Any]]

STATE_SCALE = (1 / 2.5, 1 / 2.5, 0.05, 0.05)
TORQUE_SCALE = 0.02
GRAVITY = 9.81


@dataclass(frozen=True)
class ArmSetting:
    """Masses [kg], lengths and centres of mass [m], inertias [kg m^2], damping [N m s]."""

    m1: float
    m2: float
    l1: float
    l2: float
    s1: float
    s2: float
    i1: float
    i2: float
    b11: float
    b22: float
    b12: float


DAMPING: dict[str, ArmSetting] = {
    "article": ArmSetting(1.4, 1.1, 0.30, 0.33, 0.11, 0.16, 0.025, 0.045, 0.05, 0.05, 0.025),
    "code": ArmSetting(1.4, 1.1, 0.31, 0.27, 0.11, 0.16, 0.025, 0.045, 0.7, 0.8, 0.08),
}
"""As printed, and as in the simulations behind the published figures: ten times the damping."""


def arm(preset: str = "code") -> System:
    """The arm as a system to imitate; Euler steps, start at rest hanging down.

    Raises
    ------
    ValueError
        For an unknown preset.
    """
    if preset not in DAMPING:
        raise ValueError(f"arm preset {preset!r} is not one of {', '.join(DAMPING)}")
    return System(
        f"arm ({preset})",
        _derivative(DAMPING[preset]),
        STATE_SCALE,
        (TORQUE_SCALE, TORQUE_SCALE),
        runge_kutta=False,
        start=0.0,
    )


@cache
def _derivative(a: ArmSetting) -> Callable[[Array, Array, Array], None]:
    """domega/dt = M^-1 (torque - C - B omega - g D), with torques fading at the joints' limits."""
    from numba import njit

    m1, m2, l1, s1, s2 = a.m1, a.m2, a.l1, a.s1, a.s2
    b11, b22, b12 = a.b11, a.b22, a.b12
    d1, d2, d3 = a.i1 + a.i2 + m2 * l1 * l1, m2 * l1 * s2, a.i2
    own1, own2 = m1 * s1 * s1, m2 * s2 * s2

    @njit
    def limited(torque: float, angle: float) -> float:
        towards = angle if torque > 0 else -angle
        fade = min(max((towards - 0.5 * math.pi) / (0.25 * math.pi), 0.0), 1.0)
        return torque * (1.0 - fade)

    def derivative(x: Array, u: Array, dx: Array) -> None:
        th1, th2, om1, om2 = x[0], x[1], x[2], x[3]
        cos2, sin2 = math.cos(th2), math.sin(th2)
        m11 = d1 + 2.0 * d2 * cos2 + own1 + own2
        m12 = d3 + d2 * cos2 + own2
        m22 = d3 + own2
        lower = m2 * s2 * math.sin(th1 + th2)
        upper = (m1 * s1 + m2 * l1) * math.sin(th1) + lower
        f1 = limited(u[0], th1) + d2 * sin2 * om2 * (2.0 * om1 + om2)
        f2 = limited(u[1], th2) - d2 * sin2 * om1 * om1
        f1 -= b11 * om1 + b12 * om2 + GRAVITY * upper
        f2 -= b12 * om1 + b22 * om2 + GRAVITY * lower
        determinant = m11 * m22 - m12 * m12
        dx[0] = om1
        dx[1] = om2
        dx[2] = (m22 * f1 - m12 * f2) / determinant
        dx[3] = (m11 * f2 - m12 * f1) / determinant

    return derivative


def joints(angles: Array, setting: ArmSetting) -> Array:
    """Positions of shoulder, elbow and hand, (times, 3, 2) [m], for angles (times, 2) [rad]."""
    absolute = np.cumsum(angles, axis=1)
    sticks = np.stack([np.sin(absolute), -np.cos(absolute)], axis=2)
    sticks = sticks * np.array([setting.l1, setting.l2])[:, None]
    return np.concatenate([np.zeros((len(angles), 1, 2)), np.cumsum(sticks, axis=1)], axis=1)


def energy(states: Array, setting: ArmSetting) -> Array:
    """Kinetic and potential energy [J], (times,), of physical states (times, 4)."""
    a = setting
    th1, th2, om1, om2 = states.T
    d1, d2, d3 = a.i1 + a.i2 + a.m2 * a.l1**2, a.m2 * a.l1 * a.s2, a.i2
    m11 = d1 + 2 * d2 * np.cos(th2) + a.m1 * a.s1**2 + a.m2 * a.s2**2
    m12 = d3 + d2 * np.cos(th2) + a.m2 * a.s2**2
    m22 = d3 + a.m2 * a.s2**2
    kinetic = 0.5 * (m11 * om1**2 + 2 * m12 * om1 * om2 + m22 * om2**2)
    upper = -(a.m1 * a.s1 + a.m2 * a.l1) * np.cos(th1)
    return kinetic + GRAVITY * (upper - a.m2 * a.s2 * np.cos(th1 + th2))


def torque_sequences(tests: int, rng: np.random.Generator) -> Array:
    """Random torques, (tests, 1000 steps, 2) [N m], for open-loop tests of one second.

    Every 100 ms each joint draws one of -5, 0 and 5 N m; the values are joined by straight lines.
    The published sequences came from a learner that reached for a target, and are not printed.
    """
    knots = np.concatenate(
        [np.zeros((tests, 1, 2)), rng.choice([-5.0, 0.0, 5.0], size=(tests, 10, 2))], axis=1
    )
    times = np.arange(1000) / 100
    return np.stack(
        [
            np.stack([np.interp(times, np.arange(11), one[:, k]) for k in range(2)], axis=1)
            for one in knots
        ]
    )


def hand_angles(hands: Array, setting: ArmSetting) -> Array:
    """Joint angles (times, 2) [rad] that put the hand at (times, 2) [m], elbow bent forwards.

    Raises
    ------
    ValueError
        If a point is out of reach.
    """
    l1, l2 = setting.l1, setting.l2
    distance = np.hypot(*hands.T)
    if (distance > (l1 + l2) * (1 + 1e-9)).any() or (distance < abs(l1 - l2)).any():
        raise ValueError(
            f"the hand reaches {abs(l1 - l2):g} to {l1 + l2:g} m from the shoulder, "
            f"not {distance.min():g} to {distance.max():g} m"
        )
    elbow = np.arccos(np.clip((distance**2 - l1**2 - l2**2) / (2 * l1 * l2), -1.0, 1.0))
    towards = np.arctan2(hands[:, 0], -hands[:, 1])
    inner = np.arctan2(l2 * np.sin(elbow), l1 + l2 * np.cos(elbow))
    return np.stack([towards - inner, elbow], axis=1)


def drawing(corners: Array, seconds: float, setting: ArmSetting) -> Array:
    """States (steps, 4) [rad, rad/s] of an arm whose hand goes from corner to corner [m].

    Each side takes equal time and is travelled at minimum jerk, so that the hand stops in corners.
    """
    steps = round(1000 * seconds) // (len(corners) - 1)
    s = np.arange(steps) / steps
    along = (10 * s**3 - 15 * s**4 + 6 * s**5)[:, None]
    hands = np.concatenate([a + along * (b - a) for a, b in pairwise(corners)])
    angles = hand_angles(hands, setting)
    return np.concatenate([angles, np.gradient(angles, 1e-3, axis=0)], axis=1)
