"""A run as a Neurodata Without Borders file, for the tools of experimenters."""

from __future__ import annotations

import datetime
import uuid
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from bioplaus.errors import UserError
from bioplaus.records import RunReader, atomic

__all__ = ["write_nwb"]


def write_nwb(run: RunReader, out: Path) -> None:
    """Write spikes as units, traces as time series, presentations as trials, parameters as notes;
    arrays as tables under ``analysis``, a row for each element, as the last segment left them.

    A simulation has no electrodes, so there are none in the file, and its subject says that it is
    no animal.

    Raises
    ------
    UserError
        If pynwb is not installed.
    DiskFull
        If there is no room; nothing half-written is left.
    """
    try:
        from pynwb import NWBHDF5IO, NWBFile
        from pynwb.file import Subject
    except ImportError:
        raise UserError("NWB files need pynwb: pip install 'bioplaus[nwb]'") from None
    config = (run.path / "config.yaml").read_text(encoding="utf-8")
    file = NWBFile(
        session_description=f"Simulation of {run.config['experiment']}, seed {run.config['seed']}",
        identifier=str(uuid.uuid5(uuid.NAMESPACE_URL, f"{run.path.name}\n{config}")),
        session_start_time=_started(run),
        experiment_description="A simulated network; times are simulated seconds.",
        notes=config,
        source_script="bioplaus",
        source_script_file_name=str(run.config["source"]),
    )
    file.subject = Subject(
        subject_id=f"simulation-{run.config['experiment']}-s{run.config['seed']}",
        description="A simulated network of model neurons; there is no animal.  Age and species "
        "are what checkers ask for: nothing, and the root of the taxonomy.",
        age="P0D",
        species="http://purl.obolibrary.org/obo/NCBITaxon_1",
        sex="U",
    )
    _add_units(file, run)
    _add_traces(file, run)
    _add_arrays(file, run)
    if run.has_presentations():
        _add_presentations(file, run)

    def fill(partial: Path) -> None:
        with warnings.catch_warnings():
            # The name has no ending .nwb until the file is complete.
            warnings.filterwarnings("ignore", message="The file path provided")
            with NWBHDF5IO(str(partial), "w") as io:
                io.write(file)

    atomic.write(out, fill)


def _started(run: RunReader) -> datetime.datetime:
    """When the run was started, as its log says, in the zone of this machine."""
    stamp = run.log[:19]
    return datetime.datetime.strptime(stamp, "%Y-%m-%d %H:%M:%S").astimezone()


def _add_units(file: Any, run: RunReader) -> None:
    """One unit for each cell that fired, with its population and its number there."""
    names = [name for name in run.populations() if len(run.spikes(name)[0])]
    if not names:
        return
    observed = _observed(run, names)
    file.add_unit_column("population", "population that the cell belongs to")
    file.add_unit_column("cell", "number of the cell in its population, from 0")
    for name in names:
        t, i = run.spikes(name)
        order = np.lexsort((t, i))
        t, i = t[order], i[order]
        cells, first = np.unique(i, return_index=True)
        for cell, times in zip(cells, np.split(t, first[1:])):
            file.add_unit(
                spike_times=times, obs_intervals=observed, population=name, cell=int(cell)
            )


def _observed(run: RunReader, fired: Sequence[str]) -> list[list[float]]:
    """From the first to the last thing recorded [s]: one interval, as Neo reads no more.

    A presentation that was recorded all the time counts from its start to its stop, silent or not.
    """
    times = [run.spikes(name)[0] for name in fired] + [run.trace(*key).t for key in run.traced()]
    if run.has_presentations():
        shown = run.presentations()
        times += [each[shown.recorded == 1] for each in (shown.start, shown.stop)]
    known = np.concatenate(times)
    return [[float(known.min()), float(known.max())]]


def _add_traces(file: Any, run: RunReader) -> None:
    from pynwb import TimeSeries

    for population, variable in run.traced():
        record = run.trace(population, variable)
        cells = ", ".join(str(cell) for cell in record.cells)
        file.add_acquisition(
            TimeSeries(
                name=f"{population}_{variable}",
                description=f"{variable} of the cells {cells} of {population} (columns)",
                data=record.value.T,
                unit="n.a." if record.unit in ("", "1") else record.unit,
                timestamps=record.t,
            )
        )


def _add_arrays(file: Any, run: RunReader) -> None:
    from hdmf.common import DynamicTable, VectorData

    for name in run.arrays():
        array = run.array(name)
        heads = {axis: along.unit for axis, along in array.axes.items()} | {"value": array.unit}
        columns = zip(*array.rows()) if array.value.size else [() for _ in heads]
        described = {head: f"in {unit}" if unit else head for head, unit in heads.items()}
        file.add_analysis(
            DynamicTable(
                name=name,
                description=f"{name}, by {', '.join(array.axes)}",
                columns=[
                    VectorData(name=head, description=described[head], data=list(column))
                    for head, column in zip(heads, columns)
                ],
            )
        )


def _add_presentations(file: Any, run: RunReader) -> None:
    shown = run.presentations()
    file.add_trial_column("label", "class of the stimulus, -1 where none was taught")
    for start, stop, label in zip(shown.start, shown.stop, shown.label):
        file.add_trial(start_time=float(start), stop_time=float(stop), label=int(label))
