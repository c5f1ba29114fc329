"""Parameters of plain scripts, found by reading: which they are, what is refused, what is set."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bioplaus.runs.reading.following import follows
from bioplaus.runs.reading.script import SETTINGS, Script, ScriptError
from bioplaus.units import UNITS, Amount, dimensions, measured_in

SCRIPT = '''"""A cell that leaks.

More about it.
"""
from brian2 import *
import numpy as np

# of the membrane
tau = 20*ms
v_rest, v_reset = -70*mV, -60*mV   # where it rests

cells = 100   # how many
rate = 1e3*Hz
fast = False
kind = "leaky"
rates = [10, 30]
rule = dict(eta=0.002,   # learning rate
            target=12.0)
leak = 1e-4*siemens/cm**2
ratio = tau/(2*ms)
decay = exp(-ratio)
found = []
history = [1, 2]
history.append(3)
once = 1
once = 2
equations = "dv/dt = -v/tau : volt"
# old = 5
spare = None
G = NeuronGroup(cells, "dv/dt = (v_rest - v)/tau : volt")
def stimulate(strength=0.5, *, when=5*ms):
    ms = 3
    return strength
class Cell:
    size = 3*um
for trial in range(3):
    pass
if __name__ == "__main__":
    seed_of_it = 7
'''


@pytest.fixture
def script(tmp_path: Path) -> Script:
    path = tmp_path / "leaky.py"
    path.write_text(SCRIPT, encoding="utf-8")
    return Script.read(path)


def read(tmp_path: Path, text: str) -> Script:
    path = tmp_path / "short.py"
    path.write_text(text, encoding="utf-8")
    return Script.read(path)


def test_parameters_are_the_values_at_the_level_of_the_module(script: Script) -> None:
    assert script.title == "A cell that leaks."
    assert list(script.parameters) == [
        *("tau", "v_rest", "v_reset", "cells", "rate", "fast", "kind", "rates"),
        *("rule.eta", "rule.target", "leak", "spare", "stimulate.strength", "stimulate.when"),
        *("Cell.size", "seed_of_it"),
    ]
    tau, leak = script.parameters["tau"], script.parameters["leak"]
    assert (tau.text, tau.number, tau.unit, tau.line) == ("20*ms", "20", "ms", 9)
    assert (leak.number, leak.unit, leak.value.number) == ("1e-4", "siemens/cm**2", 1.0)


def test_the_meaning_is_the_comment_beside_or_above(script: Script) -> None:
    said = {name: parameter.meaning for name, parameter in script.parameters.items()}
    assert said["tau"] == "of the membrane"
    assert said["v_rest"] == said["v_reset"] == "where it rests"
    assert said["cells"] == "how many"
    assert said["rate"] == ""  # a blank line ends what a comment is about; so does other code
    assert said["rule.eta"] == "learning rate"
    assert said["spare"] == ""  # an assignment that was switched off explains nothing


def test_what_is_no_parameter_says_why(script: Script) -> None:
    refused = script.refused
    assert refused["ratio"] == "it follows from tau, line 9"
    assert refused["decay"] == "it follows from ratio, line 20"
    assert refused["found"] == "it starts empty"
    assert refused["history"] == "the script writes to it at line 24"
    assert refused["once"] == "it is assigned at lines 25 and 26"
    assert refused["equations"] == "it is an equation"
    assert refused["trial"] == "it is a loop variable (line 36)"
    assert "G" not in refused  # nobody would take it for one


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("taus", "5ms", "leaky.py has no parameter 'taus'; did you mean 'tau'?"),
        ("tau", "3mV", "tau = 3mV has the wrong unit; 20*ms is measured in s"),
        ("tau", "3", "tau = 3 has no unit; write for example 3*s"),
        ("cells", "2ms", "cells = 2ms has a unit; 100 is a whole number"),
        ("cells", "0.5", "cells = 0.5 is not a whole number; 100 is a whole number"),
        ("fast", "maybe", "fast = 'maybe' is neither true nor false"),
        ("rates", "10", "rates = '10' is not several values; the script has [10, 30]"),
        ("rates", "[1*ms]", "rates = [1*ms] has a unit"),
        ("rule.eta", "2 0.5 0.03", "rule.eta = '2 0.5 0.03' cannot be read"),
        ("rule.eta", "inf", "rule.eta = 'inf' cannot be read"),
        ("rule.eta", "1e999", "rule.eta = 1e999 is not finite"),
        ("ratio", "5", "ratio is not a parameter of leaky.py: it follows from tau, line 9"),
        ("G", "5", "G is not a parameter of leaky.py: it is made at line 30"),
        ("tau", "5*mss", "tau = '5*mss' cannot be read (mss is not known before it runs)"),
        ("tau", "5*ms + 3*mV", "tau = '5*ms + 3*mV' cannot be read (s and V do not add up)"),
        ("tau", "__import__('os')", "tau = \"__import__('os')\" cannot be read"),
        ("cells", "9**9**9", "cells = '9**9**9' cannot be read (a power too high"),
    ],
)
def test_a_wrong_value_is_refused_with_what_would_be_right(
    script: Script, name: str, text: str, message: str
) -> None:
    with pytest.raises(ScriptError) as error:
        script.settings({name: text})
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("cells", "2e3", 2000),
        ("cells", "12", 12),
        ("rule.eta", "1", 1.0),
        ("fast", "yes", True),
        ("kind", "'firm'", "firm"),
        ("rates", "5, 10, 15", [5, 10, 15]),
        ("spare", "[1, 'two']", [1, "two"]),
    ],
)
def test_plain_values_are_read_like_the_one_they_replace(
    script: Script, name: str, text: str, value: Any
) -> None:
    found = script.value(name, text)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize("text", ["5ms", "5*ms", "5 ms", "5000µs", "0.005*second", "5*msecond"])
def test_quantities_are_read_as_people_write_them(script: Script, text: str) -> None:
    from brian2 import ms

    assert abs(script.value("tau", text) / (5 * ms) - 1) < 1e-12
    assert script.check("tau", text).dimensions == dimensions(ms)


def test_a_set_value_has_the_bits_of_the_edited_script(tmp_path: Path) -> None:
    """The literal is replaced at its place; what follows from it does, as if it were typed."""
    source = "from brian2 import *\na = 3*mV/ms\nb = a*0.1\n{}\nlist_ = [a, 2]\n"
    settings = {"a": "7*mV/ms"}
    script = read(tmp_path, source.format("c = 1"))
    values = script.settings(settings)
    namespace: dict[str, Any] = {SETTINGS: values}
    exec(compile(script.replaced(values), str(script.path), "exec"), namespace)
    edited: dict[str, Any] = {}
    exec(source.format("c = 1").replace("3*mV/ms", "7*mV/ms"), edited)
    for name in ("a", "b", "c"):
        assert float(namespace[name]).hex() == float(edited[name]).hex()
    assert "7" not in ast.unparse(script.tree)  # the tree itself is never changed


def test_a_traceback_keeps_its_lines(tmp_path: Path) -> None:
    script = read(tmp_path, "rows = [1,\n  2]\nvalue = 1\n1/0\n")
    values = script.settings({"rows": "[3]", "value": "2"})
    with pytest.raises(ZeroDivisionError) as raised:
        exec(compile(script.replaced(values), "short.py", "exec"), {SETTINGS: values})
    assert raised.traceback[-1].lineno == 3  # counted from 0


def test_what_follows_from_a_tuned_constant(tmp_path: Path) -> None:
    """dApost is computed from the tree again; what stands below the line is not there yet."""
    script = read(
        tmp_path,
        "from brian2 import *\nimport math\ntaupre = taupost = 20*ms\nrule = dict(eta=0.5)\n"
        "dApre = 0.01\ndApost = -dApre*taupre/taupost*1.05\ndApost2 = dApost + rule['eta']\n"
        "root = math.sqrt(dApre)\nG = NeuronGroup(1, 'v : 1')\nlater = dApre\n",
    )
    new = follows(script, {"dApre": 0.02}, line=10, settings={})
    assert new == {
        "dApre": 0.02,
        "dApost": -0.02 * 1.05,
        "dApost2": -0.02 * 1.05 + 0.5,
        "root": 0.02**0.5,
    }
    assert follows(script, {"rule.eta": 1.0}, 10, {}).keys() == {"rule.eta", "dApost2"}
    assert follows(script, {"dApre": 0.02}, 10, {"dApre": 0.02}) == {"dApre": 0.02}


def test_units_are_those_that_the_script_can_name(tmp_path: Path) -> None:
    script = read(
        tmp_path,
        "import brian2 as b2\nfrom brian2.units import mV as millivolt\nfrom brian2 import nS\n"
        "a = 5*b2.ms\nb = 2*millivolt\nc = 3*nS\nd = 4*ms\n",
    )
    assert [p.unit for p in script.parameters.values()] == ["b2.ms", "millivolt", "nS"]
    assert "d" not in script.parameters
    assert float(script.in_brian("b")) == 0.002
    own = read(tmp_path, "from brian2 import *\nms = 0.001\na = 5*ms\n")
    assert own.refused["a"] == "it follows from ms, line 2"


def test_scripts_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ScriptError, match=r"short.py, line 2: "):
        read(tmp_path, "a = 1\nb = = 2\n")
    with pytest.raises(ScriptError, match=r"short.py, line 1: .*print"):
        read(tmp_path, "print 'hello'\n")
    with pytest.raises(ScriptError, match="there is no file"):
        Script.read(tmp_path / "none.py")
    with pytest.raises(ScriptError, match="is a folder"):
        Script.read(tmp_path)
    (tmp_path / "short.py").write_bytes(b"a = '\xff'\n")
    with pytest.raises(ScriptError, match="no text that Python can read"):
        Script.read(tmp_path / "short.py")
    (tmp_path / "short.py").write_bytes(b"# coding: latin-1\na = '\xff'\n")
    assert Script.read(tmp_path / "short.py").parameters["a"].value == "ÿ"


def test_functions_hide_their_own_names(tmp_path: Path) -> None:
    """A list that a function makes for itself is not the module's; a global one is."""
    script = read(
        tmp_path,
        "table = [1, 2]\nshared = [3]\ncount = 4\n"
        "def f(table):\n    table.append(1)\n"
        "def g():\n    global count\n    count = 5\n    shared[0] = 1\n",
    )
    assert list(script.parameters) == ["table"]
    assert script.refused["count"] == "it is assigned at lines 3 and 8"
    assert script.refused["shared"] == "the script writes to it at line 9"


def test_the_tables_of_units_are_brians() -> None:
    from brian2.units import allunits, stdunits

    names = {*allunits.__all__, *stdunits.__all__} - {"celsius"}
    assert names == UNITS.keys()
    for name in names:
        unit = getattr(stdunits if name in stdunits.__all__ else allunits, name)
        assert UNITS[name].dimensions == dimensions(unit), name
        assert abs(UNITS[name].number / float(unit) - 1) < 1e-12, name


def test_amounts_reckon_with_dimensions() -> None:
    volt, second = UNITS["volt"], UNITS["second"]
    assert measured_in(1 / second) == "Hz"
    assert measured_in(3 * volt / second) == "V/s"
    assert 6 * volt / (2 * volt) == 3
    assert (2 * second) ** 2 == Amount(4.0, (0, 0, 2, 0, 0, 0, 0))
    assert 5 * second - 2 * second == 3 * second


def test_help_is_quick_and_imports_neither_brian_nor_the_script(
    tmp_path: Path, importing_numpy: float
) -> None:
    """Half a second is promised, which is four times what NumPy takes; the script would leave a
    file behind."""
    path = tmp_path / "leaky.py"
    path.write_text(SCRIPT + "\nopen('executed', 'w')\n", encoding="utf-8")
    code = (
        "import sys\nfrom pathlib import Path\nfrom bioplaus.runs.reading.script import Script\n"
        "from bioplaus.runs.reading.help import print_parameters\n"
        f"print_parameters(Script.read(Path({str(path)!r})))\n"
        "import time; print(time.process_time())\n"
        "sys.exit(bool({'brian2', 'numpy', 'numba'} & set(sys.modules)))"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert float(run.stdout.split()[-1]) < 6 * importing_numpy
    assert "learning rate" in run.stdout
    assert "it follows from tau" in run.stdout
    assert "set one with --set tau=20ms" in run.stdout
    assert not (tmp_path / "executed").exists()
