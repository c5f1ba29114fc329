"""The table of results of each paper, read from ``results.toml`` beside its model."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any

from bioplaus.errors import UserError
from bioplaus.parameters import unknown_name
from bioplaus.registry import PAPERS
from bioplaus.reproduction.band import Band

__all__ = ["Result", "Setting", "UnknownResult", "published", "results"]


class UnknownResult(UserError, LookupError):
    """No paper or result has this name."""


@dataclass(frozen=True)
class Setting:
    """How a result is made: changed parameters, seeds, and the band that judges it."""

    changes: Mapping[str, Any]
    seeds: tuple[int, ...]
    band: Band
    band_source: str


@dataclass(frozen=True)
class Result:
    """One row of a paper's table; ``quick`` is its reduced setting, if it has one.

    ``better`` tells which side of the published value is as good: ``lower``, ``higher``, or
    ``equal`` within ``tolerance`` (relative).
    """

    paper: str
    id: str
    name: str
    metric: str
    unit: str
    form: str
    tier: str
    experiment: str
    full: Setting
    quick: Setting | None
    published: float | None
    published_source: str
    better: str
    tolerance: float
    figure: str

    def meets_published(self, values: Sequence[float], band: Band) -> bool | None:
        """Whether our values are as good as the published one (None when there is none).

        Their mean is, or, where the band counts seeds, as many of them as it asks for.
        """
        if self.published is None:
            return None
        return band.together(values, self._as_good)

    def _as_good(self, value: float) -> bool:
        assert self.published is not None
        if self.better == "lower":
            return value <= self.published
        if self.better == "higher":
            return value >= self.published
        return abs(value - self.published) <= self.tolerance * abs(self.published)


def results(paper: str, ids: tuple[str, ...] = ()) -> list[Result]:
    """The rows of a paper's table, all or those named.

    Raises
    ------
    UnknownResult
        For a paper or an id that does not exist, with the nearest that does.
    """
    if paper not in PAPERS:
        raise UnknownResult(unknown_name("paper", paper, list(PAPERS)))
    source = _source(paper)
    if not source.is_file():
        raise UnknownResult(f"{paper} has no table of results")
    rows = [_read(paper, row) for row in tomllib.loads(source.read_text("utf-8"))["result"]]
    known = {row.id: row for row in rows}
    for name in ids:
        if name not in known:
            raise UnknownResult(unknown_name("result", name, list(known)))
    return [known[name] for name in ids] if ids else rows


def published(experiment: str) -> list[dict[str, Any]]:
    """What a paper reports for an experiment, to stand beside a run's own figures."""
    paper = next((key for key in PAPERS if experiment.startswith(key.replace("_", "-"))), None)
    if paper is None or not _source(paper).is_file():
        return []
    return [
        {
            "id": row.id,
            "name": row.name,
            "metric": row.metric,
            "published": row.published,
            "source": row.published_source,
            "band": str(row.full.band),
            "setting": dict(row.full.changes),
        }
        for row in results(paper)
        if row.experiment == experiment
    ]


def _source(paper: str) -> Any:
    return resources.files(f"bioplaus.models.{paper}") / "results.toml"


def _read(paper: str, row: Mapping[str, Any]) -> Result:
    full = Setting(
        changes=row.get("set", {}),
        seeds=tuple(row["seeds"]),
        band=Band.read(row["band"]),
        band_source=row["band_source"],
    )
    return Result(
        paper=paper,
        id=row["id"],
        name=row["name"],
        metric=row["metric"],
        unit=row["unit"],
        form=row["form"],
        tier=row.get("tier", "core"),
        experiment=row["experiment"],
        full=full,
        quick=_read_quick(row["quick"], full) if "quick" in row else None,
        published=row.get("published"),
        published_source=row.get("published_source", ""),
        better=row["better"],
        tolerance=row.get("tolerance", 0.0),
        figure=row.get("figure", ""),
    )


def _read_quick(row: Mapping[str, Any], full: Setting) -> Setting:
    return Setting(
        changes={**full.changes, **row.get("set", {})},
        seeds=tuple(row.get("seeds", full.seeds[:1])),
        band=Band.read(row["band"]),
        band_source=row.get("band_source", full.band_source),
    )
