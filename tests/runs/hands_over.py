"""A compiled function that is interrupted while it works, and returns a named tuple."""

import os
import subprocess
from typing import NamedTuple

import numpy as np
from numba import njit

from bioplaus.runs.interruption import signals_as_interrupts


class Result(NamedTuple):
    total: float
    values: np.ndarray


@njit
def work(values, count):
    total = 0.0
    for i in range(count):
        total += np.sin(i * values[0])
    return Result(total, values.copy())


def main() -> None:
    work(np.ones(1), 10)  # compiles
    killer = subprocess.Popen(["sh", "-c", f"sleep 0.3; kill -INT {os.getpid()}"])
    try:
        with signals_as_interrupts() as check:
            while True:
                work(np.ones(1), 100_000_000)
                check()
    except KeyboardInterrupt:
        print("interrupted")
    killer.wait()


if __name__ == "__main__":
    main()
