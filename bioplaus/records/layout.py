"""Names of the files in a run directory, and the version of the format."""

from __future__ import annotations

from pathlib import Path

__all__ = [
    "ARRAYS",
    "CHANGES",
    "CHECKPOINTS",
    "CONFIG",
    "CONTROL",
    "ENVIRONMENT",
    "FIGURES",
    "FILES",
    "FORMAT_VERSION",
    "INPUT",
    "LOCK",
    "LOG",
    "METRICS",
    "MODULES",
    "OUTPUT",
    "POINTS",
    "RECORDING",
    "SOURCE",
    "STATE",
    "SUMMARY",
    "TUNABLE",
    "segment_file",
]

FORMAT_VERSION = 2
CONFIG = "config.yaml"
ENVIRONMENT = "environment.json"
STATE = "state.json"
METRICS = "metrics.csv"
SUMMARY = "summary.json"
TUNABLE = "tunable.json"
RECORDING = "recording"
CONTROL = "control"
CHANGES = "changes.csv"
FIGURES = "figures"
CHECKPOINTS = "checkpoint"
FILES = "files"
INPUT = "input.txt"
OUTPUT = "output.txt"
LOG = "log.txt"
LOCK = ".lock"
SOURCE = "source"
MODULES = "source/modules.json"
POINTS = "points.jsonl"
ARRAYS = "arrays"
"""Below ``checkpoint``: large arrays, in files named by their content."""


def segment_file(folder: Path, segment: int, ending: str) -> Path:
    """The file of one segment, sorted by name as by number."""
    return folder / f"{segment:06d}.{ending}"
