"""Feedback-based local learning (FOLLOW): Gilra and Gerstner (2017), eqs 8 and 10.

Printed form, for a synapse onto neuron i from neuron j:

    dw_ij/dt = eta (I_i * kappa_eps) r_j,     I_i = k sum_a e_ia eps_a,     r_j = spikes * kappa

The postsynaptic factor of every synapse is a fixed map of the d components of the error, so that
``W(t) = W(0) + E M(t)`` with ``dM/dt = (rate/N) (eps * kappa_eps) r^T`` and M of d x N: an
identity, not an approximation, as long as encoders E are fixed, one error filter serves all
neurons, and nothing clips single weights.  :class:`Factorised` stores M, :class:`Explicit` stores
every w_ij (dense, or masked).

Sign: the error is target minus output; where it is positive and the presynaptic neuron fires, the
output's drive grows.
"""

from __future__ import annotations

from typing import Any

__all__ = ["OUTPUT_MODEL", "OUTPUT_STEP", "Explicit", "Factorised"]

OUTPUT_MODEL = """
drive : 1
power : Hz**2
history : second**2
fade : 1
learning_rate : second (shared)
"""
"""What the output population keeps for all factorised projections that teach it.

drive : M r summed over the projections.  power : ``|r|^2/N`` summed over them.  history : integral
of rate x error x fade since the last :meth:`Factorised.rebase`.  fade : decay of a trace since
then.
"""

OUTPUT_STEP = """
drive = decay*(drive + learning_rate*dt*learning_error*power)
power = decay**2*power
history += learning_rate*dt*learning_error*fade
fade = decay*fade
"""
"""One time step between spikes: M grows along r, so M r grows by error x ``|r|^2``."""


class Factorised:
    """The rule on M, touched only where a presynaptic neuron fires.

    Between two of its spikes a presynaptic trace only decays, r(t) = trace x fade(t), so what its
    weights learn in that time is trace x (growth of the history).  Stored is ``level``, of which
    the weight at any time is ``level + trace x history/N``: a spike adds to the trace and takes
    from the level what would otherwise be learned in retrospect.

    level : (n_pre, dimensions) [s]; :meth:`weights` gives M.  ``jump`` [Hz] is the height of one
    spike in r, (1 - exp(-dt/tau))/dt.
    """

    rebase_every = 0.1
    """Seconds after which history and fade begin anew; fade must not underflow."""

    model = """
    level : second
    trace : Hz
    """
    on_pre = """
    drive_post += jump*(level + trace*history_post/N_pre)
    power_post += jump*(2*trace*fade_post + jump)/N_pre
    rise = jump/fade_post
    trace += rise
    level -= rise*history_post/N_pre
    """
    rebase = """
    level += trace*history_post/N_pre
    trace *= fade_post
    """
    rebase_output = """
    history = 0*second**2
    fade = 1
    """

    @staticmethod
    def weights(synapses: Any, output: Any) -> Any:
        """M as it stands, (dimensions, n_pre) [s]."""
        shape = (-1, len(output))
        learned = synapses.trace_[:].reshape(shape) * output.history_[:] / len(synapses.source)
        return (synapses.level_[:].reshape(shape) + learned).T.copy()

    @staticmethod
    def set_weights(synapses: Any, output: Any, weights: Any) -> None:
        """Put another M, (dimensions, n_pre) [s], in place of what was learned."""
        synapses.level_[:] = 0.0
        synapses.level_[:] = (weights - Factorised.weights(synapses, output)).T.ravel()


class Explicit:
    """The rule as printed, one weight for each synapse, dense or masked.

    w : (n_pre, n_post) [s]; ``error_current`` of the target is sum_a e_ia (eps_a * kappa_eps), and
    the paper's eta is ``learning_rate/(k N_pre)``.  ``target`` names the summed input.
    """

    def __init__(self, target: str) -> None:
        self.model = f"""
        dw/dt = learning_rate*error_current_post*r_pre/N_pre : second (clock-driven)
        learning_rate : second (shared)
        {target}_post = w*r_pre : 1 (summed)
        """
