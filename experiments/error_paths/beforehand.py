"""Whether a row of the table agrees with what an independent program measured beforehand.

The band of a row is the mean of three seeds there and 2.45 times the larger of its own and the
task's pooled standard deviation (three deviations of a difference of two such means), wider by 0.3
points because steps were chosen anew, and open downwards: better is no failure.  Rows whose seeds
differ by more than 0.6 points there have no band.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

__all__ = ["agrees", "beforehand"]

POOLED = {"digits": 0.21, "mnist-5000": 0.19, "deep": 0.21}
"""Standard deviation of a task's rows [points]."""
SPREAD, CHOSEN_ANEW, NO_BAND = 2.45, 0.3, 0.6


@cache
def _measured() -> Mapping[str, Mapping[str, Any]]:
    return tomllib.loads(
        resources.files(__package__).joinpath("beforehand.toml").read_text("utf-8")
    )


def agrees(row: Mapping[str, Any]) -> bool | None:
    """Whether the error of a row lies in its band; None without one."""
    found = _measured().get(row["task"], {}).get(row["rule"])
    if not isinstance(found, list) or found[1] > NO_BAND:
        return None
    mean, sd = found
    top = mean + SPREAD * max(sd, POOLED[row["task"]]) + CHOSEN_ANEW
    return 100 * float(row["error"]) <= top


def beforehand(row: Mapping[str, Any]) -> str:
    """The earlier figure, for a cell of the table: a count of exclusive or, or errors [%]."""
    found = _measured().get(row["task"], {}).get(row["rule"])
    if found is None:
        return ""
    if not isinstance(found, list):
        return f"{found} of 3"
    word = {None: "", True: ", agrees", False: ", **above**"}[agrees(row)]
    return f"{found[0]:.2f} ± {found[1]:.2f}{word}"
