"""Generated modules on disk: found again by the content of their text and of the engine itself.

A module is written once, under a name that contains a hash of everything its machine code depends
on, so that it never becomes stale and writers cannot disagree.  Numba keeps the machine code beside
it.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.util
import os
import platform
import sys
import tempfile
import types
import warnings
from collections.abc import Callable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import llvmlite
import numpy as np
from brian2 import _cache_dirs_and_extensions

from .machine.settings import preference

__all__ = [
    "OBJECT",
    "EngineCacheWarning",
    "engine_digest",
    "folder",
    "load",
    "make_room",
    "purge",
    "recall",
    "register",
    "warn_memory_only",
    "write",
]

# Brian2's clear_cache() refuses a folder with plain Python files in it, which could be anybody's.
_SOURCE = ".engine.py"
_TEXT = ".engine.txt"
OBJECT = ".engine.o"
_EXTENSIONS = (_SOURCE, _TEXT, OBJECT, ".nbi", ".nbc", ".tmp", ".pyc")


class EngineCacheWarning(UserWarning):
    """Compiled code could not be kept on disk, or what was found there was not usable."""


_loaded: dict[str, types.ModuleType] = {}
_with_functions: dict[tuple[Any, ...], types.ModuleType] = {}


@functools.cache
def engine_digest() -> str:
    """Hash of the engine's own sources and of the versions that machine code depends on."""
    digest = hashlib.sha256()
    for source in sorted(Path(__file__).parent.rglob("*.py")):
        digest.update(source.read_bytes())
    versions = (version("numba"), llvmlite.__version__, np.__version__, platform.python_version())
    digest.update(" ".join(versions).encode())
    return digest.hexdigest()


def folder() -> Path:
    """The folder that holds generated modules."""
    chosen = str(preference("cache_dir"))
    if chosen:
        return Path(chosen)
    base = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA")
    return (Path(base) if base else Path.home() / ".cache") / "bioplaus" / "engine"


def load(text: str, functions: Mapping[str, Any]) -> types.ModuleType:
    """The module with this text; ``functions`` are the user's, known by name inside it.

    The text refers to the constant ``CACHE``, which says whether Numba may keep machine code on
    disk: not when compiled functions of the user's are part of it, whose text is not known here.
    """
    if functions:
        key = (text, *functions.values())
        if key not in _with_functions:
            _with_functions[key] = _in_memory(text, functions)
        return _with_functions[key]
    name = "bioplaus_engine_" + hashlib.sha256((engine_digest() + text).encode()).hexdigest()[:40]
    if name not in _loaded:
        try:
            _loaded[name] = _from_disk(name, text)
        except OSError as problem:
            warn_memory_only(problem)
            _loaded[name] = _in_memory(text, {})
    return _loaded[name]


def warn_memory_only(problem: OSError) -> None:
    """Say that compiled code is not kept, and why."""
    warnings.warn(
        f"The engine keeps compiled code in memory only, because the folder {folder()} cannot be "
        f"used ({problem}). Set prefs.codegen.runtime.numba.cache_dir to a folder that can be "
        "written to.",
        EngineCacheWarning,
        stacklevel=3,
    )


def recall(question: str, answer: Callable[[], str]) -> str:
    """The answer to a question from disk, or worked out and written there.

    question : everything that the answer depends on.  A damaged file, which the hash in its first
    line tells, is written again; where nothing can be written nothing is kept.
    """
    name = "bioplaus_engine_" + hashlib.sha256(question.encode()).hexdigest()[:40]
    path = folder() / f"{name}{_TEXT}"
    try:
        digest, _, text = path.read_text().partition("\n")
        if digest == hashlib.sha256(text.encode()).hexdigest():
            return text
    except (OSError, UnicodeDecodeError):
        pass  # not there, or not readable
    text = answer()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write(path, f"{hashlib.sha256(text.encode()).hexdigest()}\n{text}".encode())
    except OSError:
        pass  # compiled code meets the same folder, and warns
    return text


def register() -> None:
    """Tell Brian2's ``clear_cache`` where the files are."""
    _cache_dirs_and_extensions["numba"] = (str(folder()), set(_EXTENSIONS))


def _in_memory(text: str, functions: Mapping[str, Any]) -> types.ModuleType:
    module = types.ModuleType("bioplaus_engine_memory")
    module.__dict__.update(CACHE=False, **functions)
    exec(compile(text, "<engine>", "exec"), module.__dict__)
    return module


def _from_disk(name: str, text: str) -> types.ModuleType:
    path = folder() / f"{name}{_SOURCE}"
    source = "CACHE = True\n" + text
    path.parent.mkdir(parents=True, exist_ok=True)
    register()
    if not path.exists() or path.read_text(errors="replace") != source:
        write(path, source.encode())
        make_room(path)
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # Numba looks the module up by name when it loads machine code.
    sys.modules[name] = module
    spec.loader.exec_module(module)
    for index in _machine_code(path).glob(f"{name}*.nbi"):
        index.touch()  # used just now
    return module


def _machine_code(path: Path) -> Path:
    return path.parent / "__pycache__"


def write(path: Path, content: bytes) -> None:
    """Write beside and rename, so that no other process ever sees half a file."""
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, suffix=".tmp")
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    os.replace(temporary, path)


_fitting: dict[tuple[Path, int], int] = {}
"""How many more modules a folder surely has room for, by its path and size [MB]."""


def make_room(*new: Path) -> None:
    """Remove what has been unused for longest until the folder is small enough; ``new`` stays.

    A folder that has room for many more is not looked at every time.
    """
    key = new[0].parent, int(preference("cache_size"))
    _fitting[key] = _fitting.get(key, 0) - len(new)
    if _fitting[key] >= 0:
        return
    groups: dict[str, list[Path]] = {}
    for file in [*new[0].parent.glob("bioplaus_engine_*"), *_machine_code(new[0]).glob("*")]:
        groups.setdefault(file.name.split(".")[0], []).append(file)
    ages = {name: max(_status(file)[1] for file in files) for name, files in groups.items()}
    sizes = {name: sum(_status(file)[0] for file in files) for name, files in groups.items()}
    excess = sum(sizes.values()) - key[1] * 2**20
    for name in sorted(groups, key=lambda name: ages[name]):
        if excess <= 0:
            break
        if name not in {path.name.split(".")[0] for path in new}:
            excess -= sizes[name]
            for file in groups[name]:
                file.unlink(missing_ok=True)
    # Other processes write, too.
    _fitting[key] = max(0, -excess) // (4 * max(sizes.values(), default=1) + 1)


def _status(file: Path) -> tuple[int, float]:
    """Size in bytes and time of last change; another process may have removed the file."""
    try:
        status = file.stat()
    except OSError:
        return 0, 0.0
    return status.st_size, status.st_mtime


def purge(module: types.ModuleType) -> types.ModuleType:
    """Remove what is on disk for a module, and build it anew."""
    name = module.__name__
    path = folder() / f"{name}{_SOURCE}"
    text = path.read_text().removeprefix("CACHE = True\n")
    for leftover in [path, *_machine_code(path).glob(f"{name}*")]:
        leftover.unlink(missing_ok=True)
    _loaded[name] = _from_disk(name, text)
    return _loaded[name]
