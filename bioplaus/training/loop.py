"""The one loop that runs every experiment: segments, metrics, recordings, checkpoints, changes."""

from __future__ import annotations

import contextlib
import dataclasses
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from bioplaus.parameters import ParameterError, replace, unknown_name
from bioplaus.records.atomic import DiskFull
from bioplaus.records.checkpoint import CheckpointError, newest_checkpoint
from bioplaus.records.reader import NotARun, RunReader
from bioplaus.records.weights import summarise
from bioplaus.records.writer import RunWriter, check_free
from bioplaus.training.backend import environment, peak_memory_mb
from bioplaus.training.experiment import Experiment
from bioplaus.training.interruption import signals_as_interrupts
from bioplaus.training.plan import Plan, plain
from bioplaus.training.progress import Progress
from bioplaus.training.watch import Watch

__all__ = ["Interrupted", "evaluate", "resume", "start"]


class Interrupted(Exception):
    """The run was asked to end; its directory is in order and says how far it came."""


def start(
    plan: Plan,
    out: Path,
    *,
    force: bool = False,
    progress: Progress | None = None,
    reference: list[dict[str, Any]] | None = None,
) -> RunReader:
    """Run a plan from its beginning; returns the finished record.

    Parameters
    ----------
    out
        The run directory to make.
    reference
        The paper's figures, kept beside ours in ``summary.json``.

    Raises
    ------
    RunExists, ParameterError
        Before anything is written.
    Interrupted
        On Ctrl-C or a termination signal, with the directory closed properly.
    NonFiniteState
        When a variable is no longer finite; the record so far is kept.
    """
    check_free(out, force)
    experiment = plan.build()
    writer = RunWriter.create(out, plan.config(), force)
    writer.log(f"started {plan.name}, seed {plan.seed}, backend {plan.backend.name}")
    return _run(plan, experiment, writer, 0, 0.0, progress or Progress(), reference)


def resume(
    plan: Plan,
    out: Path,
    *,
    progress: Progress | None = None,
    reference: list[dict[str, Any]] | None = None,
) -> RunReader:
    """Go on from the newest checkpoint, to the bit; see :func:`start`.

    Raises
    ------
    RunLocked
        If another process writes the directory.
    CheckpointError
        If the newest checkpoint is damaged (the one before it is offered), or does not fit the
        experiment any more.
    """
    writer = RunWriter.reopen(out)
    try:
        found = newest_checkpoint(out)
        done, kept = found if found else (0, {})
        writer.rewind(done)
        experiment = plan.build()
        if kept:
            _restore(experiment, kept)
    except BaseException:
        writer.close("interrupted")
        raise
    writer.log(f"resumed after {done} of {experiment.segments()} segments")
    wall = float(RunReader(out).environment.get("wall_s", 0.0))
    return _run(plan, experiment, writer, done, wall, progress or Progress(), reference)


def evaluate(plan: Plan, run: RunReader, dataset: str, part: str) -> Mapping[str, float]:
    """Test the newest weights of a run on a part of a data set (empty: its own)."""
    found = newest_checkpoint(run.path)
    if found is None:
        raise NotARun(f"{run.path} has no checkpoint yet, so there is nothing to evaluate")
    experiment = plan.build()
    _restore(experiment, found[1])
    own = getattr(experiment.parameters, "dataset", "")
    return experiment.evaluate(dataset or own, part)


def _restore(experiment: Experiment, kept: Mapping[str, Any]) -> None:
    for name, value in kept["tuned"].items():
        _tune(experiment, name, value)
    experiment.rng.bit_generator.state = kept["rng"]
    experiment.segment = int(kept["segment"])
    try:
        experiment.restore(kept["state"])
    except (KeyError, TypeError, ValueError) as error:
        raise CheckpointError(
            "the checkpoint does not fit the experiment as it is now "
            f"({type(error).__name__}: {error}); was it written by another version?"
        ) from error


def _run(
    plan: Plan,
    experiment: Experiment,
    writer: RunWriter,
    done: int,
    wall_before: float,
    progress: Progress,
    reference: list[dict[str, Any]] | None,
) -> RunReader:
    """Run the segments that are left and finish, whatever happens leaving the record closed."""
    began = time.monotonic()
    backend = plan.backend if experiment.form == "network" else None
    fixed = {**environment(backend), "seed": plan.seed}

    def report() -> None:
        wall = round(wall_before + time.monotonic() - began, 3)
        memory = round(peak_memory_mb(), 1)
        compiled = experiment.backend_report()
        writer.write_environment(
            {**fixed, "wall_s": wall, "peak_memory_mb": memory, "engine": compiled}
        )

    status = "failed"
    progress.open(experiment.segments(), done, experiment.simulated_time)
    watch = Watch(experiment.firing_ceilings(), writer.path)

    def expect(size: float) -> None:
        left = experiment.segments() - experiment.segment
        _warn(writer, progress, watch.expect(size, left))

    experiment.on_recording_estimate = expect
    try:
        with signals_as_interrupts() as check:
            for segment in range(done, experiment.segments()):
                _one_segment(experiment, writer, segment, progress, watch, check)
                report()
                check()
            _finish(plan, experiment, writer, reference)
        status = "finished"
    except KeyboardInterrupt:
        status = "interrupted"
        message = (
            f"stopped in segment {experiment.segment + 1} of {experiment.segments()} at simulated "
            f"time {experiment.simulated_time:.4g} s; `bioplaus resume {writer.path}` goes on"
        )
        writer.log(message)
        raise Interrupted(message) from None
    except Exception as error:
        with contextlib.suppress(OSError):
            writer.log(f"failed: {error}")
        raise
    finally:
        progress.close()
        with contextlib.suppress(DiskFull):  # told already, by the error that brought us here
            report()
        writer.close(status)
    return RunReader(writer.path)


def _one_segment(
    experiment: Experiment,
    writer: RunWriter,
    segment: int,
    progress: Progress,
    watch: Watch,
    check: Callable[[], None],
) -> None:
    experiment.segment = segment
    _apply_changes(experiment, writer, segment)

    def within(fraction: float) -> None:
        check()
        progress.within(fraction, experiment.simulated_time)

    experiment.on_progress = within
    began = time.monotonic()
    metrics = dict(experiment.advance(segment))
    row = {
        "segment": segment,
        "epoch": experiment.epoch,
        "simulated_time_s": experiment.simulated_time,
        **metrics,
    }
    # Metrics and recording before the checkpoint: what a checkpoint counts as done is on disk.
    writer.append_metrics(row)
    recording, weights = experiment.take_recording(), experiment.plastic_weights()
    if recording:
        recording.weights = {name: summarise(*pair) for name, pair in weights.items()}
        writer.write_recording(segment, recording)
    writer.write_checkpoint(
        segment,
        {
            "segment": segment,
            "tuned": experiment.tuned,
            "rng": experiment.rng.bit_generator.state,
            "state": experiment.state(),
        },
    )
    writer.log(f"segment {segment}: {time.monotonic() - began:.2f} s")
    file = writer.recording_file(segment) if recording else None
    left = experiment.segments() - segment - 1
    _warn(writer, progress, watch.look(weights, recording, file, left))
    progress.segment_done(segment, experiment.epoch, experiment.simulated_time, metrics)


def _warn(writer: RunWriter, progress: Progress, found: list[str]) -> None:
    for warning in found:
        writer.log(f"warning: {warning}")
        progress.warn(warning)


def _apply_changes(experiment: Experiment, writer: RunWriter, segment: int) -> None:
    """Apply what was changed at this segment before (a resumed run), then what is asked now."""
    for at, _, name, value in RunReader(writer.path).changes:
        if at == segment:
            _tune(experiment, name, value)
    for name, value in writer.take_requests():
        try:
            _tune(experiment, name, value)
        except (ParameterError, NotImplementedError) as error:
            writer.log(f"refused to change {name} to {value}: {error}")
        else:
            writer.append_change(segment, experiment.simulated_time, name, value)
            writer.log(f"segment {segment}: {name} = {value} from now on")


def _tune(experiment: Experiment, name: str, value: Any) -> None:
    fields = {field.name: field for field in dataclasses.fields(experiment.parameters)}
    tunable = [key for key, field in fields.items() if field.metadata.get("tunable")]
    if name not in tunable:
        raise ParameterError(unknown_name("tunable parameter", name, tunable))
    changed = replace(experiment.parameters, {name: value})
    experiment.tune(name, getattr(changed, name))
    experiment.parameters = changed
    experiment.tuned[name] = plain(getattr(changed, name))


def _finish(
    plan: Plan,
    experiment: Experiment,
    writer: RunWriter,
    reference: list[dict[str, Any]] | None,
) -> None:
    metrics = {name: float(value) for name, value in experiment.finish().items()}
    writer.write_summary(
        {
            "experiment": plan.name,
            "form": experiment.form,
            "seed": plan.seed,
            "metrics": metrics,
            "published": reference or [],
        }
    )
    writer.log("finished")
