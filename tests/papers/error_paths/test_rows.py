"""The table of rows, and what may be changed about them."""

from __future__ import annotations

import numpy as np
import pytest

from bioplaus.models.error_paths import (
    BOLTZMANN,
    ROWS,
    SETTLING,
    Layers,
    learner,
    products,
    row,
    varied,
)
from bioplaus.parameters import ParameterError, replace


@pytest.mark.parametrize("name", [*ROWS, *SETTLING, *BOLTZMANN])
def test_every_row_is_a_learner_that_counts_its_products(name: str) -> None:
    p = replace(Layers(), {"row": name, "layers": "9-10-10"})
    made = learner(p, np.random.default_rng(1))
    x, targets = np.full((4, 9), 0.5, np.float32), np.eye(10, dtype=np.float32)[:4]
    assert made.learn(x, targets).shape == made.answer(x).shape == (4, 10)
    assert set(made.weights()) <= set(made.state())
    assert products(p) >= 190


def test_constants_are_changed_by_name() -> None:
    path = varied(row("LRA-fdbk"), "carrier.repeats=5, carrier.step=0.02, step.limit=0")
    assert (path.carrier.repeats, path.carrier.step, path.step.limit) == (5, 0.02, 0)
    assert path.source == row("LRA-fdbk").source
    assert varied(row("FA"), "carrier.gated=false").carrier == row("FA without slope").carrier


@pytest.mark.parametrize(
    ("name", "constants", "said"),
    [
        ("FA", "gated=false", "write carrier., feedback. or step."),
        ("FA", "carrier.bit=1", "constant of Gradient 'bit'.*bits"),
        ("FA", "carrier.bits=many", "'carrier.bits=many' must be of type int"),
        ("PAL", "feedback.rate=0", "rate 0.0 must be above 0"),
        ("CHL", "limit=1", "constant of Settling 'limit'"),
        ("Boltzmann machine", "gain=1", "has no constants"),
        ("FAA", "", "row 'FAA'"),
    ],
)
def test_what_cannot_be_changed_is_refused(name: str, constants: str, said: str) -> None:
    p = replace(Layers(), {"row": name, "constants": constants})
    with pytest.raises(ParameterError, match=said):
        learner(p, np.random.default_rng(1))


def test_a_machine_has_one_hidden_layer() -> None:
    p = replace(Layers(), {"row": "Boltzmann machine", "layers": "9-5-5-3"})
    with pytest.raises(ParameterError, match="one hidden layer"):
        learner(p, np.random.default_rng(1))
