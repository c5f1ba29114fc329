"""Exclusive or in two phases, spiking, constant burst baseline (Greedy 2022, figure 2)."""

from __future__ import annotations

from bioplaus.experiments._burstccn_xor import Xor, settings

Settings = settings(
    "200 cells, examples of 2.5 s, of which the teacher has the last 0.5 s.",
    cells=200,
    step="1 ms",
    integration="exponential_euler",
    slot="500 ms",
    example="2.5 second",
    teach_from="2 second",
    settle="1.5 second",
    test="5 second",
    burn_in="6 second",
    order="random",
    epochs=160,
    fade_epochs=0.4,
    learning_rate_hidden=0.0192,
    learning_rate_output=0.0096,
    baseline_output=0.42,
    baseline_hidden_1=0.3,
    baseline_hidden_2=0.27,
    teacher_reads="population",
    tau_average="1 second",
    rate_min="0 Hz",
)


class XorTwoPhase(Xor):
    """The teacher speaks, and weights learn, at the end of each example."""

    Parameters = Settings
    quick = {"epochs": 60}


EXPERIMENT = XorTwoPhase

if __name__ == "__main__":
    from bioplaus.cli import run_script

    raise SystemExit(run_script(__file__))
