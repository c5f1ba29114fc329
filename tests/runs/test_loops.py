"""Loops over runs: found by reading, taken up at the kept turn, refused where they cannot be."""

import ast

import pytest

from bioplaus.runs.reading import loops
from bioplaus.runs.world.drawn import DrawnInto, check_figures, open_figures
from bioplaus.runs.world.shown import BACKEND

HEAD = """
from brian2 import *
import hashlib, random
seed(3); np.random.seed(4); random.seed(5)

def digest(*parts):
    whole = hashlib.sha256()
    for part in parts:
        whole.update(np.ascontiguousarray(part).tobytes())
    print("digest", whole.hexdigest()[:16])
"""

# Closures, a class, default arguments, an operation that draws and remembers, a while inside a
# for, six random streams, objects made in each turn, a file that grows and one that is rewritten.
EVERYTHING = (
    HEAD
    + """
import collections
rng = np.random.default_rng(6)

class Tracker:
    made = 0
    def __init__(self):
        Tracker.made += 1
        self.best, self.seen = None, collections.defaultdict(list)
    def add(self, k, value):
        self.seen[k % 2].append(value)
        self.best = value if self.best is None else max(self.best, value)

def remember(value, everything=[]):
    everything.append(value)
    return len(everything)

def build():
    tau = 10*ms
    drive = TimedArray(np.zeros(5), dt=2*ms)
    cells = NeuronGroup(10, "dv/dt = (a + drive(t) - v)/tau : 1\\na : 1", threshold="v > 1",
                        reset="v = 0.1*rand()", method="euler")
    wires = Synapses(cells, cells, "w : 1", on_pre="v += w", delay=1.3*ms)
    wires.connect(p=0.3)
    wires.w = 0.02
    heard, count = [], 0
    @network_operation(dt=5*ms)
    def listen():
        nonlocal count
        count += 1
        heard.append(float(np.mean(cells.v[:])))
        cells.a = 1 + 0.2*np.random.randn(10)
    spikes = SpikeMonitor(cells)
    voltage = StateMonitor(cells, "v", record=[0, 3], dt=0.7*ms)
    network = Network(cells, wires, spikes, voltage, listen)
    network.run(5*ms)
    return network, cells, wires, spikes, voltage, heard, lambda: count

def main():
    network, cells, wires, spikes, voltage, heard, number = build()
    tracker, rows = Tracker(), []
    order = list(range(4)); random.shuffle(order)
    with open("first.txt", "w") as file:
        file.write("begun\\n")
    for k in order:
        drive = TimedArray(np.random.rand(5), dt=2*ms)
        extra = PoissonGroup(5, 100*Hz)
        push = Synapses(extra, cells, on_pre="v += 0.05")
        push.connect(p=0.5)
        cells.a = rng.uniform(0.9, 1.3, 10)
        wires.w = np.clip(np.array(wires.w)*rng.normal(1, 0.01), 0, 0.05)
        network.add(extra, push)
        attempts = 0
        while attempts < 1 + k % 3:
            network.run(5*ms + random.randrange(3)*ms)
            attempts += 1
        network.remove(extra, push)
        if k == 2:
            network.store("middle")
        if k == order[-1] and 2 in order[:-1]:
            network.restore("middle")
            network.run(3*ms)
        tracker.add(k, spikes.num_spikes)
        rows.append([k, attempts, remember(k), random.random()])
        with open("log.txt", "a") as file:
            file.write(f"{k} {spikes.num_spikes}\\n")
        savetxt("weights.txt", wires.w[:5])
        print(k, attempts, spikes.num_spikes, Tracker.made)
    seen = np.concatenate([tracker.seen[k] for k in sorted(tracker.seen)])
    digest(rows, heard, [number(), tracker.best], seen, wires.w, spikes.t, spikes.i, voltage.v)

main()
"""
)


@pytest.mark.parametrize("backend", ["numpy", "numba"])
def test_everything_survives_five_kills(workplace, backend):
    script = workplace.script(EVERYTHING)
    whole, killed = workplace.killed(script, kills=5, seed=7, backend=backend)
    whole.assert_same(killed)
    assert "loop-" in " ".join(p.name for p in (whole.run / "checkpoint").glob("*.ckpt"))
    assert whole.out == workplace.plain(script, backend=backend).out


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["numpy", "numba"])
@pytest.mark.parametrize("seed", [11, 12, 13, 14])
def test_everything_survives_twenty_kills(workplace, backend, seed):
    whole, killed = workplace.killed(
        workplace.script(EVERYTHING), kills=20, seed=seed, backend=backend
    )
    whole.assert_same(killed)


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["marked", "none"])
def test_other_ways_to_find_loops_give_the_same(workplace, mode):
    options = {"checkpoint": 0.0, "patience": 0.0, "loops": mode}
    script = workplace.script(EVERYTHING)
    whole, killed = workplace.killed(script, kills=5, seed=8, options=options)
    whole.assert_same(killed)
    assert whole.out == workplace.plain(script).out


LOOP = (
    HEAD
    + """
group = NeuronGroup(3, "dv/dt = (1.1 - v)/(5*ms) : 1", threshold="v > 1", reset="v = 0",
                    method="exact")
group.v = "rand()"
spikes = SpikeMonitor(group)
network = Network(group, spikes)
"""
)

REFUSED = {
    "iterator": ("reader = iter([1, 2, 3, 4, 5])", "next(reader)", "an iterator (list_iterator)"),
    "generator": ("def g():\n    yield from range(9)\nreader = g()", "next(reader)", "a generator"),
    "lock": ("import threading\nreader = threading.Lock()", "reader.locked()", "lock"),
    "socket": ("import socket\nreader = socket.socket()", "reader.fileno()", "socket"),
    "objects": ("reader = np.array([None, 'a'], object)", "reader[0]", "array of Python objects"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_cannot_be_kept_is_told_by_name_and_line(workplace, kind):
    made, used, what = REFUSED[kind]
    text = LOOP + f"{made}\nfor turn in range(3):\n    {used}\n    network.run(4*ms)\n"
    script = workplace.script(text + "    print(turn, spikes.num_spikes)\n")
    line = text.splitlines().index(made.splitlines()[-1]) + 1
    whole, killed = workplace.killed(script, kills=3, seed=3)
    whole.assert_same(killed)
    assert "cannot be taken up in its middle: 'reader'" in whole.log
    assert f"(line {line}) is" in whole.log
    assert what in whole.log
    assert "bioplaus.keep(reader=(read, write))" in whole.log
    assert whole.log.count("note:") == 1


def test_keep_says_how(workplace):
    text = (
        LOOP
        + """
import bioplaus
class Reader:
    def __init__(self):
        self.items, self.place = iter(range(100, 200)), 0
    def next(self):
        self.place += 1
        return next(self.items)
    def read(self):
        return self.place
    def write(self, place):
        while self.place < place:
            self.next()
reader = Reader()
bioplaus.keep(reader=(reader.read, reader.write))
for turn in range(4):
    network.run(4*ms)
    print(turn, reader.next(), spikes.num_spikes)
"""
    )
    whole, killed = workplace.killed(workplace.script(text), kills=4, seed=5)
    whole.assert_same(killed)
    assert "note:" not in whole.log
    assert "3 103" in whole.output


def test_steps_work_in_modules_that_the_script_imports(workplace):
    workplace.script(
        """
import bioplaus
from brian2 import ms
total = 0
def train(network, spikes):
    global total
    for turn in bioplaus.steps(4):
        network.run(4*ms)
        total += spikes.num_spikes
        print(turn, total)
""",
        name="training_of_mine.py",
    )
    script = workplace.script(
        LOOP + "import training_of_mine\ntraining_of_mine.train(network, spikes)\n"
    )
    whole, killed = workplace.killed(script, kills=4, seed=6)
    whole.assert_same(killed)
    assert any(p.name.startswith("loop-") for p in (whole.run / "checkpoint").iterdir())
    assert whole.out == workplace.plain(script).out


def test_a_variable_lost_between_turns_is_told_when_it_is_used(workplace):
    text = (
        LOOP
        + """
for turn in range(4):
    if turn > 0:
        print(turn, next(left))
    left = iter([turn, turn])
    network.run(4*ms)
"""
    )
    script = workplace.script(text)
    whole = workplace.start(script, options={"checkpoint": 0.0, "patience": 0.0})
    assert whole.code == 0
    again = workplace.start(script, "killed", kill=25, options={"checkpoint": 0.0, "patience": 0.0})
    assert again.code == -9
    again = workplace.resume("killed")
    assert again.code == 0 or "'left' was an iterator" in again.err
    assert again.code != 0 or again.output == whole.output


def named(text):
    tree = loops.named(ast.parse(text), "auto")
    return [node.args[1].value for node in ast.walk(tree) if _is_named(node)]


def _is_named(node):
    return isinstance(node, ast.Call) and getattr(node.func, "id", "") in (loops.LOOP,)


def test_loops_are_found_by_reading():
    text = """
for a in range(3):
    run(1*ms)
for b in range(3):
    print(b)
def train():
    network.run(1*ms)
def outer():
    train()
for c in range(3):
    outer()
for d in range(3):
    for e in range(3):
        x = [outer() for _ in range(2)]
class Model:
    def go(self):
        for f in range(2):
            self.network.run(1*ms)
for g in range(3):
    Model().go()
commands = {"go": outer}
for h in range(3):
    commands["go"]()
go = network.run
for i in range(3):
    go(1*ms)
"""
    lines = text.splitlines()
    found = {lines[number - 1].split()[1] for number in named(text)}
    assert found == {"a", "c", "d", "e", "f", "g", "i"}


def test_lines_stay_where_they_are():
    text = "x = 0\nwhile x < 3:\n    run(1*ms)\n    x += 1\nelse:\n    y = 1\n"
    tree = loops.named(ast.parse(text), "auto")
    statements = [node for node in ast.walk(tree) if isinstance(node, ast.AugAssign)]
    assert statements[0].lineno == 4
    compile(tree, "x", "exec")


def test_names_of_a_star_import_may_be_bound_again(workplace):
    """`place` is a function of NumPy's that Brian's star import brings."""
    text = LOOP + "for place in (0, 2, 1):\n    group.v[place] = 0.5\n    network.run(4*ms)\n"
    whole, killed = workplace.killed(
        workplace.script(text + "    print(place, spikes.num_spikes)\n"), kills=3, seed=9
    )
    whole.assert_same(killed)
    assert "note:" not in whole.log


@pytest.mark.parametrize(("turn", "kept"), [("plt.plot(spikes.i + turn, '.')", False), ("", True)])
def test_open_figures_are_whole_after_kills(workplace, turn, kept):
    """Where turns draw into an open figure the loop is not taken up in its middle."""
    text = LOOP + "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nfor turn in range(4):\n"
    text += f"    network.run(4*ms)\n    {turn}\n    plt.savefig('turn.png')\nplt.title('end')\n"
    whole, killed = workplace.killed(workplace.script(text), kills=3, seed=9)
    whole.assert_same(killed)
    figures = [sorted((x.run / "figures").iterdir()) for x in (whole, killed)]
    assert [p.name for p in figures[0]] == [p.name for p in figures[1]]
    assert [p.read_bytes() for p in figures[0]] == [p.read_bytes() for p in figures[1]]
    line = text.splitlines().index("    " + turn) + 1
    told = f"middle: figure 1 is open and has been drawn into at line {line}"
    assert (told in whole.log) != kept


def test_a_figure_that_an_operation_draws_is_whole_after_kills(workplace):
    """A run is not taken up in its middle, nor skipped, where its own Python code draws."""
    text = (
        LOOP
        + """import matplotlib.pyplot as plt
@network_operation(dt=5*ms)
def draw(t):
    plt.plot([t/ms], [spikes.num_spikes], "o")
network.add(draw)
network.run(20*ms)
plt.savefig("whole.png")
"""
    )
    options = {"checkpoint": 0.0, "patience": 0.0, "segment": 0.005}
    whole, killed = workplace.killed(workplace.script(text), kills=3, seed=4, options=options)
    whole.assert_same(killed)
    assert "what a figure shows cannot be kept" in whole.log


CHANGES = {
    "plt.plot([3])": "drawn into",
    "line.set_ydata([5, 5])": "drawn into",
    "plt.title('t')": "drawn into",
    "plt.xlim(0, 9)": "drawn into",
    "plt.clf()": "drawn into",
    "plt.colorbar(image)": "drawn into",
    "image.set_data([[1]])": "drawn into",
    "plt.sca(plt.gcf().axes[0])": "drawn into",
    "plt.figure(1)": "current one",
    "plt.figure()": "has been opened",
    "plt.close()": "has been closed",
    "plt.close(); plt.figure(2)": "has been opened",
    "plt.savefig('x.png'); plt.savefig('x.pdf')": "",
    "plt.pause(0.01); plt.gcf().canvas.draw(); plt.gca(); plt.xlim()": "",
    "plt.figure(); plt.plot([1]); plt.close(); plt.figure(2)": "",
}


@pytest.mark.parametrize("text", CHANGES)
def test_changes_of_open_figures_are_seen(text, tmp_path, monkeypatch):
    from matplotlib import pyplot as plt

    monkeypatch.chdir(tmp_path)
    plt.switch_backend(BACKEND)
    plt.close("all")
    plt.figure(1)
    plt.subplots(1, 2, num=2)
    (line,), image = plt.plot([1, 2]), plt.imshow([[0, 1]])
    before = open_figures()
    try:
        exec(text, {"plt": plt, "line": line, "image": image})
        if CHANGES[text]:
            with pytest.raises(DrawnInto) as told:
                check_figures(before)
            assert CHANGES[text] in told.value.why()
        else:
            check_figures(before)
    finally:
        plt.close("all")
        plt.switch_backend("agg")


def test_recording_is_said_before_the_loop(workplace):
    text = LOOP + "import bioplaus\nfor turn in range(2):\n    bioplaus.record('group')\n"
    run = workplace.start(workplace.script(text + "    network.run(1*ms)\n"))
    assert run.code == 1
    assert "call it before the loop" in run.err
    assert f"over runs at line {len(text.splitlines()) - 1}" in run.err
