"""Published settings of FOLLOW (Gilra and Gerstner 2017, table 1; article version 3).

The learning rate is the one that acts: ``dM/dt = (learning_rate/N) error r^T`` with W = E M and N
the number of presynaptic neurons.  The article divides it by the gain and leaves the 1/N out;
:func:`acting_rate` converts what is printed where.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from bioplaus.parameters import ParameterError, Quantity, parameter

__all__ = [
    "CONVENTIONS",
    "Arm",
    "Follow",
    "InverseArm",
    "Linear",
    "Lorenz",
    "VanDerPol",
    "VanDerPolLowRate",
    "acting_rate",
    "check_follow",
]

CONVENTIONS = ("code", "article", "preprint", "synapse")
"""How a learning rate may be given; see :func:`acting_rate`."""

LEAST_NEURONS_PER_DIMENSION = 10


@dataclass(frozen=True)
class Follow:
    """What all published systems share; the subclasses give a system's size and radii."""

    dimensions: ClassVar[int] = 2
    command_dimensions: ClassVar[int] = 2
    commands: ClassVar[tuple[str, ...]] = ("command",)
    """Layers that receive a command, each named as the array that drives it."""
    plastic: ClassVar[tuple[str, ...]] = ("command", "recurrent")
    """Layers whose projections to the recurrent layer learn."""

    neurons: int = parameter(3000, "neurons in each of the two layers", symbol="N", low=1)
    radius: float = parameter(1.0, "radius of the states represented", symbol="R2", low=1e-3)
    command_radius: float = parameter(
        0.2, "radius of the commands represented", symbol="R1", low=1e-3
    )
    gain: float = parameter(10.0, "gain of the error feedback", symbol="k", low=0.0)
    feedback_delay: Quantity = parameter(
        "0 ms", "delay added to the fed-back output", source="none in the paper", low="0 ms"
    )
    learning_rate: Quantity = parameter(
        "2e-3 second", "learning rate, in the convention below", symbol="eta", low="0 second"
    )
    rate_convention: str = parameter(
        "code", "whose learning rate it is: acting, or as printed", choices=CONVENTIONS
    )
    tau_error: Quantity = parameter(
        "200 ms", "filter of the error that teaches", symbol="tau_eps", low="1 ms"
    )
    tau_synapse: Quantity = parameter(
        "20 ms", "synaptic filter", symbol="tau_s", source="methods", low="1 ms"
    )
    tau_membrane: Quantity = parameter(
        "20 ms", "membrane time constant", symbol="tau_m", source="methods", low="1 ms"
    )
    tau_refractory: Quantity = parameter(
        "2 ms", "refractory time, at least one step", symbol="tau_r", source="methods", low="1 ms"
    )
    tuning: str = parameter(
        "spread",
        "intercepts and rates spread (86 Hz), one low gain (12 Hz), or one steep gain",
        choices=("spread", "low rate", "steep"),
    )
    weights: str = parameter(
        "factorised",
        "how plastic weights are stored: W = E M, every weight, or a fixed mask",
        choices=("factorised", "dense", "masked"),
    )
    connectivity: float = parameter(
        0.25, "share of the synapses that a mask leaves", source="figure 6", low=1e-3, high=1.0
    )
    decoder_noise: float = parameter(
        0.0, "decoders times 1 + U(shift - noise, shift + noise)", symbol="chi", low=0.0
    )
    decoder_shift: float = parameter(0.0, "shift of that noise", symbol="xi")

    @property
    def command_size(self) -> int:
        """Neurons in each command layer."""
        return self.neurons


@dataclass(frozen=True)
class Linear(Follow):
    """Damped linear oscillator (figure 2, supplement 2)."""

    neurons: int = parameter(2000, "neurons in each of the two layers", symbol="N", low=1)


@dataclass(frozen=True)
class VanDerPol(Follow):
    """Van der Pol oscillator, neurons at high rates (figures 2 supplement 1, 5 and 6)."""

    radius: float = parameter(5.0, "radius of the states represented", symbol="R2", low=1e-3)


@dataclass(frozen=True)
class VanDerPolLowRate(VanDerPol):
    """Van der Pol oscillator, neurons at low rates (figures 1 and 2)."""

    radius: float = parameter(4.5, "radius of the states represented", symbol="R2", low=1e-3)
    tau_error: Quantity = parameter(
        "80 ms", "filter of the error that teaches", symbol="tau_eps", low="1 ms"
    )
    tuning: str = parameter(
        "low rate",
        "intercepts and rates spread (86 Hz), one low gain (12 Hz), or one steep gain",
        choices=("spread", "low rate", "steep"),
    )


@dataclass(frozen=True)
class Lorenz(Follow):
    """Lorenz system, third coordinate shifted to its mean (figure 3)."""

    dimensions: ClassVar[int] = 3
    command_dimensions: ClassVar[int] = 3

    neurons: int = parameter(5000, "neurons in each of the two layers", symbol="N", low=1)
    radius: float = parameter(30.0, "radius of the states represented", symbol="R2", low=1e-3)
    command_radius: float = parameter(
        6.0, "radius of the commands represented", symbol="R1", low=1e-3
    )


@dataclass(frozen=True)
class Arm(Follow):
    """Two-link arm in a vertical plane (figure 4)."""

    dimensions: ClassVar[int] = 4

    neurons: int = parameter(5000, "neurons in each of the two layers", symbol="N", low=1)


@dataclass(frozen=True)
class InverseArm(Follow):
    """Inverse model of the arm: from its states, now and 50 ms ago, to the torques between.

    Differential feedforward network of Gilra and Gerstner (2018): two command layers with the same
    tuning, no recurrence.
    """

    command_dimensions: ClassVar[int] = 4
    commands: ClassVar[tuple[str, ...]] = ("present", "past")
    plastic: ClassVar[tuple[str, ...]] = ("present", "past")

    neurons: int = parameter(5000, "neurons in the output layer", symbol="N", low=1)
    command_neurons: int = parameter(3000, "neurons in each of the two command layers", low=1)
    command_radius: float = parameter(
        1.0, "radius of the commands represented", symbol="R1", low=1e-3
    )
    learning_rate: Quantity = parameter(
        "1e-3 second", "learning rate, in the convention below", symbol="eta", low="0 second"
    )
    tuning: str = parameter(
        "steep",
        "intercepts and rates spread (86 Hz), one low gain (12 Hz), or one steep gain",
        choices=("spread", "low rate", "steep"),
    )
    weights: str = parameter(
        "factorised", "how plastic weights are stored: W = E M", choices=("factorised",)
    )

    @property
    def command_size(self) -> int:
        """Neurons in each command layer."""
        return self.command_neurons


def acting_rate(rate: float, convention: str, gain: float, neurons: int) -> float:
    """The rate that acts in ``dM/dt = (rate/N) error r^T``, from one in a named convention.

    ===========  =====================================================  =====================
    convention   what is meant                                          2e-3 reads there as
    ===========  =====================================================  =====================
    ``code``     the rate that acts, as in the authors' simulations     2e-3
    ``article``  eLife version 3, table 1: divided by the gain k        2e-4 for k = 10
    ``preprint`` eLife version 2 and preprint: not divided by the gain  2e-3
    ``synapse``  eta of eq 10 taken literally, for each synapse:        6.7e-8 for k = 10 and
                 divided by k and by N                                  N = 3000
    ===========  =====================================================  =====================

    rate in seconds (it multiplies a dimensionless error and a rate in Hz).

    Raises
    ------
    ParameterError
        For a convention that is not one of these.
    """
    factors = {"code": 1.0, "article": gain, "preprint": 1.0, "synapse": gain * neurons}
    if convention not in factors:
        raise ParameterError(
            f"learning rate in an unknown convention {convention!r}; name one of "
            + ", ".join(CONVENTIONS)
        )
    return rate * factors[convention]


def check_follow(p: Follow) -> None:
    """Check what single fields cannot say.

    Raises
    ------
    ParameterError
        If there are too few neurons for the dimension.
    """
    for neurons, dimensions, what in (
        (p.neurons, p.dimensions, "states"),
        (p.command_size, p.command_dimensions, "commands"),
    ):
        least = LEAST_NEURONS_PER_DIMENSION * dimensions
        if neurons < least:
            raise ParameterError(
                f"neurons = {neurons} is too few for {what} of {dimensions} dimensions; "
                f"at least {least} are needed, and a few hundred for good tracking"
            )
