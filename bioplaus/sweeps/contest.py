"""What the leaderboard compares: every learning rule of the project on the same three tasks.

Within a task all rules see the same images equally often in networks of equal size; learning rates
(and batches) were chosen on validation images among a few values with seed 1, those of the MNIST
subset after four of the ten passes, that of eRBP there taken over from the digits.  The spiking
exclusive or of BurstCCN and Burstprop keeps its own protocol of four patterns, whose ``test_error``
is the share of patterns that the output rate puts on the wrong side of the mean of all four.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from bioplaus.registry import find
from bioplaus.reproduction.runs import Job

__all__ = ["ENTRIES", "NOT_APPLICABLE", "SEEDS", "TASKS", "Entry"]

SEEDS = (1, 2, 3)

TASKS = {
    "xor": "exclusive or of two noisy bits, 800 training images of 2 x 2 pixels, 4 passes",
    "digits": "scikit-learn's digits, 1,077 training images of 8 x 8 pixels, 40 passes",
    "mnist-5000": "MNIST, the first 5,000 training images of 28 x 28 pixels, 10 passes",
}


@dataclass(frozen=True)
class Entry:
    """One rule on one task.

    settings : as after ``--set``; angle : the figure in ``summary.json`` with the angle [degrees]
    of its update to backpropagation's, or, where ``angle_of`` is ``feedback``, of the weights that
    carry errors down to the transposed forward weights.
    """

    task: str
    rule: str
    experiment: str
    settings: dict[str, str] = field(default_factory=dict)
    angle: str = ""
    angle_of: str = "update"

    def jobs(self) -> list[Job]:
        """Its runs, one for each seed."""
        name = find(self.experiment).name
        return [Job(name, tuple(self.settings.items()), seed) for seed in SEEDS]


BP = "backpropagation (rates)"
DFA = "direct feedback alignment (rates)"
ERBP = "eRBP (spikes)"
MICROCIRCUIT = "dendritic microcircuit (two sweeps)"
BURSTCCN = "BurstCCN (batched)"
BURSTCCN_SPIKES = "BurstCCN (spikes), single phase"
BURSTPROP_SPIKES = "Burstprop (spikes), two phases"
EP = "equilibrium propagation, vector field"
FOLLOW = "FOLLOW (spikes)"

_PRESENTATIONS = {"xor": "3200", "digits": "43080", "mnist-5000": "50000"}
_EPOCHS = {"xor": "4", "digits": "40", "mnist-5000": "10"}
_SIZES = {"xor": "4-50-2", "digits": "64-100-10", "mnist-5000": "784-100-10"}


def _rates(task: str, method: str, learning_rate: str) -> Entry:
    settings = {
        "dataset": task,
        "method": method,
        "hidden": _SIZES[task].split("-")[1],
        "presentations": _PRESENTATIONS[task],
        "evaluations": "4",
        "learning_rate": learning_rate,
    }
    rule = {"bp": BP, "dfa": DFA}[method]
    return Entry(task, rule, "erbp-rate-reference", settings, "angle_to_backpropagation")


def _erbp(task: str, learning_rate: str, final_rate: str) -> Entry:
    inputs, hidden, classes = _SIZES[task].split("-")
    settings = {
        "dataset": task,
        "inputs": inputs,
        "hidden": hidden,
        "classes": classes,
        "time_step": "0.5 ms",
        "background_before_threshold": "true",
        "presentations": _PRESENTATIONS[task],
        "validated": "360",
        "learning_rate": learning_rate,
        "final_rate": final_rate,
    }
    return Entry(task, ERBP, "erbp-digits", settings, "feedback_angle", "feedback")


def _microcircuit(task: str, base_rates: str, weight_scale: str) -> Entry:
    settings = {
        "dataset": task,
        "areas": _SIZES[task],
        "epochs": _EPOCHS[task],
        "base_rates": base_rates,
        "weight_scale": weight_scale,
    }
    return Entry(task, MICROCIRCUIT, "sacramento-mnist", settings, "angle_to_backpropagation_1")


def _burstccn(task: str, learning_rate: str, batch: str) -> Entry:
    settings = {
        "dataset": task,
        "hidden_layers": "1",
        "hidden": _SIZES[task].split("-")[1],
        "epochs": _EPOCHS[task],
        "learning_rate": learning_rate,
        "batch": batch,
    }
    return Entry(task, BURSTCCN, "burstccn-mnist", settings, "angle_to_backpropagation")


def _equilibrium(task: str, learning_rates: str, **changes: str) -> Entry:
    settings = {
        "dataset": task,
        "layers": _SIZES[task],
        "epochs": _EPOCHS[task],
        "influence": "1",
        "nudging": "positive",
        "learning_rates": learning_rates,
        **changes,
    }
    return Entry(task, EP, "vector-field-ep-mnist", settings, "angle_1", "feedback")


ENTRIES: tuple[Entry, ...] = (
    _rates("xor", "bp", "0.02"),
    _rates("xor", "dfa", "0.02"),
    _erbp("xor", "6e-3", "0.03"),
    _microcircuit("xor", "1 0.05", "2 1"),
    _burstccn("xor", "3", "4"),
    _equilibrium("xor", "0.4, 0.1", persistent="false"),
    Entry("xor", BURSTCCN_SPIKES, "burstccn-xor-single-phase", {"epochs": "150"}),
    Entry("xor", BURSTPROP_SPIKES, "burstccn-burstprop-two-phase", {"epochs": "160"}),
    _rates("digits", "bp", "0.02"),
    _rates("digits", "dfa", "0.02"),
    _erbp("digits", "6e-3", "0.1"),
    _microcircuit("digits", "2 0.1", "2 1"),
    _burstccn("digits", "3", "10"),
    _equilibrium("digits", "0.4, 0.1", weight_decay="3e-4"),
    _rates("mnist-5000", "bp", "0.02"),
    _rates("mnist-5000", "dfa", "0.01"),
    _erbp("mnist-5000", "6e-3", "0.03"),
    _microcircuit("mnist-5000", "2 0.1", "2 1"),
    _burstccn("mnist-5000", "3", "10"),
    _equilibrium("mnist-5000", "0.4, 0.1"),
)

_NO_IMAGES = "two inputs and one output; its batched form learns images"
NOT_APPLICABLE: dict[tuple[str, str], str] = {
    **{(task, BURSTCCN_SPIKES): _NO_IMAGES for task in ("digits", "mnist-5000")},
    **{(task, BURSTPROP_SPIKES): "two inputs and one output" for task in ("digits", "mnist-5000")},
    **{
        (task, FOLLOW): "learns trajectories from a continuous error, not classes" for task in TASKS
    },
}
