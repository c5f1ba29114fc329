"""Making the runs behind results: shared between rows, resumed when interrupted, two at a time."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from bioplaus.errors import UserError
from bioplaus.records import NotARun, RunReader
from bioplaus.reproduction.table import Result, Setting
from bioplaus.runs.interruption import signals_as_interrupts

__all__ = ["COMMAND", "Job", "RunFailed", "jobs", "perform", "texts"]

COMMAND = (sys.executable, "-P", "-m", "bioplaus.cli")
"""``bioplaus`` as a child process.

``-P`` keeps the present folder off the import path: a file ``queue.py`` there would otherwise stand
in for the standard library's.
"""


class RunFailed(UserError, RuntimeError):
    """A run behind a result ended without its figures."""


@dataclass(frozen=True)
class Job:
    """One run: an experiment with changed parameters and a seed; equal jobs are one run.

    changes : all parameters that differ from the page's; setting : the named setting among them.
    """

    experiment: str
    changes: tuple[tuple[str, str], ...]
    seed: int
    setting: str = field(default="default", compare=False)

    def directory(self, root: Path) -> Path:
        """Where the run lives: the same place for the same job, so that it can be taken up."""
        content = json.dumps([self.experiment, sorted(self.changes)])
        digest = hashlib.sha256(content.encode()).hexdigest()[:8]
        return root / f"{Path(self.experiment).stem}-{digest}-s{self.seed}"


def jobs(result: Result, setting: Setting) -> list[Job]:
    """The runs that a result needs, one for each seed."""
    changes = texts(setting.changes)
    return [Job(result.experiment, changes, seed, setting.name) for seed in setting.seeds]


def texts(changes: Mapping[str, object]) -> tuple[tuple[str, str], ...]:
    """Parameters as after ``--set``."""
    return tuple((name, _text(value)) for name, value in changes.items())


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def perform(wanted: Iterable[Job], root: Path, workers: int, quiet: bool) -> None:
    """Run every job that is not finished, each in a process of its own.

    Raises
    ------
    RunFailed
        After all others are done, naming the directories of those that failed.
    KeyboardInterrupt
        On Ctrl-C or a termination signal; the runs are closed properly and go on at the next call.
    """
    unique = [job for job in dict.fromkeys(wanted) if not finished(job, root)]
    root.mkdir(parents=True, exist_ok=True)
    children: set[subprocess.Popen[bytes]] = set()
    stopped = threading.Event()

    def run(job: Job) -> int:
        if stopped.is_set():
            return 0
        if not quiet:
            values = " ".join(f"{name}={value}" for name, value in job.changes)
            print(f"running {job.experiment} seed {job.seed} {values}", flush=True)
        child = subprocess.Popen(_command(job, root), env=_one_thread(), stdout=subprocess.DEVNULL)
        children.add(child)
        if stopped.is_set():  # while it was being started
            child.terminate()
        code = child.wait()
        children.discard(child)
        return code

    with ThreadPoolExecutor(max_workers=workers) as pool, signals_as_interrupts():
        try:
            codes = list(pool.map(run, unique))
        except KeyboardInterrupt:
            stopped.set()
            for child in list(children):
                child.terminate()
            raise
    failed = [str(job.directory(root)) for job, code in zip(unique, codes) if code]
    if failed:
        raise RunFailed(f"these runs ended without their figures: {', '.join(failed)}")


def finished(job: Job, root: Path) -> bool:
    """Whether the job's run is complete."""
    try:
        return RunReader(job.directory(root)).status == "finished"
    except NotARun:
        return False


def _command(job: Job, root: Path) -> Sequence[str]:
    path = job.directory(root)
    if path.exists() and any((path / "checkpoint").glob("*.ckpt")):
        return [*COMMAND, "resume", str(path), "--quiet"]
    sets = [part for name, value in job.changes for part in ("--set", f"{name}={value}")]
    seed = ["--seed", str(job.seed)]
    named = [] if job.setting == "default" else ["--setting", job.setting]
    start = [*COMMAND, "run", job.experiment, "--quiet", "--out", str(path), *seed, *named, *sets]
    return [*start, "--force"] if path.exists() else start


def _one_thread() -> dict[str, str]:
    """One BLAS thread for each process: the cores are shared between seeds."""
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    return {**dict.fromkeys(names, "1"), **os.environ}
