"""The reference covers the rooms that users come to browse."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = ("analysis", "layered", "neurons", "plasticity", "plotting", "tasks")


@pytest.mark.parametrize("room", ROOMS)
def test_every_module_of_a_room_stands_in_the_reference(room: str) -> None:
    pages = [path.read_text("utf-8") for path in (ROOT / "docs" / "reference").glob("*.md")]
    told = re.findall(rf"automodule:: bioplaus\.{room}\.(\w+)$", "\n".join(pages), re.MULTILINE)
    modules = {path.stem for path in (ROOT / "bioplaus" / room).glob("*.py")} - {"__init__"}
    assert sorted(told) == sorted(modules)
