"""The tables of a model, from the network that a script builds."""

from __future__ import annotations

import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

from bioplaus.cli import main

SCRIPT = '''"""Inputs teach a cell."""
from brian2 import *
print("on the way")
inputs = 40      # how many
tau = 10*ms      # of the membrane
w_start = 0.02
w_max = 3*w_start
P = PoissonGroup(inputs, 20*Hz)
G = NeuronGroup(10, "dv/dt = -v/tau : volt\\ntotal : 1", threshold="v > 5*mV", reset="v = 0*mV",
                refractory=2*ms, method="exact")
G.run_regularly("v *= 0.9", dt=5*ms)
S = Synapses(P, G, """w : 1
    dtrace/dt = -trace/(20*ms) : 1 (event-driven)
    total_post = w : 1 (summed)""",
    on_pre="v += w*mV; trace += 1", on_post="w = clip(w + 0.1*trace, 0, w_max)", delay=1.5*ms)
S.connect()
S.w = "w_start*(1 + (i % 2))"
R = Synapses(G, G, on_pre="v -= 1*mV")
R.connect(condition="i != j")
one = Synapses(G, G, on_pre="v -= 1*mV")
one.connect(j="i")
heard = SpikeMonitor(G)
seen = StateMonitor(G, "v", record=True)
background = PoissonInput(G, "v", 5, 3*Hz, 0.1*mV)
@network_operation(dt=20*ms)
def look():
    pass
run(0*ms)
run(2*second)
open("executed", "w")
'''


@pytest.fixture(scope="module")
def described(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str, Path]:
    """The tables as Markdown and as HTML, and the folder in which the script ran."""
    folder = tmp_path_factory.mktemp("described")
    (folder / "taught.py").write_text(SCRIPT, encoding="utf-8")
    code = (
        "from pathlib import Path\nfrom bioplaus.runs.describing.command import describe\n"
        "document = describe(Path('taught.py'), {'inputs': '30'})\n"
        "Path('model.md').write_text(document.markdown())\n"
        "Path('model.html').write_text(document.html())\n"
    )
    command = [sys.executable, "-c", code]
    run = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert run.stdout == ""  # what the script prints goes to standard error
    return (folder / "model.md").read_text(), (folder / "model.html").read_text(), folder


def rows_of(markdown: str, heading: str) -> list[list[str]]:
    """The cells below a heading, without the heads."""
    section = markdown.split(f"## {heading}\n\n")[1].strip().split("\n\n")[0]
    return [
        [cell.strip() for cell in line.strip("| ").split(" | ")] for line in section.split("\n")
    ][2:]


def test_the_tables_say_what_was_built(described: tuple[str, str, Path]) -> None:
    """Numbers by hand: 30 x 10 pairs, weights 0.02 and 0.04 in equal parts, so 0.03 +- 0.01."""
    markdown, _, folder = described
    assert not (folder / "executed").exists()
    assert rows_of(markdown, "B  Populations") == [
        ["G", "NeuronGroup", "10"],
        ["P", "PoissonGroup", "30"],
    ]
    connectivity = {row[0]: row[1:] for row in rows_of(markdown, "C  Connectivity")}
    assert connectivity["S"] == ["P", "G", "all to all", "300", "30", "pre 1.5 ms, post 0 s"]
    assert connectivity["R"][2:5] == ["all to all but oneself", "90", "9"]
    assert connectivity["one"][2:5] == ["one to one", "10", "1"]
    cell = dict(rows_of(markdown, "D  Neurons: G"))
    assert cell["Dynamics"] == "`dv/dt = -v/tau : V`<br>`total : 1`"
    assert cell["Spike"] == "`v > 5*mV`, then `v = 0*mV`"
    assert cell["Refractory"] == "2 ms"
    assert cell["Every 5 ms"] == "`v *= 0.9`"
    synapse = dict(rows_of(markdown, "E  Synapses: S"))
    assert synapse["w at the start"] == "0.03 ± 0.01 (0.02 to 0.04)"
    assert "dtrace/dt = -trace/(20*ms) : 1 (event-driven)" in synapse["Variables"]
    assert "total_post = w : summed over synapses" in synapse["Variables"]
    assert synapse["At postsynaptic spikes"] == "`w = clip(w + 0.1*trace, 0, w_max)`"
    inputs = dict(rows_of(markdown, "F  Input"))
    assert inputs["P"] == "30 Poisson sources, rate 20 Hz"
    assert inputs["to G.v"] == "5 Poisson sources of 3 Hz for each neuron, weight 100 uV"
    summary = dict(rows_of(markdown, "A  Model summary"))
    assert summary["Plasticity"] == "S"
    assert summary["First run"] == "2 s"
    assert dict(rows_of(markdown, "Python code in the loop")) == {"look": "every 20 ms"}
    parameters = {row[0]: row[1:] for row in rows_of(markdown, "Parameters")}
    assert parameters["inputs"] == ["`30`", "how many"]
    assert rows_of(markdown, "Other constants in equations") == [["w_max", "0.06"]]


class Cells(HTMLParser):
    """Collects the text of the cells, and checks that what is opened is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.cells: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag not in ("meta", "br"):
            self.open.append(tag)
        if tag == "td":
            self.cells.append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "td" in self.open:
            self.cells[-1] += data


def test_the_page_has_the_same_cells(described: tuple[str, str, Path]) -> None:
    markdown, page, _ = described
    parser = Cells()
    parser.feed(page)
    assert parser.open == []
    lines = [line for line in markdown.splitlines() if line.startswith("| ")]
    tables = [line for line in lines if "---" not in line]
    number = len([line for line in lines if "---" in line])
    cells = sum(len(line.strip("| ").split(" | ")) for line in tables)
    heads = page.count("<th>")
    assert number == page.count("<table>")
    assert len(parser.cells) + heads >= cells
    assert "v > 5*mV, then v = 0*mV" in parser.cells


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "none.py").write_text("tau = 5\n")
    script = str(tmp_path / "none.py")
    for arguments, message in (
        (["--out", "model.pdf"], "ends with .md or .html"),
        (["--out", str(tmp_path / "none.py")], "ends with .md or .html"),
        (["--set", "taus=5"], "did you mean 'tau'?"),
        (["--set", "tau"], "is not NAME=VALUE"),
    ):
        assert main(["describe", script, *arguments]) == 2
        assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a = 1\n", "runs no network"),
        ("a = 1\n1/0\n", "line 2:\n    1/0\nZeroDivisionError"),
        ("raise SystemExit(3)\n", "ended itself with 3"),
    ],
)
def test_scripts_without_a_model(tmp_path: Path, text: str, message: str) -> None:
    from bioplaus.runs.describing.command import describe
    from bioplaus.runs.reading.script import ScriptError

    path = tmp_path / "none.py"
    path.write_text(text)
    with pytest.raises(ScriptError) as error:
        describe(path, {})
    assert message in str(error.value)
