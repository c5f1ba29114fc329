"""Every page: its sliders act, and contradictions are told before images are looked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from brian2 import Network, NeuronGroup, StateMonitor

from bioplaus import registry, tasks
from bioplaus.parameters import ParameterError, describe, replace
from bioplaus.tasks.image_sets import ImageSet
from tests.papers import entering

ENTRIES = registry.entries()
TUNABLE = [
    (entry, row.name)
    for entry in ENTRIES
    for row in describe(registry.load(entry).Settings)
    if row.tunable
]
SMALL: dict[str, dict[str, Any]] = {
    "burstccn-xor": {"cells": 5, "step": "1 ms", "integration": "exponential_euler"},
}


def images(name: str, **options: Any) -> ImageSet:
    """Noise of the shape that a set has; nothing is looked for on a disk."""
    pixels, classes = {"digits": (64, 10), "xor": (4, 2)}.get(name, (784, 10))
    rng = np.random.default_rng(1)
    parts = {}
    for part in ("train", "validation", "test"):
        parts[f"{part}_raw"] = rng.integers(0, 17, (3000, pixels), dtype=np.uint8)
        parts[f"{part}_labels"] = np.arange(3000) % classes
    side = round(pixels**0.5)
    return ImageSet(name, (side, side), 16, tuple(map(str, range(classes))), **parts)


@pytest.mark.parametrize(("entry", "name"), TUNABLE, ids=lambda it: getattr(it, "name", it))
def test_every_slider_acts(
    entry: registry.Entry, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the page says of its tunable parameters is other values at twice the value.

    That a model takes them as if it had been built with them is tested with the models.
    """
    monkeypatch.setattr(tasks, "load", images)
    run = entering.entered(registry.load(entry), **SMALL.get(entry.name, {}))
    given = getattr(run.p, name)
    doubled = _doubled(given)
    assert run._live, "the page never says run.live(...)"
    assert entering.nameless(run) == []
    changed = replace(run.p, {name: doubled})
    assert any(values(changed) != values(run.p) for _, values in run._live)
    run.tune(name, doubled)
    assert getattr(run.p, name) == getattr(changed, name)


OTHERS = [entry for entry in ENTRIES if entry not in {entry for entry, _ in TUNABLE}]


@pytest.mark.slow
@pytest.mark.parametrize("entry", OTHERS, ids=lambda it: it.name)
def test_every_object_has_a_name_of_its_own(
    entry: registry.Entry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the test of the sliders asks of its pages, for those that have none."""
    monkeypatch.setattr(tasks, "load", images)
    assert entering.nameless(entering.entered(registry.load(entry))) == []


def test_a_name_that_is_numbered_is_found() -> None:
    """A monitor and a regular operation without names, beside named ones."""
    group = NeuronGroup(2, "v : 1", name="cells")
    group.run_regularly("v = 0", name="cells_reset")
    group.run_regularly("v = 1")
    network = Network(group, StateMonitor(group, "v", record=True))
    run = SimpleNamespace(simulated=[SimpleNamespace(network=network)])
    assert len(entering.nameless(run)) == 2  # type: ignore[arg-type]


def _doubled(value: Any) -> Any:
    """Twice a number, a quantity, or every number of a list."""
    if isinstance(value, str):
        words = value.replace(",", " ").split()
        return " ".join(_twice(word) for word in words)
    return 2 * value


def _twice(word: str) -> str:
    try:
        return repr(2 * float(word))
    except ValueError:
        return word


CONTRADICTIONS = [
    ("burstccn.mnist", {"baseline": 0.7}, "at most 0.5"),
    ("burstccn.mnist", {"branches": 3}, "homeostatic y"),
    ("erbp.images", {"presentation": "1 ms", "settling": "2 ms"}, "settling"),
    ("error_paths.images", {"row": "FAA"}, "row 'FAA'"),
    ("error_paths.network", {"row": "deep targets"}, "no network form"),
    ("sacramento.mnist", {"areas": "784"}, "areas = '784'"),
    ("vector_field_ep.images", {"influence": -1.0}, "runs away"),
    ("discrete_ep.images", {"nudged_steps": 1}, "nudged_steps = 1"),
    ("vector_field_ep.images", {"influence": 0.0}, "influence = 0"),
    ("vector_field_ep.network", {"nudged_steps": 1}, "nudged_steps = 1"),
    ("spiking_ep.images", {"learning_rates": "0.1"}, "1 numbers for 2"),
]


@pytest.mark.parametrize(("name", "changes", "message"), CONTRADICTIONS)
def test_contradiction_is_told_before_images_are_loaded(monkeypatch, name, changes, message):
    def load(*_, **__):
        pytest.fail("images were loaded first")

    monkeypatch.setattr(tasks, "load", load)
    with pytest.raises(ParameterError, match=message):
        entering.entered(entering.page(name), **changes)


COARSE = {"time_step": "1 ms", "background_before_threshold": True, "hidden": 5}
FEW = {"presentations": 2, "evaluations": 2, "validated": 2, "tested": 2}
DIGITS = {"dataset": "digits", "inputs": 64, "test_presentation": "100 ms", "readout": "100 ms"}
XOR = {
    "cells": 5, "step": "1 ms", "integration": "exponential_euler", "slot": "100 ms",
    "example": "200 ms", "teach_from": "100 ms", "settle": "0 ms", "test": "200 ms",
    "burn_in": "100 ms", "epochs": 2, "segment_epochs": 1,
}  # fmt: skip
NEURONS = {"neurons": 20}
TINY: dict[str, tuple[dict[str, Any], int, int]] = {
    "burstccn-mnist": (
        {"dataset": "digits", "epochs": 2, "hidden": 10, "twin": True, "final_rate": 0.1}, 1, 0,
    ),
    "burstccn-regression": ({"rest": "20 second", "learning": "40 second", "parts": 2}, 2, 0),
    "burstccn-xor": (XOR, 2, 0),
    "erbp-images": ({**COARSE, **FEW}, 1, 0),
    "erbp-rate-reference": (
        {"dataset": "digits", "hidden": 5, "presentations": 40, "evaluations": 2}, 1, 0,
    ),
    "erbp-variants": ({**COARSE, **DIGITS, **FEW, "layers": 1}, 3, 5),
    "follow-arm": (
        {"neurons": 40, "segment": "2 second", "duration": "4 second", "tests": 1}, 1, 0,
    ),
    "follow-delay": ({**NEURONS, "segment": "4 second", "duration": "8 second"}, 1, 2),
    "follow-inverse-arm": (
        {"neurons": 40, "command_neurons": 40, "segment": "2 second", "duration": "4 second"}, 1, 2,
    ),
    "follow-realisable": ({**NEURONS, "segment": "8 second", "duration": "16 second"}, 1, 2),
    "sacramento-association": ({"areas": "6-4-3", "presentations": 2, "evaluations": 2}, 1, 0),
    "sacramento-bars": ({"epochs": 2, "evaluations": 2}, 1, 0),
    "sacramento-mnist": (
        {"dataset": "digits", "areas": "64-10-10", "base_rates": "1 0.05", "weight_scale": "2 1",
         "images": 100, "epochs": 2, "silent_updates": 2}, 1, 0,
    ),
    "sacramento-self-prediction": (
        {"areas": "6-4-3", "patterns": 24, "evaluations": 2, "presentation": "10 ms"}, 1, 0,
    ),
    "sacramento-yin-yang": (
        {"points": 4, "tested": 4, "epochs": 1, "evaluations": 2, "presentation": "25 ms"}, 1, 0,
    ),
    "discrete-ep-images": (
        {"dataset": "digits", "layers": "64-10-10", "examples": 100, "epochs": 2}, 1, 0,
    ),
    "vector-field-ep-network": (
        {"layers": "64-10-10", "examples": 4, "part": 2, "epochs": 1, "nudging": "random-sign"},
        1, 2,
    ),
    "spiking-ep-images": (
        {"dataset": "digits", "layers": "64-5-10", "examples": 20, "epochs": 2, "free_steps": 5,
         "nudged_steps": 2}, 1, 0,
    ),
    "vector-field-ep-theory": ({"networks": 1}, 3, 0),
}  # fmt: skip
"""Settings that take a second or two, where to break a run off, and how far to follow it (0: to the
end)."""


FAST = (
    "burstccn-mnist", "burstccn-regression", "erbp-images", "erbp-rate-reference", "follow-delay",
    "sacramento-mnist", "sacramento-yin-yang", "vector-field-ep-theory",
)  # fmt: skip
"""One of each shape: batched and network, a loop over segments, a loop over members of those."""


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.slow] * (name not in FAST)) for name in TINY]
)
def test_a_run_that_goes_on_is_whole(name: str) -> None:
    """Broken off and entered again it leaves the same rows, recordings and state, to the bit; and
    the same figures in the end, also when it is entered with the state of the end, as `evaluate`
    does.  On the engine, as pages are run."""
    changes, cut, until = TINY[name]
    changes = {"backend": "numba", **changes}
    page = registry.load(registry.find(name))
    figures: Mapping[str, float] = {}
    if until:
        whole = entering.begun(page, until, **changes)
    else:
        whole, figures = entering.execute(page, **changes)
    broken = entering.begun(page, cut, **changes)
    journal = entering.stops_after(until) if until else entering.Rows()
    again, same, run = entering.entered_again(page, broken.state, journal, **changes)
    np.testing.assert_equal(again.rows, whole.rows[cut:])
    recorded = [[asdict(each) for each in it.recordings] for it in (whole, again)]
    np.testing.assert_equal(recorded[1], recorded[0][cut:])
    np.testing.assert_equal(unmarked(again.state), unmarked(whole.state))
    np.testing.assert_equal(same, figures)
    assert entering.nameless(run) == []
    asked = run.asked_for_part
    del run
    if asked:
        end = entering.entered_again(page, whole.state, evaluated=("", "test"), **changes)
        np.testing.assert_equal(end[1], figures)


def unmarked(state: Mapping[str, Any]) -> dict[str, Any]:
    """A state without the count of runs that the engine keeps in a place of NumPy's generator
    that is not read."""
    random = dict(state["random"])
    if "bioplaus_engine" in random:
        *numpy, _ = random["numpy_state"]
        stream, _, drawn = random["bioplaus_engine"]
        random |= {"numpy_state": numpy, "bioplaus_engine": (stream, drawn)}
    return {**state, "random": random}
