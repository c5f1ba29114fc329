"""What a script prints, reads, shows, writes and draws by lot, once and after it was taken up."""

from __future__ import annotations

import io
import os
import random
import sys
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bioplaus.runs.world.outside import Outside


class Script:
    """Executes text as a script would be, inside of what stands around one."""

    def __init__(self, folder: Path, seed: int = 1) -> None:
        self.folder = folder
        self.run = folder / "run"
        self.run.mkdir(exist_ok=True)
        self.notes: list[str] = []
        self.outside = Outside(self.run, seed, self.notes.append)
        self.names: dict[str, Any] = {"__name__": "__main__", "outside": self.outside}

    def execute(
        self, text: str, resumed: dict[str, Any] | None = None, path: str = "script.py"
    ) -> Any:
        with self.outside.installed(resumed):
            exec(compile(text, path, "exec"), self.names)
            self.outside.finish()
        return self.names

    @property
    def output(self) -> str:
        return (self.run / "output.txt").read_text(encoding="utf-8")


@pytest.fixture(autouse=True)
def _in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.chdir(tmp_path)
    # Modules look for the script as the module that was started.
    monkeypatch.setitem(sys.modules, "__main__", types.ModuleType("__main__"))
    state = random.getstate(), np.random.get_state()  # noqa: NPY002
    yield
    random.setstate(state[0])
    np.random.set_state(state[1])  # noqa: NPY002


LOOP = """
import sys
print("before")
log = open("rows.csv", "w")
log.write("head\\n")
for turn in range(4):
    if turn == start and kept:
        outside.take_up(kept["outside"])
        log = outside.unpack_file(kept["log"], log)
    elif turn < start and kept:
        continue
    states.append({"outside": outside.state(), "log": outside.pack_file(log)})
    print("turn", turn)
    log.write(f"{turn}\\n")
    with open("lines.txt", "a") as file:
        file.write(f"{turn}\\n")
    with open("newest.txt", "w") as file:
        file.write(str(turn))
    if turn == last:
        raise KeyboardInterrupt
log.close()
"""


def loop(script: Script, start: int = 0, kept: Any = None, last: int | None = None) -> list[Any]:
    states: list[Any] = []
    script.names |= {"start": start, "kept": kept, "last": last, "states": states}
    resumed = kept["outside"] if kept else None
    if last is None:
        script.execute(LOOP, resumed)
    else:
        with pytest.raises(KeyboardInterrupt):
            script.execute(LOOP, resumed)
        script.names["log"].close()
    return states


def test_files_and_output_are_those_of_a_run_that_nobody_stopped(tmp_path: Path) -> None:
    """Stopped in turn 2, taken up from the state at turn 1, with the lines that came after it.

    Also a run that is stopped while it catches up, and one that begins anew.
    """
    Path("lines.txt").write_text("old\n")
    states = loop(Script(tmp_path), last=2)
    assert Path("lines.txt").read_text() == "old\n0\n1\n2\n"
    stopped = Script(tmp_path)
    with pytest.raises(ZeroDivisionError):
        stopped.execute("open('newest.txt', 'w').write('half')\n1/0", states[1]["outside"])
    assert Path("newest.txt").read_text() == "half"
    again = Script(tmp_path)
    loop(again, start=1, kept=states[1])
    for _ in range(2):
        assert Path("rows.csv").read_text() == "head\n0\n1\n2\n3\n"
        assert Path("lines.txt").read_text() == "old\n0\n1\n2\n3\n"
        assert Path("newest.txt").read_text() == "3"
        assert again.output == "before\nturn 0\nturn 1\nturn 2\nturn 3\n"
        again = Script(tmp_path)
        loop(again)  # there may be no state yet: from the first line
    assert not list((tmp_path / "run" / "files").glob("*.held"))


def test_reading_what_the_run_has_written_is_told(tmp_path: Path) -> None:
    script = Script(tmp_path)
    script.execute("open('a.txt', 'w').write('1')\n\nopen('a.txt').read()\nopen('a.txt').read()\n")
    assert [note for note in script.notes if note.startswith("line 3 reads a.txt")]
    assert len(script.notes) == 1


def test_input_is_kept_and_given_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "first = sys.stdin.readline()\nwords = input('more? ')\nrest = sys.stdin.read()\n"
    text = f"import sys\n{text}lines = list(sys.stdin)\n"
    monkeypatch.setattr(sys, "stdin", io.StringIO("one\ntwo\nthree\nfour"))
    script = Script(tmp_path)
    found = script.execute(text)
    expected = ("one\n", "two", "three\nfour", [])
    assert tuple(found[name] for name in ("first", "words", "rest", "lines")) == expected
    assert script.output == "more? "
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    found = Script(tmp_path).execute(text)
    assert tuple(found[name] for name in ("first", "words", "rest", "lines")) == expected


def test_where_nobody_can_be_asked_reading_says_so(tmp_path: Path) -> None:
    script = Script(tmp_path)
    script.outside = Outside(script.run, 1, script.notes.append, input_given=False)
    with pytest.raises(EOFError, match="there is none here"):
        script.execute("import sys\nsys.stdin.readline()")


DRAWS = """
import random
import numpy as np
from numpy.random import RandomState, default_rng
np.random.seed()
found = [default_rng().random(), RandomState().rand(), random.Random().random()]
random.seed()
found += [np.random.rand() < 1, random.random(), np.random.Generator(np.random.PCG64()).random()]
own = default_rng(5).random()
"""


def test_generators_without_a_seed_follow_from_the_run(tmp_path: Path) -> None:
    """Equal for equal --seed, others for another; seeded ones are as always."""
    one, two, other = (Script(tmp_path, seed).execute(DRAWS) for seed in (1, 1, 2))
    assert one["found"] == two["found"]
    assert not set(one["found"]) - {True} & set(other["found"])
    assert one["own"] == other["own"] == np.random.default_rng(5).random()
    outside = np.random.default_rng().random(), np.random.default_rng().random()
    assert outside[0] != outside[1]
    script = Script(tmp_path)
    script.execute("import random\n\nrandom.Random()\n")
    assert script.notes == [
        "line 3: a generator of Python without a seed; it gets one that follows from --seed"
    ]


def test_the_count_of_generators_belongs_to_the_state(tmp_path: Path) -> None:
    text = "import numpy as np\n{}\nb = np.random.default_rng().random()\n"
    script = Script(tmp_path)
    whole = script.execute(text.format("np.random.default_rng(); kept = outside.state()"))
    later = Script(tmp_path)
    later.names["kept"] = whole["kept"]
    later.execute(text.format("outside.take_up(kept)"), whole["kept"])
    assert later.names["b"] == whole["b"]


SEEDED = """
import numpy as np
from numpy.random import RandomState
given, nothing, é = 7, None, 8
a = RandomState(60000).rand()
b = RandomState(seed=given).rand(), np.random.RandomState(
    given + 1
).rand()
c = "é", RandomState(é).rand(), np.random.RandomState([1, 2])
d = RandomState(nothing), RandomState(None), RandomState()
"""


def test_a_generator_that_has_a_seed_is_not_told(tmp_path: Path) -> None:
    path = tmp_path / "script.py"
    path.write_text(SEEDED, encoding="utf-8")
    script = Script(tmp_path)
    names = script.execute(SEEDED, path=str(path))
    assert names["a"] == np.random.RandomState(60000).rand()
    assert {note.partition(":")[0] for note in script.notes} == {"line 10"}
    assert len(script.notes) == 3


FIGURES = """
import matplotlib
matplotlib.use("TkAgg")
import matplotlib.pyplot as plt
plt.plot([1, 2]); plt.title("A line: of two")
plt.pause(0.1)
plt.show()
assert not plt.get_fignums()
plt.plot([2, 1])
plt.savefig("down.svg")
figure, _ = plt.subplots(2)
figure.savefig("plain")
figure.suptitle("Left open")
"""


def test_figures_that_are_shown_or_saved_are_kept(tmp_path: Path) -> None:
    script = Script(tmp_path)
    script.execute(FIGURES)
    kept = sorted(path.name for path in (script.run / "figures").iterdir())
    names = ["01-a-line-of-two.png", "02-down.svg", "03-plain.png", "04-figure.png"]
    assert kept == [*names, "05-left-open.png"]
    assert Path("down.svg").read_bytes() == (script.run / "figures" / "02-down.svg").read_bytes()
    assert any("TkAgg is not used" in note for note in script.notes)


def test_what_a_child_prints_is_not_kept_twice(tmp_path: Path) -> None:
    script = Script(tmp_path)
    script.execute(
        "import os, sys\nprint('parent')\nsys.stdout.flush()\nchild = os.fork()\n"
        "if not child:\n    print('child')\n    os._exit(0)\nos.waitpid(child, 0)\nprint('end')\n"
    )
    assert script.output == "parent\nend\n"
    assert script.notes[0].startswith("line 4 forks")


def test_bytes_and_wrong_kinds(tmp_path: Path) -> None:
    script = Script(tmp_path)
    script.execute("import sys\nsys.stdout.buffer.write('µ'.encode())\nsys.stdout.write(' V\\n')")
    assert script.output == "µ V\n"
    with pytest.raises(TypeError, match="must be str"):
        script.execute("import sys\nsys.stdout.write(b'x')")


def test_open_files_are_packed_and_others_refused(tmp_path: Path) -> None:
    script = Script(tmp_path)
    Path("text.txt").write_text("one\ntwo\nthree\n")
    with open("text.txt") as file:
        file.readline()
        tree = _pack(script, file)
        file.readline()
        assert _unpack(script, tree, file) is file
        assert file.readline() == "two\n"
        with _unpack(script, tree, None) as other:
            assert other.readline() == "two\n"
        next(file)
        assert _pack(script, file) is None  # its position cannot be told
    assert _pack(script, io.StringIO()) is None
    assert _pack(script, object()) is None
    assert _unpack(script, _pack(script, file), None) is None  # closed


def _pack(script: Script, file: Any) -> Any:
    with script.outside.installed(None):
        return script.outside.pack_file(file)


def _unpack(script: Script, tree: Any, old: Any) -> Any:
    with script.outside.installed(None):
        return script.outside.unpack_file(tree, old)


def test_the_working_folder_belongs_to_the_state(tmp_path: Path) -> None:
    script = Script(tmp_path)
    found = script.execute("import os\nos.mkdir('b')\nos.chdir('b')\nkept = outside.state()\n")
    os.chdir(tmp_path)
    later = Script(tmp_path)
    later.names["kept"] = found["kept"]
    later.execute("outside.take_up(kept)\nopen('here.txt', 'w').close()", found["kept"])
    assert (tmp_path / "b" / "here.txt").exists()
