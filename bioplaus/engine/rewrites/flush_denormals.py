"""The rewrite ``flush_denormals``: numbers too small for full precision count as zero.

A trace that decays without end passes through the denormal numbers, below 2.2e-308, on its way to
zero, and processors take tens of times longer for each operation on one.  While a program runs,
x86 processors are told to read and write zero instead (`machine.denormals`); on others nothing is
done.  The difference is far below every rounding error.
"""

from __future__ import annotations

from dataclasses import replace

from .rewrite import Rewrite, each

__all__ = ["REWRITE"]

REWRITE = Rewrite(
    "flush_denormals",
    keeps="bits",
    apply=each(lambda step: replace(step, flushed=True)),
    alone=True,
)
