"""Kept evidence: what was reproduced, at which setting, when and where.

One JSON file for each result under ``docs/results/<paper>/``, which an installed package carries
as ``bioplaus.results``.
"""

from __future__ import annotations

import json
import shutil
import statistics
import time
from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

from bioplaus.records import RunReader, atomic, layout
from bioplaus.reproduction.table import Result, Setting

__all__ = ["judge", "keep", "kept", "status"]


def judge(result: Result, setting: Setting, runs: Sequence[RunReader]) -> dict[str, Any]:
    """The values of a result over its runs, beside band and published value.

    Raises
    ------
    KeyError
        If a run's summary lacks the result's metric.
    """
    values = [_metric(run, result.metric) for run in runs]
    mean = statistics.fmean(values)
    ours = {
        "mean": mean,
        "sd": statistics.stdev(values) if len(values) > 1 else 0.0,
        "seeds": [run.config["seed"] for run in runs],
        "values": values,
    }
    within = setting.band.accepts(values)
    meets = result.meets_published(values, setting.band)
    return _row(result, setting, ours, within, meets)


def _metric(run: RunReader, name: str) -> float:
    metrics = run.summary["metrics"]
    if name not in metrics:
        raise KeyError(f"{run.path} reports no {name}; it has {', '.join(metrics)}")
    return float(metrics[name])


def _row(
    result: Result,
    setting: Setting,
    ours: dict[str, Any] | None,
    within: bool | None,
    meets: bool | None,
) -> dict[str, Any]:
    return {
        "id": result.id,
        "name": result.name,
        "metric": result.metric,
        "unit": result.unit,
        "published": result.published,
        "published_source": result.published_source,
        "band": str(setting.band),
        "band_source": setting.band_source,
        "ours": ours,
        "setting": _made(result, setting),
        "form": result.form,
        "tier": result.tier,
        "within_band": within,
        "meets_published": meets,
        "date": time.strftime("%Y-%m-%d") if ours else None,
    }


def _made(result: Result, setting: Setting) -> dict[str, Any]:
    """How a result is made: experiment, named setting, and what that changes."""
    named = {} if setting.name == "default" else {"setting": setting.name}
    return {"experiment": result.experiment, **named, **setting.changes}


def keep(
    folder: Path, result: Result, judged: Mapping[str, Any], runs: Sequence[RunReader]
) -> Path:
    """Write a judged result, with versions and hardware, and a figure of its first seed."""
    target = folder / result.paper
    target.mkdir(parents=True, exist_ok=True)
    environment = runs[0].environment
    evidence = {
        **judged,
        "environment": {
            key: environment.get(key)
            for key in ("python", "platform", "processor", "cores", "versions", "revision")
        },
        "backend": environment.get("backend"),
        "wall_s": [run.environment.get("wall_s") for run in runs],
        "peak_memory_mb": max(run.environment.get("peak_memory_mb", 0.0) for run in runs),
    }
    path = target / f"{result.id}.json"
    atomic.write_json(path, evidence)
    figure = runs[0].path / layout.FIGURES / f"{result.figure}.png"
    if result.figure and figure.is_file():
        atomic.write(target / f"{result.id}.png", lambda partial: _copy(figure, partial))
    return path


def _copy(source: Path, target: Path) -> None:
    shutil.copyfile(source, target)


def kept(result: Result) -> dict[str, Any] | None:
    """The kept evidence of a result, if it was made at the present setting."""
    path = resources.files("bioplaus.results") / result.paper / f"{result.id}.json"
    if not path.is_file():
        return None
    content: dict[str, Any] = json.loads(path.read_text("utf-8"))
    made, wanted = content["setting"], _made(result, result.full)
    # A setting may be given another name; what it changes may not be another.
    same = {**made, "setting": ""} == {**wanted, "setting": ""}
    return content if same else None


def status(result: Result) -> dict[str, Any]:
    """A row of ``--status --json``: kept evidence judged by the present band, or nothing ours."""
    found = kept(result)
    if found is None or found["ours"] is None:
        return _row(result, result.full, None, None, None)
    ours = found["ours"]
    # Fewer seeds than were stated beforehand are shown, but no verdict is given on them.
    complete = set(ours["seeds"]) >= set(result.full.seeds)
    within = result.full.band.accepts(ours["values"]) if complete else None
    meets = result.meets_published(ours["values"], result.full.band) if complete else None
    return {**_row(result, result.full, ours, within, meets), "date": found["date"]}
