"""What follows a run that a command has begun or taken up: its figures, or how far it came."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from bioplaus.commands.outcome import draw_figures, print_figures, print_summary
from bioplaus.errors import INTERRUPTED
from bioplaus.records import RunReader
from bioplaus.runs.pages.running import Interrupted
from bioplaus.runs.progress import progress_for

__all__ = ["end", "end_script"]


def end(go: Callable[..., RunReader], quiet: bool) -> int:
    """Run a page to the end and show what came out, or say how far it came; the exit code."""
    try:
        run = go(progress=progress_for(quiet))
    except Interrupted as stop:
        print(stop, file=sys.stderr)
        return INTERRUPTED
    print_summary(run)
    print_figures(run)
    return 0


def end_script(code: int, out: Path, quiet: bool) -> int:
    """Draw and show what came out of a script; its own output is left to itself."""
    run = RunReader(out)
    if code == 0:
        draw_figures(run)
    if not quiet:
        print_summary(run, sys.stderr)
        print_figures(run, sys.stderr)
    return code
