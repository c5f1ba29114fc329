"""Brian2's examples under ``bioplaus run``: ``python -m benchmarks.script_examples FOLDER``.

Each script runs plain and under ``bioplaus run``, divided into short segments and with a state at
every occasion, on Brian2's ``numpy`` target (or another: ``--backend``).  What its variables hold
at its end (arrays, numbers, all variables of Brian's objects, monitors among them) and NumPy's
random stream are compared in bits.  Every call of ``run`` ends after ``--steps`` steps, plain and
tracked alike; scripts that do not end so (they draw against a time axis of their own) run whole.
"""

import argparse
import hashlib
import json
import os
import random
import resource
import runpy
import sys
import tempfile
import traceback
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ["MPLBACKEND"] = "agg"

import brian2
import numpy as np
from brian2.core.network import Network

from bioplaus.runs.backend import Backend, environment
from bioplaus.runs.scripts import launch, taking_over

WHOLE = 10**9
TOO_LONG = "not done after"
KEPT = Path("docs/results/scripts")
OFTEN = {"segment": 0.0031, "checkpoint": 0.0, "patience": 0.0}
NUMBERS = (bool, int, float, complex, str, np.generic, np.ndarray)


def main(argv: list[str] | None = None) -> None:
    """Compare examples, print a line for each, and keep it in ``examples.json`` at once."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--backend", default="numpy")
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--limit", type=int, default=40, help="CPU seconds of an execution")
    parser.add_argument("--out", type=Path, default=KEPT)
    parser.add_argument("--only", default="", help="scripts whose path has this in it")
    options = parser.parse_args(argv)
    options.out.mkdir(parents=True, exist_ok=True)
    path = options.out / "examples.json"
    found = json.loads(path.read_text())["examples"] if path.exists() else {}
    told = environment(Backend(options.backend))
    scripts = sorted(path for path in options.folder.rglob("*.py") if options.only in str(path))
    for script in scripts:
        name = str(script.relative_to(options.folder))
        found[name] = verdict(script.resolve(), options)
        print(f"{name}: {found[name]}", flush=True)
        counts = Counter(text.partition(":")[0] for text in found.values())
        about = {name: told[name] for name in ("revision", "processor", "python", "backend")}
        about |= {"steps": options.steps, "counts": dict(counts)}
        content = {**about, "examples": dict(sorted(found.items()))}
        path.write_text(json.dumps(content, indent=1) + "\n")


def verdict(script: Path, options: argparse.Namespace) -> str:
    """``equal``, ``different: NAMES``, ``plain fails: WHY`` or ``fails under bioplaus: WHY``."""
    said = compared(script, options, options.steps)
    again = said.startswith("plain fails") and TOO_LONG not in said
    return compared(script, options, WHOLE) if again else said


def compared(script: Path, options: argparse.Namespace, steps: int) -> str:
    """The verdict where every run ends after so many steps."""
    with tempfile.TemporaryDirectory() as folder:
        plain = in_fork(
            lambda: plainly(script, options.backend, steps), Path(folder) / "plain", options.limit
        )
        if "error" in plain:
            return f"plain fails: {plain['error']}"
        run = Path(folder) / "run"
        mode = in_fork(
            lambda: tracked(script, options.backend, steps, run),
            Path(folder) / "mode",
            options.limit,
        )
    if "error" in mode:
        return f"fails under bioplaus: {mode['error']}"
    names = [name for name in plain.keys() | mode.keys() if plain.get(name) != mode.get(name)]
    return f"different: {', '.join(sorted(names))}" if names else f"equal: {len(plain)} values"


def in_fork(execute: Callable[[], dict[str, Any]], folder: Path, limit: int) -> dict[str, str]:
    """Digests of what a script leaves, by name, from a process that it has to itself."""
    folder.mkdir()
    answer = folder.with_suffix(".json")
    process = os.fork()
    if not process:
        resource.setrlimit(resource.RLIMIT_CPU, (limit, limit))
        os.chdir(folder)
        sys.stdin = open(os.devnull)  # noqa: SIM115
        for stream in (1, 2):
            os.dup2(os.open(folder.with_suffix(f".{stream}"), os.O_CREAT | os.O_WRONLY), stream)
        try:
            content = digests(execute())
        except BaseException as error:
            traceback.print_exc()
            content = {"error": f"{type(error).__name__}: {str(error).splitlines()[:1]}"}
        answer.write_text(json.dumps(content))
        os._exit(0)
    os.waitpid(process, 0)
    if not answer.exists():
        return {"error": f"{TOO_LONG} {limit} CPU seconds, or gone"}
    found: dict[str, str] = json.loads(answer.read_text())
    return found


def plainly(script: Path, backend: str, steps: int) -> dict[str, Any]:
    """What the script leaves as Python runs it."""
    brian2.prefs.codegen.target = backend
    random.seed(1)
    np.random.seed(1)  # noqa: NPY002
    brian2.seed(1)
    Network.run = shortened(Network.run, steps)
    sys.argv = [str(script)]
    sys.path.insert(0, str(script.parent))
    return runpy.run_path(str(script), run_name="__main__")


def tracked(script: Path, backend: str, steps: int, run: Path) -> dict[str, Any]:
    """What it leaves under ``bioplaus run``."""
    install = taking_over.install

    def installed(session: Any) -> None:
        install(session)
        Network.run = shortened(Network.run, steps)

    taking_over.install = installed
    code = launch.start(script, run, backend=Backend(backend), options=OFTEN, quiet=True)
    if code:
        raise RuntimeError((run / "log.txt").read_text().strip().splitlines()[-1])
    return vars(sys.modules["__main__"])


def shortened(plain: Any, steps: int) -> Any:
    """``Network.run`` that ends after so many steps of the default clock."""

    def run(network: Any, duration: Any, *more: Any, level: int = 0, **options: Any) -> None:
        longest = steps * brian2.defaultclock.dt
        plain(network, min(duration, longest), *more, level=level + 1, **options)

    run.original_function = plain.original_function  # type: ignore[attr-defined]
    return run


def digests(variables: dict[str, Any]) -> dict[str, str]:
    """What the variables of a script hold, digested."""
    found = {"NumPy's stream": digest(random_words())}
    for name, value in variables.items():
        if name.startswith("_"):
            continue
        if isinstance(value, NUMBERS):
            found[name] = digest(value)
        elif isinstance(value, brian2.BrianObject):
            for key, variable in value.variables.items():
                if type(variable).__name__ in ("ArrayVariable", "DynamicArrayVariable"):
                    found[f"{name}.{key}"] = digest(variable.get_value())
    return found


def random_words() -> Any:
    """NumPy's global stream."""
    state: dict[str, Any] = np.random.get_state(legacy=False)  # type: ignore[assignment]  # noqa: NPY002
    return state["state"]["key"]


def digest(value: Any) -> str:
    """A digest of the bits of a number, a text or an array."""
    array = np.asarray(value)
    content = repr(value).encode() if array.dtype.hasobject else array.tobytes()
    return hashlib.sha256(content).hexdigest()[:16]


if __name__ == "__main__":
    main()
