"""The script as it ran: its copy in the run directory, and what has changed since."""

from __future__ import annotations

import difflib
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bioplaus.errors import UserError
from bioplaus.records import atomic, layout
from bioplaus.records.reader import RunReader
from bioplaus.runs.backend import environment
from bioplaus.runs.reading.script import Script

__all__ = ["other_versions", "script_of", "write_modules", "write_source"]


def script_of(run: Path, config: Mapping[str, Any], copy: bool, edited: bool) -> Script:
    """The script with which a run goes on: its copy, or the file as it is now.

    Raises
    ------
    UserError
        If the file has changed and neither is asked for.
    """
    path = Path(config["source"])
    kept = (run / layout.SOURCE / path.name).read_text(encoding="utf-8")
    now = path.read_text(encoding="utf-8") if path.exists() else None
    if edited and now is None:
        raise UserError(f"{path} does not exist any more; `bioplaus resume {run} --copy` goes on")
    if now not in (None, kept) and not (copy or edited):
        lines = difflib.unified_diff(kept.splitlines(), str(now).splitlines(), n=0, lineterm="")
        changed = sum(line[:1] in "+-" and line[:3] not in ("+++", "---") for line in lines)
        raise UserError(
            f"{path.name} has changed in {changed} lines since the run began; go on with "
            f"`bioplaus resume {run} --copy` (the script as it was) or `--edited` (as it is now)"
        )
    return Script.read(path, now if edited else kept)


def write_source(run: Path, script: Script) -> None:
    """Copy the script into the run directory, with its hash."""
    folder = run / layout.SOURCE
    folder.mkdir(exist_ok=True)
    atomic.write_text(folder / script.path.name, script.text)
    digest = hashlib.sha256(script.text.encode()).hexdigest()
    atomic.write_json(run / layout.MODULES, {str(script.path): digest})


def write_modules(run: Path, modules: Mapping[str, Any]) -> None:
    """Note which modules of its folder the script has imported, with their hashes."""
    path = run / layout.MODULES
    known = json.loads(path.read_text(encoding="utf-8"))
    new = {m.__file__ for m in modules.values()} - set(known)
    if new:
        found = {file: hashlib.sha256(Path(file).read_bytes()).hexdigest() for file in sorted(new)}
        atomic.write_json(path, known | found)


def other_versions(reader: RunReader) -> list[str]:
    """What is not as it was when the run began: modules of the script's folder, packages."""
    found = []
    for file, digest in list(reader.sources.items())[1:]:
        now = Path(file)
        if not now.exists() or hashlib.sha256(now.read_bytes()).hexdigest() != digest:
            found.append(f"{now.name} has changed since the run began")
    then, today = reader.environment.get("versions", {}), environment(None)["versions"]
    for name in ("brian2", "numpy", "numba", "bioplaus"):
        if name in then and then[name] != today[name]:
            found.append(f"{name} is {today[name]} now, and was {then[name]} when the run began")
    return found
