"""Settings that contradict one another are refused before images are looked for or fetched."""

import importlib

import pytest

from bioplaus import tasks
from bioplaus.parameters import ParameterError, replace

CONTRADICTIONS = [
    ("burstccn.mnist", {"baseline": 0.7}, "at most 0.5"),
    ("burstccn.mnist", {"branches": 3}, "homeostatic y"),
    ("sacramento.mnist", {"areas": "784"}, "areas = '784'"),
    ("vector_field_ep.deep", {"influence": -1.0}, "runs away"),
    ("vector_field_ep.discrete", {"nudged_steps": 1}, "nudged_steps = 1"),
    ("vector_field_ep.mnist", {"influence": 0.0}, "influence = 0"),
    ("vector_field_ep.network", {"nudged_steps": 1}, "nudged_steps = 1"),
    ("vector_field_ep.spiking", {"learning_rates": "0.1"}, "must hold 2 rates"),
]


@pytest.mark.parametrize(("name", "changes", "message"), CONTRADICTIONS)
def test_contradiction_is_told_before_images_are_loaded(monkeypatch, name, changes, message):
    def load(*_, **__):
        pytest.fail("images were loaded first")

    monkeypatch.setattr(tasks, "load", load)
    cls = importlib.import_module(f"bioplaus.experiments.{name}").EXPERIMENT
    experiment = cls(replace(cls.Parameters(), changes), seed=1)
    with pytest.raises(ParameterError, match=message):
        experiment.setup()
