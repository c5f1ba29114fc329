"""Exclusive or in a single phase, spiking, constant burst baseline (Greedy 2022, figure 2)."""

from __future__ import annotations

from bioplaus.experiments.burstccn.exclusive_or import Xor, settings

Settings = settings(
    "200 cells, examples of 1 s, teacher and plasticity always on.",
    cells=200,
    step="1 ms",
    integration="exponential_euler",
    slot="100 ms",
    example="1 second",
    teach_from="0 ms",
    settle="100 ms",
    test="5 second",
    burn_in="6 second",
    order="random",
    epochs=150,
    fade_epochs=0.4,
    learning_rate_hidden=0.0096,
    learning_rate_output=0.0048,
    baseline_output=0.42,
    baseline_hidden_1=0.3,
    baseline_hidden_2=0.27,
    teacher_reads="population",
    tau_average="2 second",
)


class XorSinglePhase(Xor):
    """Teacher and plasticity are never off; no prediction phase."""

    Parameters = Settings
    quick = {"epochs": 150}


EXPERIMENT = XorSinglePhase

if __name__ == "__main__":
    from bioplaus.cli import run_script

    raise SystemExit(run_script(__file__))
