"""What every learner promises, whatever the form."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from bioplaus.layered.learner import Learner
from bioplaus.layered.units import Array
from bioplaus.parameters import ParameterError

__all__ = ["keeps_its_promises"]


def keeps_its_promises(learner: Learner, inputs: Any, targets: Any) -> None:
    """Answers before an update, no update at no strength, whole states, weights put and taken.

    inputs, targets : of one update.
    """
    first, answers = learner.weights(), learner.answer(inputs)
    assert all(array.ndim == 2 for array in first.values())
    np.testing.assert_array_equal(_outputs(learner.learn(inputs, targets, 0.0)), answers)
    assert _same(learner.weights(), first)
    kept = learner.state()
    np.testing.assert_array_equal(_outputs(learner.learn(inputs, targets)), answers)
    once = learner.weights()
    assert not _same(once, first)
    learner.learn(inputs, targets)
    twice = learner.weights()
    learner.restore(kept)
    assert _same(learner.weights(), first)
    learner.learn(inputs, targets)
    assert _same(learner.weights(), once)
    learner.learn(inputs, targets)
    assert _same(learner.weights(), twice)
    learner.set({"learning_rate": 0.0})
    learner.learn(inputs, targets)
    assert _same(learner.weights(), twice)
    learner.set_weights(first)
    assert _same(learner.weights(), first)
    for refused in ({"nothing": 1.0}, {next(iter(first)): np.zeros((1, 1))}):
        with pytest.raises(ParameterError):
            learner.set_weights(refused)
    with pytest.raises(ParameterError, match="nothing"):
        learner.set({"nothing": 1.0})


def _outputs(learned: Any) -> Any:
    """The answers, alone or beside what else was seen."""
    return getattr(learned, "outputs", learned)


def _same(one: dict[str, Array], other: dict[str, Array]) -> bool:
    return one.keys() == other.keys() and all(
        np.array_equal(one[name], other[name]) for name in one
    )
