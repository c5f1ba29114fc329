"""Burstprop fails on exclusive or in a single phase, spiking (Greedy 2022, figure 2)."""

from __future__ import annotations

from bioplaus.experiments.burstccn.exclusive_or import Xor, settings

Settings = settings(
    "200 cells, examples of 8 s in fixed order, long against the average of 2 s.",
    rule="burstprop",
    cells=200,
    step="1 ms",
    integration="exponential_euler",
    slot="400 ms",
    example="8 second",
    teach_from="0 ms",
    settle="800 ms",
    test="8 second",
    burn_in="6 second",
    order="fixed",
    epochs=50,
    fade_epochs=0.0,
    learning_rate_hidden=0.0016,
    learning_rate_output=0.0008,
    baseline_output=0.42,
    baseline_hidden_1=0.3,
    baseline_hidden_2=0.27,
    teacher_reads="cell",
    tau_average="2 second",
)


class BurstpropSinglePhase(Xor):
    """The moving average of the burst probability follows the teacher and cancels it."""

    Parameters = Settings
    quick = {"epochs": 10}


EXPERIMENT = BurstpropSinglePhase

if __name__ == "__main__":
    from bioplaus.cli import run_script

    raise SystemExit(run_script(__file__))
