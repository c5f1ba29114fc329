"""What rewrites make of an object that runs by itself."""

from __future__ import annotations

from typing import Any

from bioplaus.engine.rewrites import rewritten

__all__ = ["notes"]


def notes(code_object: Any) -> str:
    """What they say that they have done, with the rewrites that are asked for now."""
    (step,) = rewritten([code_object.step(code_object.owner, None)], alone=True)
    return "\n".join(step.notes)
