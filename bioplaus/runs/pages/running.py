"""Running a page: from its beginning, on from where it was interrupted, or again on other data."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bioplaus.errors import UserError
from bioplaus.records.checkpoint import newest_checkpoint
from bioplaus.records.reader import NotARun, RunReader
from bioplaus.records.writer import RunWriter, check_free
from bioplaus.runs.interruption import signals_as_interrupts
from bioplaus.runs.pages.drawing import draw
from bioplaus.runs.pages.journal import Journal
from bioplaus.runs.pages.plan import Plan
from bioplaus.runs.pages.record import PageRecord
from bioplaus.runs.pages.run import Run
from bioplaus.runs.progress import Progress
from bioplaus.runs.recorded import read_record

__all__ = ["Interrupted", "evaluate", "resume", "start"]


class Interrupted(Exception):
    """The run was asked to end; its directory is in order and says how far it came."""


def start(
    plan: Plan, out: Path, *, force: bool = False, progress: Progress | None = None
) -> RunReader:
    """Run a plan from its beginning and draw its figures; returns the finished record.

    Parameters
    ----------
    out
        The run directory to make.

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
    return _run(plan, PageRecord(plan, out, progress or Progress(), force=force), None)


def resume(plan: Plan, out: Path, *, progress: Progress | None = None) -> RunReader:
    """Go on from the newest checkpoint, to the bit; see :func:`start`.

    Raises
    ------
    RunLocked
        If another process writes the directory.
    CheckpointError
        If the newest checkpoint is damaged (the one before it is offered), or does not fit the
        page any more.
    """
    writer = RunWriter.reopen(out)
    try:
        done, kept = newest_checkpoint(out) or (0, None)
        lost = writer.rewind(done)
    except BaseException:
        writer.close("interrupted")
        raise
    record = PageRecord(plan, out, progress or Progress(), writer, lost=lost)
    return _run(plan, record, kept)


def evaluate(plan: Plan, run: RunReader, dataset: str, part: str) -> Mapping[str, float]:
    """Enter a run again with its newest state, to test it on a part of a data set.

    dataset : empty for its own.

    Raises
    ------
    NotARun
        If no state is kept yet.
    UserError
        If the page tests on no data set.
    """
    found = newest_checkpoint(run.path)
    if found is None:
        raise NotARun(f"{run.path} has no checkpoint yet, so there is nothing to evaluate")
    entered = _entered(plan, Journal(), found[1], (dataset, part))
    figures = plan.page.experiment(entered.p, entered)
    if not entered.asked_for_part:
        raise UserError(f"{plan.name} cannot be evaluated on other data")
    return dict(figures)


def _entered(plan: Plan, journal: Journal, kept: Any, evaluated: tuple[str, str] | None) -> Run:
    if plan.page.form == "network":
        plan.backend.select(plan.seed)
    recorded = read_record(plan.record) if plan.record else None
    return Run(
        plan.parameters, plan.seed, journal, recorded=recorded, kept=kept, evaluated=evaluated
    )


def _run(plan: Plan, record: PageRecord, kept: Any) -> RunReader:
    """Execute the page, whatever happens leaving the directory in order."""
    status = "failed" if kept is None else "interrupted"  # until the page has entered its loop
    try:
        with signals_as_interrupts() as record.check:
            run = _entered(plan, record, kept, None)
            figures = plan.page.experiment(run.p, run)
            record.finish(run, figures)
            status = "finished"
    except KeyboardInterrupt:
        status = "interrupted"
        raise Interrupted(record.interrupted()) from None
    except Exception as error:
        record.failed(error)
        raise
    finally:
        record.close(status)
    reader = RunReader(record.out)
    draw(reader, plan.page)
    return reader
