"""Checkpoints: nested state in one file, without pickle, with a version and a checksum.

A file is three parts: a line ``BIOPLAUS CHECKPOINT 1``, a line with the SHA-256 of the rest, and a
NumPy ``.npz`` archive.  The archive holds the arrays of the state and, under ``tree``, JSON text
that says where each of them belongs.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from bioplaus.errors import UserError
from bioplaus.records import atomic, layout

__all__ = ["CheckpointError", "newest_checkpoint", "read_checkpoint", "write_checkpoint"]

_MAGIC = b"BIOPLAUS CHECKPOINT 1\n"


class CheckpointError(UserError, ValueError):
    """A checkpoint is damaged, or of a format that this version does not read."""


def write_checkpoint(path: Path, state: Mapping[str, Any]) -> None:
    """Write nested dicts, lists, tuples, arrays, numbers, text, bytes and None atomically.

    Raises
    ------
    TypeError
        If the state holds anything else, naming its place.
    DiskFull
        If there is no room; an older file of that name is still there.
    """
    arrays: dict[str, np.ndarray] = {}
    tree = _pack(state, arrays, "state")
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, tree=np.array(json.dumps(tree)), **arrays)
    payload = buffer.getbuffer()

    def fill(partial: Path) -> None:
        with open(partial, "wb") as file:
            file.write(_MAGIC)
            file.write(hashlib.sha256(payload).hexdigest().encode() + b"\n")
            file.write(payload)

    atomic.write(path, fill)


def read_checkpoint(path: Path) -> dict[str, Any]:
    """Read a state back, equal to the bit.

    Raises
    ------
    CheckpointError
        If a single byte differs from what was written, or the format is unknown.
    """
    data = path.read_bytes()
    if not data.startswith(_MAGIC):
        raise CheckpointError(f"{path} is not a checkpoint that this version of bioplaus reads")
    start = len(_MAGIC) + 65
    payload = memoryview(data)[start:]
    expected = data[len(_MAGIC) : start - 1]
    if hashlib.sha256(payload).hexdigest().encode() != expected:
        raise CheckpointError(f"{path} is damaged: its contents do not match their checksum")
    with np.load(io.BytesIO(payload), allow_pickle=False) as archive:
        arrays = {name: archive[name] for name in archive.files}
    state: dict[str, Any] = _unpack(json.loads(str(arrays["tree"])), arrays)
    return state


def newest_checkpoint(run: Path) -> tuple[int, dict[str, Any]] | None:
    """The newest checkpoint of a run directory as (segments done, state), if there is one.

    Raises
    ------
    CheckpointError
        If the newest is damaged; the message names it and the one before it.
    """
    files = sorted((run / layout.CHECKPOINTS).glob("*.ckpt"))
    if not files:
        return None
    try:
        return int(files[-1].stem) + 1, read_checkpoint(files[-1])
    except CheckpointError as error:
        offer = (
            f"delete it to go on from the one before, {files[-2].name}"
            if len(files) > 1
            else "there is no older one; start the run again"
        )
        raise CheckpointError(f"{error}; {offer}") from None


def _pack(value: Any, arrays: dict[str, np.ndarray], place: str) -> Any:
    """Turn a value into JSON, putting arrays aside under numbered names."""
    if value is None or type(value) in (bool, str, int):
        return value
    name = f"a{len(arrays)}"
    if isinstance(value, (np.ndarray, np.generic, float)):
        plain = np.asarray(value)  # a Brian2 quantity loses its unit: the name implies it
        if plain.dtype.hasobject:
            raise TypeError(f"{place} holds Python objects, which a checkpoint cannot keep")
        arrays[name] = plain
        kind = "$float" if type(value) is float else "$array"
        return {kind: name}
    if isinstance(value, bytes):
        arrays[name] = np.frombuffer(value, dtype=np.uint8)
        return {"$bytes": name}
    if isinstance(value, Mapping):
        strange = next((key for key in value if not isinstance(key, str)), None)
        if strange is not None:
            raise TypeError(f"{place} has the key {strange!r}, which is not text")
        return {
            "$dict": [[k, _pack(v, arrays, f"{place}.{k}")] for k, v in value.items()],
        }
    if isinstance(value, (list, tuple)):
        kind = "$tuple" if isinstance(value, tuple) else "$list"
        return {kind: [_pack(v, arrays, f"{place}[{n}]") for n, v in enumerate(value)]}
    raise TypeError(f"{place} is a {type(value).__name__}, which a checkpoint cannot keep")


def _unpack(tree: Any, arrays: Mapping[str, np.ndarray]) -> Any:
    if not isinstance(tree, dict):
        return tree
    ((kind, content),) = tree.items()
    if kind == "$array":
        return arrays[content]
    if kind == "$bytes":
        return arrays[content].tobytes()
    if kind == "$float":
        return float(arrays[content])
    if kind == "$dict":
        return {name: _unpack(value, arrays) for name, value in content}
    items = [_unpack(value, arrays) for value in content]
    return tuple(items) if kind == "$tuple" else items
