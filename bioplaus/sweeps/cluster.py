"""Dask workers: processes on this machine, or a cluster that is already there."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from bioplaus.errors import UserError

if TYPE_CHECKING:
    from distributed import Client

__all__ = ["SchedulerUnreachable", "workers"]

PATIENCE_S = 10
_DEATHS_PER_TRIAL = 20


class SchedulerUnreachable(UserError, ConnectionError):
    """The scheduler does not answer."""


@contextmanager
def workers(count: int, scheduler: str = "") -> Iterator[Client]:
    """A Dask client with ``count`` local processes of one thread each, or of a running cluster.

    Parameters
    ----------
    scheduler
        ``tcp://host:port`` of a cluster whose workers have bioplaus installed and see the same
        folders; empty for local processes.

    Raises
    ------
    SchedulerUnreachable
        When it does not answer within ten seconds.
    """
    import dask
    from distributed import Client, LocalCluster, WorkerPlugin

    class ImportBrian(WorkerPlugin):
        """Imports Brian2 in a worker's main thread: it sets a signal handler while it loads."""

        name = "import-brian2"

        def setup(self, worker: Any) -> None:
            import brian2  # noqa: F401

    settings: dict[str, Any] = {
        "distributed.scheduler.allowed-failures": _DEATHS_PER_TRIAL,
        "distributed.comm.timeouts.connect": f"{PATIENCE_S}s",
    }
    with dask.config.set(settings):
        if scheduler:
            logging.getLogger("distributed").setLevel(logging.CRITICAL)
            try:
                client = Client(scheduler, timeout=PATIENCE_S)
            except (OSError, TimeoutError, ValueError) as error:
                raise SchedulerUnreachable(
                    f"the scheduler {scheduler} did not answer within {PATIENCE_S} s ({error}); "
                    "is its address right, and is it running?"
                ) from None
            with client:
                client.register_plugin(ImportBrian())
                yield client
            return
        with (
            LocalCluster(
                n_workers=count,
                threads_per_worker=1,
                memory_limit=None,
                dashboard_address=None,
                silence_logs=logging.CRITICAL,
            ) as cluster,
            Client(cluster) as client,
        ):
            client.register_plugin(ImportBrian())
            yield client
