"""A script that knows nothing of the engine, run on it: its own choices, its workers, what came.

Many scripts name a target or a device, which was the fast choice of their author.  That is heard
here, and overruled on demand; runs that were not fused are told of, with the reason, by every
process of the script.
"""

from __future__ import annotations

import multiprocessing.process
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import wraps
from pathlib import Path
from typing import Any

import brian2
from brian2.core.network import Network
from brian2.core.preferences import BrianGlobalPreferences, prefs
from brian2.devices.device import all_devices, get_device, runtime_device

from ..machine.settings import preference
from .fused import fused_runs
from .plan import last_plan

__all__ = ["Watch"]

_TARGET = "codegen.target"
_FUSED = "fused"
_PACKAGES = (str(Path(brian2.__file__).parent), str(Path(__file__).parents[1]))


class _Directory(str):
    """The directory that a process was started in, as it is told to workers that are spawned.

    Whichever library spawns them (``multiprocessing``, ``concurrent.futures``, ``joblib``), this is
    read in the worker before the script is: reading it puts the worker on the engine.  Other
    programs that a script starts never see it.
    """

    watch: Watch

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[str, str, bool]]:
        return _in_worker, (str(self), self.watch.file, self.watch.force)


def _in_worker(directory: str, file: str, force: bool) -> _Directory:
    """Called by a worker that reads its `_Directory`."""
    current = multiprocessing.process.ORIGINAL_DIR  # type: ignore[attr-defined]
    if not isinstance(current, _Directory):
        Watch(file, force).begin(directory)
        current = multiprocessing.process.ORIGINAL_DIR  # type: ignore[attr-defined]
    return current


@dataclass
class Watch:
    """Puts a process on the engine, and notes how its runs go.

    file : where all processes of a script note it, a line for each way.
    force : whether the engine is used though the script chooses something else.
    """

    file: str
    force: bool
    chosen: dict[str, str] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)
    process: int = field(default_factory=os.getpid)

    def begin(self, directory: str | None = None) -> None:
        """Choose the target ``numba``; ``directory`` : where the first process was started."""
        prefs[_TARGET] = "numba"
        self._hear_targets()
        self._hear_devices()
        self._watch_runs()
        process: Any = multiprocessing.process
        told = _Directory(directory or process.ORIGINAL_DIR or os.getcwd())
        told.watch = self
        process.ORIGINAL_DIR = told

    def end(self) -> None:
        """Say in one line if a run was not fused, or nothing was run at all."""
        if os.getpid() != self.process:
            return  # a copy of the process that began, made by os.fork
        ways = set(Path(self.file).read_text().splitlines())
        os.unlink(self.file)
        reasons = sorted(ways - {_FUSED})
        if not ways:
            reasons = [*self.chosen.values()] or ["the script runs no network"]
        if reasons:
            count = "some runs were not fused" if _FUSED in ways else "nothing was fused"
            hint = "" if self.force or not self.chosen else " (--force insists on the engine)"
            print(f"bioplaus.engine: {count}: {'; '.join(reasons)}{hint}.", file=sys.stderr)

    def _note(self, way: str) -> None:
        if way not in self.seen:
            self.seen.add(way)
            with open(self.file, "a") as file:
                file.write(" ".join(way.split()) + "\n")

    def _hear_targets(self) -> None:
        original = BrianGlobalPreferences.__setitem__

        def heard(preferences: Any, name: str, value: Any) -> None:
            if name == _TARGET and value != "numba":
                said = getattr(value, "class_name", value)
                self.chosen[_TARGET] = f"{_place()} names the target '{said}'"
                if self.force:
                    return
            original(preferences, name, value)

        BrianGlobalPreferences.__setitem__ = heard

    def _hear_devices(self) -> None:
        # A name of the package's own hides this module's.
        module = sys.modules[get_device.__module__]
        original = module._do_set_device

        def heard(device: Any, *args: Any, **kwargs: Any) -> None:
            if all_devices.get(device, device) is not runtime_device:
                said = device if isinstance(device, str) else type(device).__name__
                self.chosen["device"] = f"{_place()} chooses the device '{said}'"
                if self.force:
                    device = runtime_device
            original(device, *args, **kwargs)

        module._do_set_device = heard  # type: ignore[attr-defined]

    def _watch_runs(self) -> None:
        original = Network.run

        @wraps(original)
        def watched(network: Network, *args: Any, **kwargs: Any) -> None:
            before = fused_runs()
            # The caller's variables are looked up this many frames away.
            original(network, *args, **{**kwargs, "level": kwargs.get("level", 0) + 1})
            way = _FUSED if fused_runs() > before else self._reason(network, kwargs)
            if way:
                self._note(way)

        Network.run = watched

    def _reason(self, network: Network, options: dict[str, Any]) -> str:
        """Why a run was not fused; empty if there was nothing to run."""
        device = get_device()
        if device is not runtime_device:
            return self.chosen.get("device", f"the device is {type(device).__name__}")
        if prefs[_TARGET] != "numba":
            return self.chosen.get(_TARGET, f"the target has become '{prefs[_TARGET]}'")
        if not preference("fuse"):
            return "the preference codegen.runtime.numba.fuse is off"
        if options.get("profile", device.build_options.get("profile")):
            return "a run with a profile goes object by object"
        plan = last_plan(network)
        if plan is None:
            return "a clock without a step" if network.sorted_objects else ""
        reasons = {f"{step.owner.name}: {step.reason}" for step in plan.steps}
        return "every object runs in Python (" + ", ".join(sorted(reasons)) + ")" * bool(reasons)


def _place() -> str:
    """The file and line of the script that called Brian2."""
    frame: Any = sys._getframe(1)
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_PACKAGES):
        frame = frame.f_back
    return f"{Path(frame.f_code.co_filename).name}:{frame.f_lineno}"
