"""The value of a preference of the engine; what there are stands in `preferences`."""

from __future__ import annotations

from typing import Any

from brian2.core.preferences import prefs

__all__ = ["SECTION", "preference"]

SECTION = "codegen.runtime.numba"


def preference(name: str) -> Any:
    """The value of the preference with this name under `SECTION`."""
    return prefs[f"{SECTION}.{name}"]
