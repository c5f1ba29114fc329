"""Random small networks, in which names alias memory: every way to run them gives the same bits.

Every network runs as usual, fused and with all exact rewrites, and in another way, each in its
turn, which must agree in every bit of every variable: without rewrites; object by object; with
large loops divided into blocks that are done last block first; in chunks of three steps; and, to
rounding, with the weights kept as products and on NumPy's target.  The direct compiler compiles
them, most without optimisation, which takes half of the time otherwise, and Numba one in 200.
"""

from __future__ import annotations

import contextlib
import itertools
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import brian2 as b2
import numpy as np
import pytest

from bioplaus.engine import rewrites
from bioplaus.engine.compiler import machine
from bioplaus.engine.preferences import REWRITES
from bioplaus.engine.program import records as of_program
from bioplaus.engine.program.kernel import Kernel
from bioplaus.engine.program.step import Step
from bioplaus.engine.rewrites import prefetch, records, threads
from bioplaus.engine.rewrites.rewrite import Rewrite
from tests.engine.random_networks import script
from tests.quicker_brian2 import quick_object_code

SETTINGS = "codegen.runtime.numba."
FIRST_SEED = 20261177
ROUNDING = 1e-9
KEEPING_BITS = tuple(r.name for r in rewrites.ORDER if r.named and r.keeps == "bits")

State = dict[str, Any]


@pytest.fixture(autouse=True)
def settings(on_the_engine: None) -> Iterator[None]:
    names = ("compiler", "fuse", "threads", "chunk")
    kept = {SETTINGS + name: b2.prefs[SETTINGS + name] for name in names}
    with pytest.MonkeyPatch.context() as patch:
        everything_pays(patch)
        yield
    for name, value in kept.items():
        b2.prefs[name] = value


def everything_pays(patch: pytest.MonkeyPatch) -> None:
    """Have small loops divided, and the smallest projection kept as records."""
    for module in (threads, prefetch, records):
        patch.setattr(module, "_WORTHWHILE", 1)
    patch.setattr(of_program, "_SECONDS", 0.0)


def run(text: str, target: str = "numba", **settings: Any) -> State:
    """The state of a network after two runs."""
    defaults = {"rewrites": REWRITES, "fuse": True, "threads": 1, "chunk": 0}
    for name, value in {**defaults, **settings}.items():
        b2.prefs[SETTINGS + name] = value
    b2.prefs.codegen.target = target
    b2.start_scope()
    namespace: dict[str, Any] = {}
    exec(compile(text, "<network>", "exec"), namespace)
    network = b2.Network(namespace["objects"])
    network.run(0.8 * b2.ms)
    namespace["between"]()
    network.run(0.7 * b2.ms)
    states = network.get_states(units=False)
    return {f"{o}.{v}": np.array(values) for o in states for v, values in states[o].items()}


def in_blocks_backwards(text: str) -> State:
    """Loops are divided among three threads, whose blocks one thread does, the last one first."""

    def backwards(steps: list[Step]) -> list[Step]:
        return [
            one
            for step in threads.REWRITE.apply(steps)
            for one in (
                [step]
                if step.part is None
                else [replace(step, part=None), replace(step, kernel=whole(step.part), part=None)]
            )
        ]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rewrites, "ORDER", with_threads(backwards))
        return run(text, threads=3)


def with_threads(apply: Callable[[list[Step]], list[Step]]) -> tuple[Rewrite, ...]:
    """All rewrites, with another one in the place of the division among threads."""
    return tuple(replace(r, apply=apply) if r is threads.REWRITE else r for r in rewrites.ORDER)


def whole(part: Kernel) -> Kernel:
    """A kernel that does all blocks of one that does one: its first argument is their number."""

    def renamed(name: re.Match[str]) -> str:
        number = int(name[1])
        return f"_nb_x{number - 1}" if number else "_nb_block_of_all"

    # Arguments are called by their places, which tell the rewrites what an argument is.
    head, *body = re.sub(r"\b_nb_x(\d+)\b", renamed, part.text).splitlines()
    head = head.replace("_nb_block_of_all, ", "", 1)
    loop = "    for _nb_block_of_all in range(_nb_x0 - 1, -1, -1):"
    text = "\n".join([head, loop, *("    " + line for line in body)]) + "\n"
    return replace(part, text=text, arguments=part.arguments[1:])


def differing(one: State, two: State, rounding: float = 0.0) -> list[str]:
    """Names of what is not the same."""
    if rounding:
        return [
            n
            for n in one
            if not np.allclose(one[n], two[n], rtol=rounding, atol=rounding, equal_nan=True)
        ]
    return [n for n in one if one[n].tobytes() != two[n].tobytes()]


WAYS: dict[str, tuple[Callable[[str], State], float]] = {
    "no rewrites": (lambda text: run(text, rewrites=()), 0.0),
    "object by object": (lambda text: run(text, fuse=False), 0.0),
    "blocks": (in_blocks_backwards, 0.0),
    "chunks": (lambda text: run(text, chunk=3), 0.0),
    "products": (lambda text: run(text, rewrites=(*REWRITES, "low_rank")), ROUNDING),
    "numpy": (lambda text: run(text, "numpy"), ROUNDING),
}


def check(seed: int) -> str:
    """What differs for the network of a seed, with its script; empty if nothing does."""
    text, ordered = script(seed)
    b2.prefs[SETTINGS + "compiler"] = "numba" if seed % 200 == 0 else "direct"
    name, other, rounding = way_of(seed, ordered)
    try:
        with hardly_optimised() if seed % 10 else contextlib.nullcontext():
            # Of chance a rewrite that keeps the law alone makes other numbers.
            base = {"rewrites": KEEPING_BITS} if name == "no rewrites" else {}
            found = differing(run(text, **base), other(text), rounding)
    except Exception as problem:
        raise RuntimeError(f"seed {seed}, {name}: {problem!r}\n{text}") from problem
    return f"seed {seed}: {name}: {found}\n{text}" if found else ""


def way_of(seed: int, ordered: bool) -> tuple[str, Callable[[str], State], float]:
    """The way whose turn it is; NumPy adds up in another order where that is seen."""
    names = list(WAYS)
    name = names[seed % len(names)]
    name = "no rewrites" if name == "numpy" and ordered else name
    return name, *WAYS[name]


@contextlib.contextmanager
def hardly_optimised() -> Iterator[None]:
    """Machine code that does the same and is made in a third of the time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(machine, "object_code", quick_object_code)
        yield


def check_all(first: int, number: int) -> None:
    failures = [found for found in map(check, range(first, first + number)) if found]
    print(f"{number} networks, seeds from {first} on: {len(failures)} failed")
    shown = "\n\n".join(itertools.islice(failures, 3))
    assert not failures, f"{len(failures)} of {number} networks from {first} on:\n{shown}"


@pytest.mark.parametrize("first", range(FIRST_SEED, FIRST_SEED + 100, 10))
def test_some_random_networks(first: int) -> None:
    """A hundred in all, ten a test: what one leaves is not looked through by the next."""
    check_all(first, 10)


@pytest.mark.slow
def test_two_thousand_random_networks() -> None:
    check_all(FIRST_SEED, 2000)
