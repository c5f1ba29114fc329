"""Rate units with a compartment for the error, one example a presentation.

    tau dv/dt = feedforward + b - v        rate = f(v)           soma
    tau du/dt = (what is told) - u                               error compartment

With a time step of ``tau`` a layer reaches its steady value in one step, and ``2 L`` steps, up and
down ``L`` layers, are the layered form of the rule; shorter steps tend to it with the length of a
presentation.  All units are dimensionless, ``tau`` a time.  Of ``steps`` a presentation the event
``learn`` is at the last.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bioplaus.neurons.cell import Cell, Operation
from bioplaus.neurons.leaky_integrator import STEP

__all__ = ["aligned", "gradient", "presented", "soma", "top", "unpredicted", "unpredicted_top"]

WANTED = "wanted = targets(order(t - onset)*frame, i) : 1"


def presented(steps: int) -> Cell:
    """The input: ``rate`` of the example shown.

    Reads ``images`` and ``order`` of the schedule.
    """
    return Cell(
        f"rate : 1\n{STEP}",
        operations={"load": Operation("rate = images(order(t - onset)*frame, i)", "frame")},
        constants={"steps": steps},
    )


def soma(text: Callable[[str], str], steps: int, tau: Any, push: str = "") -> Cell:
    """A unit's drive and rate; ``text`` writes the rate of a drive, ``push`` acts on the drive."""
    return Cell(
        f"""
        dv/dt = (feedforward + b - v{push})/tau : 1
        rate = {text("v")} : 1
        {STEP}
        feedforward : 1
        b : 1
        """,
        method="euler",
        constants={"steps": steps, "tau": tau},
    )


def gradient(slope: str) -> Cell:
    """Error of a hidden unit: what it is told times its slope, any text."""
    return Cell(f"du/dt = ({slope}*told - u)/tau : 1\ntold : 1")


def aligned(text: Callable[[str], str], push: float) -> Cell:
    """Error of a hidden unit: what its soma would answer less if pushed by what it is told.

    Ororbia and Mali (2019); no derivative.
    """
    pushed = text("v - push*told")
    return Cell(f"du/dt = ((rate - {pushed})/push - u)/tau : 1\ntold : 1", constants={"push": push})


def top(bits: int = 0) -> Cell:
    """Error of an output unit, rate minus target, and ``sent``, what of it travels.

    bits : 1 the sign, more as many levels around zero, 0 all.
    Reads ``targets`` and ``order`` of the schedule.
    """
    levels = 2.0 ** (bits - 1) - 0.5
    rounded = f"(floor(clip(u, -1, 1)*{levels}) + 0.5)/{levels}"
    sent = {0: "u", 1: "sign(u)"}.get(bits, rounded)
    return Cell(f"du/dt = (rate - wanted - u)/tau : 1\nsent = {sent} : 1\n{WANTED}")


def unpredicted(text: Callable[[str], str], slope: str, steps: int, tau: Any) -> Cell:
    """A unit of predictive coding: its soma is pushed, its error what stays unpredicted."""
    error = Cell("u = feedforward + b - v : 1\ntold : 1")
    return soma(text, steps, tau, f" - {slope}*told") + error


def unpredicted_top(text: Callable[[str], str], steps: int, precision: float) -> Cell:
    """Output of predictive coding, predicted at once: ``u = precision (rate - target)``.

    Reads ``targets`` and ``order`` of the schedule.
    """
    return Cell(
        f"""
        rate = {text("feedforward + b")} : 1
        u = precision*(rate - wanted) : 1
        sent = u : 1
        {WANTED}
        {STEP}
        feedforward : 1
        b : 1
        """,
        constants={"steps": steps, "precision": precision},
    )
