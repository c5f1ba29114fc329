"""Where a new run goes when nobody says."""

from __future__ import annotations

import time
from pathlib import Path

__all__ = ["new_run_directory"]


def new_run_directory(name: str, seed: int) -> Path:
    """A directory that does not exist yet, below ``runs`` in the present folder."""
    base = Path("runs") / f"{time.strftime('%Y-%m-%dT%H-%M-%S')}-{name}-s{seed}"
    path, number = base, 2
    while path.exists():
        path, number = base.with_name(f"{base.name}-{number}"), number + 1
    return path
