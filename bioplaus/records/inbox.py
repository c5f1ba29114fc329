"""Asking a running experiment for a change: a file in its ``control`` folder."""

from __future__ import annotations

import time
from pathlib import Path

from bioplaus.records import atomic, layout

__all__ = ["request_change"]


def request_change(run: Path, parameter: str, value: str) -> Path:
    """Ask a run to take a new value of a tunable parameter at its next segment.

    The run logs what it applied in ``changes.csv``, and what it refused in its log.

    Parameters
    ----------
    run
        The run directory.
    value
        Text with unit, as after ``--set``.

    Raises
    ------
    OSError
        When the folder cannot be written.
    """
    path = run / layout.CONTROL / f"{time.time_ns():020d}.json"
    atomic.write_json(path, {"parameter": parameter, "value": value})
    return path
