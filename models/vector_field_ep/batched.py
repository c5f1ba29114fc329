"""Two-phase learning on mini-batches: the form in which the papers' MNIST runs are defined.

One update for each batch: relax freely, relax with the target's influence, compare
(Scellier and Bengio 2017, section 3; Scellier 2018, equations 2-9).  The Brian2 network in
``network.py`` does the same for one example at a time.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np

from bioplaus.layered.batch_kernels import input_drive
from bioplaus.layered.batches import in_batches
from bioplaus.layered.learner import NamedArrays
from bioplaus.layered.nudging import influence_and_rates, silent_units, warn_of_silent_units
from bioplaus.layered.two_way import Array, TwoWay
from bioplaus.parameters import ParameterError

from .parameters import VectorField, check_vector_field, layer_sizes
from .relaxation import ACTIVATIONS, Dynamics, UnitKind, relax, scratch
from .rules import RULES, Rates, states_for
from .training import Phases, train_batches
from .weights import initial_weights

__all__ = ["Learner", "Report", "build_batched", "centre"]

EVALUATED_AT_ONCE = 50  # examples; small enough for the states to stay in the cache

UNSETTLED = 0.05  # largest |ds/dt| [1/tau] at the end of a free phase before a warning


@dataclass(frozen=True)
class Report:
    """What a stretch of training, or of answering, saw.

    errors : wrong free-phase answers; residual : mean of ``max |ds/dt|`` [1/tau] at the end of
    the free phases; steps : mean free steps; answers : (classes,) largest free output of each
    unit, to find outputs that have fallen silent.
    """

    examples: int
    errors: int
    residual: float
    steps: float
    answers: Array

    @property
    def error(self) -> float:
        """Fraction of wrong free-phase answers while the weights were changing."""
        return self.errors / self.examples

    @property
    def silent(self) -> list[int]:
        """Output units that answered no example at all."""
        return silent_units(self.answers)


def centre(weights: TwoWay, images: Array, mean: float, spread: float) -> None:
    """Give every hidden unit the same mean drive over images, and each layer the same spread.

    Glorot's weights with zero biases hold half of the units at zero and pass on mostly what all
    images have in common.  images : (some, n_in); the input from above is taken at its wanted
    mean, and outputs start at one over their number.
    """
    rates, chance = images, 1 / weights.bias[-1].size
    for layer, feedback in enumerate(weights.feedback):
        weight, usual = weights.forward[layer], rates.mean(axis=0)
        weight *= spread / ((rates - usual) @ weight).std()
        above = mean if layer < len(weights.feedback) - 1 else chance
        weights.bias[layer][:] = mean - usual @ weight - above * feedback.sum(axis=0)
        rates = np.clip(mean + (rates - usual) @ weight, 0, 1)
    weights.bias[-1][:] = chance - rates.mean(axis=0) @ weights.forward[-1]


class Learner(NamedArrays):
    """Weights, constants and stored states of one network under training.

    ``learning_rate`` multiplies the rates of all layers.

    Parameters
    ----------
    p
        The setting, checked by :func:`build_batched`.
    rng
        Draws the first weights here and the signs of the influence in :meth:`train`.
    examples
        How many training examples have a stored free state (with ``persistent``).
    """

    def __init__(self, p: VectorField, rng: np.random.Generator, examples: int, dtype: Any) -> None:
        self.parameters, self.rng = p, rng
        self.sizes = layer_sizes(p)[1:]
        self.dtype = np.dtype(dtype)
        self.projections = initial_weights(p, rng, dtype)
        self.influence, rates = influence_and_rates(p)
        self.learning_rate = 1.0
        self.rates = Rates(
            RULES[p.rule],
            np.array(rates),
            np.array(rates[1:]) * p.feedback_rate,
            p.homeostasis,
            p.weight_decay,
        )
        hidden = UnitKind(ACTIVATIONS[p.activation], p.clipped)
        output = {
            "as hidden": hidden,
            "leaky": hidden._replace(gated=False),
            "linear": UnitKind(ACTIVATIONS["linear"], False),
        }
        self.dynamics = Dynamics(
            p.epsilon,
            hidden,
            output[p.outputs],
            p.rule != "vector-field",
            p.settled,
        )
        self.phases = Phases(p.free_steps, p.nudged_steps, p.nudging == "symmetric")
        kept = examples if p.persistent else 0
        self.stored = tuple(np.zeros((kept, n), dtype) for n in self.sizes)

    def train(self, images: Array, labels: Array, order: Array) -> Report:
        """Learn the examples in the given order, ``batch`` at a time.

        images : (examples, n_in) in 0..1; labels : (examples,) whole numbers; order :
        (presentations,) example indices.  A last incomplete batch is left out.

        Raises
        ------
        ParameterError
            When the batch is larger than the data.
        """
        return self._train(images, labels, in_batches(order, self.parameters.batch), self.stored)

    def learn(self, inputs: Array, targets: Array, strength: float = 1.0) -> Array:
        """One update from a batch that settles from zero; the free answers, (batch, n_out).

        inputs : (batch, n_in); targets : (batch, n_out), one in the column of the class.  Weight
        decay and homeostasis act at any strength.

        Raises
        ------
        ParameterError
            For other targets.
        """
        labels = targets.argmax(axis=1)
        if not np.array_equal(np.eye(self.sizes[-1])[labels], targets):
            raise ParameterError("targets of this form are classes: a one in each row, else zeros")
        answers, nothing = self.answer(inputs), tuple(kept[:0] for kept in self.stored)
        self._train(inputs, labels, np.arange(len(inputs))[None], nothing, strength)
        return answers

    def _train(
        self,
        images: Array,
        labels: Array,
        order: Array,
        stored: tuple[Array, ...],
        strength: float = 1.0,
    ) -> Report:
        factor, batch = strength * self.learning_rate, order.shape[1]
        forward, feedback = (factor * rates for rates in (self.rates.forward, self.rates.feedback))
        influences = np.full(len(order), self.influence)
        if self.parameters.nudging == "random-sign":
            influences *= self.rng.choice([-1.0, 1.0], len(order))
        errors, residual, steps, answers = train_batches(
            self.projections,
            images,
            labels,
            order,
            influences,
            stored,
            self.dynamics,
            self.phases,
            self.rates._replace(forward=forward, feedback=feedback),
            states_for(self.projections, batch),
            scratch(batch, self.sizes, self.dtype),
        )
        return Report(order.size, errors, residual / len(order), steps / len(order), answers)

    def arrays(self) -> dict[str, Array]:
        """Weights and stored states by name."""
        stored = {f"stored {layer}": kept for layer, kept in enumerate(self.stored)}
        return self.projections.arrays() | stored

    def learning(self) -> list[str]:
        """Weights and biases, whatever their rates."""
        return list(self.projections.arrays())

    def generators(self) -> list[np.random.Generator]:
        """Signs of the influence are drawn from it."""
        return [self.rng]

    def take(self, weights: TwoWay) -> None:
        """Copy another network's weights, to evaluate them."""
        for mine, theirs in zip(self.projections, weights, strict=True):
            for matrix, new in zip(mine, theirs, strict=True):
                matrix[...] = new

    def warn(self, report: Report, images: Array) -> None:
        """Warn of what spoils learning although nothing stops it.

        A free phase that has not settled (its drift is read as gradient), and output units that
        answered no example.  ``images`` are a few to measure the settling with.
        """
        if self.parameters.outputs != "linear":  # which learn wherever they stand
            warn_of_silent_units(report.answers, report.examples)
        if report.residual > UNSETTLED:
            needed = self._steps_to_settle(images)
            cure = (
                f"{needed} steps bring it below {UNSETTLED}"
                if needed
                else "it does not shrink with time (the state oscillates), so that no length"
                " will do: weaker weights or a smaller epsilon are needed"
            )
            warnings.warn(
                f"free phase not settled: after {self.phases.free} steps a unit still moves by"
                f" {report.residual:.2g} per tau, which is taken for gradient; {cure}",
                stacklevel=2,
            )

    def _steps_to_settle(self, images: Array) -> int | None:
        """Steps that bring the residual down, tried by doubling; None when 64 times are too few."""
        for doublings in range(1, 7):
            steps = self.phases.free * 2**doublings
            if self.settle(images, steps)[1] <= UNSETTLED:
                return steps
        return None

    def settle(self, images: Array, steps: int | None = None) -> tuple[tuple[Array, ...], float]:
        """Free states from zero and their residual ``max |ds/dt|`` [1/tau]."""
        states = tuple(np.zeros((len(images), n), self.dtype) for n in self.sizes)
        drive = np.empty_like(states[0])
        input_drive(images, self.projections.forward[0], drive)
        _, residual = relax(
            self.projections,
            drive,
            states,
            states[-1],
            0.0,
            steps or self.phases.free,
            self.dynamics._replace(settled=0.0),
            scratch(len(images), self.sizes, self.dtype),
        )
        return states, residual

    def answer(self, inputs: Array) -> Array:
        """Outputs, (batch, n_out), after a free phase from zero states."""
        return self.settle(inputs)[0][-1]

    def judge(self, images: Array, labels: Array, steps: int | None = None) -> Report:
        """Relax images from zero states without learning; ties go to the lowest class.

        images : (examples, n_in); labels : (examples,); ``steps`` other than the free phase's.
        """
        wrong, residuals, answers = 0, [], np.zeros(self.sizes[-1], self.dtype)
        for start in range(0, len(images), EVALUATED_AT_ONCE):
            some = slice(start, start + EVALUATED_AT_ONCE)
            states, residual = self.settle(images[some], steps)
            wrong += int(np.sum(states[-1].argmax(axis=1) != labels[some]))
            residuals.append(residual)
            np.maximum(answers, states[-1].max(axis=0), out=answers)
        made = steps or self.phases.free
        return Report(len(images), wrong, float(np.mean(residuals)), made, answers)

    def error(self, images: Array, labels: Array, steps: int | None = None) -> float:
        """Fraction of wrong answers, relaxed from zero states."""
        return self.judge(images, labels, steps).error


def build_batched(
    p: VectorField, rng: np.random.Generator, examples: int, dtype: Any = np.float32
) -> Learner:
    """Check a setting and make its learner.

    Raises
    ------
    ParameterError
        See :func:`~.parameters.check_vector_field`.
    """
    check_vector_field(p)
    if p.rule not in RULES:
        raise ParameterError(
            f"rule = {p.rule} belongs to the network form; write rule = vector-field, from which"
            " it differs by terms of second order in the influence"
        )
    return Learner(p, rng, examples, dtype)
