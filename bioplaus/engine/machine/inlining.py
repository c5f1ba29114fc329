"""How small functions are compiled that kernels call: into the caller, without wrappers."""

from __future__ import annotations

from typing import Any

from numba import njit

__all__ = ["INLINE", "inline"]

INLINE: Any = {"forceinline": True, "no_cpython_wrapper": True, "no_cfunc_wrapper": True}
inline = njit(error_model="numpy", **INLINE)
