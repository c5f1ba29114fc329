"""A direct compiler of the engine's program text to machine code, through llvmlite.

Numba compiles any Python; the engine's text is a small part of it: numbers, flat arrays, loops, a
few functions.  This compiler knows that part only, and gives the same bits in a fraction of the
time.  What it does not know it refuses with `NotInSubsetError`, and Numba compiles it instead.

A text goes through `sources` (syntax trees and what names stand for), `body`, `flow` and
`expressions` (statements and expressions as LLVM's language, types by Numba's rules in `kinds`),
`unit` (a module for each kernel), `machine` (optimised machine code) and `objects` (kept on disk)
to `entry`.
"""

from __future__ import annotations

from .entry import EntryPoint, compiled
from .kinds import NotInSubsetError

__all__ = ["EntryPoint", "NotInSubsetError", "compiled"]
