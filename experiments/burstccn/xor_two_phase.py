"""Exclusive or in two phases, spiking, constant burst baseline (Greedy 2022, figure 2)."""

from __future__ import annotations

from bioplaus.experiments.burstccn.exclusive_or import TWO_PHASE, Xor, settings

Settings = settings(
    "200 cells, examples of 2.5 s, of which the teacher has the last 0.5 s.",
    **TWO_PHASE,
)


class XorTwoPhase(Xor):
    """The teacher speaks, and weights learn, at the end of each example."""

    Parameters = Settings
    quick = {"epochs": 60}


EXPERIMENT = XorTwoPhase

if __name__ == "__main__":
    from bioplaus.cli import run_script

    raise SystemExit(run_script(__file__))
