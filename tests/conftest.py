"""Guards that hold for every test."""

from __future__ import annotations

import gc
import logging
import os
import resource
import subprocess
import sys
from collections.abc import Generator, Iterator
from itertools import pairwise
from pathlib import Path

import pytest

gc.disable()
"""Until everything is imported and collected: nothing of it is garbage, and to look for some took a
quarter of the time."""

LONGEST = (
    "test_random_networks.py",
    "test_search.py",
    "test_browser.py",
    "test_gradient_pages.py",
    "test_page.py",
    "test_script_trials.py",
)
"""Files that take long are begun first, or one process waits for the other in the end."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """In the order in which they should begin."""
    items.sort(key=lambda item: item.path.name not in LONGEST)


def pytest_collection_finish() -> None:
    """NumPy is the target that a test has where it names none: Brian2 would ask a C compiler.

    What the imports have made stays; Brian2 looks for garbage at every run.
    """
    if "brian2" in sys.modules:
        import brian2

        brian2.prefs.codegen.target = "numpy"
        # What Brian2 tells of its work in detail would be written to a file that nobody reads.
        logging.getLogger("brian2").setLevel(logging.INFO)
    if "bioplaus.engine" in sys.modules:
        from tests import quicker_brian2

        quicker_brian2.make_quicker(quicker_brian2.in_memory())
    gc.freeze()
    gc.enable()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol() -> Generator[None, object, object]:
    """What a test leaves for good (caches, compiled code) is not looked through by those after it:
    that took a quarter of the time of all."""
    result = yield
    gc.collect()
    gc.freeze()
    return result


@pytest.fixture(autouse=True)
def no_figures_left_open() -> Iterator[None]:
    """A test closes the figures that it opens."""
    yield
    if "matplotlib.pyplot" in sys.modules:
        import matplotlib.pyplot as plt

        left = plt.get_fignums()
        plt.close("all")
        assert not left, f"figures left open: {left}"


@pytest.fixture(autouse=True)
def brian2_as_found() -> Iterator[None]:
    """Brian2's preferences and clock are the same before every test."""
    if "brian2" not in sys.modules:
        yield
        return
    import brian2

    preferences = dict(brian2.prefs)
    yield
    for name, value in preferences.items():
        if brian2.prefs[name] is not value and brian2.prefs[name] != value:
            brian2.prefs[name] = value
    brian2.defaultclock.dt = 0.1 * brian2.ms


@pytest.fixture(scope="session")
def session_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One for all processes of a session: what one has compiled is there for the others."""
    folder = tmp_path_factory.getbasetemp()
    return folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder


@pytest.fixture(autouse=True)
def own_cache(session_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is compiled is not kept beside what runs keep: here it is hardly optimised.

    That the optimised code is right is tested with the engine, whose tests have it.
    """
    if "bioplaus.engine" in sys.modules:
        import brian2

        from bioplaus.engine.compiler import machine
        from tests.quicker_brian2 import quick_object_code

        folder = session_folder / "hardly-optimised"
        brian2.prefs.codegen.runtime.numba.cache_dir = str(folder)
        monkeypatch.setattr(machine, "object_code", quick_object_code)


@pytest.fixture
def importing_numpy() -> float:
    """CPU seconds of a process that imports NumPy, the least of three; 0.13 on an idle core.

    What is promised in seconds is tested as a multiple of it, taken at the same moment: machines
    differ, and have other work.
    """

    def spent() -> float:
        children = resource.getrusage(resource.RUSAGE_CHILDREN)
        return children.ru_utime + children.ru_stime

    times = [spent()]
    for _ in range(3):
        subprocess.run([sys.executable, "-c", "import numpy"], check=True)
        times.append(spent())
    return min(after - before for before, after in pairwise(times))


@pytest.fixture
def engine_target() -> None:
    """Networks run on the engine: what is simulated for long takes a fraction of NumPy's time, and
    what is run often is prepared once."""
    import brian2

    import bioplaus.engine  # noqa: F401  (registers the target)

    brian2.prefs.codegen.target = "numba"


@pytest.fixture
def mnist_folder() -> Path:
    """The folder of the image sets, where there is one."""
    folder = Path(os.environ.get("BIOPLAUS_DATA_DIR", "/nonexistent"))
    if not (folder / "mnist").is_dir():
        pytest.skip("BIOPLAUS_DATA_DIR names no folder with MNIST")
    return folder
