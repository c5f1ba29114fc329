"""``bioplaus run``: an experiment, or a plain script as one."""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from bioplaus import registry
from bioplaus.errors import UserError, whole_number
from bioplaus.parameters import assignments
from bioplaus.registry import Entry

if TYPE_CHECKING:
    from bioplaus.runs.pages.page import Page
    from bioplaus.runs.pages.plan import Plan

__all__ = ["configure", "execute"]


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("experiment", metavar="NAME", nargs="?", help="a name or a file")
    parser.add_argument(
        "-h", "--help", action="store_true", help="this text; with NAME also its parameters"
    )
    parser.add_argument("--out", metavar="DIR", type=Path, help="the run directory to make")
    parser.add_argument("--force", action="store_true", help="replace an existing run directory")
    _configure_setting(parser)
    _configure_script(parser)
    parser.set_defaults(parser=parser, arguments=[])


def _configure_script(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("for a plain script")
    group.add_argument("--segment", metavar="TIME", default="", help="simulated time of a segment")
    group.add_argument(
        "--checkpoint", metavar="TIME", default="20s", help="wall time between two states"
    )
    group.add_argument(
        "--loops",
        default="auto",
        help="loops that are taken up in their middle: auto (found by reading), marked, none",
    )
    parser.epilog = "what stands after -- goes to the script"


def _configure_setting(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--set",
        metavar="NAME=VALUE",
        action="append",
        default=[],
        help="set a parameter, with its unit (tau_synapse=5ms); repeat for more",
    )
    parser.add_argument(
        "--setting", metavar="NAME", default="default", help="a named setting of the experiment"
    )
    parser.add_argument(
        "--seed", type=whole_number(0), default=1, help="seed of everything random (default 1)"
    )
    parser.add_argument("--quick", action="store_true", help="the experiment's reduced setting")
    parser.add_argument("--backend", default="numba", help="numba (default), cython or numpy")
    parser.add_argument("--dtype", default="float64", help="float64 (default) or float32")
    parser.add_argument(
        "--threads", type=whole_number(1), default=1, help="cores for one network (default 1)"
    )
    parser.add_argument(
        "--record", metavar="WHAT", default="", help="none, or hidden,hidden.U:5 (spikes, traces)"
    )
    parser.add_argument("--quiet", action="store_true", help="no progress")


def execute(options: argparse.Namespace) -> int:
    """Run it, or say which parameters it has."""
    if options.experiment is None:
        options.parser.print_help()
        return 0 if options.help else 2
    if options.help:
        options.parser.print_help()
        print()
        _print_parameters_of(registry.find(options.experiment))
        return 0
    entry = registry.find(options.experiment)
    return _run_script(entry, options) if entry.script else _run_page(entry, options)


def _run_page(entry: Entry, options: argparse.Namespace) -> int:
    from bioplaus.commands.ending import end
    from bioplaus.records.placement import new_run_directory
    from bioplaus.runs.pages.running import start

    plan = _plan(entry, options)
    out = options.out or new_run_directory(entry.name, options.seed)
    return end(partial(start, plan, out, force=options.force), options.quiet)


def _plan(entry: Entry, options: argparse.Namespace) -> Plan:
    from bioplaus.runs.backend import Backend
    from bioplaus.runs.pages.plan import Plan

    return Plan.make(
        entry.name,
        entry.module,
        registry.load(entry),
        setting=registry.setting(entry, options.setting),
        changes=assignments(options.set),
        quick=options.quick,
        seed=options.seed,
        backend=Backend(options.backend, options.dtype, options.threads),
        record=options.record,
    )


def _run_script(entry: Entry, options: argparse.Namespace) -> int:
    """Run a plain script as an experiment."""
    from bioplaus.commands.ending import end_script
    from bioplaus.records.placement import new_run_directory
    from bioplaus.runs.backend import Backend
    from bioplaus.runs.reading.loops import MODES
    from bioplaus.runs.scripts import launch

    if options.loops not in MODES:
        raise UserError(f"--loops {options.loops!r} is not one of {', '.join(MODES)}")
    if options.quick:
        raise UserError(f"{entry.name} is a plain script and has no --quick; use --set")
    out = options.out or new_run_directory(entry.name, options.seed)
    code = launch.start(
        Path(options.experiment),
        out,
        force=options.force,
        changes=assignments(options.set),
        seed=options.seed,
        backend=Backend(options.backend, options.dtype, options.threads),
        record=options.record,
        options={
            "segment": _seconds(options.segment, "--segment") if options.segment else 0.0,
            "checkpoint": _seconds(options.checkpoint, "--checkpoint"),
            "loops": options.loops,
        },
        arguments=options.arguments,
        quiet=options.quiet,
    )
    return end_script(code, out, options.quiet)


def _seconds(text: str, option: str) -> float:
    """A time on the command line [s]."""
    from bioplaus.runs.reading.literals import check_like
    from bioplaus.units import UNITS, number

    return float(number(check_like(UNITS["second"], text, option, "20s")))


def _print_parameters_of(entry: Entry) -> None:
    if entry.script:
        from bioplaus.runs.reading.help import print_parameters
        from bioplaus.runs.reading.script import Script

        print_parameters(Script.read(Path(entry.module)))
    else:
        _print_parameters(entry, registry.load(entry))


def _print_parameters(entry: Entry, page: Page) -> None:
    from bioplaus.parameters import describe
    from bioplaus.printing import print_table

    rows = []
    for row in describe(page.Settings):
        symbol = f" ({row.symbol})" if row.symbol else ""
        tunable = " [tunable]" if row.tunable else ""
        rows.append((row.name, row.default, row.allowed, f"{row.meaning}{symbol}{tunable}"))
    headings = ("parameter", "default", "accepted", "meaning")
    print_table(headings, rows, title=f"{entry.name}: {entry.summary}")
    settings = registry.named_settings(entry)
    if settings:
        named = [(each.name, each.meaning) for each in settings]
        print_table(("setting", "meaning"), named, title="named settings (--setting NAME)")
