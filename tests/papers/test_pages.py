"""Every page: its sliders act, and contradictions are told before images are looked for."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from bioplaus import registry, tasks
from bioplaus.parameters import ParameterError, describe, replace
from bioplaus.tasks.image_sets import ImageSet
from tests.papers import entering

ENTRIES = [e for e in registry.entries() if "experiment_page" not in str(registry.load(e))]
TUNABLE = [
    (entry, row.name)
    for entry in ENTRIES
    for row in describe(registry.load(entry).Settings)
    if row.tunable
]
SMALL: dict[str, dict[str, Any]] = {}


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
    changed = replace(run.p, {name: doubled})
    assert any(values(changed) != values(run.p) for _, values in run._live)
    run.tune(name, doubled)
    assert getattr(run.p, name) == getattr(changed, name)


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
    ("erbp.images", {"presentation": "1 ms", "settling": "2 ms"}, "settling"),
    ("error_paths.images", {"row": "FAA"}, "row 'FAA'"),
    ("error_paths.network", {"row": "deep targets"}, "no network form"),
]


@pytest.mark.parametrize(("name", "changes", "message"), CONTRADICTIONS)
def test_contradiction_is_told_before_images_are_loaded(monkeypatch, name, changes, message):
    def load(*_, **__):
        pytest.fail("images were loaded first")

    monkeypatch.setattr(tasks, "load", load)
    with pytest.raises(ParameterError, match=message):
        entering.entered(entering.page(name), **changes)
