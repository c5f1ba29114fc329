"""Run one Brian2 script unmodified and keep what it shows: figures' data and monitors.

``python -m benchmarks.captured --mode fused --seed 1 --out NAME script.py`` leaves ``NAME.npz``
(the data) and ``NAME.json`` (whether it ran, how it ran, CPU seconds).  With ``--steps`` each
``run()`` of the script ends after that many steps, for scripts that take hours; with ``--set
NAME=VALUE`` a constant of the script's, assigned at its top level, has another value.
"""

import argparse
import ast
import gc
import json
import os
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import matplotlib

matplotlib.use("Agg")
import brian2
import numpy as np
from brian2.core.preferences import BrianGlobalPreferences
from matplotlib.figure import Figure
from numpy.typing import NDArray

MODES = ("numpy", "cython", "stepped", "fused", "warm")
"""Brian2's targets; the engine object by object, fused, and fused with what it has compiled."""


def main(argv: list[str] | None = None) -> None:
    """Run the script in its own folder, write data and status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("script", type=Path)
    parser.add_argument("--mode", choices=MODES, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--steps", type=int, default=0, help="longest run; 0: as the script says")
    parser.add_argument("--set", nargs="*", default=[], metavar="NAME=VALUE", dest="settings")
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args(argv)
    script, out = arguments.script.resolve(), arguments.out.resolve()
    named = choose(arguments.mode)
    shift_seeds(arguments.seed - 1)
    brian2.seed(1)
    brian2.BrianLogger.log_level_error()
    figures, runs = remember_figures(), watch_runs(arguments.mode)
    saved = remember_saved()
    fork_workers()
    if arguments.steps:
        shorten_runs(arguments.steps)
    status: dict[str, Any] = {"ran": True}
    began = time.process_time()
    kept: dict[str, Any] = {}
    try:
        kept = run_script(script, dict(text.split("=", 1) for text in arguments.settings))
    except BaseException as error:  # a script may also leave by SystemExit or KeyboardInterrupt
        status = failure(error)
    status |= {"cpu_seconds": time.process_time() - began, "names_targets": named, **runs}
    data: dict[str, Any] = {**dict(figure_data(figures)), **dict(monitor_data()), **saved}
    np.savez(out.with_suffix(".npz"), **data)
    out.with_suffix(".json").write_text(json.dumps(status))
    del kept


def choose(mode: str) -> list[str]:
    """The target of the mode, whatever the script names; standalone code runs on the runtime.

    Returns the targets that the script will have named.
    """
    named: list[str] = []
    target = mode if mode in ("numpy", "cython") else "numba"
    if target == "numba":
        import bioplaus.engine

        assert bioplaus.engine
        brian2.prefs.codegen.runtime.numba.fuse = mode != "stepped"
    original = BrianGlobalPreferences.__setitem__

    def overruled(preferences: Any, name: str, value: Any) -> None:
        if name == "codegen.target" and value != target:
            named.append(str(value))
            value = target
        original(preferences, name, value)

    BrianGlobalPreferences.__setitem__ = overruled
    brian2.prefs.codegen.target = target
    named.clear()
    brian2.set_device = _stay_on_runtime
    brian2.device.build = _stay_on_runtime
    return named


def shift_seeds(by: int) -> None:
    """Add to the seeds that the script itself chooses: runs of several seeds are to differ."""
    brian2.seed = partial(_shifted, brian2.seed, by)
    np.random.seed = partial(_shifted, np.random.seed, by)


def _shifted(original: Callable[..., None], by: int, seed: int | None = None) -> None:
    original(seed if seed is None else seed + by)


def _stay_on_runtime(*_: Any, **__: Any) -> None:
    return None


def run_script(script: Path, settings: Mapping[str, str]) -> dict[str, Any]:
    """The script's globals, which keep its monitors alive; ``settings``: values as Python text."""
    os.chdir(script.parent)
    sys.path.insert(0, str(script.parent))
    sys.argv = [str(script)]
    main = sys.modules["__main__"] = ModuleType("__main__")
    main.__file__ = str(script)
    tree = ast.parse(script.read_bytes())
    missing = set(settings)
    for statement in tree.body:
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
            name = statement.targets[0].id
            if name in settings:
                statement.value = ast.parse(settings[name], mode="eval").body
                missing.discard(name)
    if missing:
        raise ValueError(f"{script.name} assigns no {', '.join(sorted(missing))} at its top level")
    exec(compile(ast.fix_missing_locations(tree), str(script), "exec"), main.__dict__)
    return main.__dict__


def failure(error: BaseException) -> dict[str, Any]:
    """Why a script stopped; its last frame tells whether the script or a package is the cause."""
    missing = error.name if isinstance(error, ModuleNotFoundError) else None
    last = traceback.extract_tb(error.__traceback__)[-1]
    return {
        "ran": isinstance(error, SystemExit) and not error.code,
        "error": f"{type(error).__name__}: {error}".splitlines()[0][:300],
        "where": f"{Path(last.filename).name}:{last.lineno}",
        "missing": missing,
    }


def fork_workers() -> None:
    """Have joblib's workers be copies of this process, which know what is replaced here."""
    with suppress(ImportError):
        import joblib.parallel

        joblib.parallel.DEFAULT_BACKEND = "multiprocessing"


def shorten_runs(steps: int) -> None:
    """End every run after that many steps of the network's fastest clock."""
    original = brian2.Network.run

    def shortened(network: brian2.Network, duration: Any, *args: Any, **kwargs: Any) -> None:
        ticks = [thing.clock.dt for thing in network.sorted_objects]
        duration = min([duration, *(steps * min(ticks) for _ in ticks[:1])])
        # The caller's variables are looked up this many frames away.
        original(network, duration, *args, **{**kwargs, "level": kwargs.get("level", 0) + 1})

    shortened.original_function = original.original_function  # type: ignore[attr-defined]
    brian2.Network.run = shortened


def watch_runs(mode: str) -> dict[str, Any]:
    """Counts ``run()`` calls on the engine, and says what did not run as it stands.

    ``in_python`` : reasons why objects ran in Python; ``rewrites`` : names of those that acted.
    """
    seen: dict[str, Any] = {}
    if mode in ("fused", "warm"):
        from bioplaus.engine.brian.device import NumbaDevice

        seen = {"runs": 0, "fused_runs": 0, "in_python": [], "rewrites": []}
        original = NumbaDevice.network_run

        def watching(device: Any, network: brian2.Network, *args: Any, **kwargs: Any) -> None:
            # The caller's variables are looked up this many frames away.
            original(device, network, *args, **{**kwargs, "level": kwargs.get("level", 0) + 1})
            seen["runs"] += 1
            _look_at_plan(network, seen)

        NumbaDevice.network_run = watching  # type: ignore[method-assign, assignment]
    return seen


def _look_at_plan(network: brian2.Network, seen: dict[str, Any]) -> None:
    from bioplaus.engine import fused_runs
    from bioplaus.engine.running.plan import last_plan

    seen["fused_runs"] = fused_runs()
    plan = last_plan(network)
    for step in plan.steps if plan is not None else ():
        names = [note.partition(":")[0] for note in step.notes]
        for kind, texts in (("in_python", [step.reason]), ("rewrites", names)):
            seen[kind] += [text for text in texts if text and text not in seen[kind]]


def remember_figures() -> list[Figure]:
    """Every figure made from now on, also those that the script closes."""
    figures: list[Figure] = []
    original = Figure.__init__

    def remembering(self: Figure, *args: Any, **kwargs: Any) -> None:
        original(self, *args, **kwargs)
        figures.append(self)

    Figure.__init__ = remembering  # type: ignore[method-assign]
    return figures


def remember_saved() -> dict[str, NDArray[Any]]:
    """Arrays that the script writes with ``numpy.save``, by the names of their files."""
    saved: dict[str, NDArray[Any]] = {}
    original = np.save

    def remembering(file: Any, values: Any, *args: Any, **kwargs: Any) -> None:
        saved[f"saved/{Path(str(file)).stem}"] = numbers(values)
        original(file, values, *args, **kwargs)

    np.save = remembering
    return saved


def figure_data(figures: list[Figure]) -> Iterator[tuple[str, NDArray[Any]]]:
    """Lines, scatters, images and bars of every axes, in drawing order."""
    for f, figure in enumerate(figures):
        for a, axes in enumerate(figure.axes):
            place = f"figure{f}/axes{a}"
            for k, line in enumerate(axes.lines):
                yield f"{place}/line{k}", numbers(np.asarray(line.get_xydata()))
            for k, collection in enumerate(axes.collections):
                yield f"{place}/scatter{k}", numbers(collection.get_offsets())
                if collection.get_array() is not None:
                    yield f"{place}/colours{k}", numbers(collection.get_array())
            for k, image in enumerate(axes.images):
                yield f"{place}/image{k}", numbers(image.get_array())
            heights = [p.get_height() for p in axes.patches if hasattr(p, "get_height")]
            if heights:
                yield f"{place}/bars", numbers(heights)


def monitor_data() -> Iterator[tuple[str, NDArray[Any]]]:
    """What every living monitor recorded, by the monitor's name."""
    gc.collect()  # which of the script's own are gone must not depend on chance
    for kind in (brian2.StateMonitor, brian2.SpikeMonitor, brian2.PopulationRateMonitor):
        for reference in kind.__instances__():
            monitor = reference()
            if monitor is None:
                continue
            for name in sorted(getattr(monitor, "record_variables", ("rate",))):
                yield f"{monitor.name}/{name}", numbers(monitor.variables[name].get_value())


def numbers(values: Any) -> NDArray[np.float64]:
    """Plain floats; masked values become nan."""
    return np.ma.filled(np.ma.asarray(np.asanyarray(values), dtype=float), np.nan)


if __name__ == "__main__":
    main()
