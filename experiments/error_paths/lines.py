"""How many lines of code a row is: its carrier, feedback and step, or the network that settles."""

from __future__ import annotations

from bioplaus.layered.boltzmann import Boltzmann
from bioplaus.layered.settling import Settled, Settling
from bioplaus.layered.step import Descent
from bioplaus.leaderboard.lines import code_lines
from bioplaus.models.error_paths import BOLTZMANN, ROWS, SETTLING

__all__ = ["lines"]


def lines(row: str) -> int:
    """Lines of what the row does beyond the way up and the plain forward step, and one for itself.

    Docstrings, comments and blank lines do not count.
    """
    if row in BOLTZMANN:
        return 1 + code_lines(Boltzmann)
    if row in SETTLING:
        return 1 + code_lines(Settling) + code_lines(Settled)
    path = ROWS[row]
    own = [type(path.carrier), type(path.feedback)]
    return 1 + sum(map(code_lines, own)) + (code_lines(Descent) if path.step != Descent() else 0)
