"""Executing a script as an experiment: the order of things at its beginning and its end."""

from __future__ import annotations

import dataclasses
import linecache
import os
import random
import sys
import time
import traceback
import types
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bioplaus.errors import INTERRUPTED, UserError
from bioplaus.records import layout
from bioplaus.records.reader import RunReader
from bioplaus.records.writer import RunWriter, check_free
from bioplaus.runs.backend import Backend, environment, peak_memory_mb
from bioplaus.runs.failures import describe_failure
from bioplaus.runs.interruption import signals_as_interrupts
from bioplaus.runs.reading import loops
from bioplaus.runs.reading.script import SETTINGS, Script
from bioplaus.runs.scripts import current
from bioplaus.runs.scripts.advance import ScriptProgress
from bioplaus.runs.scripts.source import other_versions, script_of, write_source

__all__ = ["HASH_SEED", "resume", "start"]

HASH_SEED = "0"
"""``PYTHONHASHSEED`` of every script: sets of text are walked in the same order each time."""
FAILED = 1


def start(
    path: Path,
    out: Path,
    *,
    force: bool = False,
    changes: Mapping[str, str] | None = None,
    seed: int = 1,
    backend: Backend | None = None,
    record: str = "",
    options: Mapping[str, Any] | None = None,
    arguments: Sequence[str] = (),
    quiet: bool = False,
) -> int:
    """Run a script from its first line; returns the exit code.

    Parameters
    ----------
    out
        The run directory to make.
    changes
        Parameters of the script by name, as text with unit.
    options
        What :class:`bioplaus.runs.scripts.keeping.Options` has.
    arguments
        The script's own.

    Raises
    ------
    UserError
        For wrong input, before anything is made or executed.
    """
    check_free(out, force)
    changes = dict(changes or {})
    script = Script.read(path)
    for name, text in changes.items():
        script.check(name, text)
    backend = backend or Backend()
    config = {
        "kind": "script",
        "experiment": script.path.stem,
        "source": str(script.path),
        "form": "network",
        "seed": seed,
        "backend": dataclasses.asdict(backend),
        "record": record,
        "set": changes,
        "parameters": {p.name: changes.get(p.name, p.text) for p in script.parameters.values()},
        "arguments": list(arguments),
        "called": str(path),
        "folder": os.getcwd(),
        "hash_seed": os.environ.get("PYTHONHASHSEED", "random"),
        "options": dict(options or {}),
    }
    out = out.resolve()
    writer = RunWriter.create(out, config, force)
    write_source(out, script)
    writer.log(f"started {script.path.name}, seed {seed}, backend {backend.name}")
    return _execute(script, writer, config, quiet)


def resume(run: Path, *, copy: bool = False, edited: bool = False, quiet: bool = False) -> int:
    """Go on with an interrupted script; returns the exit code.

    Parameters
    ----------
    copy, edited
        Where the script has changed since: go on with the copy in the run directory, or with the
        file as it is now.

    Raises
    ------
    UserError
        If the script has changed and neither is said, or nothing can be gone on with.
    """
    reader = RunReader(run)
    if not (run / layout.SOURCE / "modules.json").exists():
        raise UserError(f"{run} had not begun when it was interrupted; start it again with --force")
    config = reader.config
    if config["hash_seed"] != os.environ.get("PYTHONHASHSEED", "random"):
        raise UserError(
            f"{run} was started inside of another process, with PYTHONHASHSEED "
            f"{config['hash_seed']}: sets of text would be walked in another order; start it again "
            "with `bioplaus run`"
        )
    script = script_of(run, config, copy, edited)
    writer = RunWriter.reopen(run.resolve())
    writer.log("resumed" + (" with the edited script" if edited else ""))
    for text in other_versions(reader):
        writer.log(f"note: {text}")
        print(f"bioplaus: note: {text}", file=sys.stderr)
    if edited:
        write_source(run, script)
    os.chdir(config["folder"])
    return _execute(script, writer, config, quiet)


def _execute(script: Script, writer: RunWriter, config: Mapping[str, Any], quiet: bool) -> int:
    """Set up what surrounds the script, execute it, and leave the directory in order."""
    began = time.monotonic()
    progress = ScriptProgress(None if quiet else sys.stderr)
    status, code = "failed", FAILED
    session: Any = None
    try:
        from bioplaus.runs.world.outside import Outside

        Outside.prepare()
        from bioplaus.runs.kept.points import Kept
        from bioplaus.runs.scripts.keeping import Options
        from bioplaus.runs.scripts.session import Session
        from bioplaus.runs.scripts.taking_over import install

        backend = Backend(**config["backend"])
        _seed(backend, config["seed"])
        settings = script.settings(config["set"])
        options = Options(**config["options"])
        module = _module(script, config, settings)
        kept = Kept(writer.path)
        outside = Outside(writer.path, config["seed"], lambda text: session.tell(text))
        session = Session(
            script, writer, outside, options, vars(module), kept, progress, config["record"]
        )
        outside.silent = session.replaying
        tree = loops.named(script.replaced(settings), options.loops)
        module.__dict__.update(_named_loops(session))
        binary = compile(tree, str(script.path), "exec", dont_inherit=True)
        install(session)
        current.set_session(session)
        _report(writer, config, session, began)
        newest = None if kept.newest is None else kept.newest["outside"]
        with outside.installed(newest), signals_as_interrupts() as check:
            session.check_interrupt = check
            exec(binary, vars(module))
            outside.finish()
        session.finish()
        status, code = "finished", 0
    except SystemExit as end:
        status, code = _ended(end, session)
    except KeyboardInterrupt:
        status, code = "interrupted", INTERRUPTED
        writer.log("interrupted")
        print(f"bioplaus: stopped; `bioplaus resume {writer.path}` goes on", file=sys.stderr)
    except UserError as error:
        writer.log(f"failed: {error}")
        raise
    except BaseException as error:
        _show_failure(error, script, writer)
    finally:
        current.set_session(None)
        _close(session, writer, config, status, began)
    return code


def _ended(end: SystemExit, session: Any) -> tuple[str, int]:
    """The script has ended itself."""
    session.finish()
    if end.code in (None, 0):
        return "finished", 0
    session.writer.log(f"the script ended itself with {end.code!r}")
    print(f"bioplaus: the script ended itself with {end.code!r}", file=sys.stderr)
    return "failed", FAILED


def _seed(backend: Backend, seed: int) -> None:
    import numpy as np

    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002
    backend.select(seed)


def _module(script: Script, config: Mapping[str, Any], settings: dict[str, Any]) -> Any:
    """The module as which the script runs, in the place that Python gives it."""
    module = types.ModuleType("__main__")
    module.__dict__.update({"__file__": str(script.path), SETTINGS: settings})
    module.__dict__["__builtins__"] = __builtins__
    sys.modules["__main__"] = module
    sys.argv = [config["called"], *config["arguments"]]
    sys.path.insert(0, str(script.path.parent))
    lines = script.text.splitlines(keepends=True)
    linecache.cache[str(script.path)] = (len(script.text), None, lines, str(script.path))
    return module


def _named_loops(session: Any) -> dict[str, Any]:
    """What the loops that were found by reading call."""
    from bioplaus.runs.scripts.loop import Loop
    from bioplaus.runs.scripts.turns import WhileTurns, named_loop

    def loop(turns: Any, line: int, header: str) -> Any:
        return named_loop(session, turns, line, header, sys._getframe(1))

    def while_(line: int, header: str) -> Any:
        return WhileTurns(Loop(session, sys._getframe(1), line, header))

    def plain_steps(turns: Any) -> Any:
        return range(turns) if isinstance(turns, int) else turns

    return {loops.LOOP: loop, loops.WHILE: while_, loops.PLAIN: plain_steps}


def _show_failure(error: BaseException, script: Script, writer: RunWriter) -> None:
    """Show the script's own lines, and what happened there; the whole stack is in the log."""
    text = describe_failure(error, script.path)
    print(text, file=sys.stderr)
    writer.log("failed\n" + text + "\n" + "".join(traceback.format_exception(error)))


def _report(writer: RunWriter, config: Mapping[str, Any], session: Any, began: float) -> None:
    """Versions, platform, and where the time went."""
    fixed = environment(Backend(**config["backend"]))
    seconds = {name: round(value, 3) for name, value in session.seconds.items()}
    writer.write_environment(
        {
            **fixed,
            "seed": config["seed"],
            "wall_s": round(time.monotonic() - began, 3),
            "peak_memory_mb": round(peak_memory_mb(), 1),
            "seconds": seconds,
            "counts": session.counts,
        }
    )


def _close(
    session: Any, writer: RunWriter, config: Mapping[str, Any], status: str, began: float
) -> None:
    """Leave the run directory in order, whatever has happened."""
    try:
        if session is not None:
            from bioplaus.runs.scripts.taking_over import uninstall

            uninstall(session)
            session.kept.flush()
            _report(writer, config, session, began)
            if status == "finished":
                metrics = {**session.table.last, **session.said.test_values}
                writer.write_summary(
                    {
                        "experiment": config["experiment"],
                        "form": "network",
                        "seed": config["seed"],
                        "metrics": metrics,
                        "published": [],
                    }
                )
        writer.log(status)
    finally:
        writer.close(status)
