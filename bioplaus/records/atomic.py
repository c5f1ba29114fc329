"""Files that are there whole or not at all: written beside the target and renamed into place."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from bioplaus.errors import UserError

__all__ = ["DiskFull", "write", "write_json", "write_text"]


class DiskFull(UserError, OSError):
    """No room to write; nothing that was complete before is harmed."""


def write(path: Path, fill: Callable[[Path], None]) -> None:
    """Let ``fill`` write a temporary file beside ``path``, then rename it into place.

    Raises
    ------
    DiskFull
        If the disk, a quota or a file size limit leaves no room; the old file is still there.
    """
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        fill(partial)
        with open(partial, "rb") as file:
            os.fsync(file.fileno())
        os.replace(partial, path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise refine(error, path) from error
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


def refine(error: OSError, path: Path) -> OSError:
    """The same error, as :class:`DiskFull` where there was no room."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG) or "No space" in str(error):
        return DiskFull(f"no room to write {path} ({error}); what was complete before is kept")
    return error


def write_text(path: Path, text: str) -> None:
    """Write text atomically."""
    write(path, lambda partial: _write_bytes(partial, text.encode()))


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write JSON atomically, readable by people."""
    write_text(path, json.dumps(content, indent=2, ensure_ascii=False) + "\n")


def _write_bytes(path: Path, data: bytes) -> None:
    with open(path, "wb") as file:
        file.write(data)
