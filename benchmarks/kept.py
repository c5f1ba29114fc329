"""Results of a benchmark on disk, and for people beside them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bioplaus.runs.backend import Backend, environment

__all__ = ["about", "keep"]


def about() -> dict[str, Any]:
    """The machine and the revision."""
    told = environment(Backend())
    return {name: told[name] for name in ("processor", "cores", "python", "revision")}


def keep(found: dict[str, Any], path: Path, table: Callable[[dict[str, Any]], str]) -> None:
    """Write what was found, with :func:`about`, and its table as Markdown."""
    path.write_text(json.dumps({**found, **about()}, indent=1) + "\n")
    path.with_suffix(".md").write_text(table(found))
