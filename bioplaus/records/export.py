"""The command ``bioplaus export``: a run's spikes, traces, arrays, presentations elsewhere."""

from __future__ import annotations

import argparse
import csv
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from bioplaus.errors import UserError
from bioplaus.records import RunReader, atomic

__all__ = ["configure", "execute", "write_csv", "write_npz"]


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add = parser.add_argument
    add("run", metavar="RUN", type=Path, help="a run directory")
    add("--format", choices=("nwb", "npz", "csv"), default="nwb", help="default nwb")
    add("--out", type=Path, help="file (csv: folder) to make; default RUN.FORMAT beside the run")


def execute(options: argparse.Namespace) -> int:
    """Write the file and print its path."""
    run = RunReader(options.run)
    out = options.out or Path(f"{run.path.resolve()}.{options.format}")
    if out.exists():
        raise UserError(f"{out} exists; choose another --out")
    if not run.recording_files():
        raise UserError(f"{run.path} recorded nothing; run it with --record")
    if options.format == "nwb":
        from bioplaus.records.nwb import write_nwb

        write_nwb(run, out)
    else:
        {"npz": write_npz, "csv": write_csv}[options.format](run, out)
    print(out)
    return 0


def write_npz(run: RunReader, out: Path) -> None:
    """One NumPy archive.

    ``spikes.<population>.t`` [s] and ``.i``; ``traces.<population>.<variable>.t`` [s], ``.value``
    (cells, times), ``.cells`` and ``.unit``; ``presentations.start``, ``.stop`` [s], ``.label``;
    ``metrics.<name>``; ``arrays.<name>.value``, ``.unit``, ``.axes`` (names in order) and
    ``.<axis>``, of the last segment that has it.

    Raises
    ------
    DiskFull
        If there is no room; nothing half-written is left.
    """
    arrays: dict[str, Any] = {f"metrics.{name}": values for name, values in run.metrics.items()}
    for population in run.populations():
        t, i = run.spikes(population)
        arrays |= {f"spikes.{population}.t": t, f"spikes.{population}.i": i}
    for population, variable in run.traced():
        record = run.trace(population, variable)
        stem = f"traces.{population}.{variable}"
        arrays |= {f"{stem}.t": record.t, f"{stem}.value": record.value}
        arrays |= {f"{stem}.cells": record.cells, f"{stem}.unit": np.array(record.unit)}
    for name in run.arrays():
        array, stem = run.array(name), f"arrays.{name}"
        arrays |= {f"{stem}.value": array.value, f"{stem}.unit": np.array(array.unit)}
        arrays[f"{stem}.axes"] = np.array(list(array.axes))
        arrays |= {f"{stem}.{axis}": along.values for axis, along in array.axes.items()}
    if run.has_presentations():
        shown = run.presentations()
        arrays |= {f"presentations.{name}": values for name, values in vars(shown).items()}

    def fill(partial: Path) -> None:
        with open(partial, "wb") as file:
            np.savez_compressed(file, allow_pickle=False, **arrays)

    atomic.write(out, fill)


def write_csv(run: RunReader, out: Path) -> None:
    """A folder of tables: spikes, traces, presentations, metrics and parameters, units in heads;
    arrays element by element, as the last segment left them."""
    out.mkdir(parents=True)
    for population in run.populations():
        _table(out / f"spikes-{population}.csv", ["t_s", "cell"], zip(*run.spikes(population)))
    for population, variable in run.traced():
        record = run.trace(population, variable)
        head = ["t_s"] + [_in(f"cell_{cell}", record.unit) for cell in record.cells]
        rows = np.column_stack([record.t, record.value.T])
        _table(out / f"traces-{population}-{variable}.csv", head, rows)
    for name in run.arrays():
        array = run.array(name)
        head = [_in(axis, along.unit) for axis, along in array.axes.items()]
        _table(out / f"arrays-{name}.csv", [*head, _in("value", array.unit)], array.rows())
    if run.has_presentations():
        shown = run.presentations()
        rows_shown = zip(shown.start, shown.stop, shown.label)
        _table(out / "presentations.csv", ["start_s", "stop_s", "label"], rows_shown)
    metrics = run.metrics
    _table(out / "metrics.csv", list(metrics), zip(*metrics.values()))
    _table(out / "parameters.csv", ["name", "value"], run.parameters.items())


def _in(name: str, unit: str) -> str:
    """The head of a column."""
    return f"{name}_{unit}" if unit not in ("", "1") else name


def _table(path: Path, head: list[str], rows: Iterable[Iterable[Any]]) -> None:
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(head)
        writer.writerows(rows)
