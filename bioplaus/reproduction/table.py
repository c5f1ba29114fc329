"""The table of results of each paper, from its ``paper.toml``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bioplaus.bands import Band
from bioplaus.errors import UserError
from bioplaus.papers import Paper, band_of, papers
from bioplaus.parameters import unknown_name

__all__ = ["Result", "Setting", "UnknownResult", "results"]


class UnknownResult(UserError, LookupError):
    """No paper or result has this name."""


@dataclass(frozen=True)
class Setting:
    """How a result is made: a named setting, seeds, and the band that judges it.

    changes : parameters that differ from the page's, those of the named setting included.
    """

    changes: Mapping[str, Any]
    seeds: tuple[int, ...]
    band: Band
    band_source: str
    name: str = "default"


@dataclass(frozen=True)
class Result:
    """One row of a paper's table; ``quick`` is its reduced setting, if it has one.

    ``better`` tells which side of the published value is as good: ``lower``, ``higher``, or
    ``equal`` within ``tolerance`` (relative).  ``tier`` is ``core``, about twenty rows a paper,
    ``more`` for what lies beyond them, or ``long`` for more than two hours a seed.
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
    if paper not in papers():
        raise UnknownResult(unknown_name("paper", paper, list(papers())))
    rows = [_read(papers()[paper], row) for row in papers()[paper].results]
    if not rows:
        raise UnknownResult(f"{paper} has no table of results")
    known = {row.id: row for row in rows}
    for name in ids:
        if name not in known:
            raise UnknownResult(unknown_name("result", name, list(known)))
    return [known[name] for name in ids] if ids else rows


def _read(paper: Paper, row: Mapping[str, Any]) -> Result:
    setting = paper.setting(row["experiment"], row.get("setting", "default"))
    full = Setting(
        changes=setting.changes,
        seeds=tuple(row["seeds"]),
        band=band_of(row["band"]),
        band_source=row["band"]["source"],
        name=setting.name,
    )
    published = row.get("published", {})
    return Result(
        paper=paper.key,
        id=row["id"],
        name=row["name"],
        metric=row["metric"],
        unit=row["unit"],
        form=row["form"],
        tier=row.get("tier", "core"),
        experiment=paper.experiment(row["experiment"]),
        full=full,
        quick=_read_quick(row["quick"], full) if "quick" in row else None,
        published=published.get("value"),
        published_source=published.get("source", ""),
        better=row["better"],
        tolerance=row.get("tolerance", 0.0),
        figure=row.get("figure", ""),
    )


def _read_quick(row: Mapping[str, Any], full: Setting) -> Setting:
    return Setting(
        changes={**full.changes, **row.get("set", {})},
        seeds=tuple(row.get("seeds", full.seeds[:1])),
        band=band_of(row["band"]),
        band_source=row["band"].get("source", full.band_source),
        name=full.name,
    )
