"""Which line of the script is executing, and whether what happens is its own doing."""

from __future__ import annotations

import sys
from types import FrameType

__all__ = ["line_of_script", "on_behalf_of_script"]

_OWN_BUSINESS = (
    *("bioplaus", "brian2.codegen", "numba", "llvmlite", "Cython", "setuptools", "importlib"),
    *("matplotlib.font_manager", "matplotlib.texmanager", "tempfile", "linecache"),
)
"""Packages that open files, start threads or draw numbers for themselves."""


def line_of_script() -> int | None:
    """The line of the script that is executing now, if one is."""
    frame = _script_frame()
    return frame.f_lineno if frame is not None else None


def on_behalf_of_script(frame: FrameType | None) -> bool:
    """Whether what a frame does is asked for by the script, or a library that works for it."""
    while frame is not None:
        name = frame.f_globals.get("__name__", "")
        if name == "__main__":
            return True
        if name.startswith(_OWN_BUSINESS):
            return False
        frame = frame.f_back
    return False


def _script_frame() -> FrameType | None:
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_globals.get("__name__") != "__main__":
        frame = frame.f_back
    return frame
