"""Rate neurons with dendritic compartments: pyramidal cells, interneurons, output cells.

The cells of the dendritic cortical microcircuit (Sacramento, Costa, Bengio, Senn 2018, section 2).
Potentials are plain numbers with rest at 0, capacitance is 1, so conductances are in 1/ms.
Compartments other than the soma are instantaneous: linear sums of presynaptic rates.

Order within a time step, which the rule needs: every rate belongs to the potentials *before* the
step (``constant over dt``), then compartments sum those rates, then dendritic predictions are
compared with them, then somata and weights move.  Cells have ``CELL_ORDER`` (their summed inputs
come one earlier) and the errors ``ERROR_ORDER``; plasticity follows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bioplaus.neurons.cell import Cell, Operation
from bioplaus.neurons.rate_transfer import Transfer

__all__ = ["CELL_ORDER", "ERROR_ORDER", "DendriticCells"]

CELL_ORDER = 2
ERROR_ORDER = 3
NOISE = {"none": "", "white": " + sigma*xi", "per step": " + sigma*sample"}
SAMPLE = "sample = randn() : 1 (constant over dt)\n"
PLASTICITY = "plasticity(t - onset)"


@dataclass(frozen=True)
class DendriticCells:
    """The cell types of the microcircuit for one transfer function and one kind of noise.

    The errors, which are the postsynaptic factors of the plasticity rules, and the prospective
    potential are computed once in each step when the compartments are known.  Errors are
    multiplied by ``plasticity`` of the schedule.

    Attributes
    ----------
    phi
        Transfer function of every soma.
    constants
        Conductances and time constants that the equations name.
    noise
        ``none``; ``white``: sigma xi, with sigma in 1/sqrt(ms), integrated as sigma sqrt(dt)
        N(0, 1) a step; ``per step``: sigma N(0, 1) drawn in each step, with sigma in 1/ms, so that
        a step adds sigma dt N(0, 1) and the effect depends on dt.
    prospective
        Whether cells and plasticity read ``u + tau du/dt`` in the place of ``u`` (Haider 2021).
        With ``tau`` one over the sum of conductances that is the potential at which the soma
        would settle; it is taken from the step before.
    """

    phi: Transfer
    constants: Mapping[str, Any]
    noise: str = "none"
    prospective: bool = False

    def input(self, smoothed: bool = True) -> Cell:
        """Sensory area: the rate of the stimulus, low-pass filtered with ``tau_input`` or as it is.

        Reads ``images`` and ``order`` of the schedule.
        """
        stimulus = "images(order(t - onset)*frame, i)"
        rate = f"rate = {stimulus} : 1 (constant over dt)"
        if smoothed:
            rate = f"drate/dt = ({stimulus} - rate)/tau_input : 1"
        return Cell(rate, method="euler", constants=self.constants)

    def pyramidal(self, top_down_learns: bool = False) -> Cell:
        """Hidden pyramidal cell with soma, basal and apical compartment (eq 1).

        ::

            du/dt = -g_leak u + g_basal (v_basal - u) + g_apical (v_apical - u) + sigma xi
            v_apical = top-down input + lateral input from the interneurons

        The prediction of the basal dendrite is ``g_basal/(g_leak + g_basal + g_apical) v_basal``.
        ``error_basal``, ``error_apical`` and (where top-down weights learn) ``error_top_down`` are
        the postsynaptic factors of equations 7, 9 and 10.
        """
        model = f"""
        du/dt = -g_leak*u + g_basal*(v_basal - u) + g_apical*(v_apical - u){self._noise} : 1
        v_apical = v_top_down + v_lateral : 1
        v_top_down : 1
        v_lateral : 1
        error_apical : 1
        """
        errors = f"error_apical = -({PLASTICITY})*v_apical"
        if top_down_learns:
            unexplained = f"{self._rate_now} - {self.phi.text('v_top_down')}"
            model += "error_top_down : 1\n"
            errors += f"\nerror_top_down = ({PLASTICITY})*({unexplained})"
        return self._complete(
            model,
            errors,
            prediction="g_basal/(g_leak + g_basal + g_apical)*v_basal",
            settled="(g_basal*v_basal + g_apical*v_apical)/(g_leak + g_basal + g_apical)",
        )

    def interneuron(self) -> Cell:
        """Lateral interneuron with soma and dendrite, nudged by its partner in the area above.

        ::

            du/dt = -g_leak u + g_dendrite (v_basal - u) + g_som (u_partner - u) + sigma xi

        Equation 2.  Always nudged, target or none.  The prediction of the dendrite (``v_basal``)
        is ``g_dendrite/(g_leak + g_dendrite) v_basal``: the nudging is no part of it.
        """
        model = f"""
        du/dt = -g_leak*u + g_dendrite*(v_basal - u) + g_som*(u_partner - u){self._noise} : 1
        u_partner : 1 (linked)
        """
        return self._complete(
            model,
            "",
            prediction="g_dendrite/(g_leak + g_dendrite)*v_basal",
            settled="(g_dendrite*v_basal + g_som*u_partner)/(g_leak + g_dendrite + g_som)",
        )

    def output(self) -> Cell:
        """Output pyramidal cell: soma, basal compartment and a teaching current.

        ::

            du/dt = -g_leak u + g_basal (v_basal - u) + teaching g_teach (target - u) + sigma xi

        ``target`` is a potential, a row of ``targets`` of the schedule, ``teaching`` the strength
        of the nudging, 1 or 0.  Without an apical compartment the prediction is
        ``g_basal/(g_leak + g_basal) v_basal``; only then does an output without a teacher not
        learn.
        """
        model = f"""
        du/dt = -g_leak*u + g_basal*(v_basal - u) + g_now*(target - u){self._noise} : 1
        g_now = teaching(t - onset)*g_teach : hertz (shared)
        target = targets(order(t - onset)*frame, i) : 1
        """
        return self._complete(
            model,
            "",
            prediction="g_basal/(g_leak + g_basal)*v_basal",
            settled="(g_basal*v_basal + g_now*target)/(g_leak + g_basal + g_now)",
        )

    @property
    def _rate_now(self) -> str:
        """The rate that plasticity compares with the dendrites' predictions of this step.

        A prospective soma is as instantaneous as its dendrites: compared with the rate it sent a
        step ago, every change of pattern would be an error.
        """
        return f"({self.phi.text('potential')})" if self.prospective else "rate"

    @property
    def _noise(self) -> str:
        return NOISE[self.noise]

    def _complete(self, own: str, errors: str, prediction: str, settled: str) -> Cell:
        """Add what all cells with a soma have: basal input with bias, rate, basal error."""
        model = f"""{own}
        v_basal = v_forward + bias*bias_rate : 1
        v_forward : 1
        bias : 1
        error_basal : 1
        rate = {self.phi.text("potential")} : 1 (constant over dt)
        """
        unexplained = f"{self._rate_now} - {self.phi.text(prediction)}"
        errors = f"{errors}\nerror_basal = ({PLASTICITY})*({unexplained})"
        if self.noise == "per step":
            model += SAMPLE
        if self.prospective:
            model += "potential : 1\n"
            errors = f"potential = {settled}\n{errors}"
        else:
            model += "potential = u : 1 (constant over dt)\n"
        return Cell(
            model,
            method="euler",
            operations={"errors": Operation(errors, when="groups", order=ERROR_ORDER)},
            constants=self.constants,
        )
