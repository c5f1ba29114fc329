"""The world outside a script: what it prints, reads, shows, writes to files and draws by lot."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from bioplaus.records import layout
from bioplaus.runs.world.auditing import heard
from bioplaus.runs.world.caller import line_of_script
from bioplaus.runs.world.files import Files, pack_file, unpack_file
from bioplaus.runs.world.shown import BACKEND, ShownFigures
from bioplaus.runs.world.streams import Input, Output
from bioplaus.runs.world.unseeded import Unseeded

__all__ = ["Outside"]

_STARTS = {"os.fork": "forks", "_thread.start_new_thread": "starts a thread"}


class Outside:
    """Everything around the script of a run.

    Parameters
    ----------
    run
        The run directory, absolute.
    seed
        From which generators without a seed get one.
    tell
        Called with a note for the person, again each time there is reason to.
    input_given
        Whether there is a standard input to read; in a sweep there is none.
    """

    def __init__(
        self, run: Path, seed: int, tell: Callable[[str], None], input_given: bool = True
    ) -> None:
        self.run = run
        self._tell = tell
        self._input_given = input_given
        self._figures = ShownFigures(run / layout.FIGURES, tell)
        self._unseeded = Unseeded(seed, tell)
        self._output: Any = None
        self._input: Any = None
        self._files = Files(run / layout.FILES, run, tell)

    @staticmethod
    def prepare() -> None:
        """Before Matplotlib is imported: no window is to open."""
        os.environ["MPLBACKEND"] = BACKEND

    @contextmanager
    def installed(self, resumed: Mapping[str, Any] | None) -> Iterator[None]:
        """Stand around what runs inside the ``with`` block.

        Parameters
        ----------
        resumed
            What :meth:`state` was in the newest state, if the script catches up with one; None
            where it begins at its first line, even if it has begun before.
        """
        self._output = Output(self.run / layout.OUTPUT, sys.stdout, keep=resumed is not None)
        real = sys.stdin if self._input_given else None
        self._input = Input(self.run / layout.INPUT, real)
        self.silent = resumed is not None
        before = sys.stdout, sys.stdin
        with ExitStack() as stack:
            stack.enter_context(self._files.installed(catching_up=resumed is not None))
            stack.enter_context(self._unseeded.installed())
            stack.enter_context(self._figures.installed())
            stack.enter_context(heard(self._started, tuple(_STARTS)))
            sys.stdout, sys.stdin = self._output, self._input
            try:
                yield
            finally:
                sys.stdout, sys.stdin = before
                self._output.end()

    def _started(self, event: str, arguments: tuple[Any, ...]) -> None:
        self._tell(
            f"line {line_of_script()} {_STARTS[event]}: networks that run there run as in the "
            "plain script, without record or resume"
        )

    @property
    def silent(self) -> bool:
        """Whether what happens now happened before, and is on disk."""
        return self._figures.silent

    @silent.setter
    def silent(self, value: bool) -> None:
        self._figures.silent = value
        if self._output is not None:
            self._output.silent = value

    def state(self) -> dict[str, Any]:
        """What belongs to a state of the run, as plain data."""
        return {
            "output": self._output.position(),
            "input": self._input.position,
            "figures": self._figures.count,
            "unseeded": self._unseeded.count,
            "files": self._files.lengths(),
            "made": self._files.made,
            "folder": os.getcwd(),
        }

    def take_up(self, state: Mapping[str, Any], silent: bool = False) -> None:
        """Be as in a state: printed text and files are cut to it, what comes is printed again.

        silent : more is to be caught up with; text and files stay as they are.
        """
        os.chdir(state["folder"])
        self._input.position = state["input"]
        self._figures.count = state["figures"]
        self._unseeded.count = state["unseeded"]
        self._files.have_made(state["made"])
        if not silent:
            self._output.cut(state["output"])
            self._files.take_up(state["files"])
            self.silent = False

    def flush(self) -> None:
        """Have on disk what was printed so far."""
        self._output.flush()

    def finish(self) -> None:
        """The script has ended: keep the figures that are open."""
        self._figures.finish()

    def pack_file(self, file: Any) -> dict[str, Any] | None:
        """An open file of the script, or one of its streams, as plain data; None for others."""
        for name, stream in (("output", self._output), ("input", self._input)):
            if file is stream:
                return {"stream": name}
        return pack_file(file)

    def unpack_file(self, tree: dict[str, Any], old: Any) -> Any:
        """The file or stream of a tree, as it was; ``old`` is what stands in its place now."""
        if "stream" in tree:
            return self._output if tree["stream"] == "output" else self._input
        return unpack_file(tree, old)
