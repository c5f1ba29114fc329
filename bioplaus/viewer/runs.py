"""The list of runs below some folders: state, progress and final figures."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from bioplaus.records import NotARun, RunReader, layout, lock

__all__ = ["COLUMNS", "find_runs", "main_metric", "row"]

COLUMNS = ("run", "experiment", "status", "seed", "epoch", "metric", "latest", "test_error")
_DEEPEST = 5


def find_runs(roots: Iterable[Path]) -> list[Path]:
    """Run directories at or below the given folders, newest first; never looks inside a run."""
    found = {path.resolve() for root in roots for path in _below(root, 0)}
    return sorted(found, key=lambda path: (path / layout.STATE).stat().st_mtime, reverse=True)


def _below(folder: Path, depth: int) -> Iterator[Path]:
    if (folder / layout.STATE).is_file():
        yield folder
        return
    if depth == _DEEPEST:
        return
    try:
        inside = [Path(entry.path) for entry in os.scandir(folder) if entry.is_dir()]
    except OSError:
        return
    for child in inside:
        yield from _below(child, depth + 1)


def row(path: Path) -> dict[str, Any]:
    """What the list shows of a run; what cannot be read is told as its status."""
    stamp = _stamp(path)
    known = _rows.get(path)
    if known is None or known[0] != stamp:
        _rows[path] = known = (stamp, _read(path))
    found = known[1]
    if found["status"] == "running" and not lock.is_held(path):
        return found | {"status": "interrupted"}
    return found


_rows: dict[Path, tuple[Any, dict[str, Any]]] = {}
"""What was read of each run, with the stamps of its files: an unchanged run opens no file."""

_FILES = (layout.STATE, layout.CONFIG, layout.METRICS, layout.SUMMARY)


def _stamp(path: Path) -> list[Any]:
    found: list[Any] = []
    for name in _FILES:
        try:
            status = (path / name).stat()
        except OSError:
            found.append(None)
        else:
            found.append((status.st_mtime_ns, status.st_size, status.st_ino))
    return found


def _read(path: Path) -> dict[str, Any]:
    empty = {
        "path": str(path),
        "run": _short(path),
        "experiment": "",
        "status": "",
        "seed": "",
        "epoch": 0.0,
    }
    empty |= {"metric": "", "latest": float("nan"), "test_error": float("nan")}
    if not (path / layout.CONFIG).is_file():
        return empty | {"status": "incomplete"}
    try:
        run = RunReader(path)
        metrics = run.metrics
        name = main_metric(metrics)
        return empty | {
            "experiment": run.config["experiment"],
            "status": run.status,
            "seed": str(run.config["seed"]),
            "epoch": float(metrics["epoch"][-1]) if len(metrics.get("epoch", [])) else 0.0,
            "metric": name.replace("_", " "),
            "latest": run.latest.get(name, float("nan")),
            "test_error": run.summary.get("metrics", {}).get("test_error", float("nan")),
        }
    except NotARun as error:
        return empty | {"status": str(error)}
    except Exception as error:  # whatever stands in a damaged file, the other runs are shown
        return empty | {"status": f"damaged: {' '.join(str(error).split())}"}


def _short(path: Path) -> str:
    """The path from here, or the whole of it when it lies elsewhere."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)


def main_metric(metrics: dict[str, Any]) -> str:
    """The metric to look at first: one of validation, else the first that is no clock."""
    names = [name for name in metrics if name not in ("segment", "epoch", "simulated_time_s")]
    validation = [name for name in names if name.startswith("validation")]
    return (validation or names or [""])[0]
