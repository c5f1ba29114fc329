"""The run that goes on in this process, and what a script may say to it.

``steps``, ``keep``, ``log`` and ``record`` do nothing where nobody runs the script as an
experiment, so that one file serves both.  Importing them costs no Brian2.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bioplaus.runs.scripts.session import Session

__all__ = ["keep", "log", "record", "session", "set_session", "steps"]

_session: Session | None = None


def session() -> Session | None:
    """The run of this process, if it is one."""
    return _session


def set_session(present: Session | None) -> None:
    """Say which run goes on (None: none)."""
    global _session
    _session = present


def steps(turns: int | Iterable[Any]) -> Iterable[Any]:
    """Go over a loop whose runs are taken up at the turn that was reached.

    Under ``bioplaus run`` loops are found by reading; this says so where reading cannot, as in a
    module that the script imports: ``for turn in bioplaus.steps(100):``.  In plain Python it is
    ``range(100)``, or what was given.

    Parameters
    ----------
    turns
        How many, or what to go over.
    """
    iterable = range(turns) if isinstance(turns, int) else turns
    if _session is None:
        return iterable
    from bioplaus.runs.scripts.turns import marked_loop

    return marked_loop(_session, iterable, sys._getframe(1))


def keep(**objects: Any) -> None:
    """Keep more with the state of every loop that is entered from now on.

    Parameters
    ----------
    objects
        Arrays, lists, dicts or own instances, which are filled in place; or, for anything else, a
        pair of functions: ``keep(model=(model.state_dict, model.load_state_dict))``.  What the
        first returns is plain data, and the second takes it.

    Raises
    ------
    TypeError
        For a pair that is not two functions.
    """
    if _session is not None:
        _session.said.keep(objects)


def log(**values: Any) -> None:
    """Add figures to the record of the run.

    Parameters
    ----------
    values
        Numbers become a row of ``metrics.csv`` (names that begin with ``test_`` stand in
        ``summary.json`` only); arrays become ``arrays/<name>`` of the segment's recording.

    Raises
    ------
    TypeError
        For what is neither a number nor an array of numbers.
    """
    if _session is not None:
        _session.said.log(values)


def record(*items: Any, of: Any = None, last: Any = None) -> None:
    """Record more of the script's groups: ``record("cells", "cells.v:5")``.

    Parameters
    ----------
    items
        As after ``--record``: a population (its spikes) or ``population.variable:cells``, by the
        names that the script's variables have, or the values ``Spikes`` and ``Trace``.
    of
        The groups by name, where the script has no variables of those names.
    last
        Only the last stretch of each segment, with unit (``"400 ms"``).
    """
    if _session is not None:
        _session.said.record(items, of, last)
