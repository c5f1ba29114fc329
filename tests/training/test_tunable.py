"""A parameter that may be tuned is one that the experiment takes."""

from __future__ import annotations

import pytest

from bioplaus import registry
from bioplaus.parameters import describe
from bioplaus.training import Experiment


@pytest.mark.parametrize("entry", registry.entries(), ids=lambda entry: entry.name)
def test_no_slider_is_refused(entry: registry.Entry) -> None:
    """Where a parameter is marked, the experiment has a ``tune`` of its own."""
    experiment = registry.load(entry)
    marked = [row.name for row in describe(experiment.Parameters) if row.tunable]
    assert not marked or experiment.tune is not Experiment.tune, marked
