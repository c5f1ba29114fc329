"""Which arrays are the same memory, whatever their names.

Every rewrite, and every division of work among threads, needs to know whether what one statement
writes is what another reads.  Names do not tell: subgroups, linked variables and views stand for
memory that has other names as well.  Here the memory itself is asked, where it begins and ends.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import replace
from typing import Any

from .kernel import Argument, ArrayArgument, Kernel

__all__ = ["may_overlap", "one_name_each", "seen_through"]


def _standing(arrays: Iterable[tuple[Hashable, Any]]) -> dict[Hashable, Hashable]:
    """For every key the one that stands for its memory, which keys of one memory have in common.

    arrays : flat arrays by key.  Arrays without elements share nothing.
    """
    found = dict(arrays)
    places = sorted(
        (array.__array_interface__["data"][0], number, key, array.nbytes)
        for number, (key, array) in enumerate(found.items())
        if array.size
    )
    standing, first, end = {key: key for key in found}, None, 0
    for begin, _, key, size in places:
        first = first if first is not None and begin < end else key
        end = max(end, begin + size)
        standing[key] = first
    return standing


def may_overlap(kernel: Kernel) -> bool:
    """Whether two arguments of a kernel share memory."""
    arrays = [a.fetch() for a in kernel.arguments if isinstance(a, ArrayArgument)]
    return any(number != first for number, first in _standing(enumerate(arrays)).items())


def one_name_each(names: Iterable[str], resolve: Callable[[str], Argument]) -> dict[str, str]:
    """For every name of an array the name that stands for its memory; resolve : what names mean."""
    arguments = {name: resolve(name) for name in names}
    arrays = ((n, a.fetch()) for n, a in arguments.items() if isinstance(a, ArrayArgument))
    return {str(name): str(other) for name, other in _standing(arrays).items()}


def seen_through(kernels: Iterable[Kernel]) -> Callable[[Kernel], Kernel]:
    """Makes a kernel's ``reads`` and ``writes`` name every array that shares memory with one.

    kernels : all of the network.
    """
    arguments = [argument for kernel in kernels for argument in kernel.arguments]
    together: dict[Hashable, set[Hashable]] = {}
    known = {a.key: a for a in arguments if isinstance(a, ArrayArgument)}
    standing = _standing((key, argument.fetch()) for key, argument in known.items())
    for key, other in standing.items():
        together.setdefault(other, set()).add(key)

    def widened(keys: frozenset[Hashable]) -> frozenset[Hashable]:
        return keys.union(*(together[standing[key]] for key in keys if key in standing))

    return lambda kernel: replace(
        kernel, reads=widened(kernel.reads), writes=widened(kernel.writes)
    )
