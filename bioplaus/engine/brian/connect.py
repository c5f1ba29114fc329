"""Creating synapses: of all pairs, of pairs with a probability, and of pairs that are listed.

Brian2 goes from source to source and lets two arrays grow.  Here the targets of many sources are
found in one compiled pass over random numbers, the very ones that Brian2 would draw, one after
the other: a seed gives the same synapses and leaves NumPy's stream where it would be.  Everything
else (other conditions, expressions, generators) is Brian2's business.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from brian2.synapses.synapses import MAX_SYNAPSES
from numpy.random.mtrand import get_state, random_sample, set_state

from ..program.passes import Pass
from ..program.shape import Shape
from .indices import IndexArray, Rows, connect_densely, dense_shape, tells_apart

__all__ = ["connect"]

_DRAWN = 1 << 16
"""Random numbers that are drawn together."""


def connect(synapses: Any, i: Any, j: Any, condition: Any, p: Any, n: Any, arrays: Any) -> bool:
    """Do what a call of ``Synapses.connect`` asks for; False, and nothing done, if Brian2 must.

    arrays : the device's arrays by variable.
    """
    dense = dense_shape(synapses, i, j, condition, p, n)
    if dense is not None:
        connect_densely(synapses, dense, arrays)
        return True
    if not (_plain(condition) and isinstance(p, (int, float)) and type(n) is int):
        return False
    synapses._verify_connect_argument_types(condition, i, j, n, p)
    if n != 1:
        return False
    if condition is None and p == 1 and _listed(i) and _listed(j):
        _connect_listed(synapses, i, j, arrays)
        return True
    unconditional = condition is None or condition is True or condition == "True"
    if i is not None or j is not None or not (unconditional or tells_apart(condition)):
        return False
    rows, columns, first_source, first_target = _sizes(synapses)
    shape = Shape(rows, columns, first_source, first_target, None if unconditional else 0)
    if not len(shape) or not (p == 1 or 1e-6 < p < 1):
        return False
    _check(synapses, int(0.99 * p * len(shape)))  # by chance there may be fewer than on average
    if p == 1:
        _append(synapses, shape.sources(), shape.targets(), arrays)
    else:
        _connect_drawn(synapses, shape, p, arrays)
    return True


def _plain(condition: Any) -> bool:
    """Whether it is a text or a truth value: newer versions of Brian2 take expressions as well."""
    return condition is None or isinstance(condition, (str, bool))


def _listed(indices: Any) -> bool:
    """Whether they are numbers; names of groups, expressions and nothing are not."""
    if isinstance(indices, (int, np.integer)):
        return True
    return isinstance(indices, (np.ndarray, list, tuple, range)) and np.size(indices) > 0


def _sizes(synapses: Any) -> Iterator[int]:
    """Sources and targets, and the first of each."""
    for name in ("N_pre", "N_post", "_source_offset", "_target_offset"):
        yield int(np.asarray(synapses.variables[name].get_value()).item())


def _connect_listed(synapses: Any, i: Any, j: Any, arrays: Any) -> None:
    sources, targets, _ = synapses._verify_connect_array_arguments(i, j, 1)
    rows, columns, *first = _sizes(synapses)
    for kind, indices, size in (("source", sources, rows), ("target", targets, columns)):
        for index in (indices.min(), indices.max()):
            if not 0 <= index < size:
                raise IndexError(
                    f"Synapses of '{synapses.name}' outside valid range: the {kind} group "
                    f"'{getattr(synapses, kind).name}' has {size} elements (0 to {size - 1}), "
                    f"and none is called {index}."
                )
    _append(synapses, np.atleast_1d(sources), np.atleast_1d(targets), arrays, first)


def _append(
    synapses: Any, sources: Any, targets: Any, arrays: Any, first: list[int] | None = None
) -> None:
    """Add pairs of absolute indices, or of those from ``first`` on."""
    old = _make_room(synapses, len(sources))
    for name, indices, begin in zip(_INDICES, (sources, targets), first or (0, 0)):
        array = arrays[synapses.variables[name]]
        array[old:] = indices
        if begin:
            array[old:] += begin
    _count(synapses, old)


def _make_room(synapses: Any, more: int) -> int:
    """Have so many synapses more; how many there were."""
    _check(synapses, more)
    old = len(synapses)
    synapses._connect_called = True
    for name in _INDICES:
        synapses.variables[name].resize(old + more)
    synapses._resize(old + more)
    return old


def _check(synapses: Any, more: int) -> None:
    """Raise ValueError if with so many synapses more there are more than can be told apart."""
    number = len(synapses) + more
    if number > MAX_SYNAPSES:
        raise ValueError(
            f"{number} synapses in '{synapses.name}': their indices have 32 bits, so there can "
            f"be {MAX_SYNAPSES}. Divide them among several Synapses objects."
        )


def _count(synapses: Any, old: int, outgoing: Any = None) -> None:
    """Count the synapses from ``old`` on at their sources and targets.

    outgoing : (sources,), how many of them each source has, where that is known.
    """
    if synapses.multisynaptic_index is not None:
        synapses._update_synapse_numbers(old)
        return
    rows, columns, first_source, first_target = _sizes(synapses)
    sizes = first_source + rows, first_target + columns
    for name, index, size in zip(("N_outgoing", "N_incoming"), _INDICES, sizes):
        variable = synapses.variables[name]
        variable.resize(size)  # it may be other synapses that are connected
        counts = variable.get_value()
        if name == "N_outgoing" and outgoing is not None:
            counts[first_source:] += outgoing
        else:
            _TALLY(indices=synapses.variables[index].get_value()[old:], counts=counts)


_INDICES = ("_synaptic_pre", "_synaptic_post")


def _connect_drawn(synapses: Any, shape: Shape, p: float, arrays: Any) -> None:
    """Have each pair of a shape with probability p."""
    draw = _drawn if shape.columns <= 1000 or p > 0.25 else _drawn_by_jumps  # as Brian2 decides
    counts = np.zeros(shape.rows, dtype=np.int64)
    parts = list(draw(shape, p, counts))[::-1]
    pre, post = (synapses.variables[name] for name in _INDICES)
    at = old = _make_room(synapses, int(counts.sum()))
    rows = Rows(shape.first_source, np.concatenate([[0], np.cumsum(counts)]).astype(np.int32))
    if old:
        arrays[pre][old:] = rows.sources()
    else:
        arrays[pre] = IndexArray(rows, of_sources=True)
    while parts:  # each goes when it has been copied
        part = parts.pop()
        arrays[post][at : at + len(part)] = part
        at += len(part)
    _count(synapses, old, counts)


def _drawn(shape: Shape, p: float, counts: Any) -> Iterator[Any]:
    """Targets, source by source; a random number for every pair.

    counts : (sources,), to which the number of each source is added.
    """
    targets = np.zeros(0, dtype=np.int32)
    chance = np.array([p])
    together = max(1, _DRAWN // shape.columns)
    for row in range(0, shape.rows, together):
        numbers = random_sample(shape.columns * min(together, shape.rows - row))
        if len(targets) <= len(numbers):
            targets = np.zeros(len(numbers) + 1, dtype=np.int32)
        told = np.array([row, shape.columns, shape.gap is not None, 0], dtype=np.int64)
        _PICK(told=told, chance=chance, numbers=numbers, targets=targets, counts=counts)
        yield targets[: told[3]] + np.int32(shape.first_target)


def _drawn_by_jumps(shape: Shape, p: float, counts: Any) -> Iterator[Any]:
    """As `_drawn`, by a random number for every synapse: how far it is to the next one.

    For each source so many are drawn as probably do, and more if they do not; the numbers that are
    left over from the last draw here are given back.
    """
    row, at, wanted, found = 0, 1, 2, 4
    many = np.ceil(np.arange(shape.columns + 1) * p * 1.05).astype(np.int64) + 10
    told = np.array([0, 0, many[-1], -1, 0, shape.rows, shape.gap is not None], dtype=np.int64)
    scale = 1.0 / np.log(1 - p)
    jumps = np.zeros(0, dtype=np.int32)
    while told[row] < shape.rows:
        state, drawn = get_state(legacy=False), max(_DRAWN, int(told[wanted]))
        new = random_sample(drawn)
        np.log(new, out=new)
        new *= scale
        np.ceil(new, out=new)
        jumps, told[at] = np.concatenate([jumps[told[at] :], new.astype(np.int32)]), 0
        targets = np.zeros(len(jumps) + 1, dtype=np.int32)
        _WALK(told=told, many=many, jumps=jumps, targets=targets, counts=counts)
        yield targets[: told[found]] + np.int32(shape.first_target)
    set_state(state)
    random_sample(drawn - (len(jumps) - int(told[at])))


_TALLY = Pass(
    "for k in range(len(indices)):\n    counts[_nb_at(indices[_nb_at(k)])] += 1",
    indices=np.int32,
    counts=np.int32,
)

_PICK = Pass(
    """
row = told[0]
found = 0
begin = 0
while begin < len(numbers):
    missing = row if told[2] != 0 else -1
    before = found
    for column in range(told[1]):
        targets[_nb_at(found)] = column
        if numbers[_nb_at(begin + column)] < chance[0] and column != missing:
            found += 1
    counts[_nb_at(row)] += found - before
    row += 1
    begin += told[1]
told[3] = found
""",
    told=np.int64,
    chance=np.float64,
    numbers=np.float64,
    targets=np.int32,
    counts=np.int64,
)
"""told : the first row, the number of columns, whether there is a diagonal without synapses; then
how many targets were found."""

_WALK = Pass(
    """
row = told[0]
at = told[1]
wanted = told[2]
place = told[3]
columns = len(many) - 1
found = 0
while row < told[5] and at + wanted <= len(jumps):
    missing = row if told[6] != 0 else -1
    before = found
    for k in range(at, at + wanted):
        place += jumps[_nb_at(k)]
        targets[_nb_at(found)] = place
        if place < columns and place != missing:
            found += 1
    counts[_nb_at(row)] += found - before
    at += wanted
    if place + 1 >= columns:
        row += 1
        place = -1
    wanted = many[_nb_at(columns - place - 1)]
told[0] = row
told[1] = at
told[2] = wanted
told[3] = place
told[4] = found
""",
    told=np.int64,
    many=np.int64,
    jumps=np.int32,
    targets=np.int32,
    counts=np.int64,
)
"""told : source, place in the jumps, how many of them it takes next, its last target; then how many
targets were found; number of sources, whether there is a diagonal without synapses.

many : (columns + 1,) how many jumps are taken for so many columns."""
