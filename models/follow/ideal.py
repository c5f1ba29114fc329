"""Weights with which the network realises a given system without learning.

For dx/dt = f(x) + g(u), the recurrent drive must decode x + tau f(x) and the command drive
tau g(u), because a synaptic filter of time constant tau turns a drive y into tau dx/dt + x = y
(Gilra and Gerstner 2017, appendix).  Used as a reference, and to make a teacher network.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from bioplaus.models.follow.network import learning
from bioplaus.neurons import tuning
from bioplaus.parameters import quantities

if TYPE_CHECKING:
    from bioplaus.models.follow.network import FollowModel

__all__ = ["ideal_weights"]

Array = NDArray[np.floating[Any]]


def ideal_weights(
    model: FollowModel,
    autonomous: Callable[[Array], Array],
    driven: Callable[[Array], Array],
    rng: np.random.Generator,
) -> dict[str, Array]:
    """M of the recurrent and the command projection, (neurons, dimensions) [s].

    As :meth:`~bioplaus.plasticity.model.Model.set_weights` takes it.

    autonomous : f of states (points, dimensions) [1/s]; driven : g of commands (points, command
    dimensions) [1/s], both in network units.
    """
    p = model.parameters
    tau = float(quantities(p).tau_synapse)
    states = tuning.points_in_ball(p.neurons, p.dimensions, p.radius, rng)
    commands = tuning.points_in_ball(p.neurons, p.command_dimensions, p.command_radius, rng)
    wanted = states + tau * autonomous(states)
    return {
        learning("recurrent"): tuning.decoders(model.state_tuning, states, wanted).T,
        learning("command"): tuning.decoders(
            model.command_tuning, commands, tau * driven(commands)
        ).T,
    }
