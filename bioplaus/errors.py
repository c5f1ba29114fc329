"""What the person at the keyboard is told: errors in one sentence, without a traceback."""

from __future__ import annotations

import argparse
from collections.abc import Callable

__all__ = ["INTERRUPTED", "ParameterError", "UserError", "whole_number"]

INTERRUPTED = 130
"""Exit code of a command that was stopped, as shells have it."""


class UserError(Exception):
    """Something the user can mend; the message says what was wrong and what would be right."""


class ParameterError(UserError, ValueError):
    """A parameter has a value that cannot be used; the message says what would be right."""


def whole_number(least: int) -> Callable[[str], int]:
    """What reads an option of a command that is a whole number from ``least`` on."""

    def read(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            number = least - 1
        if number < least:
            raise argparse.ArgumentTypeError(f"{text!r} is no whole number of at least {least}")
        return number

    return read
