"""Feedback-based local learning (FOLLOW): Gilra and Gerstner (2017), eqs 8 and 10.

Printed form, for a synapse onto neuron i from neuron j:

    dw_ij/dt = eta (I_i * kappa_eps) r_j,     I_i = k sum_a e_ia eps_a,     r_j = spikes * kappa

The postsynaptic factor of every synapse is a fixed map of the d components of the error, so that
``W(t) = W(0) + E M(t)`` with ``dM/dt = (rate/N) (eps * kappa_eps) r^T`` and M of d x N: an
identity, not an approximation, as long as encoders E are fixed, one error filter serves all
neurons, and nothing clips single weights.  :class:`Factorised` stores M, :class:`Explicit` stores
every w_ij (dense, or masked).

Sign: the error is target minus output; where it is positive and the presynaptic neuron fires, the
output's drive grows.  Both have ``jump`` [Hz], the height of one spike in r, (1 - exp(-dt/tau))/dt,
and ``decay``, exp(-dt/tau), that of r in a step.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from brian2 import second
from numpy.typing import NDArray

from bioplaus.neurons.cell import Cell, Operation
from bioplaus.plasticity.rule import Rule

__all__ = ["Explicit", "Factorised"]

REBASE_EVERY = 0.1 * second
"""After this time history and fade begin anew; fade must not underflow."""


@dataclass(frozen=True)
class Factorised(Rule):
    """dM/dt = (rate/N) (eps * kappa_eps) r^T, touched only where a presynaptic neuron fires.

    The projection ends on the population that holds the error, one unit a component, and its
    ``drive`` = M r goes on through the encoders.

    Between two of its spikes a presynaptic trace only decays, r(t) = trace x fade(t), so what its
    weights learn in that time is trace x (growth of the history).  Stored is ``level``, of which
    the weight at any time is ``level + trace x history/N``: a spike adds to the trace and takes
    from the level what would otherwise be learned in retrospect.

    M : (n_pre, dimensions) [s].
    Reads ``learning_error`` of the postsynaptic cell, whose shared ``learning_rate`` [s] it is.
    """

    decay: float
    jump: Any
    weight = "level"

    def post(self) -> Cell:
        """What the output keeps for all projections that teach it.

        drive : M r summed over the projections; power : ``|r|^2/N`` summed over them; history :
        integral of rate x error x fade since the last rebasing; fade : decay of a trace since
        then.  M grows along r, so M r grows by error x ``|r|^2``.
        """
        learn = """
        drive = decay*(drive + learning_rate*dt*learning_error*power)
        power = decay**2*power
        history += learning_rate*dt*learning_error*fade
        fade = decay*fade
        """
        rebase = "history = 0*second**2\nfade = 1"
        return Cell(
            equations="""
            drive : 1
            power : Hz**2
            history : second**2
            fade : 1
            learning_rate : second (shared)
            """,
            operations={
                "learning": Operation(learn, when="groups", order=1),
                "rebasing": Operation(rebase, REBASE_EVERY, order=1),
            },
            constants={"decay": self.decay},
            start={"fade": 1.0},
        )

    def synapses(self) -> dict[str, Any]:
        """What a spike transmits, and what it takes from the level."""
        return {
            "model": "level : second\ntrace : Hz",
            "on_pre": """
            drive_post += jump*(level + trace*history_post/N_pre)
            power_post += jump*(2*trace*fade_post + jump)/N_pre
            rise = jump/fade_post
            trace += rise
            level -= rise*history_post/N_pre
            """,
            "namespace": {"jump": self.jump},
        }

    def operations(self) -> Mapping[str, Operation]:
        """Begin history and fade anew, before the population does."""
        code = "level += trace*history_post/N_pre\ntrace *= fade_post"
        return {"rebasing": Operation(code, REBASE_EVERY)}

    def drift(self, pre: Mapping[str, float], post: Mapping[str, float]) -> float:
        """pre: ``rate``, ``N``; post: ``learning_error``, ``learning_rate``.  [1]"""
        return _drift(pre, post, post["learning_error"])

    def read(self, synapses: Any) -> NDArray[np.float64]:
        """M as it stands."""
        return synapses.level_[:] + self._learned(synapses)

    def write(self, synapses: Any, values: NDArray[np.float64]) -> None:
        """Put another M in the place of what was learned; the drive follows."""
        output, j = synapses.target, np.array(synapses.j)
        moved = (values - self.read(synapses)) * synapses.trace_[:]
        synapses.level_[:] = values - self._learned(synapses)
        output.drive_[:] += output.fade_[:] * np.bincount(j, moved, len(output))

    @staticmethod
    def _learned(synapses: Any) -> NDArray[np.float64]:
        """What was learned since the level was touched last."""
        history = synapses.target.history_[:][np.array(synapses.j)]
        return synapses.trace_[:] * history / len(synapses.source)


@dataclass(frozen=True)
class Explicit(Rule):
    """dw/dt = (rate/N) error_current_post r_pre: the rule as printed, one weight for each synapse.

    w : (n_pre, n_post) [s], which the network is to transmit as ``w*r_pre``; the paper's eta is
    ``learning_rate/(k N_pre)``.
    Reads ``error_current`` of the postsynaptic cell, sum_a e_ia (eps_a * kappa_eps).  The
    ``learning_rate`` [s] is shared by the projection.
    """

    decay: float
    jump: Any

    def pre(self) -> Cell:
        """The trace r."""
        return Cell(
            equations="r : Hz",
            reset="r += jump",
            operations={"trace": Operation("r = decay*r", when="groups", order=1)},
            constants={"decay": self.decay, "jump": self.jump},
        )

    def synapses(self) -> dict[str, Any]:
        """Weights that move in every step."""
        return {
            "model": """
            dw/dt = learning_rate*error_current_post*r_pre/N_pre : second (clock-driven)
            learning_rate : second (shared)
            """,
            "method": "euler",
        }

    def drift(self, pre: Mapping[str, float], post: Mapping[str, float]) -> float:
        """pre: ``rate``, ``N``; post: ``error_current``, ``learning_rate``.  [1]"""
        return _drift(pre, post, post["error_current"])


def _drift(pre: Mapping[str, float], post: Mapping[str, float], error: float) -> float:
    """Mean of r is the rate."""
    return post["learning_rate"] / pre["N"] * error * pre["rate"]
