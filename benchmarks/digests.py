"""What every experiment leaves, as digests: ``python -m benchmarks.digests``.

Whoever moves code runs this before and after, and sees what is no longer the same to the bit:

    python -m benchmarks.digests --out before.json
    python -m benchmarks.digests --against before.json

Each page runs by ``bioplaus run --quick`` in a process of its own, on the engine, with seed 1, and
with :data:`SHORTER` where that would take long.  Of its directory digests are taken (SHA-256, the
first 16 digits): of every metric, every final figure, everything recorded, and of the state in the
end, an array of a learner and an object of a network at a time: weights, mirrors, levels, biases,
generators.  Times are in none of them.  Names, or beginnings of names, choose some of the pages.

Digests hold on one machine: BLAS and the processor's own instructions round differently elsewhere.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from benchmarks import kept
from bioplaus import registry
from bioplaus.records import RunReader
from bioplaus.records.checkpoint import newest_checkpoint
from bioplaus.reproduction.runs import COMMAND

KEPT = Path("docs/results/digests.json")
LEFT_OUT = {"burstccn-training-time"}
"""Its figures are times, and of its networks it keeps nothing."""
_FOLLOW = {"neurons": "40", "duration": "16 second", "segment": "8 second"}
SHORTER: dict[str, dict[str, str]] = {
    "burstccn-mnist": {"epochs": "2"},
    "burstccn-xor": {"epochs": "2", "segment_epochs": "1"},
    "diehl-cook-mnist": {
        "presentations": "60", "validated": "10", "assigned": "40", "tested": "20",
    },
    "discrete-ep-angles": {"examples": "100"},
    "discrete-ep-images": {"examples": "1000"},
    "eprop-evidence": {"updates": "2", "every": "1"},
    "erbp-images": {"presentations": "60", "tested": "20"},
    "erbp-rate-reference": {"presentations": "2000"},
    "erbp-variants": {"presentations": "20", "validated": "5", "tested": "5"},
    "error-paths-images": {"passes": "1"},
    "eventprop-central-differences": {"trials": "1"},
    "follow-arm": _FOLLOW | {"tests": "1"},
    "follow-delay": _FOLLOW,
    "follow-inverse-arm": _FOLLOW | {"command_neurons": "40"},
    "follow-linear": _FOLLOW,
    "follow-lorenz": _FOLLOW | {"duration": "80 second", "segment": "40 second"},
    "follow-noise": _FOLLOW,
    "follow-nonlinear-feedforward": _FOLLOW,
    "follow-realisable": _FOLLOW,
    "follow-relearned-readout": _FOLLOW,
    "follow-sparse": _FOLLOW,
    "follow-van-der-pol": _FOLLOW,
    "sacramento-bars": {"epochs": "10"},
    "sacramento-mnist": {"epochs": "2", "images": "200"},
    "sacramento-regression": {"patterns": "60"},
    "sacramento-self-prediction": {"areas": "6-4-3", "patterns": "60"},
    "sacramento-yin-yang": {"points": "20", "tested": "20"},
    "spiking-ep-images": {"examples": "300"},
    "vector-field-ep-images": {"examples": "1000"},
    "vector-field-ep-network": {"layers": "64-20-10", "examples": "20", "epochs": "1"},
}  # fmt: skip
"""What a page is given besides its quick setting, so that it takes seconds."""
DEPTH = 3
"""A state is told apart so far down: ``objects``, ``learner``, ``input_to_hidden``."""

Digests = dict[str, str]


def main(argv: list[str] | None = None) -> None:
    """Run the pages, a line for each; keep the table, or say what differs from another."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("names", nargs="*", help="pages, or beginnings of their names")
    parser.add_argument("--out", type=Path, help=f"where to keep the table ({KEPT})")
    parser.add_argument("--against", type=Path, metavar="FILE", help="a table to compare with")
    options = parser.parse_args(argv)
    before = json.loads(options.against.read_text())["pages"] if options.against else {}
    out = options.out or (None if options.against else KEPT)
    found: dict[str, Digests] = {}
    differs = False
    for name in chosen(options.names):
        found[name] = digests_of(name)
        told = difference(before[name], found[name]) if name in before else []
        differs |= bool(told) or not found[name]
        same = ("the same" if name in before else "run") if found[name] else "failed"
        print(f"{name}: " + ("\n  ".join(["", *told]) or same), flush=True)
        if out:
            kept.keep({"pages": found}, out, table)
    raise SystemExit(differs)


def chosen(names: list[str]) -> list[str]:
    """The pages whose names begin so, all where nothing is named."""
    pages = [entry.name for entry in registry.entries() if entry.name not in LEFT_OUT]
    return [page for page in pages if not names or page.startswith(tuple(names))]


def digests_of(page: str) -> Digests:
    """Run a page in a directory that does not stay; nothing if the run fails."""
    given = ["--quick", "--seed", "1", "--quiet"]
    for parameter, value in SHORTER.get(page, {}).items():
        given += ["--set", f"{parameter}={value}"]
    one = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "run"
        ended = subprocess.run(
            [*COMMAND, "run", page, *given, "--out", str(out)],
            env={**os.environ, **one}, capture_output=True, text=True,
        )  # fmt: skip
        if ended.returncode:
            print(ended.stderr[-2000:], file=sys.stderr)
            return {}
        return dict(sorted(of_run(out)))


def of_run(path: Path) -> Iterator[tuple[str, str]]:
    """Digests by name of what a run directory holds."""
    run = RunReader(path)
    for name, values in run.metrics.items():
        yield f"metrics/{name}", digest([values])
    for name, value in run.summary["metrics"].items():
        yield f"figures/{name}", digest([value])
    yield from _of_recording(run)
    newest = newest_checkpoint(path)
    if newest is not None:
        for name, parts in _parts(newest[1], DEPTH):
            if not name.startswith("random/python"):  # which no page draws from, nor seeds
                yield f"state/{name}", digest(parts)


def _of_recording(run: RunReader) -> Iterator[tuple[str, str]]:
    """Everything recorded but the overviews, which are made of it; segments one after another."""
    found: dict[str, list[Any]] = {}

    def take(name: str, item: Any) -> None:
        if isinstance(item, h5py.Dataset) and not name.startswith("overview"):
            found.setdefault(name, []).append(item[()])

    for path in run.recording_files():
        with h5py.File(path) as file:
            file.visititems(take)
    for name, parts in found.items():
        yield f"recording/{name}", digest(parts)


def _parts(state: Any, depth: int) -> Iterator[tuple[str, list[Any]]]:
    """Parts of a nested state by name: what is deeper than ``depth`` is one part."""
    if not isinstance(state, Mapping | list | tuple) or not depth or not state:
        yield "", list(_leaves(state))
        return
    inside = state.items() if isinstance(state, Mapping) else enumerate(state)
    for name, each in inside:
        for rest, parts in _parts(each, depth - 1):
            yield f"{name}/{rest}".rstrip("/"), parts


def _leaves(state: Any) -> Iterator[Any]:
    """Names and values of a nested state, in the order of names."""
    if isinstance(state, Mapping):
        for name in sorted(state):
            yield name
            yield from _leaves(state[name])
    elif isinstance(state, list | tuple):
        for each in state:
            yield from _leaves(each)
    else:
        yield state


def digest(parts: list[Any]) -> str:
    """Of types, shapes and bits of everything in a list."""
    whole = hashlib.sha256()
    for part in parts:
        array = np.asarray(part)
        text = array.dtype.kind in "OUS"
        whole.update(f"{array.dtype.kind}{array.shape}".encode())
        whole.update(repr(array.tolist()).encode() if text else array.dtype.str.encode())
        whole.update(b"" if text else array.tobytes())
    return whole.hexdigest()[:16]


def difference(before: Digests, after: Digests) -> list[str]:
    """What is not the same, by name; what has only another name is told so."""
    new = {name: value for name, value in after.items() if name not in before}
    told = []
    for name, value in before.items():
        if name in after:
            told += [f"{name} differs"] if after[name] != value else []
        else:
            renamed = next((other for other, found in new.items() if found == value), None)
            told.append(f"{name} is gone" if renamed is None else f"{name} is now {renamed}")
            new.pop(renamed or "", None)
    return [*told, *(f"{name} is new" for name in new)]


def table(found: dict[str, Any]) -> str:
    """One digest for each kind of thing that a page leaves."""
    kinds = ("metrics", "figures", "recording", "state")
    rows = []
    for page, digests in found["pages"].items():
        of_kind = [
            [value for name, value in digests.items() if name.startswith(f"{kind}/")]
            for kind in kinds
        ]
        rows.append(f"| {page} | {' | '.join(digest(each) if each else '' for each in of_kind)} |")
    head = f"| page | {' | '.join(kinds)} |\n|{' --- |' * (len(kinds) + 1)}\n"
    return head + "\n".join(rows) + "\n"


if __name__ == "__main__":
    main()
