"""Exclusive or in two phases, spiking, Burstprop (Payeur 2021, figure 4)."""

from __future__ import annotations

from bioplaus.experiments.burstccn.exclusive_or import TWO_PHASE, Xor, settings

Settings = settings(
    "200 cells, examples of 2.5 s, of which the teacher has the last 0.5 s.",
    rule="burstprop",
    **TWO_PHASE,
)


class BurstpropTwoPhase(Xor):
    """The baseline is the moving average of the burst probability."""

    Parameters = Settings
    quick = {"epochs": 60}


EXPERIMENT = BurstpropTwoPhase

if __name__ == "__main__":
    from bioplaus.cli import run_script

    raise SystemExit(run_script(__file__))
