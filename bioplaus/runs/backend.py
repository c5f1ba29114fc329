"""Choosing what compiles a network, and saying what was chosen."""

from __future__ import annotations

import functools
import logging
import os
import platform
import subprocess
import sys
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from bioplaus.parameters import ParameterError

__all__ = ["BACKENDS", "Backend", "environment"]

BACKENDS = ("numba", "cython", "numpy")
_REPORTED = ("bioplaus", "brian2", "numpy", "numba", "scipy", "matplotlib", "h5py")


@dataclass(frozen=True)
class Backend:
    """How networks are compiled in this process.

    name : one of ``numba``, ``cython``, ``numpy``; dtype : ``float64`` or ``float32``;
    threads : how many cores a compiled loop may use.
    """

    name: str = "numba"
    dtype: str = "float64"
    threads: int = 1

    def __post_init__(self) -> None:
        if self.name not in BACKENDS:
            raise ParameterError(f"--backend {self.name!r} is not one of {', '.join(BACKENDS)}")
        if self.dtype not in ("float64", "float32"):
            raise ParameterError(f"--dtype {self.dtype!r} is neither float64 nor float32")
        if self.threads < 1:
            raise ParameterError(f"--threads {self.threads} is not a positive number")

    def select(self, seed: int) -> None:
        """Set Brian2's preferences and seed its generators.

        Raises
        ------
        ParameterError
            If threads are asked of a backend that has none.
        """
        import brian2
        import numpy as np

        if self.name == "numba":
            import bioplaus.engine  # noqa: F401  (registers the target)

            if self.threads > 1:
                brian2.prefs["codegen.runtime.numba.threads"] = self.threads
        elif self.threads > 1:
            raise ParameterError(f"--threads {self.threads}: only the numba backend has threads")
        brian2.prefs.codegen.target = self.name
        brian2.prefs.core.default_float_dtype = getattr(np, self.dtype)
        brian2.seed(seed)
        # A network whose checks fail is dropped before it runs; that is told once, by the check.
        brian2.BrianLogger.suppress_name("unused_brian_object")
        # Synapses that draw random numbers are warned of whenever a network is prepared.
        logging.getLogger("brian2.codegen.generators.base").addFilter(_TOLD_ONCE)


class _ToldOnce(logging.Filter):
    """Lets a message pass the first time only."""

    def __init__(self) -> None:
        super().__init__()
        self.told: set[str] = set()

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the message is new."""
        message = record.getMessage()
        new = message not in self.told
        self.told.add(message)
        return new


_TOLD_ONCE = _ToldOnce()


def environment(backend: Backend | None) -> dict[str, Any]:
    """Versions, platform, backend and revision, for ``environment.json``."""
    return {
        "python": sys.version.split()[0],
        "platform": platform.platform(),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "versions": {name: _version(name) for name in _REPORTED},
        "revision": _revision(),
        "backend": backend.name if backend else "numpy and numba (no network)",
        "dtype": backend.dtype if backend else "float64",
        "threads": backend.threads if backend else 1,
    }


def peak_memory_mb() -> float:
    """The largest resident memory of this process so far [MB]."""
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1e6 if sys.platform == "darwin" else 1e3)


@functools.cache  # a package's own text is read for it
def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "not installed"


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor()


def _revision() -> str | None:
    """The git revision of the source tree, if there is one (with + when changed)."""
    root = Path(__file__).resolve().parents[2]
    if not (root / ".git").exists():
        return None
    try:
        run = subprocess.run(
            ["git", "describe", "--always", "--dirty=+", "--exclude=*"],
            cwd=root,
            capture_output=True,
            text=True,
            check=True,
            timeout=5,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return run.stdout.strip()
