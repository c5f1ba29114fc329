"""The runs below some folders, as rows: found, read when they change, sought, grouped, sorted."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from bioplaus.records import NotARun, RunReader, layout, lock
from bioplaus.units import dimensions, number, read_amount

__all__ = [
    "GROUPS",
    "Row",
    "differing",
    "find_runs",
    "main_metric",
    "matches",
    "plain",
    "read_row",
    "short_name",
    "sort_key",
    "table",
    "vanished",
]

_DEEPEST = 5
_FILES = (layout.STATE, layout.CONFIG, layout.METRICS, layout.SUMMARY, layout.CHANGES)
GROUPS = ("", "sweep", "experiment", "all but the seed")


@dataclass(frozen=True)
class Row:
    """What the list shows of a run; what cannot be read is told as its state.

    values : by name, everything that can be sought and sorted by: state, experiment, seed, epoch,
    the last value of every metric, every parameter as text with unit.
    """

    path: Path
    name: str
    state: str
    metric: str = ""
    latest: float = float("nan")
    started: float = 0.0
    values: dict[str, Any] = field(default_factory=dict)
    parameters: dict[str, str] = field(default_factory=dict)

    @property
    def sweep(self) -> str:
        """The sweep that it is a trial of; empty for other runs."""
        above = self.path.parent
        return above.parent.name if above.name == "trials" else ""


def find_runs(roots: Iterable[Path]) -> list[Path]:
    """Run directories at or below the given folders, newest first; never looks inside a run."""
    found = {path.resolve() for root in roots for path in _below(root, 0)}

    def changed(path: Path) -> float:
        try:
            return (path / layout.STATE).stat().st_mtime
        except OSError:  # gone since
            return 0.0

    return sorted(found, key=changed, reverse=True)


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


_rows: dict[Path, tuple[Any, Row]] = {}
"""What was read of each run, with the stamps of its files: an unchanged run opens no file."""


def read_row(path: Path) -> Row:
    """The row of a run, read anew when one of its files has changed."""
    stamp = _stamp(path)
    known = _rows.get(path)
    if known is None or known[0] != stamp:
        _rows[path] = known = (stamp, _read(path))
    row = known[1]
    if row.state == "running" and not lock.is_held(path):
        return _with_state(row, "interrupted")
    return row


def vanished(row: Row) -> Row:
    """A run that was listed and is gone."""
    gone = row.state.startswith("gone since")
    return row if gone else _with_state(row, time.strftime("gone since %H:%M"))


def _with_state(row: Row, state: str) -> Row:
    values = row.values | {"state": state}
    return Row(
        row.path, row.name, state, row.metric, row.latest, row.started, values, row.parameters
    )


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


def _read(path: Path) -> Row:
    name = short_name(path)
    try:
        if not (path / layout.CONFIG).is_file():
            return Row(path, name, "incomplete: it has no config.yaml")
        run = RunReader(path)
        config, latest = run.config, run.latest
        metric = main_metric(list(latest))
        parameters = {key: str(value) for key, value in config["parameters"].items()}
        for _, _, changed, value in run.changes:
            parameters[changed] = value
        state = run.status
        values = {
            **parameters,
            **latest,
            **run.summary.get("metrics", {}),
            "state": state,
            "experiment": str(config["experiment"]),
            "seed": config["seed"],
        }
        started = (path / layout.CONFIG).stat().st_mtime
        return Row(
            path, name, state, metric, latest.get(metric, np.nan), started, values, parameters
        )
    except NotARun as error:
        return Row(path, name, str(error))
    except Exception as error:  # whatever stands in a damaged file, the other runs are shown
        return Row(path, name, f"damaged: {' '.join(str(error).split())}")


def short_name(path: Path) -> str:
    """The path from here, or the whole of it when it lies elsewhere."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)


def main_metric(names: Iterable[str]) -> str:
    """The metric to look at first: one of validation, else the first that is no clock."""
    metrics = [name for name in names if name not in ("segment", "epoch", "simulated_time_s")]
    validation = [name for name in metrics if name.startswith("validation")]
    return (validation or metrics or [""])[0]


# Seeking

_TEST = re.compile(r"([A-Za-z_]\w*)(<=|>=|<|>|=|:)(.+)")


def matches(row: Row, wanted: str) -> bool:
    """Whether a row has all that a filter asks for.

    Words stand anywhere in name, experiment or state; ``state:finished`` is part of a value;
    ``lr>0.01`` and ``tau<5ms`` compare metrics and parameters as quantities.  A comparison of
    different dimensions, or with a name that the run does not have, does not hold.
    """
    text = f"{row.name} {row.state} {row.values.get('experiment', '')}".lower()
    return all(_holds(row, term, text) for term in wanted.split())


def _holds(row: Row, term: str, text: str) -> bool:
    test = _TEST.fullmatch(term)
    if test is None:
        return term.lower() in text
    name, relation, asked = test.groups()
    if name not in row.values:
        return False
    value = str(row.values[name])
    if relation == ":":
        return asked.lower() in value.lower()
    ours, theirs = read_amount(value), read_amount(asked)
    if ours is None or theirs is None:
        return relation == "=" and value == asked
    if dimensions(ours) != dimensions(theirs):
        return False
    a, b = number(ours), number(theirs)
    close = bool(np.isclose(a, b, rtol=1e-12, atol=0.0))
    return {"=": close, "<": a < b, ">": a > b, "<=": a < b or close, ">=": a > b or close}[
        relation
    ]


# Sorting and grouping


def sort_key(row: Row, column: str) -> tuple[Any, ...]:
    """Numbers as quantities, before text, before what is not there."""
    if column == "started":
        return (0, row.started)
    if column in ("run", ""):
        return (1, row.name)
    value = row.values.get(column, row.latest if column == row.metric.replace("_", " ") else None)
    amount = None if value is None else read_amount(str(value))
    if amount is not None:
        return (0, number(amount))
    return (2, "") if value is None or str(value) == "nan" else (1, str(value))


def table(
    rows: Sequence[Row], group: str = "", folded: Iterable[str] = ()
) -> list[tuple[str, list[Row], Row | None]]:
    """Lines of the list: a heading with the rows below it (and no row), or one row.

    folded : headings whose rows are left out.  A run that belongs to no group stands alone.
    """
    if not group:
        return [(row.name, [row], row) for row in rows]
    names = [name for name in differing(rows) if name != "seed"]
    grouped: dict[str, list[Row]] = {}
    for row in rows:
        grouped.setdefault(_heading(row, group, names) or f"\0{row.path}", []).append(row)
    lines: list[tuple[str, list[Row], Row | None]] = []
    hidden = set(folded)
    for heading, members in grouped.items():
        if heading.startswith("\0"):
            lines.append((members[0].name, members, members[0]))
            continue
        lines.append((heading, members, None))
        if heading not in hidden:
            lines += [(row.name, [row], row) for row in members]
    return lines


def _heading(row: Row, group: str, names: Sequence[str]) -> str:
    if group == "sweep":
        return row.sweep
    experiment = str(row.values.get("experiment", ""))
    if group == "experiment" or not experiment:
        return experiment
    own = (f"{name}={row.parameters[name]}" for name in names if name in row.parameters)
    return " ".join([experiment, *own])


def plain(value: str) -> str:
    """A value by which equal quantities are equal texts: 4 ms and 0.004 s."""
    amount = read_amount(value)
    return value if amount is None else f"{number(amount):.12g} {dimensions(amount)}"


def differing(rows: Sequence[Row]) -> list[str]:
    """Parameters that are not the same quantity in all runs; absent is a value of its own."""
    names = list(dict.fromkeys(name for row in rows for name in row.parameters))
    return [
        name
        for name in names
        if len({plain(row.parameters[name]) if name in row.parameters else "" for row in rows}) > 1
    ]
