"""``python -m bioplaus.engine [--force] script.py [arguments]``: run a Brian2 script on the engine.

A script that names a target or a device keeps its choice, and a line at the end says so; with
``--force`` it runs on the engine all the same.
"""

from __future__ import annotations

import os
import runpy
import sys
import tempfile
from pathlib import Path

from .running.script import Watch

__all__ = ["main"]


def main() -> int:
    """Run the script named on the command line with the target ``numba``; 2 for wrong usage."""
    arguments = sys.argv[1:]
    if not arguments or arguments[0] in ("-h", "--help"):
        print(__doc__)
        return 0 if arguments else 2
    force = arguments[0] == "--force"
    sys.argv = arguments[1:] if force else arguments
    script = Path(sys.argv[0]) if sys.argv else Path()
    if not script.is_file():
        print(f"There is no script {script}.", file=sys.stderr)
        return 2
    sys.path.insert(0, str(script.parent))
    handle, file = tempfile.mkstemp(prefix="bioplaus-engine-")
    os.close(handle)
    watch = Watch(file, force)
    watch.begin()
    try:
        runpy.run_path(str(script), run_name="__main__")
    finally:
        watch.end()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
