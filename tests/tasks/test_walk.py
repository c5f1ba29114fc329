"""The walk as an environment."""

from __future__ import annotations

import pytest

from bioplaus.parameters import ParameterError
from bioplaus.tasks import Walk


def test_the_goal_ends_a_walk_and_walls_hold() -> None:
    world = Walk(places=5, goal=3, patience=9)
    world.begin(0)
    assert world.step(-1) == 0
    assert world.place == 0
    assert [world.step(1), world.step(0), world.step(1)] == [0, 0, 0]
    assert not world.over
    assert world.step(1) == 1
    assert world.over
    with pytest.raises(ParameterError, match="begin"):
        world.step(1)


def test_patience_ends_it_badly_unless_the_last_step_reaches_the_goal() -> None:
    world = Walk(places=5, goal=3, patience=2)
    world.begin(2)
    assert [world.step(-1), world.step(0)] == [0, -1]
    world.begin(1)
    assert [world.step(1), world.step(1)] == [0, 1]


def test_a_state_is_taken_up() -> None:
    world, other = Walk(), Walk()
    world.begin(2)
    world.step(1)
    other.restore(world.state())
    assert other == world


@pytest.mark.parametrize("wrong", [{"goal": 9}, {"goal": -1}, {"places": 1, "goal": 0}])
def test_a_goal_that_is_no_place_is_refused(wrong) -> None:
    with pytest.raises(ParameterError, match="none of places"):
        Walk(**wrong)


def test_other_moves_and_places_are_refused() -> None:
    world = Walk()
    for place in (6, 9, -1):
        with pytest.raises(ParameterError, match="not the goal"):
            world.begin(place)
    world.begin(0)
    with pytest.raises(ParameterError, match="-1, 0 or 1"):
        world.step(2)
