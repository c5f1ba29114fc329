"""What a script's comments say about its constants."""

from __future__ import annotations

import io
import re
import tokenize

__all__ = ["Comments"]

_CODE = re.compile(r"[\w.\[\]]+\s*=[^=]")  # an assignment that was switched off
_DECORATION = re.compile(r"^[\s#!*=~-]+|[\s#*=~-]+$")


class Comments:
    """The comments of a script, by the lines that they explain."""

    def __init__(self, text: str) -> None:
        self._behind: dict[int, str] = {}
        self._above: dict[int, str] = {}
        alone = self._collect(text)
        block: list[str] = []
        for row, line in enumerate(text.splitlines(), 1):
            if row in alone:
                # A block begins anew behind code, and goes on from comment to comment.
                block = [*block, alone[row]] if row - 1 in alone else [alone[row]]
            elif not line.strip():
                block = []
            elif block:
                self._above[row] = " ".join(filter(None, block))

    def _collect(self, text: str) -> dict[int, str]:
        """Sort comments into those behind code and those on lines of their own (returned)."""
        alone: dict[int, str] = {}
        try:
            for token in tokenize.generate_tokens(io.StringIO(text).readline):
                if token.type == tokenize.COMMENT:
                    words = _DECORATION.sub("", token.string)
                    words = "" if _CODE.match(words) else words
                    own_line = not token.line[: token.start[1]].strip()
                    (alone if own_line else self._behind)[token.start[0]] = words
        except (tokenize.TokenError, IndentationError):
            pass  # the parser has taken the script; what was found so far will do
        return alone

    def of(self, first: int, last: int) -> str:
        """What is said of a value on these lines: behind its end, else in the lines above it."""
        return self._behind.get(last) or self._above.get(first, "")
