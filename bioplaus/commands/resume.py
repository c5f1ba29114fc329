"""``bioplaus resume``: go on with an unfinished run, to the bit."""

from __future__ import annotations

import argparse
from functools import partial

from bioplaus.commands import show
from bioplaus.commands.ending import end, end_script
from bioplaus.commands.outcome import plan_of
from bioplaus.records import RunReader
from bioplaus.runs.pages.running import resume

__all__ = ["configure", "execute"]


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    show.configure(parser)
    parser.add_argument("--copy", action="store_true", help="with the script as it was")
    parser.add_argument("--edited", action="store_true", help="with the script as it is now")
    parser.add_argument("--quiet", action="store_true", help="no progress")


def execute(options: argparse.Namespace) -> int:
    """Go on, unless it is finished."""
    run = RunReader(options.run)
    if run.status == "finished":
        print(f"{run.path} is finished")
        return 0
    if run.config.get("kind") == "script":
        from bioplaus.runs.scripts import launch

        code = launch.resume(
            run.path, copy=options.copy, edited=options.edited, quiet=options.quiet
        )
        return end_script(code, run.path, options.quiet)
    return end(partial(resume, plan_of(run), run.path), options.quiet)
