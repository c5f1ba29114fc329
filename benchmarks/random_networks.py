"""Random networks by the thousand: ``python -m benchmarks.random_networks``.

Goes on where the kept report ends, so that it may be interrupted; networks are those of
``tests/engine/test_random_networks.py``, each run in two ways that must agree.
"""

import argparse
import gc
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import brian2
import pytest

from tests.engine.random_networks import script
from tests.engine.test_random_networks import FIRST_SEED, check, everything_pays, way_of

KEPT = Path("docs/results/engine/random_networks.json")
TOGETHER = 10


def main(argv: list[str] | None = None) -> int:
    """Check networks until there are as many as asked for; whether any differs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--number", type=int, default=2000)
    parser.add_argument("--out", type=Path, default=KEPT)
    arguments = parser.parse_args(argv)
    report: dict[str, Any] = {"first_seed": FIRST_SEED, "networks": 0, "differ": []}
    report |= {"ways": {}, "revisions": {}}
    if arguments.out.exists():
        report = json.loads(arguments.out.read_text())
    git = ["git", "describe", "--always", "--dirty", "--exclude=*"]
    revision = subprocess.run(git, capture_output=True, text=True, check=True).stdout.strip()
    brian2.BrianLogger.log_level_error()
    with pytest.MonkeyPatch.context() as patch:
        everything_pays(patch)
        while report["networks"] < arguments.number:
            first = report["first_seed"] + report["networks"]
            seeds = range(first, first + min(TOGETHER, arguments.number - report["networks"]))
            report["differ"] += [found for found in map(check, seeds) if found]
            ways = Counter(way_of(seed, script(seed)[1])[0] for seed in seeds)
            report["ways"] = dict(sorted((Counter(report["ways"]) + ways).items()))
            report["revisions"][revision] = report["revisions"].get(revision, 0) + len(seeds)
            report["networks"] += len(seeds)
            arguments.out.write_text(json.dumps(report, indent=1) + "\n")
            print(report["networks"], "networks,", len(report["differ"]), "differ", flush=True)
            gc.collect()
            gc.freeze()
    return int(bool(report["differ"]))


if __name__ == "__main__":
    sys.exit(main())
