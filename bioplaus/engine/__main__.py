"""``python -m bioplaus.engine script.py [arguments]``: run a Brian2 script on the engine."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

from brian2.core.preferences import prefs

__all__ = ["main"]


def main() -> int:
    """Run the script named on the command line with the target ``numba``; 2 for wrong usage."""
    if len(sys.argv) < 2 or sys.argv[1] in ("-h", "--help"):
        print(__doc__)
        return 0 if len(sys.argv) > 1 else 2
    script = Path(sys.argv[1])
    if not script.is_file():
        print(f"There is no script {script}.", file=sys.stderr)
        return 2
    prefs.codegen.target = "numba"
    sys.argv = sys.argv[1:]
    sys.path.insert(0, str(script.parent))
    runpy.run_path(str(script), run_name="__main__")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
