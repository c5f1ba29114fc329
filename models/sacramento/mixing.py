"""Mixing factors of the conductances, and the learning rates that follow from them.

At rest (du/dt = 0) every soma is a mixture of what its compartments say:

    hidden        u = attenuation v_basal + lambda_A v_apical
    interneuron   u = (1 - lambda_I) prediction + lambda_I u_partner
    output        u = (1 - lambda_N) prediction + lambda_N target

An error is diluted by ``lambda_A`` in each area on its way down, and reaches an interneuron diluted
by ``lambda_I``; learning rates undo both (Sacramento 2018, section 3.3: "inverse mixing factor").
"""

from __future__ import annotations

from dataclasses import dataclass

from bioplaus.models.sacramento.parameters import (
    AUTOMATIC,
    Circuit,
    Dynamics,
    area_sizes,
    rate_list,
)
from bioplaus.neurons.rate_transfer import TRANSFERS
from bioplaus.quantity import to_quantity

__all__ = ["LearningRates", "Mixing", "learning_rates", "mean_square_rate", "mixing"]


@dataclass(frozen=True)
class Mixing:
    """Mixing factors of one circuit (plain numbers between 0 and 1).

    Attributes
    ----------
    hidden, output, interneuron
        Attenuation of a dendritic prediction: ``g_B/(g_lk + g_B + g_A)``, ``g_B/(g_lk + g_B)``
        (no apical compartment), ``g_D/(g_lk + g_D)`` (nudging left out).
    lambda_apical, lambda_interneuron, lambda_output
        Share of the apical compartment, of the partner above, of the target.
    """

    hidden: float
    output: float
    interneuron: float
    lambda_apical: float
    lambda_interneuron: float
    lambda_output: float
    areas: int

    def attenuation(self, area: int) -> float:
        """Attenuation of the basal prediction of area 1..N."""
        return self.output if area == self.areas else self.hidden

    def self_predicting_factor(self, area: int) -> float:
        """Ratio of W^IP of a hidden area to the forward weights above it that silences apicals.

        An interneuron without nudging current must have the potential of its partner:
        ``interneuron * W^IP = attenuation(area + 1) * W``.  The topmost factor differs from the
        others because output cells have no apical compartment.
        """
        return self.attenuation(area + 1) / self.interneuron


def mixing(circuit: Circuit) -> Mixing:
    """Mixing factors from the conductances of a circuit."""
    leak, basal, apical, dendrite, som, teach = (
        float(to_quantity(getattr(circuit, name)))
        for name in ("g_leak", "g_basal", "g_apical", "g_dendrite", "g_som", "g_teach")
    )
    return Mixing(
        hidden=basal / (leak + basal + apical),
        output=basal / (leak + basal),
        interneuron=dendrite / (leak + dendrite),
        lambda_apical=apical / (leak + basal + apical),
        lambda_interneuron=som / (leak + dendrite + som),
        lambda_output=teach / (leak + basal + teach),
        areas=len(area_sizes(circuit)) - 1,
    )


@dataclass(frozen=True)
class LearningRates:
    """Learning rates of each area in 1/ms, first hidden area first.

    ``forward`` has one rate for every area, ``interneuron`` and ``gain`` one for every hidden area.
    ``gain`` is the stability figure of the interneurons, which are a least-mean-squares loop: how
    far one filter time of learning moves a prediction towards its partner.  Above 0.25 the filtered
    loop overshoots.
    """

    forward: tuple[float, ...]
    interneuron: tuple[float, ...]
    gain: tuple[float, ...]


def mean_square_rate(circuit: Circuit, area: int) -> float:
    """Expected squared length of a hidden area's rates, bias included, at zero potentials."""
    resting = float(TRANSFERS[circuit.transfer](0.0))
    return area_sizes(circuit)[area] * resting**2 + circuit.bias_rate**2


def learning_rates(p: Dynamics) -> LearningRates:
    """Forward and interneuron rates: as written, or by rule where ``automatic``.

    The rules: ``eta^PP_k = eta_0 / lambda_A^(N-k)`` and ``eta^IP_k = eta^PP_(k+1) s_k / lambda_I``
    with ``s_k`` the self-predicting factor, so that the interneurons are carried along by the
    forward weights above them; capped where the interneuron loop would pass ``interneuron_gain``.
    """
    mix = mixing(p)
    hidden = range(1, mix.areas)
    if p.forward_rates == AUTOMATIC:
        base = float(to_quantity(p.learning_rate)) * 1e-3
        forward = tuple(base / mix.lambda_apical ** (mix.areas - k) for k in (*hidden, mix.areas))
    else:
        forward = rate_list("forward_rates", p.forward_rates, mix.areas)

    window = max(float(to_quantity(p.tau_w)), float(to_quantity(p.dt))) * 1e3
    steepest = TRANSFERS[p.transfer].steepest
    slopes = [
        mix.interneuron * mix.lambda_interneuron * steepest * mean_square_rate(p, k) * window
        for k in hidden
    ]
    if p.interneuron_rates == AUTOMATIC:
        carried = [
            forward[k] * mix.self_predicting_factor(k) / mix.lambda_interneuron for k in hidden
        ]
        interneuron = tuple(
            min(rate, p.interneuron_gain / slope) if slope > 0 else rate
            for rate, slope in zip(carried, slopes)
        )
    else:
        interneuron = rate_list("interneuron_rates", p.interneuron_rates, len(hidden))
    gain = tuple(rate * slope for rate, slope in zip(interneuron, slopes))
    return LearningRates(forward, interneuron, gain)
