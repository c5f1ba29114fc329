"""The command ``bioplaus describe``: a script's model in tables, from the network it builds."""

from __future__ import annotations

import argparse
import contextlib
import random
import sys
import types
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from bioplaus.errors import UserError, whole_number
from bioplaus.parameters import assignments
from bioplaus.records import atomic
from bioplaus.runs.describing.document import Document
from bioplaus.runs.failures import describe_failure
from bioplaus.runs.reading.script import SETTINGS, Script, ScriptError
from bioplaus.runs.world.outside import Outside

__all__ = ["configure", "describe", "execute"]


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add = parser.add_argument
    add("script", metavar="SCRIPT", type=Path, help="a plain Brian2 script")
    add("--set", metavar="NAME=VALUE", action="append", default=[], help="as for run")
    add("--seed", type=whole_number(0), default=1, help="as for run (default 1)")
    add("--out", metavar="FILE", type=Path, help="file.md or file.html (default: printed)")
    parser.set_defaults(arguments=[])
    parser.epilog = "What stands behind -- is the script's own arguments."


def execute(options: argparse.Namespace) -> int:
    """Execute the script up to its first run and write the tables."""
    out: Path | None = options.out
    if out is not None and out.suffix not in (".md", ".html"):
        raise UserError(f"--out {out}: the file ends with .md or .html")
    if out is not None and out.exists():
        raise UserError(f"{out} exists; choose another --out")
    settings = assignments(options.set)
    document = describe(options.script, settings, options.seed, options.arguments)
    if out is None:
        print(document.markdown(), end="")
    else:
        atomic.write_text(out, document.html() if out.suffix == ".html" else document.markdown())
        print(out)
    return 0


@contextlib.contextmanager
def _as_main(module: Any, script: Script, arguments: Sequence[str]) -> Iterator[None]:
    """Let a module be the one that was started, and what it prints go to standard error."""
    before = sys.modules["__main__"], sys.argv, sys.path
    sys.modules["__main__"] = module
    sys.argv = [str(script.path), *arguments]
    sys.path = [str(script.path.parent), *sys.path]
    try:
        with contextlib.redirect_stdout(sys.stderr):
            yield
    finally:
        sys.modules["__main__"], sys.argv, sys.path = before


@contextlib.contextmanager
def _stopping_at_first_run() -> Iterator[None]:
    """Let nothing be simulated: the first run of positive length raises :class:`_FirstRun`."""
    import brian2
    from brian2.core.namespace import get_local_namespace
    from brian2.core.network import Network

    def run(
        network: Any,
        duration: Any,
        report: Any = None,
        report_period: Any = None,
        namespace: Any = None,
        profile: Any = None,
        level: int = 0,
    ) -> None:
        if float(duration) > 0:  # run(0*ms) is a way to prepare
            found = get_local_namespace(level=level + 1) if namespace is None else namespace
            raise _FirstRun(network, found, duration)

    before = Network.run, brian2.set_device
    run.original_function = run  # type: ignore[attr-defined]  # Brian2's devices look for it
    Network.run, brian2.set_device = run, lambda *names, **options: None
    try:
        yield
    finally:
        Network.run, brian2.set_device = before


class _FirstRun(BaseException):
    """A run of positive length has been reached."""

    def __init__(self, network: Any, namespace: Mapping[str, Any], duration: Any) -> None:
        self.found = network.sorted_objects, namespace, duration


def describe(
    path: Path, settings: Mapping[str, str], seed: int = 1, arguments: Sequence[str] = ()
) -> Document:
    """Execute a script up to its first run of positive length and describe what stands then.

    What it prints goes to standard error.

    Raises
    ------
    ScriptError
        For a parameter that is not one, a script that raises, or one that runs no network.
    """
    script = Script.read(path)
    values = script.settings(settings)
    binary = compile(script.replaced(values), str(script.path), "exec", dont_inherit=True)
    Outside.prepare()
    import brian2
    import numpy as np

    # Brian2's automatic target would compile the code that makes connections.
    brian2.prefs.codegen.target = "numpy"
    brian2.seed(seed)
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002
    module = types.ModuleType("__main__")
    module.__dict__.update({"__file__": str(script.path), SETTINGS: values})
    with _as_main(module, script, arguments), _stopping_at_first_run():
        try:
            exec(binary, vars(module))
        except _FirstRun as first:
            from bioplaus.runs.describing.tables import describe_model

            return describe_model(script, settings, *first.found)
        except Exception as error:
            raise ScriptError(
                f"{path.name} failed before its first run\n{describe_failure(error, script.path)}"
            ) from error
        except SystemExit as end:
            raise ScriptError(f"{path.name} ended itself with {end.code!r}") from None
    raise ScriptError(f"{path.name} runs no network")
