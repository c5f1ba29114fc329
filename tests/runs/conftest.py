"""Executing small scripts plain and under bioplaus, killed and resumed, in forks of one process."""

import json
import os
import random
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import h5py
import numpy as np
import pytest

OFTEN = {"checkpoint": 0.0, "patience": 0.0}
"""States at every occasion."""


class Forker:
    """The process that forks, see executing.py."""

    def __init__(self) -> None:
        environment = {**os.environ, "PYTHONHASHSEED": "0", "OMP_NUM_THREADS": "1"}
        self.process = subprocess.Popen(
            [sys.executable, "-P", str(Path(__file__).with_name("executing.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )

    def ask(self, order: dict) -> int:
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def close(self) -> None:
        self.process.stdin.close()
        self.process.wait(timeout=60)


@dataclass
class Executed:
    """What an execution has left: exit code, text, and its folders."""

    code: int
    out: str
    err: str
    run: Path
    folder: Path

    @property
    def output(self) -> str:
        return (self.run / "output.txt").read_text()

    @property
    def metrics(self) -> str:
        path = self.run / "metrics.csv"
        return path.read_text() if path.exists() else ""

    @property
    def log(self) -> str:
        return (self.run / "log.txt").read_text()

    def files(self) -> dict[str, bytes]:
        """What the script wrote into its working folder."""
        found = sorted(path for path in self.folder.rglob("*") if path.is_file())
        return {str(path.relative_to(self.folder)): path.read_bytes() for path in found}

    def recording(self) -> dict[str, list]:
        """Every data set of the recording by name, one array a segment; of monitors with the row
        at which it begins."""
        found: dict[str, list] = {}
        for path in sorted((self.run / "recording").glob("*.h5")):
            with h5py.File(path) as file:
                waiting = [("", file)]
                while waiting:  # a data set may have several names
                    name, item = waiting.pop()
                    if isinstance(item, h5py.Dataset):
                        first = int(item.parent.attrs.get("first", -1))
                        found.setdefault(name[1:], []).append((first, item[()]))
                    else:
                        waiting += [(f"{name}/{key}", item[key]) for key in item]
        return found

    def rows(self, key: str, name: str) -> np.ndarray:
        """A monitor's rows as its parts say: each replaces what follows its first row."""
        whole = []
        for path in sorted((self.run / "recording").glob("*.h5")):
            with h5py.File(path) as file:
                parts = file.get(f"monitors/{key}", {})
                for number in sorted(parts, key=int):
                    first = int(parts[number].attrs["first"])
                    whole = whole[:first] + list(parts[number][name][:])
        return np.array(whole)

    def assert_same(self, killed: "Executed", said: Callable[[str], str] = str) -> None:
        """Text (what is ``said`` of it), metrics, written files and recordings are equal to the
        bit."""
        assert killed.code == self.code, killed.err
        assert said(killed.output) == said(self.output)
        assert killed.metrics == self.metrics
        assert killed.files() == self.files()
        a, b = self.recording(), killed.recording()
        assert a.keys() == b.keys()
        for name, arrays in a.items():
            assert len(arrays) == len(b[name]), name
            for (first, one), (other_first, other) in zip(arrays, b[name]):
                assert first == other_first, name
                assert one.tobytes() == other.tobytes(), name


@dataclass
class Workplace:
    """A folder for executions of one script."""

    forker: Forker
    base: Path
    count: int = field(default=0)

    def script(self, text: str, name: str = "script.py") -> Path:
        folder = self.base / "script"
        folder.mkdir(exist_ok=True)
        path = folder / name
        path.write_text(text)
        return path

    def order(self, do: str, tag: str, script: Path | None, **options) -> tuple[dict, Executed]:
        folder = self.base / f"folder-{tag}"
        folder.mkdir(exist_ok=True)
        order = {
            "do": do,
            "script": str(script),
            "run": str(self.base / f"run-{tag}"),
            "folder": str(folder),
            "stdout": str(self.base / f"{tag}.out"),
            "stderr": str(self.base / f"{tag}.err"),
            "input": "",
            "kill": 0,
            "kill_after": 0.0,
            "backend": "numpy",
            "changes": {},
            "record": "",
            "options": {},
            "arguments": [],
            "quiet": True,
            **options,
        }
        return order, Executed(0, "", "", Path(order["run"]), folder)

    def execute(self, do: str, tag: str, script: Path | None = None, **options) -> Executed:
        """Execute to the end; returns what is left."""
        order, executed = self.order(do, tag, script, **options)
        executed.code = self.forker.ask({"wait": self.forker.ask(order)})
        executed.out = Path(order["stdout"]).read_text()
        executed.err = Path(order["stderr"]).read_text()
        return executed

    def plain(self, script: Path, **options) -> Executed:
        return self.execute("plain", "plain", script, **options)

    def start(self, script: Path, tag: str = "whole", **options) -> Executed:
        return self.execute("start", tag, script, **options)

    def resume(self, tag: str = "whole", **options) -> Executed:
        return self.execute("resume", tag, **options)

    def work(self, tag: str) -> tuple[int, float]:
        """How many events an execution had that came to its end, and its CPU seconds."""
        events, seconds = (self.base / f"run-{tag}.events").read_text().split()
        return int(events), float(seconds)

    def killed(self, script: Path, kills: int, seed: int, **options) -> tuple[Executed, Executed]:
        """An undisturbed execution, and one that was killed so often and resumed each time."""
        options = {"options": OFTEN, **options}
        whole = self.start(script, "whole", **options)
        events, _ = self.work("whole")
        draw = random.Random(seed)
        executed = self.start(script, "killed", kill=draw.randint(events // 4, events), **options)
        resumed = {k: v for k, v in options.items() if k in ("quiet",)}
        for n in range(kills):
            if executed.code != -9:
                break
            kill = draw.randint(2, events) if n < kills - 1 else 0
            executed = self.resume("killed", kill=kill, **resumed)
        return whole, executed


@pytest.fixture(scope="session")
def forker():
    process = Forker()
    yield process
    process.close()


@pytest.fixture
def workplace(forker, tmp_path):
    return Workplace(forker, tmp_path)


@pytest.fixture(scope="module")
def shared_workplace(forker, tmp_path_factory):
    """For runs that several tests look at."""
    return Workplace(forker, tmp_path_factory.mktemp("scripts"))
