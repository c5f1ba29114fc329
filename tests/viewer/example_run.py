"""A finished run of known content: a million spikes, two traces, weights that grow."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from bioplaus.records import Recording, RunWriter
from bioplaus.records.recording import TraceRecord
from bioplaus.records.weights import summarise

SEGMENTS = 10
CELLS = 200
SECONDS = 10.0


def write_example(path: Path, spikes: int = 1_000_000) -> Path:
    """Segment k lasts from 10 k to 10 (k + 1) seconds; its weights have mean k."""
    config = {
        "experiment": "example",
        "source": "example",
        "form": "network",
        "seed": 1,
        "backend": {"name": "numpy", "dtype": "float64", "threads": 1},
        "record": "",
        "parameters": {"learning_rate": 0.01, "tau_synapse": "4 ms"},
    }
    writer = RunWriter.create(path, config)
    rng = np.random.default_rng(1)
    for segment in range(SEGMENTS):
        start = SECONDS * segment
        t = np.sort(rng.uniform(start, start + SECONDS, spikes // SEGMENTS))
        times = start + np.arange(0.0, SECONDS, 1e-3)
        potential = 1e-2 * np.sin(2 * np.pi * times)
        traces = {
            ("hidden", "v"): TraceRecord(
                times, np.stack([potential, -potential]), "V", np.arange(2)
            )
        }
        weights = rng.normal(segment, 1.0, size=(64, 100))
        recording = Recording(
            spikes={"hidden": (t, rng.integers(0, CELLS, len(t)))},
            traces=traces,
            weights={"data_to_hidden": summarise(weights, "nS")},
        )
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
