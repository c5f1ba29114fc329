"""What a person is shown when a script raises."""

from __future__ import annotations

from pathlib import Path

import pytest

from bioplaus.runs.failures import describe_failure


def failure(tmp_path: Path, text: str) -> str:
    """Execute a script and describe how it fails."""
    path = tmp_path / "own.py"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(Exception) as raised:  # noqa: PT011
        exec(compile(text, str(path), "exec"), {"__name__": "__main__"})
    return describe_failure(raised.value, path)


def test_only_the_lines_of_the_script_are_shown(tmp_path: Path) -> None:
    told = failure(
        tmp_path,
        "import json\n\ndef read(text):\n    return json.loads(text)\n\nread('{')  # wrong\n",
    )
    assert told == (
        "own.py, line 6:\n    read('{')  # wrong\n"
        "own.py, line 4, in read:\n    return json.loads(text)\n"
        "json.decoder.JSONDecodeError: Expecting property name enclosed in double quotes: "
        "line 1 column 2 (char 1)"
    )


def test_an_error_of_brian_names_the_object_and_where_it_is_made(tmp_path: Path) -> None:
    told = failure(
        tmp_path,
        "from brian2 import *\nprefs.codegen.target = 'numpy'\nstart_scope()\n"
        "G = NeuronGroup(1, 'dv/dt = -v/tau : 1', method='exact')\nrun(1*ms)\n",
    )
    lines = told.splitlines()
    assert lines[:2] == ["own.py, line 5:", "    run(1*ms)"]
    assert "tau" in told
    assert lines[-1].startswith("(in the object 'neurongroup")
    assert lines[-1].endswith("of Brian2, made at line 4)")
    assert "report" not in told


@pytest.mark.parametrize(
    ("line", "hint"),
    [("input('? ')", "makes `input` a module"), ("random.choice([1])", "after it")],
)
def test_names_of_brian_that_hide_others_are_known(tmp_path: Path, line: str, hint: str) -> None:
    assert hint in failure(tmp_path, f"import random\nfrom brian2 import *\n{line}\n")


def test_the_first_of_two_errors_comes_first(tmp_path: Path) -> None:
    told = failure(
        tmp_path, "try:\n    1/0\nexcept ZeroDivisionError:\n    raise KeyError('rates')\n"
    )
    assert told.index("ZeroDivisionError") < told.index("KeyError: 'rates'")
