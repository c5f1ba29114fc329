"""A trial of a plain script: an execution in a process of its own, as from the command line."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from bioplaus.errors import UserError
from bioplaus.records import RunReader, layout
from bioplaus.runs.pages.running import Interrupted

if TYPE_CHECKING:
    from bioplaus.sweeps.plan import SweepPlan

__all__ = ["ScriptFailed", "run_script_seed"]

_POLL_S = 0.2
_LAST_LINES = 6


class ScriptFailed(UserError, RuntimeError):
    """The script of a trial did not end as it should; the message has what it said last."""


def run_script_seed(
    plan: SweepPlan, values: Mapping[str, str], seed: int, out: Path, stop_file: Path
) -> RunReader:
    """Run one seed of a trial, or go on with it, unless it is finished.

    A script has a process to itself: it may set preferences, end itself, or crash.

    Raises
    ------
    Interrupted
        If it was asked to stop.
    ScriptFailed
        If it raised, ended itself, or asked for input, which a trial has none of.
    """
    own: list[str] = []
    if (out / layout.CONFIG).is_file():
        if RunReader(out).status == "finished":
            return RunReader(out)
        command = ["resume", str(out), "--copy"]
    else:
        shutil.rmtree(out, ignore_errors=True)  # died while it was being made
        settings = {**plan.settings, **values}
        command = ["run", plan.source, "--out", str(out), "--seed", str(seed)]
        command += ["--backend", plan.backend["name"], "--record", plan.record or "none"]
        command += [f"--set={name}={text}" for name, text in settings.items()]
        own = ["--", *plan.arguments]
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as said:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "bioplaus.cli", *command, "--quiet", *own],
            env={**os.environ, "PYTHONHASHSEED": "0"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=said,
        )
        stopped = _wait(process, stop_file)
        said.seek(0)
        last = said.read().strip().splitlines()[-_LAST_LINES:]
    if process.returncode and stopped:
        raise Interrupted(f"{out} was stopped early")
    if process.returncode:
        raise ScriptFailed("\n".join(last) or f"exit code {process.returncode}")
    return RunReader(out)


def _wait(process: subprocess.Popen[bytes], stop_file: Path) -> bool:
    """Wait for a process, asking it to stop when the file is there; whether that was done."""
    stopped = False
    try:
        while process.poll() is None:
            if stop_file.exists() and not stopped:
                process.send_signal(signal.SIGINT)
                stopped = True
            time.sleep(_POLL_S)
    except BaseException:
        process.kill()
        raise
    return stopped
