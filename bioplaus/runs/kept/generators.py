"""Random streams that a script holds, packed and made again: Python's and NumPy's."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any, Protocol

import numpy as np

__all__ = ["UNPACKED", "packed"]


class _Packer(Protocol):
    """What packs the parts of a stream."""

    def pack(self, value: Any, place: str) -> Any: ...
    def aside(self, values: Any) -> int: ...


class _Unpacker(Protocol):
    """What makes them again."""

    arrays: list[Any]

    def unpack(self, tree: Any, old: Any = None) -> Any: ...


_BITS = ("MT19937", "PCG64", "PCG64DXSM", "Philox", "SFC64")


def packed(value: Any, place: str, packer: _Packer) -> list[Any] | None:
    """Its kind and state; None if it is no random stream."""
    kind = type(value)
    if kind is random.Random:
        version, words, gauss = value.getstate()
        return ["Random", version, packer.aside(np.array(words, np.uint64)), gauss]
    if kind is np.random.RandomState:
        return ["RandomState", _packed_state(value.get_state(legacy=False), packer)]
    if kind is np.random.Generator:
        return ["Generator", packer.pack(value.bit_generator, f"{place}.bit_generator")]
    if isinstance(value, np.random.BitGenerator) and kind.__name__ in _BITS:
        seeds = packer.pack(value.seed_seq, f"{place}.seed_seq")
        return ["BitGenerator", kind.__name__, _packed_state(value.state, packer), seeds]
    if kind is np.random.SeedSequence:
        spawned, pool = int(value.n_children_spawned), int(value.pool_size)
        entropy = packer.pack(value.entropy, f"{place}.entropy")
        return ["SeedSequence", entropy, [int(k) for k in value.spawn_key], pool, spawned]
    return None


def _packed_state(state: Any, packer: _Packer) -> Any:
    """A generator's state: dicts of numbers, text and arrays."""
    if isinstance(state, dict):
        return {key: _packed_state(item, packer) for key, item in state.items()}
    if isinstance(state, np.ndarray):
        return ["array", packer.aside(np.array(state))]
    return state.item() if isinstance(state, np.generic) else state


def _state(tree: Any, unpacker: _Unpacker) -> Any:
    if isinstance(tree, dict):
        return {key: _state(item, unpacker) for key, item in tree.items()}
    return unpacker.arrays[tree[1]] if isinstance(tree, list) else tree


def _random(content: list[Any], old: Any, unpacker: _Unpacker) -> Any:
    target = old if type(old) is random.Random else random.Random()
    version, words, gauss = content
    target.setstate((version, tuple(unpacker.arrays[words].tolist()), gauss))
    return target


def _random_state(content: list[Any], old: Any, unpacker: _Unpacker) -> Any:
    known = type(old) is np.random.RandomState
    target = old if known else np.random.RandomState(0)
    target.set_state(_state(content[0], unpacker))
    return target


def _generator(content: list[Any], old: Any, unpacker: _Unpacker) -> Any:
    known = type(old) is np.random.Generator
    bits = unpacker.unpack(content[0], old.bit_generator if known else None)
    return old if known and bits is old.bit_generator else np.random.Generator(bits)


def _bit_generator(content: list[Any], old: Any, unpacker: _Unpacker) -> Any:
    name, state, seeds = content
    known = type(old).__name__ == name
    seed = unpacker.unpack(seeds, old.seed_seq if known else None)
    if not (known and seed is old.seed_seq):
        old = getattr(np.random, name)(seed)
    old.state = _state(state, unpacker)
    return old


def _seed_sequence(content: list[Any], old: Any, unpacker: _Unpacker) -> Any:
    entropy, key, pool, spawned = content
    given = unpacker.unpack(entropy)
    if type(old) is np.random.SeedSequence and old.n_children_spawned <= spawned:
        same = (old.entropy, list(old.spawn_key), old.pool_size) == (given, key, pool)
        if same:
            old.spawn(spawned - old.n_children_spawned)
            return old
    options = {"spawn_key": tuple(key), "pool_size": pool, "n_children_spawned": spawned}
    return np.random.SeedSequence(given, **options)


UNPACKED: dict[str, Callable[[list[Any], Any, _Unpacker], Any]] = {
    "Random": _random,
    "RandomState": _random_state,
    "Generator": _generator,
    "BitGenerator": _bit_generator,
    "SeedSequence": _seed_sequence,
}
"""Makes a stream of a kind from what was packed; one that lives at its place is set."""
