"""Errors that are meant for the person at the keyboard: shown as one sentence, no traceback."""

from __future__ import annotations

import argparse
from collections.abc import Callable

__all__ = ["UserError", "whole_number"]


class UserError(Exception):
    """Something the user can mend; the message says what was wrong and what would be right."""


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
