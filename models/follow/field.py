"""The vector field that a network has learned, from its weights and static rates alone.

With the loop open, the synaptic filter turns the learned drive y(x, u) = M r(x) + Mff rff(u) into
tau dx/dt = y(x, u) - x, up to spike noise.  The field can thus be compared with the imitated
system's wherever one likes, without running the network.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from bioplaus.parameters import quantities

if TYPE_CHECKING:
    from bioplaus.models.follow.network import FollowModel

__all__ = ["learned_field"]

Array = NDArray[np.floating[Any]]


def learned_field(model: FollowModel, states: Array, commands: Array) -> Array:
    """dx/dt [1/s] where the network's weights stand, (points, dimensions), in network units.

    states : (points, dimensions); commands : (points, command dimensions).  For the factorised
    form of networks with a recurrent projection.
    """
    weights = model.weights()
    drive = (
        model.state_tuning.rates(states) @ weights["recurrent_learning"]
        + model.command_tuning.rates(commands) @ weights["command_learning"]
    )
    return (drive - states) / float(quantities(model.parameters).tau_synapse)
