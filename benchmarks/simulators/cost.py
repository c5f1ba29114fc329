"""What a balanced network has cost, in the same words from every simulator."""

import resource
from typing import Any

__all__ = ["cost", "memory"]


def memory() -> int:
    """The most that this process has had [bytes] (Linux)."""
    return 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def cost(
    p: dict[str, Any], built: float, ran: float, spikes: int, synapses: int, taken: int
) -> dict[str, float]:
    """built, ran : CPU seconds, ran with the ``spikes`` of ``p["seconds"]``; taken : bytes."""
    return {
        "build_s": built,
        "cpu_s_per_s": ran / p["seconds"],
        "rate_hz": spikes / p["cells"] / p["seconds"],
        "synapses": synapses,
        "bytes_per_synapse": taken / synapses,
    }
