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
    weights learn in that time is trace x (growth of the history): known exactly at the next spike.

    weight : (n_pre, dimensions) [s], up to the neuron's last spike; :meth:`weights` brings it up
    to date.  ``jump`` [Hz] is the height of one spike in r, (1 - exp(-dt/tau))/dt.
    """

    rebase_every = 0.1
    """Seconds after which history and fade begin anew; fade must not underflow."""

    model = """
    weight : second
    trace : Hz
    seen : second**2
    """
    on_pre = """
    weight += trace*(history_post - seen)/N_pre
    seen = history_post
    drive_post += weight*jump
    power_post += jump*(2*trace*fade_post + jump)/N_pre
    trace += jump/fade_post
    """
    rebase = """
    weight += trace*(history_post - seen)/N_pre
    seen = 0*second**2
    trace *= fade_post
    """
    rebase_output = """
    history = 0*second**2
    fade = 1
    """

    @staticmethod
    def weights(synapses: Any, output: Any) -> Any:
        """M as it stands, (dimensions, n_pre) [s]."""
        dimensions = len(output)
        shape = (-1, dimensions)
        grown = synapses.trace_[:].reshape(shape) * (
            output.history_[:] - synapses.seen_[:].reshape(shape)
        )
        neurons = len(synapses.source)
        return (synapses.weight_[:].reshape(shape) + grown / neurons).T.copy()


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
