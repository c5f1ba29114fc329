"""Constants that are exact in single and in double precision.

A loop in single precision stays in it with them, and is vectorised then.
"""

from __future__ import annotations

import numpy as np

__all__ = ["FOUR", "HALF", "ONE", "ZERO"]

ZERO, HALF, ONE, FOUR = np.float32(0.0), np.float32(0.5), np.float32(1.0), np.float32(4.0)
