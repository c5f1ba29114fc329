"""Which values of a running script can be changed."""

from __future__ import annotations

from pathlib import Path

from bioplaus.runs.reading.script import Script
from bioplaus.runs.scripts.offering import offered

SCRIPT = """from brian2 import *
cells = 100
tau = 20*ms
dApre = 0.01
dApost = -dApre*1.05
eta = 0.5
gain = 3
shown = 2.0
name = "text"
fast = True
G = NeuronGroup(cells, "dv/dt = (shown - v)/tau : 1")
for k in range(3):
    run(10*ms)
    w = eta*gain
print(shown)
later = 5.0
"""


def test_what_has_an_effect_is_offered(tmp_path: Path) -> None:
    """Equations read tau and dApost; eta and gain are read by the loop alone; cells only once."""
    from brian2 import ms, mV

    path = tmp_path / "script.py"
    path.write_text(SCRIPT)
    script = Script.read(path)
    used = {"tau": 20 * ms, "dApost": -0.0105, "v_local": -70 * mV, "ms": 1 * ms}
    found = offered(script, {}, 12, used, {})
    assert found == {
        "tau": "20 ms",
        "dApre": "0.01",
        "eta": "0.5",
        "gain": "3",
        "dApost": "-0.0105",
        "v_local": "-0.07 V",
    }
    for text in ("tau", "dApre", "eta", "gain"):
        script.check(text, found[text])  # what is offered can be sent back
    changed = offered(script, {"tau": 5 * ms}, 12, {**used, "tau": 5 * ms}, {})
    assert changed["tau"] == "5 ms"
