"""Errors that are meant for the person at the keyboard: shown as one sentence, no traceback."""

from __future__ import annotations

__all__ = ["UserError"]


class UserError(Exception):
    """Something the user can mend; the message says what was wrong and what would be right."""
