"""Digests of a run: the same for the same bits, and what is not the same is told by its name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks import digests
from bioplaus import registry
from bioplaus.parameters import replace
from bioplaus.records import Recording, RunWriter


def written(path: Path, **changes: Any) -> dict[str, str]:
    """Digests of a run of one segment, of which some things are others."""
    given: dict[str, Any] = {
        "error": 0.5,
        "figure": 0.25,
        "i": 3,
        "w": 1.0,
        "name": "w",
        "python": 1,
    }
    given |= changes
    writer = RunWriter.create(path, {"experiment": "x", "seed": 1})
    writer.append_metrics({"segment": 0, "epoch": 1, "validation_error": given["error"]})
    spikes = {"a": (np.array([0.1, 0.2]), np.array([0, given["i"]]))}
    writer.write_recording(0, Recording(spikes))
    state = {
        "rng": {"state": 2**100, "kind": "PCG64"},
        "objects": {"learner": {given["name"]: np.full((2, 3), given["w"])}},
        "networks": [{"cells": {"v": np.zeros(3), "t": [0.0, None]}}],
        "random": {"python": [given["python"]]},
    }
    writer.write_checkpoint(0, state)
    writer.write_summary({"metrics": {"test_error": given["figure"]}})
    writer.log(f"took {np.random.default_rng().random()} s")
    writer.close("finished")
    return dict(digests.of_run(path))


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({}, []),
        ({"python": 2}, []),  # nobody seeds it
        ({"error": np.nextafter(0.5, 1)}, ["metrics/validation_error differs"]),
        ({"figure": 0.0}, ["figures/test_error differs"]),
        ({"i": 4}, ["recording/spikes/a/i differs"]),
        ({"w": np.nextafter(1.0, 2.0)}, ["state/objects/learner/w differs"]),
        ({"name": "v"}, ["state/objects/learner/w is now state/objects/learner/v"]),
        (
            {"name": "v", "w": 2.0},
            ["state/objects/learner/w is gone", "state/objects/learner/v is new"],
        ),
    ],
)
def test_what_differs_is_told_by_its_name(
    changes: dict[str, Any], told: list[str], tmp_path: Path
) -> None:
    before = written(tmp_path / "before")
    after = written(tmp_path / "after", **changes)
    assert digests.difference(before, after) == told
    assert {"state/networks/0/cells", "state/rng/state"} <= before.keys()


def test_pages_are_given_what_they_have() -> None:
    """What is shortened or left out is there, and a beginning of a name chooses."""
    known = {entry.name: entry for entry in registry.entries()}
    assert {*digests.SHORTER, *digests.LEFT_OUT} <= known.keys()
    for name, changes in digests.SHORTER.items():
        replace(registry.load(known[name]).Settings(), changes)
    assert digests.chosen(["normad"]) == [
        "normad-digits", "normad-exclusive-or", "normad-train-to-order",
    ]  # fmt: skip
    assert not digests.LEFT_OUT & set(digests.chosen([]))
