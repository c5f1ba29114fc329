"""When there is time to write a state, by a clock that the test holds."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from bioplaus.runs.scripts import keeping
from bioplaus.runs.scripts.keeping import Keeping, Options


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    clock = SimpleNamespace(now=100.0)
    times = {"monotonic": lambda: clock.now, "perf_counter": lambda: clock.now}
    monkeypatch.setattr(keeping, "time", SimpleNamespace(**times))
    monkeypatch.setattr(keeping, "write_modules", lambda run, modules: None)
    return clock


def session() -> SimpleNamespace:
    """What a state's writing asks of a session, and nothing in it to write."""
    flushed = SimpleNamespace(flush=lambda: None)
    return SimpleNamespace(
        replaying=False,
        kept=flushed,
        outside=flushed,
        own=SimpleNamespace(modules=dict),
        writer=SimpleNamespace(path=None),
        seconds={"states": 0.0},
        counts={"states": 0},
    )


def test_nothing_is_kept_before_two_seconds_of_work(clock: SimpleNamespace) -> None:
    """The end of a run is worth it from then on; a turn, or the middle of a run, after twenty."""
    keeper = Keeping(session(), Options())
    for after, end, turn in [(1.9, False, False), (2.1, True, False), (20.1, True, True)]:
        clock.now = 100.0 + after
        assert keeper.due_after(keeping.QUIET) is end
        assert keeper.due() is turn


def test_states_that_cost_much_are_further_apart(clock: SimpleNamespace) -> None:
    """Forty times the cost, so that they take a fortieth of the time; none in a replay."""
    keeper = Keeping(session(), Options())
    with keeper.writing():
        clock.now += 1.5
    for after, due in [(20.1, False), (59.9, False), (60.1, True)]:
        clock.now = 101.5 + after
        assert keeper.due() is due
        assert keeper.due_after(keeping.QUIET) is due
    keeper.course.replaying = True
    assert not keeper.due()
