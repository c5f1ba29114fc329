"""The processor's control register, which decides what becomes of denormal numbers.

A trace that decays without end passes through the denormal numbers, below 2.2e-308, on its way to
zero, and processors take tens of times longer for each operation on one.  While a program runs,
x86 processors are told to read and write zero instead; on others nothing is done.  The difference
is far below every rounding error.
"""

from __future__ import annotations

import platform

__all__ = ["FLUSH", "X86", "_nb_flush_denormals", "_nb_restore_denormals"]

X86 = platform.machine().lower() in ("x86_64", "amd64")
FLUSH = 0x8040
"""Bits "flush to zero" and "denormals are zero" of the control register MXCSR."""


def _nb_flush_denormals() -> int:
    """Start flushing; returns what the control register was.  Python's own numbers stay."""
    return 0


def _nb_restore_denormals(before: int) -> None:
    """Set the control register back."""
