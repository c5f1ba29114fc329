"""The command line: which commands there are, and how one is called."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from bioplaus import __version__
from bioplaus.errors import INTERRUPTED, UserError

__all__ = ["main"]

# Each in a module with configure(parser) and execute(options), imported when it is called.
COMMANDS: dict[str, tuple[str, str]] = {
    "list": ("the experiments, one line each", "bioplaus.commands.listing"),
    "run": ("run an experiment", "bioplaus.commands.run"),
    "resume": ("go on with an unfinished run, to the bit", "bioplaus.commands.resume"),
    "show": ("what a run is and how far it came", "bioplaus.commands.show"),
    "plot": ("draw a run's figures again", "bioplaus.commands.plot"),
    "evaluate": ("test a run's weights on other data", "bioplaus.commands.evaluate"),
    "cite": ("the papers behind an experiment, as BibTeX", "bioplaus.commands.cite"),
    "demo": ("learn handwritten digits, in a minute", "bioplaus.commands.demo"),
    "reproduce": ("run a paper's results beside their bands", "bioplaus.reproduction.command"),
    "describe": ("a script's model in tables for a paper", "bioplaus.runs.describing.command"),
    "compare": ("two or more runs side by side", "bioplaus.comparison"),
    "export": ("a run as NWB, NumPy archive or tables", "bioplaus.records.export"),
    "leaderboard": ("learning rules on the same tasks", "bioplaus.leaderboard.command"),
    "sweep": ("search parameters with many runs", "bioplaus.sweeps.command"),
    "view": ("look at runs on a web page", "bioplaus.viewer.command"),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code (2 for wrong input, 130 after Ctrl-C)."""
    if arguments is None:
        _walk_sets_in_order(sys.argv[1:])
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    try:
        end = arguments.index("--") if "--" in arguments else len(arguments)
        arguments, of_script = arguments[:end], arguments[end + 1 :]
        if arguments and arguments[0] in COMMANDS:
            return _call(arguments[0], arguments[1:], of_script)
        parser = _parser()
        parser.parse_args(arguments)
        parser.print_help()
        return 0
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


def _call(name: str, arguments: Sequence[str], of_script: Sequence[str]) -> int:
    """Call a command.

    of_script : what stands behind ``--``, for those that execute a script (a default of
    ``arguments`` says so).
    """
    import importlib

    summary, module = COMMANDS[name]
    command = importlib.import_module(module)
    parser = argparse.ArgumentParser(
        prog=f"bioplaus {name}", description=summary, conflict_handler="resolve"
    )
    command.configure(parser)
    options = parser.parse_args(arguments)
    if of_script:
        if not hasattr(options, "arguments"):
            parser.error("nothing can stand behind --: no script is executed")
        options.arguments = of_script
    code: int = command.execute(options)
    return code


def _parser() -> argparse.ArgumentParser:
    """All commands by name, for whoever asks for none of them."""
    parser = argparse.ArgumentParser(
        prog="bioplaus", description="Run, inspect and reproduce models of plausible learning."
    )
    parser.add_argument("--version", action="version", version=f"bioplaus {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    for name, (summary, _) in COMMANDS.items():
        commands.add_parser(name, help=summary, add_help=False)
    return parser


if __name__ == "__main__":
    sys.exit(main())
