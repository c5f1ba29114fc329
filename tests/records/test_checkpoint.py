"""Checkpoints read back equal to the bit, or not at all."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from bioplaus.records import CheckpointError, read_checkpoint, write_checkpoint
from bioplaus.records.checkpoint import newest_checkpoint

LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.binary()
    | hnp.arrays(
        st.sampled_from([np.float64, np.float32, np.int32, np.uint64, np.bool_]),
        hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4),
    )
)
STATES = st.dictionaries(
    st.text(),
    st.recursive(
        LEAVES,
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.tuples(inner, inner)
            | st.dictionaries(st.text(), inner, max_size=3)
        ),
        max_leaves=8,
    ),
    max_size=4,
)


def assert_same(a: Any, b: Any) -> None:
    assert type(a) is type(b)
    if isinstance(a, np.ndarray):
        assert a.dtype == b.dtype
        assert a.shape == b.shape
        assert a.tobytes() == b.tobytes()
    elif isinstance(a, dict):
        assert list(a) == list(b)
        for key in a:
            assert_same(a[key], b[key])
    elif isinstance(a, (list, tuple)):
        assert len(a) == len(b)
        for x, y in zip(a, b):
            assert_same(x, y)
    elif isinstance(a, float):
        assert np.float64(a).tobytes() == np.float64(b).tobytes()
    else:
        assert a == b


@settings(max_examples=60, deadline=None)
@given(STATES)
def test_round_trip(tmp_path_factory: pytest.TempPathFactory, state: dict[str, Any]) -> None:
    path = tmp_path_factory.mktemp("checkpoint") / "000000.ckpt"
    write_checkpoint(path, state)
    assert_same(read_checkpoint(path), state)


def test_equal_states_are_equal_files(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_checkpoint(tmp_path / name, {"w": np.arange(5.0), "t": 3})
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_any_flipped_byte_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "000000.ckpt"
    write_checkpoint(path, {"w": np.arange(100.0)})
    whole = path.read_bytes()
    for place in random.Random(0).sample(range(len(whole)), 40):
        damaged = bytearray(whole)
        damaged[place] ^= 0x10
        path.write_bytes(damaged)
        with pytest.raises(CheckpointError, match=r"000000\.ckpt"):
            read_checkpoint(path)


def test_the_one_before_is_offered(tmp_path: Path) -> None:
    folder = tmp_path / "checkpoint"
    folder.mkdir()
    for n in (3, 4):
        write_checkpoint(folder / f"{n:06d}.ckpt", {"n": n})
    damaged = folder / "000004.ckpt"
    damaged.write_bytes(damaged.read_bytes()[:-1] + b"\x01")
    with pytest.raises(CheckpointError, match=r"000004.*the one before, 000003\.ckpt"):
        newest_checkpoint(tmp_path)
    damaged.unlink()
    found = newest_checkpoint(tmp_path)
    assert found is not None
    assert found == (4, {"n": 3})


def test_objects_are_refused_by_place(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match=r"state\.a\[1\] is a set"):
        write_checkpoint(tmp_path / "x", {"a": [1, {2}]})
    with pytest.raises(TypeError, match=r"state\.b holds Python objects"):
        write_checkpoint(tmp_path / "x", {"b": np.array([None, 1])})
    assert list(tmp_path.iterdir()) == []
