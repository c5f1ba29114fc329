"""The command line: parses, calls, prints."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from bioplaus import __version__
from bioplaus.errors import UserError, whole_number

if TYPE_CHECKING:
    from bioplaus.records import RunReader
    from bioplaus.registry import Entry
    from bioplaus.runs.page import Page
    from bioplaus.runs.plan import Plan

__all__ = ["main"]

INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code (2 for wrong input, 130 after Ctrl-C)."""
    if arguments is None:
        _walk_sets_in_order(sys.argv[1:])
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    try:
        end = arguments.index("--") if "--" in arguments else len(arguments)
        arguments, of_script = arguments[:end], arguments[end + 1 :]
        if arguments and arguments[0] in _ROOMS:
            return _call_room(arguments[0], arguments[1:], of_script)
        parser = _parser()
        options = parser.parse_args(arguments)
        options.arguments = of_script
        if options.command is None:
            parser.print_help()
            return 0
        code: int = options.call(options)
        return code
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        return 0
    except (UserError, OSError) as error:
        print(f"bioplaus: {error.args[0] if error.args[1:] == () else error}", file=sys.stderr)
        return 1 if isinstance(error, FloatingPointError) else 2
    except Exception as error:
        if (file := _file_at_fault(error)) is None:
            sys.excepthook = sys.__excepthook__  # Brian2's asks for reports of what is not its own
            raise
        from bioplaus.runs.failures import describe_failure

        print(describe_failure(error, file), file=sys.stderr)
        return 1


def _file_at_fault(error: Exception) -> Path | None:
    """The user's own file, if the error was raised in it, or in a library that it called."""
    last, trace = None, error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_globals.get("__name__", "").startswith("bioplaus"):
            last = trace.tb_frame
        trace = trace.tb_next
    own = last is not None and last.f_globals["__name__"].startswith("bioplaus_user_")
    return Path(last.f_code.co_filename) if own and last is not None else None


def _walk_sets_in_order(arguments: Sequence[str]) -> None:
    """Start again with a fixed hash seed if a script may run: its sets of text are then walked in
    the same order each time."""
    import os

    script = arguments[:1] == ["run"] and any(text.endswith(".py") for text in arguments)
    if (script or arguments[:1] == ["resume"]) and os.environ.get("PYTHONHASHSEED") != "0":
        environment = {**os.environ, "PYTHONHASHSEED": "0"}
        command = [sys.executable, "-P", "-m", "bioplaus.cli", *arguments]
        os.execve(sys.executable, command, environment)


def _call_room(name: str, arguments: Sequence[str], of_script: Sequence[str]) -> int:
    """Call a command whose options and work live in a room of their own.

    of_script : what stands behind ``--``, for those that execute a script (a default of
    ``arguments`` says so).
    """
    import importlib

    summary, module = _ROOMS[name]
    room = importlib.import_module(module)
    parser = argparse.ArgumentParser(prog=f"bioplaus {name}", description=summary)
    room.configure(parser)
    options = parser.parse_args(arguments)
    if of_script:
        if not hasattr(options, "arguments"):
            parser.error("nothing can stand behind --: no script is executed")
        options.arguments = of_script
    code: int = room.execute(options)
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="bioplaus", description="Run, inspect and reproduce models of plausible learning."
    )
    parser.add_argument("--version", action="version", version=f"bioplaus {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    for name, (summary, configure, call) in _COMMANDS.items():
        command = commands.add_parser(
            name, help=summary, description=summary, add_help=name != "run"
        )
        configure(command)
        command.set_defaults(call=call)
    for name, (summary, _) in _ROOMS.items():
        commands.add_parser(name, help=summary, add_help=False)
    return parser


# run, resume, demo


def _configure_run(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("experiment", metavar="NAME", nargs="?", help="a name or a file")
    parser.add_argument(
        "-h", "--help", action="store_true", help="this text; with NAME also its parameters"
    )
    parser.add_argument("--out", metavar="DIR", type=Path, help="the run directory to make")
    parser.add_argument("--force", action="store_true", help="replace an existing run directory")
    _configure_setting(parser)
    _configure_script(parser)
    parser.set_defaults(parser=parser)


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


def _run(options: argparse.Namespace) -> int:
    from bioplaus import registry
    from bioplaus.records.placement import new_run_directory
    from bioplaus.runs.running import start

    if options.experiment is None or options.help:
        options.parser.print_help()
        if options.experiment is None:
            return 0 if options.help else 2
        entry = registry.find(options.experiment)
        print()
        if entry.script:
            from bioplaus.runs.help import print_parameters
            from bioplaus.runs.reading import Script

            print_parameters(Script.read(Path(entry.module)))
        else:
            _print_parameters(entry, registry.load(entry))
        return 0
    entry = registry.find(options.experiment)
    if entry.script:
        return _run_script(entry, options)
    plan = _plan(entry, options)
    out = options.out or new_run_directory(entry.name, options.seed)
    return _end(partial(start, plan, out, force=options.force), options)


def _run_script(entry: Entry, options: argparse.Namespace) -> int:
    """Run a plain script as an experiment."""
    from bioplaus.parameters import assignments
    from bioplaus.records.placement import new_run_directory
    from bioplaus.runs import launch
    from bioplaus.runs.backend import Backend
    from bioplaus.runs.loops import MODES

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
    return _after_script(code, out, options.quiet)


def _after_script(code: int, out: Path, quiet: bool) -> int:
    """Draw and show what came out of a script; its own output is left to itself."""
    from bioplaus.records import RunReader

    run = RunReader(out)
    if code == 0:
        _figures(run)
    if not quiet:
        _print_summary(run, sys.stderr)
        _print_figures(run, sys.stderr)
    return code


def _seconds(text: str, option: str) -> float:
    """A time on the command line [s]."""
    from bioplaus.runs.literals import check_like
    from bioplaus.units import UNITS, number

    return float(number(check_like(UNITS["second"], text, option, "20s")))


def _end(go: Callable[..., RunReader], options: argparse.Namespace) -> int:
    """Run to the end and show what came out, or say how far it came."""
    from bioplaus.runs.progress import progress_for
    from bioplaus.runs.running import Interrupted

    try:
        run = go(progress=progress_for(options.quiet))
    except Interrupted as stop:
        print(stop, file=sys.stderr)
        return INTERRUPTED
    _print_summary(run)
    _print_figures(run)
    return 0


def _plan(entry: Entry, options: argparse.Namespace) -> Plan:
    from bioplaus import registry
    from bioplaus.parameters import assignments
    from bioplaus.runs.backend import Backend
    from bioplaus.runs.plan import Plan

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


def _resume(options: argparse.Namespace) -> int:
    from bioplaus.records import RunReader
    from bioplaus.runs.running import resume

    run = RunReader(options.run)
    if run.status == "finished":
        print(f"{run.path} is finished")
        return 0
    if run.config.get("kind") == "script":
        from bioplaus.runs import launch

        code = launch.resume(
            run.path, copy=options.copy, edited=options.edited, quiet=options.quiet
        )
        return _after_script(code, run.path, options.quiet)
    plan = _plan_of(run)
    return _end(partial(resume, plan, run.path), options)


def _plan_of(run: RunReader) -> Plan:
    """The plan behind a run directory."""
    from bioplaus import registry
    from bioplaus.runs.plan import Plan

    source = run.config["source"]
    entry = registry.find(source if source.endswith(".py") else run.config["experiment"])
    return Plan.from_config(run.config, registry.load(entry))


def _demo(options: argparse.Namespace) -> int:
    from bioplaus.demonstration import demonstrate

    return demonstrate(quiet=options.quiet)


# list, show, plot, evaluate, cite


def _list(options: argparse.Namespace) -> int:
    from bioplaus import registry

    entries = registry.entries()
    width = max((len(entry.name) for entry in entries), default=0)
    for entry in entries:
        print(f"{entry.name:<{width}}  {entry.summary}")
    return 0


def _show(options: argparse.Namespace) -> int:
    from bioplaus.records import RunReader

    _print_summary(RunReader(options.run))
    return 0


def _plot(options: argparse.Namespace) -> int:
    from bioplaus.records import RunReader

    _draw(RunReader(options.run))
    return 0


def _draw(run: RunReader) -> None:
    for path in _figures(run):
        print(f"  {path}")


def _figures(run: RunReader) -> list[Path]:
    """Draw a run's figures from its record."""
    if run.config.get("kind") == "script":
        from bioplaus.runs import automatic_figures

        return automatic_figures.draw(run)
    from bioplaus.runs.drawn_page import draw

    return draw(run, _plan_of(run).page)


def _evaluate(options: argparse.Namespace) -> int:
    from bioplaus.records import RunReader
    from bioplaus.runs.running import evaluate

    run = RunReader(options.run)
    metrics = evaluate(_plan_of(run), run, options.dataset, options.part)
    for name, value in metrics.items():
        print(f"{name} = {value:.6g}")
    return 0


def _configure_evaluate(parser: argparse.ArgumentParser) -> None:
    _configure_path(parser)
    parser.add_argument("--dataset", default="", help="another data set (default: its own)")
    parser.add_argument("--part", default="test", choices=["train", "validation", "test"])


def _cite(options: argparse.Namespace) -> int:
    from bioplaus import registry
    from bioplaus.papers import papers

    known = papers()
    key = options.name if options.name in known else registry.find(options.name).paper
    if key not in known:
        print(f"{options.name} belongs to no paper of this project", file=sys.stderr)
        return 2
    print(known[key].bibtex)
    return 0


def _configure_nothing(parser: argparse.ArgumentParser) -> None:
    """For commands without options."""


def _configure_path(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", metavar="RUN", type=Path, help="a run directory")


def _configure_resume(parser: argparse.ArgumentParser) -> None:
    _configure_path(parser)
    parser.add_argument("--copy", action="store_true", help="with the script as it was")
    parser.add_argument("--edited", action="store_true", help="with the script as it is now")
    _configure_quiet(parser)


def _configure_quiet(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--quiet", action="store_true", help="no progress")


def _configure_cite(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="an experiment or a paper")


def _print_parameters(entry: Entry, page: Page) -> None:
    from bioplaus.parameters import describe
    from bioplaus.printing import print_table
    from bioplaus.registry import named_settings

    rows = []
    for row in describe(page.Settings):
        symbol = f" ({row.symbol})" if row.symbol else ""
        tunable = " [tunable]" if row.tunable else ""
        rows.append((row.name, row.default, row.allowed, f"{row.meaning}{symbol}{tunable}"))
    headings = ("parameter", "default", "accepted", "meaning")
    print_table(headings, rows, title=f"{entry.name}: {entry.summary}")
    settings = named_settings(entry)
    if settings:
        named = [(each.name, each.meaning) for each in settings]
        print_table(("setting", "meaning"), named, title="named settings (--setting NAME)")


def _print_summary(run: RunReader, file: TextIO | None = None) -> None:
    config = run.config
    print(f"{run.path}: {run.status}, {config['experiment']}, seed {config['seed']}", file=file)
    for name, value in {**run.latest, **run.summary.get("metrics", {})}.items():
        print(f"  {name} = {value:.6g}", file=file)
    if run.status == "failed":
        *_, before, last = ["", "", *filter(None, run.log.splitlines())]
        print(f"  {last.partition('failed: ')[2] or before}  (log.txt)", file=file)


def _print_figures(run: RunReader, file: TextIO | None = None) -> None:
    from bioplaus.records import layout

    for path in sorted((run.path / layout.FIGURES).glob("*.png")):
        print(f"  {path}", file=file)


_Configure = Callable[[argparse.ArgumentParser], None]
_COMMANDS: dict[str, tuple[str, _Configure, Callable[[argparse.Namespace], int]]] = {
    "list": ("the experiments, one line each", _configure_nothing, _list),
    "run": ("run an experiment", _configure_run, _run),
    "resume": ("go on with an unfinished run, to the bit", _configure_resume, _resume),
    "show": ("what a run is and how far it came", _configure_path, _show),
    "plot": ("draw a run's figures again", _configure_path, _plot),
    "evaluate": ("test a run's weights on other data", _configure_evaluate, _evaluate),
    "cite": ("the papers behind an experiment, as BibTeX", _configure_cite, _cite),
    "demo": ("learn handwritten digits, in a minute", _configure_quiet, _demo),
}

# Commands with a room of their own: a module with configure(parser) and execute(options).
_ROOMS: dict[str, tuple[str, str]] = {
    "reproduce": ("run a paper's results beside their bands", "bioplaus.reproduction.command"),
    "describe": ("a script's model in tables, as papers have them", "bioplaus.runs.describing"),
    "compare": ("two or more runs side by side", "bioplaus.comparison"),
    "export": ("a run as NWB, NumPy archive or tables", "bioplaus.records.export"),
    "leaderboard": ("learning rules on the same tasks", "bioplaus.leaderboard.command"),
    "sweep": ("search parameters with many runs", "bioplaus.sweeps.command"),
    "view": ("look at runs on a web page", "bioplaus.viewer.command"),
}

if __name__ == "__main__":
    sys.exit(main())
