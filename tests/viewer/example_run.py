"""Runs of known content."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np

from bioplaus.records import Presentations, Recording, RunWriter
from bioplaus.records.arrays import ArrayRecord
from bioplaus.records.recording import TraceRecord
from bioplaus.records.weights import summarise

SEGMENTS = 10
CELLS = 200
SECONDS = 10.0


def configuration(**changes: Any) -> dict[str, Any]:
    """A start state; changes of parameters by name."""
    return {
        "experiment": "example",
        "source": "example",
        "form": "network",
        "seed": changes.pop("seed", 1),
        "backend": {"name": "numpy", "dtype": "float64", "threads": 1},
        "record": "",
        "parameters": {"learning_rate": 0.01, "tau_synapse": "4 ms"} | changes,
    }


def write_example(path: Path, spikes: int = 1_000_000, **changes: Any) -> Path:
    """A finished run: segment k lasts from 10 k to 10 (k + 1) seconds.

    Presentation n starts at n seconds, lasts 0.8, has the label n % 4 and every third is answered
    wrongly. Cells 0 and 1 of ``hidden`` have v = +- 10 mV sin(2 pi t), which fire above 5 mV.
    Weights have mean k. ``tuning`` is (36, 25), from -1 to 1 mV.
    """
    writer = RunWriter.create(path, configuration(**changes))
    rng = np.random.default_rng(1)
    for segment in range(SEGMENTS):
        start = SECONDS * segment
        t = np.sort(rng.uniform(start, start + SECONDS, spikes // SEGMENTS))
        times = start + np.arange(0.0, SECONDS, 1e-3)
        potential = 1e-2 * np.sin(2 * np.pi * times)
        values = np.stack([potential, -potential])
        number = np.arange(SECONDS * segment, SECONDS * (segment + 1)).astype(int)
        label = number % 4
        answer = np.where(number % 3 == 2, label + 1, label)
        learning = np.ones(len(number), int)
        recording = Recording(
            spikes={"hidden": (t, rng.integers(0, CELLS, len(t)))},
            traces={("hidden", "v"): TraceRecord(times, values, "V", np.arange(2), 5e-3)},
            weights={"data_to_hidden": summarise(rng.normal(segment, 1.0, size=(64, 100)), "nS")},
            presentations=Presentations(number * 1.0, number + 0.8, label, answer, learning),
        )
        axes = {"angle": (np.arange(-90, 90, 5.0), "degree"), "delay": (np.arange(25) * 2e-3, "s")}
        tuning = np.outer(np.cos(np.arange(36) / 6 - segment), np.exp(-np.arange(25) / 9))
        recording.add_array("tuning", ArrayRecord.of("tuning", tuning * 1e-3, "V", axes))
        writer.write_recording(segment, recording)
        writer.append_metrics(
            {
                "segment": segment,
                "epoch": segment + 1.0,
                "simulated_time_s": start + SECONDS,
                "validation_error": 0.9 * 0.7**segment,
            }
        )
    writer.write_environment({"python": "3.11", "backend": "numpy"})
    writer.write_summary({"metrics": {"test_error": 0.05}})
    writer.log("finished")
    writer.close("finished")
    return path


def write_small(path: Path, error: float = 0.1, **changes: Any) -> Path:
    """A finished run of one row and no recording."""
    writer = RunWriter.create(path, configuration(**changes))
    row = {"segment": 0, "epoch": 1.0, "simulated_time_s": 1.0, "validation_error": error}
    writer.append_metrics(row)
    writer.close("finished")
    return path


def counting_time() -> float:
    """CPU seconds to count a million spikes into a picture, 14 ms on two quiet cores.

    Budgets are multiples of it: a slow machine, or a worker beside this one, slows both alike.
    """
    rng = np.random.default_rng(1)
    t, i = rng.uniform(0.0, 100.0, 1_000_000), rng.integers(0, 320, 1_000_000)
    began = time.process_time()
    for _ in range(3):
        place = i * 1100 + np.floor(t * 11).astype(int)
        assert np.bincount(place, minlength=1100 * 320).sum() == 1_000_000
    return (time.process_time() - began) / 3
